// This file writes the head of a response.
#include "http/response_head.hpp"

#include <boost/beast/http/status.hpp>

#include <algorithm>
#include <array>
#include <ctime>
#include <string_view>

namespace catalog::http {

namespace {

// RFC 9110 section 5.6.7, the fixed form; English whatever the locale.
std::string_view date() {
    constexpr std::array<std::string_view, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    thread_local std::time_t when = -1;
    thread_local std::array<char, 64> text{};
    thread_local std::size_t length = 0;
    const std::time_t now = std::time(nullptr);
    if (now != when) {
        std::tm utc{};
        gmtime_r(&now, &utc);
        length = static_cast<std::size_t>(std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                                        days[static_cast<std::size_t>(utc.tm_wday)].data(), utc.tm_mday,
                                                        months[static_cast<std::size_t>(utc.tm_mon)].data(),
                                                        utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec));
        when = now;
    }
    return {text.data(), length};
}

} // namespace

std::string response_head(const api::response& response, std::string_view request_id, connection_traits traits) {
    std::string out;
    out.reserve(384);
    const auto add = [&](std::string_view name, std::string_view value) {
        out.append(name).append(": ").append(value).append("\r\n");
    };
    const auto add_default = [&](std::string_view name, std::string_view value) {
        const bool named = std::any_of(response.headers.begin(), response.headers.end(),
                                       [&](const auto& own) { return own.first == name; });
        if (!named) add(name, value);
    };
    out.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
    const auto reason = boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(response.status));
    out.append(reason.data(), reason.size()).append("\r\n");
    add("Date", date());
    add_default("Content-Type", "application/json");
    if (response.stream)
        add("Transfer-Encoding", "chunked"); // an end that is not the chunks' own is seen to be none
    else
        add("Content-Length", std::to_string(response.body.size()));
    add("X-Request-Id", request_id);
    // What is answered belongs to one caller: no cache may keep it, no browser may guess that it is a page.
    add_default("Cache-Control", "no-store");
    add_default("X-Content-Type-Options", "nosniff");
    if (traits.tls) add_default("Strict-Transport-Security", "max-age=31536000"); // RFC 6797: not over plain HTTP
    for (const auto& [name, value] : response.headers)
        add(name, value);
    // Said in both cases: the client may speak HTTP/1.0, which closes unless told otherwise.
    add("Connection", traits.keep_alive ? "keep-alive" : "close");
    out += "\r\n";
    return out;
}

} // namespace catalog::http
