// This file implements the text checks; no locale, no regular expressions, no allocation where none is needed.
#include "util/text.hpp"

#include <algorithm>
#include <array>
#include <random>
#include <vector>

namespace catalog {

namespace {

constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

constexpr int hex_value(char c) noexcept {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// Length of the well-formed UTF-8 sequence at the beginning of `bytes`, 0 if there is none.
std::size_t utf8_sequence(std::string_view bytes) noexcept {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    const auto tail = [&](std::size_t from, std::size_t to) {
        for (std::size_t i = from; i < to; ++i)
            if (i >= bytes.size() || (at(i) & 0xC0U) != 0x80U) return false;
        return true;
    };
    const unsigned char lead = at(0);
    if (lead < 0x80U) return 1;
    if (lead >= 0xC2U && lead <= 0xDFU) return tail(1, 2) ? 2 : 0;
    if (lead >= 0xE0U && lead <= 0xEFU) {
        if (!tail(1, 3)) return 0;
        if (lead == 0xE0U && at(1) < 0xA0U) return 0;
        if (lead == 0xEDU && at(1) > 0x9FU) return 0;
        return 3;
    }
    if (lead >= 0xF0U && lead <= 0xF4U) {
        if (!tail(1, 4)) return 0;
        if (lead == 0xF0U && at(1) < 0x90U) return 0;
        if (lead == 0xF4U && at(1) > 0x8FU) return 0;
        return 4;
    }
    return 0;
}

int days_in_month(int year, int month) noexcept {
    constexpr std::array<int, 12> days{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[static_cast<std::size_t>(month - 1)];
}

} // namespace

bool is_clean_utf8(std::string_view bytes) noexcept {
    while (!bytes.empty()) {
        if (bytes.front() == '\0') return false;
        const std::size_t length = utf8_sequence(bytes);
        if (length == 0) return false;
        bytes.remove_prefix(length);
    }
    return true;
}

std::size_t count_characters(std::string_view utf8) noexcept {
    return static_cast<std::size_t>(std::count_if(
        utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::optional<std::string> parse_uuid(std::string_view text) {
    if (text.size() != 36) return std::nullopt;
    std::string uuid(text);
    for (std::size_t i = 0; i < uuid.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? uuid[i] != '-' : hex_value(uuid[i]) < 0) return std::nullopt;
        if (uuid[i] >= 'A' && uuid[i] <= 'F') uuid[i] = static_cast<char>(uuid[i] - 'A' + 'a');
    }
    return uuid;
}

bool is_project_id(std::string_view text) noexcept {
    return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
        return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
    });
}

std::optional<std::uint64_t> parse_number(std::string_view text, std::uint64_t max) noexcept {
    if (text.empty()) return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : text) {
        if (!is_digit(c)) return std::nullopt;
        const auto digit = static_cast<std::uint64_t>(c - '0');
        if (digit > max || value > (max - digit) / 10) return std::nullopt;
        value = value * 10 + digit;
    }
    return value;
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_blank) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            if (i + 2 >= text.size()) return std::nullopt;
            const int high = hex_value(text[i + 1]);
            const int low = hex_value(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            out += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            out += plus_is_blank && text[i] == '+' ? ' ' : text[i];
        }
    }
    return out;
}

std::optional<std::string> parse_time(std::string_view text) {
    if (!text.empty() && text.back() == 'Z') text.remove_suffix(1);
    if (text.size() < 19 || text.size() > 26 || text.size() == 20) return std::nullopt;
    constexpr std::string_view form = "dddd-dd-ddTdd:dd:dd.dddddd";
    for (std::size_t i = 0; i < text.size(); ++i)
        if (form[i] == 'd' ? !is_digit(text[i]) : text[i] != form[i]) return std::nullopt;
    const auto number = [&](std::size_t from, std::size_t length) {
        int value = 0;
        for (std::size_t i = from; i < from + length; ++i)
            value = value * 10 + (text[i] - '0');
        return value;
    };
    const int year = number(0, 4);
    const int month = number(5, 2);
    const int day = number(8, 2);
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) return std::nullopt;
    if (number(11, 2) > 23 || number(14, 2) > 59 || number(17, 2) > 59) return std::nullopt;
    std::string normal(text);
    if (normal.size() == 19) normal += '.';
    normal.resize(26, '0');
    return normal;
}

void append_json_string(std::string& out, std::string_view text) {
    constexpr std::string_view hex = "0123456789abcdef";
    out += '"';
    std::size_t done = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c >= 0x20U && c != '"' && c != '\\') continue;
        out.append(text, done, i - done);
        done = i + 1;
        switch (c) {
        case '"':
            out += "\\\"";
            break;
        case '\\':
            out += "\\\\";
            break;
        case '\b':
            out += "\\b";
            break;
        case '\f':
            out += "\\f";
            break;
        case '\n':
            out += "\\n";
            break;
        case '\r':
            out += "\\r";
            break;
        case '\t':
            out += "\\t";
            break;
        default:
            out += "\\u00";
            out += hex[c >> 4U];
            out += hex[c & 0xFU];
        }
    }
    out.append(text, done, text.size() - done);
    out += '"';
}

std::string_view nearest_word(std::string_view typed, std::span<const std::string_view> candidates) {
    if (typed.empty() || typed.size() > 64) return {};
    std::string_view best;
    std::size_t least = typed.size() > 4 ? 3 : 2; // what is too many edits
    for (const std::string_view word : candidates) {
        std::vector<std::size_t> row(word.size() + 1); // Levenshtein's distance, one row at a time
        for (std::size_t i = 0; i <= word.size(); ++i)
            row[i] = i;
        for (std::size_t j = 1; j <= typed.size(); ++j) {
            std::size_t diagonal = row[0];
            row[0] = j;
            for (std::size_t i = 1; i <= word.size(); ++i) {
                const std::size_t replaced = diagonal + (word[i - 1] == typed[j - 1] ? 0 : 1);
                diagonal = row[i];
                row[i] = std::min({row[i] + 1, row[i - 1] + 1, replaced});
            }
        }
        if (row.back() < least) {
            least = row.back();
            best = word;
        }
    }
    if (best.empty() && typed.size() >= 3)
        for (const std::string_view word : candidates)
            if (word.starts_with(typed)) return word;
    return best;
}

bool is_traceparent(std::string_view text) noexcept {
    const auto is_hex = [](std::string_view part) {
        return part.find_first_not_of("0123456789abcdef") == std::string_view::npos;
    };
    return text.size() == 55 && text.starts_with("00-") && text[35] == '-' && text[52] == '-' &&
           is_hex(text.substr(3, 32)) && is_hex(text.substr(36, 16)) && is_hex(text.substr(53)) &&
           text.substr(3, 32).find_first_not_of('0') != std::string_view::npos &&
           text.substr(36, 16).find_first_not_of('0') != std::string_view::npos;
}

std::string random_hex_id() {
    std::string id(32, '0');
    write_random_hex_id(std::span<char, 32>(id));
    return id;
}

void write_random_hex_id(std::span<char, 32> id) noexcept {
    thread_local std::mt19937_64 generator([] {
        std::random_device device;
        std::seed_seq seed{device(), device(), device(), device()};
        return std::mt19937_64(seed);
    }());
    constexpr std::string_view hex = "0123456789abcdef";
    for (std::size_t half = 0; half < 2; ++half) {
        std::uint64_t bits = generator();
        for (std::size_t i = 0; i < 16; ++i, bits >>= 4U)
            id[half * 16 + i] = hex[bits & 0xFU];
    }
}

std::string shorten(std::string_view text, std::size_t max) {
    if (!is_clean_utf8(text)) return "(not UTF-8)";
    if (text.size() <= max) return std::string(text);
    std::size_t end = max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
        --end;
    return std::string(text.substr(0, end)) + "…";
}

} // namespace catalog
