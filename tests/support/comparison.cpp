// This file compares answers of the service with the model's.
#include "comparison.hpp"

#include "text.hpp"

#include <algorithm>

namespace support {

namespace json = boost::json;

namespace {

bool is_plain(const std::string& text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

std::string text_member(const json::object& body, std::string_view name) {
    const auto* const value = body.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::string names_of(const std::set<std::string>& names) {
    std::string out;
    for (const std::string& name : names)
        out += (out.empty() ? "" : " or ") + name;
    return out;
}

std::string compare_refusal(const model::answer& wanted, const http_response& got) {
    const json::value parsed = got.json();
    if (!parsed.is_object()) return "the body is no object: " + got.body;
    const json::object& body = parsed.get_object();
    if (wanted.status == 401 && wanted.error_code.empty()) {
        const json::value malformed = {{"unauthorized", {{"code", "401"}, {"message", "Malformed request url"}}}};
        return difference(malformed, parsed);
    }
    if (text_member(body, "error_code") != wanted.error_code)
        return "wanted error_code " + wanted.error_code + " but got " + got.body;
    if (wanted.status == 400) {
        const std::string message = text_member(body, "error_msg");
        const bool named = std::any_of(wanted.offending.begin(), wanted.offending.end(), [&](const std::string& name) {
            return !is_plain(name) || message.find(name) != std::string::npos;
        });
        if (!named) return "wanted a message that names " + names_of(wanted.offending) + " but got: " + message;
    }
    return check_error_shape(got);
}

std::string compare_status(const model::answer& wanted, const http_response& got) {
    if (static_cast<int>(got.status) == wanted.status) return {};
    std::string text = "wanted status " + std::to_string(wanted.status);
    if (!wanted.offending.empty()) text += " (fault of " + names_of(wanted.offending) + ")";
    return text + " but got " + std::to_string(got.status) + " " + got.body.substr(0, 300);
}

std::string check_success_headers(const http_response& got) {
    const std::string type = got.header("Content-Type").value_or("none");
    if (type != "application/json" && !type.starts_with("application/json;")) return "Content-Type is " + type;
    return check_request_id(got);
}

} // namespace

std::string check_request_id(const http_response& got) {
    const std::string id = got.header("X-Request-Id").value_or("");
    const bool good = id.size() == 32 && id.find_first_not_of("0123456789abcdef") == std::string::npos;
    return good && got.count("X-Request-Id") == 1 ? "" : "X-Request-Id isn't 32 hex digits once: '" + id + "'";
}

std::string check_error_shape(const http_response& got) {
    if (std::string text = check_success_headers(got); !text.empty()) return text;
    const json::value parsed = got.json();
    if (!parsed.is_object()) return "the body is no object: " + got.body;
    const json::object& body = parsed.get_object();
    if (text_member(body, "error_code").empty() || text_member(body, "error_msg").empty())
        return "error_code and error_msg must be non-empty strings: " + got.body;
    const bool from_gateway = text_member(body, "error_code").starts_with("APIGW.");
    const std::string request_id = text_member(body, "request_id");
    if (from_gateway && request_id != got.header("X-Request-Id")) return "request_id isn't X-Request-Id: " + got.body;
    if (body.size() > 3 || (body.size() == 3 && !body.contains("request_id"))) return "unknown members: " + got.body;
    return {};
}

std::string compare_list(const model::answer& wanted, const http_response& got) {
    if (std::string text = compare_status(wanted, got); !text.empty()) return text;
    if (wanted.status != 200) return compare_refusal(wanted, got);
    if (std::string text = check_success_headers(got); !text.empty()) return text;

    const json::value parsed = got.json();
    if (!parsed.is_object() || parsed.get_object().size() != 2)
        return "the body isn't {count, backups}: " + got.body.substr(0, 300);
    std::string out;
    const json::value* const count = parsed.get_object().if_contains("count");
    if (count == nullptr || *count != json::value(wanted.count))
        out += "count: wanted " + std::to_string(wanted.count) + " but got " +
               (count == nullptr ? "none" : json::serialize(*count)) + "\n";
    const json::value* const backups = parsed.get_object().if_contains("backups");
    if (backups == nullptr || !backups->is_array()) return out + "no array backups";
    // The order first: a diff of documents that aren't the same backup helps nobody.
    const std::vector<std::string> wanted_ids = ids_of(wanted);
    const std::vector<std::string> got_ids = ids_of(got);
    if (wanted_ids != got_ids) {
        const auto [a, b] = std::mismatch(wanted_ids.begin(), wanted_ids.end(), got_ids.begin(), got_ids.end());
        out += "backups: wanted " + std::to_string(wanted_ids.size()) + " but got " + std::to_string(got_ids.size()) +
               ", first difference at " + std::to_string(a - wanted_ids.begin()) + ": wanted " +
               (a == wanted_ids.end() ? "the end" : *a) + " but got " + (b == got_ids.end() ? "the end" : *b) + "\n";
        return out;
    }
    return out + difference(json::value(wanted.backups), *backups);
}

std::string compare_show(const model::answer& wanted, const http_response& got) {
    if (std::string text = compare_status(wanted, got); !text.empty()) return text;
    if (wanted.status != 200) return compare_refusal(wanted, got);
    if (std::string text = check_success_headers(got); !text.empty()) return text;
    return difference(json::value(json::object{{"backup", wanted.backup}}), got.json());
}

std::vector<std::string> ids_of(const http_response& got) {
    std::vector<std::string> out;
    const json::value parsed = got.json();
    for (const json::value& one : parsed.at("backups").as_array())
        out.emplace_back(one.as_object().at("id").as_string());
    return out;
}

std::vector<std::string> ids_of(const model::answer& wanted) {
    std::vector<std::string> out;
    for (const json::value& one : wanted.backups)
        out.emplace_back(one.as_object().at("id").as_string());
    return out;
}

void failure_log::add(const std::string& text) {
    const std::lock_guard lock(mutex_);
    if (++count_ <= 10) text_ += text + "\n\n";
}

std::size_t failure_log::count() const {
    const std::lock_guard lock(mutex_);
    return count_;
}

std::string failure_log::text() const {
    const std::lock_guard lock(mutex_);
    return std::to_string(count_) + " failures; the first ones:\n\n" + text_;
}

} // namespace support
