// This file implements the tests' text helpers.
#include "text.hpp"

#include <cctype>
#include <sstream>

namespace support {

namespace json = boost::json;

namespace {

std::string shorten(const json::value& value) {
    std::string text = json::serialize(value);
    return text.size() > 160 ? text.substr(0, 160) + "…" : text;
}

void compare(const std::string& path, const json::value& wanted, const json::value& got, std::size_t limit,
             std::vector<std::string>& lines) {
    if (wanted == got || lines.size() >= limit) return;
    if (wanted.is_object() && got.is_object()) {
        for (const auto& [name, value] : wanted.get_object()) {
            const auto* const other = got.get_object().if_contains(name);
            if (other == nullptr)
                lines.push_back(path + "." + std::string(name) + ": missing, wanted " + shorten(value));
            else
                compare(path + "." + std::string(name), value, *other, limit, lines);
        }
        for (const auto& [name, value] : got.get_object())
            if (!wanted.get_object().contains(name))
                lines.push_back(path + "." + std::string(name) + ": not wanted but got " + shorten(value));
        return;
    }
    if (wanted.is_array() && got.is_array()) {
        const json::array& a = wanted.get_array();
        const json::array& b = got.get_array();
        if (a.size() != b.size())
            lines.push_back(path + ": wanted " + std::to_string(a.size()) + " elements but got " +
                            std::to_string(b.size()));
        for (std::size_t i = 0; i < a.size() && i < b.size(); ++i)
            compare(path + "[" + std::to_string(i) + "]", a[i], b[i], limit, lines);
        return;
    }
    lines.push_back(path + ": wanted " + shorten(wanted) + " but got " + shorten(got));
}

std::string shell_quote(std::string_view text) {
    std::string out = "'";
    for (char c : text)
        out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

} // namespace

std::string percent_encode(std::string_view text) {
    static const char* const digits = "0123456789ABCDEF";
    std::string out;
    for (char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80 && (std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.' || c == '~')) {
            out += c;
        } else {
            out += '%';
            out += digits[byte >> 4];
            out += digits[byte & 15];
        }
    }
    return out;
}

std::string target_of(std::string_view path, const std::vector<std::pair<std::string, std::string>>& query) {
    std::string out(path);
    char separator = '?';
    for (const auto& [name, value] : query) {
        out += separator + percent_encode(name) + "=" + percent_encode(value);
        separator = '&';
    }
    return out;
}

std::string curl_line(std::string_view base_url, std::string_view target, std::string_view token,
                      std::string_view method) {
    std::string out = "curl -sS -i ";
    if (method == "HEAD") out += "-I ";
    if (method != "GET" && method != "HEAD") out += "-X " + std::string(method) + " ";
    if (!token.empty()) out += "-H " + shell_quote("X-Auth-Token: " + std::string(token)) + " ";
    return out + shell_quote(std::string(base_url) + std::string(target));
}

std::string difference(const json::value& wanted, const json::value& got, std::size_t limit) {
    std::vector<std::string> lines;
    compare("", wanted, got, limit, lines);
    std::string out;
    for (const std::string& line : lines)
        out += line + "\n";
    return out;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> out;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
        out.push_back(line);
    return out;
}

} // namespace support
