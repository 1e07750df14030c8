// This file tests that every situation of the contract's section 5 has the status, code and members it names.
#define BOOST_TEST_DYN_LINK
#include "api/error_response.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

BOOST_AUTO_TEST_SUITE(error_responses)

namespace json = boost::json;
using namespace catalog;
using catalog::api::error_response;
using catalog::api::transport_error;

namespace {

const std::string id = "0123456789abcdef0123456789abcdef";

std::optional<std::string> header(const api::response& response, std::string_view name) {
    std::optional<std::string> found;
    for (const auto& [key, value] : response.headers) {
        if (key != name) continue;
        BOOST_TEST(!found.has_value(), name << " is there twice");
        found = value;
    }
    return found;
}

void check_body(const api::response& response, std::string_view code, std::string_view message, bool with_id) {
    const json::object body = json::parse(response.body).as_object();
    BOOST_TEST(body.at("error_code").as_string() == code);
    BOOST_TEST(body.at("error_msg").as_string() == message);
    BOOST_TEST(body.contains("request_id") == with_id);
    if (with_id) BOOST_TEST(body.at("request_id").as_string() == id);
    BOOST_TEST(body.size() == (with_id ? 3U : 2U));
}

struct situation {
    errc code;
    unsigned status;
    std::string_view error_code;
    bool request_id;
    std::string_view prefix = {};
};

} // namespace

BOOST_AUTO_TEST_CASE(every_row_of_the_contract) {
    const std::vector<situation> rows{
        {errc::bad_parameter, 400, "BackupService.9900", false},
        {errc::unauthenticated, 401, "APIGW.0301", true, "Incorrect IAM authentication information: "},
        {errc::forbidden, 403, "APIGW.0302", true},
        {errc::backup_not_found, 404, "BackupService.6200", false},
        {errc::no_such_path, 404, "APIGW.0101", true},
        {errc::method_not_allowed, 405, "APIGW.0101", true},
        {errc::too_many_requests, 429, "APIGW.0308", true},
        {errc::overloaded, 503, "APIGW.0201", true},
        {errc::database_away, 503, "APIGW.0201", true},
        {errc::identity_away, 503, "APIGW.0613", true},
        {errc::timed_out, 504, "APIGW.0201", true},
        {errc::unexpected, 500, "BackupService.9910", false},
    };
    for (const situation& row : rows) {
        BOOST_TEST_CONTEXT(row.status << " " << row.error_code) {
            const std::string message = "limit: '0' is \"out\" of range \\ \n \x01 备份";
            const api::response response = error_response({row.code, message}, id);
            BOOST_TEST(response.status == row.status);
            check_body(response, row.error_code, std::string(row.prefix) + message, row.request_id);
            BOOST_TEST(header(response, "Retry-After").has_value() == (row.status == 503 || row.status == 429));
            BOOST_TEST(header(response, "Allow").has_value() == (row.status == 405));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_token_of_another_project) {
    const api::response response = error_response({errc::malformed_url, "whatever"}, id);
    BOOST_TEST(response.status == 401U);
    BOOST_TEST((json::parse(response.body) ==
                json::parse(R"({"unauthorized":{"code":"401","message":"Malformed request url"}})")));
    BOOST_TEST(response.headers.empty());
}

BOOST_AUTO_TEST_CASE(headers_that_go_with_a_status) {
    const auto allow = header(error_response({errc::method_not_allowed, "m"}, id), "Allow");
    BOOST_TEST(allow.value_or("") == "GET, HEAD");
    for (const errc code : {errc::overloaded, errc::database_away, errc::identity_away}) {
        const std::string retry = header(error_response({code, "m"}, id), "Retry-After").value_or("");
        BOOST_TEST(!retry.empty());
        BOOST_TEST(retry.find_first_not_of("0123456789") == std::string::npos);
        BOOST_TEST(retry != "0");
    }
    const auto later = header(error_response({errc::too_many_requests, "m", 7}, id), "Retry-After");
    BOOST_TEST(later.value_or("") == "7");
}

BOOST_AUTO_TEST_CASE(what_http_refuses) {
    for (const unsigned status : {400U, 408U, 413U, 414U, 431U, 503U}) {
        BOOST_TEST_CONTEXT(status) {
            const api::response response = transport_error(status, "The \"body\" is too large", id);
            BOOST_TEST(response.status == status);
            check_body(response, "APIGW.0201", "The \"body\" is too large", true);
            BOOST_TEST(header(response, "Retry-After").has_value() == (status == 503));
            BOOST_TEST(!header(response, "Allow").has_value());
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
