// This file writes error bodies.
#include "api/error_response.hpp"

#include "util/text.hpp"

namespace catalog::api {

namespace {

struct row {
    unsigned status;
    std::string_view code;
    bool with_request_id;
    std::string_view prefix; // before the problem's message
};

row row_of(errc code) {
    switch (code) {
    case errc::bad_parameter:
        return {400, "BackupService.9900", false, ""};
    case errc::malformed_url:
        return {401, "401", false, ""};
    case errc::unauthenticated:
        return {401, "APIGW.0301", true, "Incorrect IAM authentication information: "};
    case errc::forbidden:
        return {403, "APIGW.0302", true, ""};
    case errc::backup_not_found:
        return {404, "BackupService.6200", false, ""};
    case errc::no_such_path:
        return {404, "APIGW.0101", true, ""};
    case errc::method_not_allowed:
        return {405, "APIGW.0101", true, ""};
    case errc::too_many_requests:
        return {429, "APIGW.0308", true, ""};
    case errc::overloaded:
    case errc::database_away:
        return {503, "APIGW.0201", true, ""};
    case errc::identity_away:
        return {503, "APIGW.0613", true, ""};
    case errc::timed_out:
        return {504, "APIGW.0201", true, ""};
    case errc::unexpected:
        break;
    }
    return {500, "BackupService.9910", false, ""};
}

response make(unsigned status, std::string_view code, std::string_view message, const std::string_view* request_id,
              unsigned retry_after = 1) {
    response out;
    out.status = status;
    out.body = R"({"error_code":)";
    append_json_string(out.body, code);
    out.body += R"(,"error_msg":)";
    append_json_string(out.body, message);
    if (request_id) {
        out.body += R"(,"request_id":)";
        append_json_string(out.body, *request_id);
    }
    out.body += '}';
    if (status == 503 || status == 429) out.headers.emplace_back("Retry-After", std::to_string(retry_after));
    if (status == 405) out.headers.emplace_back("Allow", "GET, HEAD");
    return out;
}

} // namespace

response error_response(const problem& problem, std::string_view request_id) {
    if (problem.code == errc::malformed_url) {
        response out;
        out.status = 401;
        out.body = R"({"unauthorized":{"code":"401","message":"Malformed request url"}})";
        return out;
    }
    const row row = row_of(problem.code);
    const std::string message = std::string(row.prefix) + problem.message;
    return make(row.status, row.code, message, row.with_request_id ? &request_id : nullptr, problem.retry_after);
}

response transport_error(unsigned status, std::string_view message, std::string_view request_id) {
    return make(status, "APIGW.0201", message, &request_id);
}

} // namespace catalog::api
