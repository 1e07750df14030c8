// This file formats the lines of the access log by appending, for they are written once a request.
#include "http/access_log.hpp"

#include "util/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace catalog::http {

namespace {

void append_number(std::string& out, std::uint64_t number) {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

// Milliseconds with three digits after the point.
void append_time(std::string& out, std::chrono::nanoseconds time) {
    const auto micros = static_cast<std::uint64_t>(
        std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::microseconds>(time).count()));
    append_number(out, micros / 1000);
    const auto rest = micros % 1000;
    out += '.';
    out += static_cast<char>('0' + rest / 100);
    out += static_cast<char>('0' + rest / 10 % 10);
    out += static_cast<char>('0' + rest % 10);
}

std::string_view shown_method(std::string_view method) {
    constexpr std::array<std::string_view, 9> known{"GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                                    "CONNECT", "OPTIONS", "TRACE", "PATCH"};
    if (method.empty()) return "";
    return std::find(known.begin(), known.end(), method) != known.end() ? method : "other";
}

} // namespace

std::string access_line(const exchange& exchange) {
    const request_record& record = *exchange.record;
    std::string out;
    out.reserve(512);
    out += R"({"time":)";
    append_log_time(out);
    const auto add_text = [&out](std::string_view name, std::string_view value) {
        out.append(R"(,")").append(name).append(R"(":)");
        append_json_string(out, value);
    };
    out += R"(,"level":"info","event":"request")";
    add_text("request_id", exchange.request_id);
    add_text("client", exchange.client);
    if (!record.project_id.empty()) add_text("project_id", record.project_id);
    if (!record.user_id.empty()) add_text("user_id", record.user_id);
    add_text("method", shown_method(exchange.method));
    add_text("path", record.route);
    if (!record.traceparent.empty()) add_text("trace_id", record.trace_id());
    if (!record.parameters.empty()) add_text("parameters", record.parameters);
    if (record.foreign_project) out += R"(,"foreign_project":true)";
    if (record.backup_id) add_text("backup_id", *record.backup_id);
    out += R"(,"status":)";
    append_number(out, exchange.status);
    if (record.rows) {
        out += R"(,"rows":)";
        append_number(out, *record.rows);
    }
    out += R"(,"bytes":)";
    append_number(out, exchange.bytes);
    if (!exchange.complete) out += R"(,"complete":false)";
    if (!record.access_path.empty()) add_text("access_path", record.access_path);
    out += R"(,"ms":{"total":)";
    append_time(out, exchange.total);
    for (std::size_t i = 0; i < stage_names.size(); ++i) {
        if (record.times[i].count() == 0) continue;
        out.append(R"(,")").append(stage_names[i]).append(R"(":)");
        append_time(out, record.times[i]);
    }
    out += R"(,"write":)";
    append_time(out, exchange.writing);
    out += "}}\n";
    return out;
}

} // namespace catalog::http
