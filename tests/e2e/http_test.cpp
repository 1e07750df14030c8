// This file checks the real program at its edges: every error of the contract, HTTP itself, starting and stopping,
// settings, import, export, and the README's example.
#define BOOST_TEST_DYN_LINK
#define BOOST_TEST_MODULE http
#include "comparison.hpp"
#include "model.hpp"
#include "postgres_cluster.hpp"
#include "random_catalog.hpp"
#include "reference.hpp"
#include "service.hpp"
#include "sql_session.hpp"
#include "text.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <csignal>
#include <thread>

namespace {

using namespace support;
namespace json = boost::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

const std::string unknown_id = "00000000-0000-4000-8000-000000000000";
const std::string foreign_id = "77777777-0000-4000-8000-000000000001";

const std::vector<token> tokens{{"reader-token", "alice", project, {"reader"}},
                                {"admin-token", "root", project, {"admin"}},
                                {"auditor-token", "otto", project, {"auditor"}},
                                {"other-token", "bob", other_project, {"reader"}},
                                {"fresh-token", "eve", project, {"reader"}, "2999-01-01T00:00:00Z"},
                                {"zoned-token", "eve", project, {"reader"}, "2999-01-01T00:00:00+08:00"},
                                {"expired-token", "eve", project, {"reader"}, "2020-01-01T00:00:00Z"}};

std::string backup_line(const std::string& owner, const std::string& id, const json::object& more = {}) {
    json::object out{{"id", id},
                     {"name", "n"},
                     {"project_id", owner},
                     {"checkpoint_id", unknown_id},
                     {"vault_id", unknown_id},
                     {"resource_id", unknown_id},
                     {"resource_type", "OS::Nova::Server"},
                     {"created_at", "2020-01-01T00:00:00.000000"}};
    for (const auto& [name, value] : more) {
        if (value.is_string() && value.get_string() == "(absent)")
            out.erase(name);
        else
            out[name] = value;
    }
    return json::serialize(out) + "\n";
}

// A service over the reference's two example backups and one of another project's; one for all cases that don't need
// a state of their own.
struct stage {
    stage()
        : database(postgres_cluster::instance().create_database())
        , reader_url(postgres_cluster::instance().url("test_reader", database))
        , writer_url(postgres_cluster::instance().url("test_writer", database)) {
        import_records(writer_url, read_file(source_folder() + "/tests/data/reference_example.json"));
        import_records(writer_url, backup_line(other_project, foreign_id));
        service.emplace(catalog_service::options{reader_url, tokens});
    }

    std::string database;
    std::string reader_url;
    std::string writer_url;
    std::optional<catalog_service> service;
};

stage& common() {
    static stage one;
    return one;
}

// Ends the common service before the static objects go, so that its exit status is seen.
struct stop_common_service {
    ~stop_common_service() {
        if (common().service) common().service->stop();
    }
};
BOOST_TEST_GLOBAL_FIXTURE(stop_common_service);

http_response ask(const std::string& target, const std::string& token = "reader-token") {
    http_client client(common().service->base_url());
    return client.get(target, token);
}

std::string member_of(const http_response& got, std::string_view name) {
    const json::value body = got.json();
    const auto* const value = body.as_object().if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

void expect_error(const http_response& got, unsigned status, const std::string& code, const std::string& what) {
    BOOST_TEST(got.status == status, what << ": wanted " << status << " but got " << got.status << " " << got.body);
    if (got.status != status) return;
    BOOST_TEST(member_of(got, "error_code") == code, what << ": wanted " << code << " in " << got.body);
    const std::string wrong = check_error_shape(got);
    BOOST_TEST(wrong.empty(), what << ": " << wrong);
    // Gateway errors carry the request's id in the body too.
    BOOST_TEST((!code.starts_with("APIGW.") || !member_of(got, "request_id").empty()),
               what << ": no request_id: " << got.body);
    // Nothing of the inside.
    for (const auto* word :
         {"postgres", "PostgreSQL", "SELECT", "pqxx", "libpq", "catalog.", "SQLSTATE", "boost", ".cpp"})
        BOOST_TEST(got.body.find(word) == std::string::npos, what << ": " << word << " in " << got.body);
}

// Raw bytes to a connection of its own; the answer, or nothing when the connection ends without one.
std::optional<http_response> raw(const std::string& bytes) {
    http_client client(common().service->base_url(), seconds(10));
    client.connect();
    try {
        client.send(bytes);
    } catch (const http_failure&) {
        // A service that has read enough may close before it got everything; its answer is there all the same.
    }
    try {
        return client.read_response();
    } catch (const http_failure&) {
        return std::nullopt;
    }
}

std::string request_text(const std::string& line, const std::string& more = "") {
    return line + " HTTP/1.1\r\nHost: x\r\nX-Auth-Token: reader-token\r\n" + more + "\r\n";
}

std::string export_all(const std::string& url, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments{"export", "--database-url", url};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const finished end = run_catalog(arguments);
    BOOST_REQUIRE_MESSAGE(end.status == 0, end.errors);
    return end.output;
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

// ---------------------------------------------------------------------------------------------- who is asking

BOOST_AUTO_TEST_CASE(tokens_that_are_missing_unknown_or_expired) {
    http_client client(common().service->base_url());
    expect_error(client.request("GET", list_path), 401, "APIGW.0301", "no token");
    expect_error(client.request("GET", list_path, {{"Authorization", "Bearer reader-token"}}), 401, "APIGW.0301",
                 "bearer");
    for (const auto* bad : {"", "nobody", "reader-token2", "Reader-Token", "reader-toke", "expired-token",
                            "reader token", "%72eader-token", "\xE5\xA4\x87"})
        expect_error(client.get(list_path, bad), 401, "APIGW.0301", std::string("token '") + bad + "'");
    BOOST_TEST(
        contains(member_of(client.get(list_path, "nobody"), "error_msg"), "Incorrect IAM authentication information"));
    // The token comes before everything else that could be said about the request.
    expect_error(client.get("/v3/bad!/backups?limit=0", "nobody"), 401, "APIGW.0301", "token first");
    for (const auto* good : {"fresh-token", "zoned-token", "admin-token"})
        BOOST_TEST(client.get(list_path, good).status == 200u);
    BOOST_TEST(client.request("GET", list_path, {{"x-auth-TOKEN", "reader-token"}}).status == 200u);
}

BOOST_AUTO_TEST_CASE(another_projects_path) {
    const http_response got = ask("/v3/" + other_project + "/backups");
    BOOST_TEST(got.status == 401u);
    const json::value wanted = {{"unauthorized", {{"code", "401"}, {"message", "Malformed request url"}}}};
    BOOST_TEST(got.json() == wanted, got.body);
    BOOST_TEST(check_request_id(got) == "");
    BOOST_TEST(ask("/v3/" + other_project + "/backups/" + foreign_id).status == 401u);
    BOOST_TEST(ask("/v3/" + other_project + "/backups", "admin-token").status == 401u);
}

BOOST_AUTO_TEST_CASE(what_is_not_permitted) {
    expect_error(ask(list_path, "auditor-token"), 403, "APIGW.0302", "a role that means nothing here");
    expect_error(ask(list_path + "/" + known_id, "auditor-token"), 403, "APIGW.0302", "the same for one backup");
    expect_error(ask(list_path + "?all_tenants=true"), 403, "APIGW.0302", "all_tenants without admin");
    BOOST_TEST(ask(list_path + "?all_tenants=false").status == 200u);
    BOOST_TEST(ask(list_path + "?all_tenants=true", "admin-token").json().at("count").as_int64() == 3);
}

// ---------------------------------------------------------------------------------------------- bad parameters

BOOST_AUTO_TEST_CASE(a_bad_parameter_is_named_with_its_fault_and_what_is_allowed) {
    struct bad {
        const char* query;
        const char* parameter;
        std::vector<const char*> allowed; // every one must be in the message
    };
    const std::vector<bad> all{
        {"limit=0", "limit", {"1", "1000"}},
        {"limit=", "limit", {"1", "1000"}},
        {"limit", "limit", {"1", "1000"}},
        {"limit=%2B5", "limit", {"1", "1000"}},
        {"limit=1&limit=1", "limit", {"once"}},
        {"offset=2147483648", "offset", {"0", "2147483647"}},
        {"used_percent=101", "used_percent", {"1", "100"}},
        {"status=Available", "status", {"available", "waiting_restore"}},
        {"resource_type=OS::Nova", "resource_type", {"OS::Nova::Server", "OS::Cinder::Volume"}},
        {"image_type=snapshot", "image_type", {"backup", "replication"}},
        {"member_status=open", "member_status", {"pending", "accept", "reject"}},
        {"own_type=public", "own_type", {"private", "shared", "all_granted"}},
        {"all_tenants=yes", "all_tenants", {"true", "false"}},
        {"incremental=", "incremental", {"true", "false"}},
        {"dec=x", "dec", {"true", "false"}},
        {"show_replication=2", "show_replication", {"true", "false"}},
        {"start_time=2018-02-30T12:00:00Z", "start_time", {"UTC"}},
        {"end_time=yesterday", "end_time", {"UTC"}},
        {"start_time=2020-01-02T00:00:00Z&end_time=2020-01-01T00:00:00Z", "start_time", {"end_time"}},
        {"sort=size", "sort", {"created_at", "protected_at"}},
        {"sort=id:up", "sort", {"asc", "desc"}},
        {"sort=id,id", "sort", {}},
        {"marker=abc", "marker", {"UUID"}},
        {"checkpoint_id=abc", "checkpoint_id", {"UUID"}},
        {"enterprise_project_id=", "enterprise_project_id", {"id"}},
        {"frobnicate=1", "frobnicate", {}},
        {"name=%ff", "name", {"UTF-8"}},
        {"name=a%00b", "name", {}},
        {"name=%zz", "", {}},
        {"name=%", "", {}},
        {"name=%4", "", {}},
    };
    for (const bad& one : all) {
        const http_response got = ask(list_path + "?" + one.query);
        expect_error(got, 400, "BackupService.9900", one.query);
        if (got.status != 400) continue;
        const std::string message = member_of(got, "error_msg");
        BOOST_TEST(contains(message, one.parameter),
                   one.query << ": " << one.parameter << " isn't named in: " << message);
        for (const char* const word : one.allowed)
            BOOST_TEST(contains(message, word), one.query << ": " << word << " isn't in: " << message);
    }
    // A marker that isn't there and one that isn't for this caller must not be told apart.
    const http_response absent = ask(list_path + "?marker=" + unknown_id);
    const http_response foreign = ask(list_path + "?marker=" + foreign_id);
    expect_error(absent, 400, "BackupService.9900", "an unknown marker");
    std::string text = member_of(absent, "error_msg");
    if (const auto at = text.find(unknown_id); at != std::string::npos) text.replace(at, unknown_id.size(), foreign_id);
    BOOST_TEST(text == member_of(foreign, "error_msg"));
}

BOOST_AUTO_TEST_CASE(bad_values_in_the_path) {
    for (const auto* bad : {"a.b", "a%20b", "%E5%A4%87", "%ff", "a%00b", "a%2Fb", "a%2fbackups", "%zz", "a;b", "a'b"})
        expect_error(ask(std::string("/v3/") + bad + "/backups"), 400, "BackupService.9900", bad);
    expect_error(ask("/v3/" + std::string(65, 'a') + "/backups"), 400, "BackupService.9900", "65 characters");
    BOOST_TEST(ask("/v3/" + std::string(64, 'a') + "/backups").status == 401u);
    BOOST_TEST(contains(member_of(ask("/v3/a.b/backups"), "error_msg"), "project_id"));
    // The first character percent-encoded is the same project.
    BOOST_TEST(ask("/v3/%30" + project.substr(1) + "/backups").status == 200u);
    for (const auto* name : {"autobk_b629", "%E5%A4%87%E4%BB%BD", "b1c4afd9e7a648889010c2bac3aa7910", "%ff", "a%2Fb"}) {
        const http_response got = ask(list_path + "/" + name);
        expect_error(got, 400, "BackupService.9900", name);
    }
}

BOOST_AUTO_TEST_CASE(query_strings_in_odd_shapes) {
    for (const auto* query :
         {"?", "?name", "?name=", "?resource_name=&resource_az=", "?status=available&status=available",
          "?start_time=2020-02-21T07:00:54.065135&end_time=2020-02-21T07%3A00%3A54.065135Z",
          "?sort=created_at%3Aasc,+id+:desc", "?n%61me=autobk", "?MARKER=" /* unknown: refused */}) {
        const bool unknown = std::string(query).starts_with("?MARKER");
        const http_response got = ask(list_path + query);
        BOOST_TEST(got.status == (unknown ? 400u : 200u), query << ": " << got.status << " " << got.body);
    }
    BOOST_TEST(ask(list_path + "?name=autobk%5Fb").json().at("count").as_int64() == 1);
    BOOST_TEST(ask(list_path + "?name=autobk%25").json().at("count").as_int64() == 0);
    BOOST_TEST(ask(list_path + "?name=b=629").json().at("count").as_int64() == 0); // a second = belongs to the value
}

// ---------------------------------------------------------------------------------------------- paths and methods

BOOST_AUTO_TEST_CASE(paths_that_do_not_exist) {
    for (const std::string& path :
         {std::string("/"), std::string("/v3"), "/v3/" + project, "/v3/" + project + "/vaults",
          "/v2/" + project + "/backups", list_path + "/" + known_id + "/members", "/v3/" + project + "/Backups",
          "/x" + list_path})
        expect_error(ask(path), 404, "APIGW.0101", path);
}

BOOST_AUTO_TEST_CASE(backups_that_do_not_exist_or_are_not_visible) {
    for (const std::string& id : {unknown_id, foreign_id}) {
        const http_response got = ask(list_path + "/" + id);
        expect_error(got, 404, "BackupService.6200", id);
        BOOST_TEST(member_of(got, "error_msg") == "The backup does not exist.");
    }
    BOOST_TEST(ask(list_path + "/" + foreign_id, "admin-token").status == 404u);
    BOOST_TEST(ask(list_path + "/" + known_id).status == 200u);
    BOOST_TEST(ask(list_path + "/B1C4AFD9-E7A6-4888-9010-C2BAC3AA7910").status == 200u);
}

BOOST_AUTO_TEST_CASE(methods_that_a_path_does_not_have) {
    http_client client(common().service->base_url());
    for (const std::string& path : {list_path, list_path + "/" + known_id})
        for (const auto* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"}) {
            const http_response got = client.request(method, path, {{"X-Auth-Token", "reader-token"}});
            expect_error(got, 405, "APIGW.0101", std::string(method) + " " + path);
            const std::string allow = got.header("Allow").value_or("");
            BOOST_TEST(contains(allow, "GET"), method << ": Allow is '" << allow << "'");
        }
    // A body that comes with a refused method must not be taken for the next request.
    const http_response got =
        client.request("POST", list_path, {{"X-Auth-Token", "reader-token"}}, "GET / HTTP/1.1\r\n\r\n");
    BOOST_TEST(got.status == 405u);
    BOOST_TEST(client.get(list_path, "reader-token").status == 200u);
}

BOOST_AUTO_TEST_CASE(head_is_get_without_a_body) {
    http_client client(common().service->base_url());
    for (const std::string& target :
         {list_path, list_path + "/" + known_id, list_path + "?limit=0", list_path + "/" + unknown_id}) {
        const http_response get = client.get(target, "reader-token");
        const http_response head = client.request("HEAD", target, {{"X-Auth-Token", "reader-token"}});
        BOOST_TEST(head.status == get.status, target);
        BOOST_TEST(head.body.empty());
        BOOST_TEST(head.header("Content-Type").value_or("") == get.header("Content-Type").value_or(""));
        BOOST_TEST(head.header("Content-Length").value_or("") == std::to_string(get.body.size()), target);
        BOOST_TEST(check_request_id(head) == "");
    }
    // The connection is still in step.
    BOOST_TEST(client.get(list_path, "reader-token").json().at("count").as_int64() == 2);
}

// ---------------------------------------------------------------------------------------------- too much

BOOST_AUTO_TEST_CASE(requests_that_are_too_large) {
    const std::string mega(1'048'576, 'x');
    const std::optional<http_response> line = raw(request_text("GET " + list_path + "?name=" + mega));
    BOOST_REQUIRE(line);
    expect_error(*line, 414, "APIGW.0201", "a request line of a megabyte");
    const std::optional<http_response> path = raw(request_text("GET /" + mega));
    BOOST_REQUIRE(path);
    expect_error(*path, 414, "APIGW.0201", "a path of a megabyte");
    const std::optional<http_response> field = raw(request_text("GET " + list_path, "X-Filler: " + mega + "\r\n"));
    BOOST_REQUIRE(field);
    expect_error(*field, 431, "APIGW.0201", "a header of a megabyte");
    std::string many;
    for (int i = 0; i < 20000; ++i)
        many += "X-Filler-" + std::to_string(i) + ": some value\r\n";
    const std::optional<http_response> fields = raw(request_text("GET " + list_path, many));
    BOOST_REQUIRE(fields);
    expect_error(*fields, 431, "APIGW.0201", "20,000 headers");
    const std::optional<http_response> body = raw(request_text("GET " + list_path, "Content-Length: 10000000000\r\n"));
    BOOST_REQUIRE(body);
    expect_error(*body, 413, "APIGW.0201", "a body of 10 GB announced");
    const std::optional<http_response> sent =
        raw(request_text("GET " + list_path, "Content-Length: 16777216\r\n") + std::string(16777216, 'x'));
    BOOST_REQUIRE(sent);
    expect_error(*sent, 413, "APIGW.0201", "a body of 16 MB sent");
    std::string chunks = request_text("GET " + list_path, "Transfer-Encoding: chunked\r\n");
    for (int i = 0; i < 16; ++i)
        chunks += "100000\r\n" + mega + "\r\n";
    const std::optional<http_response> chunked = raw(chunks + "0\r\n\r\n");
    BOOST_REQUIRE(chunked);
    expect_error(*chunked, 413, "APIGW.0201", "a chunked body of 16 MB");
    // What a careful client may send is not too large: 255 characters of 4 bytes, percent-encoded, three times.
    std::string emoji;
    for (int i = 0; i < 255; ++i)
        emoji += "%F0%9F%98%80";
    BOOST_TEST(ask(list_path + "?name=" + emoji).status == 200u);
    BOOST_TEST(ask(list_path).status == 200u);
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_request) {
    for (const std::string& bytes :
         {std::string("\r\n\r\n"), std::string("GET\r\n\r\n"), std::string("GET / FTP/1.1\r\n\r\n"),
          std::string(300, '\0'),
          std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + std::string(500, 'x') + "\r\n\r\n",
          std::string("GET " + list_path + " HTTP/1.1\r\nHost: x\r\nBad Header\r\n\r\n"),
          request_text("GET " + list_path, "Content-Length: -1\r\n"),
          request_text("GET " + list_path, "Content-Length: 1x\r\n"),
          request_text("GET " + list_path, "Transfer-Encoding: chunked\r\n") + "zz\r\n"}) {
        const std::optional<http_response> got = raw(bytes + "\r\n\r\n");
        BOOST_TEST((!got || (got->status >= 400 && got->status < 500)), "bytes " << bytes.substr(0, 40));
        if (got) BOOST_TEST(check_error_shape(*got) == "");
    }
    BOOST_TEST(ask(list_path).status == 200u);
}

// ---------------------------------------------------------------------------------------------- connections

BOOST_AUTO_TEST_CASE(headers_of_an_answer) {
    const http_response got = ask(list_path);
    BOOST_TEST(got.header("Content-Type").value_or("") == "application/json");
    BOOST_TEST(got.header("Content-Length").value_or("") == std::to_string(got.body.size()));
    BOOST_TEST(got.count("X-Request-Id") == 1u);
    std::set<std::string> ids;
    for (int i = 0; i < 50; ++i)
        ids.insert(ask(list_path).header("X-Request-Id").value_or(""));
    BOOST_TEST(ids.size() == 50u);
    const json::value body = got.json();
    BOOST_TEST(body.as_object().size() == 2u);
    BOOST_TEST(body.at("count").is_int64());
    const json::object& first = body.at("backups").at(0).as_object();
    std::vector<std::string> wanted{"id",
                                    "checkpoint_id",
                                    "resource_id",
                                    "provider_id",
                                    "vault_id",
                                    "parent_id",
                                    "project_id",
                                    "enterprise_project_id",
                                    "name",
                                    "description",
                                    "status",
                                    "image_type",
                                    "resource_type",
                                    "resource_name",
                                    "resource_size",
                                    "resource_az",
                                    "created_at",
                                    "updated_at",
                                    "protected_at",
                                    "expired_at",
                                    "incremental",
                                    "version",
                                    "extend_info",
                                    "children",
                                    "replication_records"};
    std::vector<std::string> have;
    for (const auto& member : first)
        have.emplace_back(member.key());
    std::sort(wanted.begin(), wanted.end());
    std::sort(have.begin(), have.end());
    BOOST_TEST(have == wanted, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(connections_are_kept_and_closed_as_asked) {
    http_client client(common().service->base_url());
    client.connect();
    for (int i = 0; i < 3; ++i) {
        client.send(request_text("GET " + list_path));
        const http_response got = client.read_response();
        BOOST_TEST(got.status == 200u);
        BOOST_TEST(got.keep_alive);
    }
    // An error is no reason to close.
    client.send(request_text("GET " + list_path + "?limit=0"));
    BOOST_TEST(client.read_response().status == 400u);
    client.send(request_text("GET " + list_path, "Connection: close\r\n"));
    const http_response last = client.read_response();
    BOOST_TEST(last.status == 200u);
    BOOST_TEST(!last.keep_alive);
    BOOST_TEST(client.is_closed(seconds(5)));

    http_client old(common().service->base_url());
    old.connect();
    old.send("GET " + list_path + " HTTP/1.0\r\nX-Auth-Token: reader-token\r\n\r\n");
    BOOST_TEST(old.read_response().status == 200u);
    BOOST_TEST(old.is_closed(seconds(5)));
}

BOOST_AUTO_TEST_CASE(pipelined_requests_are_answered_in_order) {
    http_client client(common().service->base_url());
    client.connect();
    std::string all;
    for (int i = 0; i < 20; ++i)
        all += request_text("GET " + list_path + "?limit=1&offset=" + std::to_string(i % 3));
    client.send(all);
    for (int i = 0; i < 20; ++i) {
        const http_response got = client.read_response();
        BOOST_TEST(got.status == 200u);
        const std::vector<std::string> ids = ids_of(got);
        BOOST_TEST(ids.size() == (i % 3 == 2 ? 0u : 1u));
        if (i % 3 == 0) BOOST_TEST(ids.at(0) == known_id);
    }
}

BOOST_AUTO_TEST_CASE(a_request_that_comes_in_pieces) {
    http_client client(common().service->base_url());
    client.connect();
    for (char c : request_text("GET " + list_path + "?limit=1"))
        client.send(std::string(1, c));
    BOOST_TEST(client.read_response().status == 200u);
    client.send("GET " + list_path + " HTTP/1.1\r\nHost: x\r\nX-Auth-To");
    std::this_thread::sleep_for(milliseconds(300));
    client.send("ken: reader-token\r\n\r\n");
    BOOST_TEST(client.read_response().status == 200u);
    // A client that closes its half after the request still gets the answer.
    client.send(request_text("GET " + list_path));
    client.finish_sending();
    BOOST_TEST(client.read_response().status == 200u);
}

BOOST_AUTO_TEST_CASE(clients_that_leave_early_harm_nobody) {
    for (int i = 0; i < 30; ++i) {
        http_client client(common().service->base_url());
        client.connect();
        client.send(i % 3 == 0 ? "GET " + list_path : request_text("GET " + list_path));
        client.close();
    }
    BOOST_TEST(ask(list_path).status == 200u);
}

// ---------------------------------------------------------------------------------------------- the database

BOOST_AUTO_TEST_CASE(the_service_survives_its_database_connections) {
    sql_session superuser(postgres_cluster::instance().superuser_url("postgres"));
    for (int round = 0; round < 3; ++round) {
        superuser.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", {common().database});
        http_response first = ask(list_path);
        BOOST_TEST((first.status == 200u || first.status == 503u), first.status << " " << first.body);
        if (first.status == 503u) expect_error(first, 503, "APIGW.0201", "a lost connection");
        unsigned status = 0;
        for (int i = 0; i < 20 && status != 200; ++i)
            status = ask(list_path).status;
        BOOST_TEST(status == 200u);
    }
}

BOOST_AUTO_TEST_CASE(a_database_that_is_away) {
    postgres_cluster& cluster = postgres_cluster::instance();
    const std::string database = cluster.create_database();
    catalog_service service({cluster.url("test_reader", database), tokens});
    http_client client(service.base_url());
    BOOST_TEST(client.get(list_path, "reader-token").status == 200u);
    sql_session superuser(cluster.superuser_url("postgres"));
    superuser.run("ALTER DATABASE " + database + " ALLOW_CONNECTIONS false");
    superuser.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", {database});
    for (int i = 0; i < 3; ++i) {
        const http_response got = client.get(list_path, "reader-token");
        expect_error(got, 503, "APIGW.0201", "the database is away");
        BOOST_TEST(got.header("Retry-After").has_value());
    }
    // What needs no database is answered as ever.
    expect_error(client.get(list_path, "nobody"), 401, "APIGW.0301", "the database is away");
    expect_error(client.get(list_path + "?limit=0", "reader-token"), 400, "BackupService.9900", "the database is away");
    superuser.run("ALTER DATABASE " + database + " ALLOW_CONNECTIONS true");
    unsigned status = 0;
    for (int i = 0; i < 100 && status != 200; ++i) {
        status = client.get(list_path, "reader-token").status;
        if (status != 200) std::this_thread::sleep_for(milliseconds(100));
    }
    BOOST_TEST(status == 200u);
    service.stop();
}

// ---------------------------------------------------------------------------------------------- stopping

namespace {

// Holds every query of the catalog up until it goes.
class held_database {
public:
    explicit held_database(const std::string& database)
        : session_(postgres_cluster::instance().superuser_url(database)) {
        session_.run("BEGIN; LOCK TABLE catalog.backups IN ACCESS EXCLUSIVE MODE");
    }
    void release() { session_.run("ROLLBACK"); }
    void wait_for_waiters(std::size_t count) {
        for (int i = 0; i < 500; ++i) {
            sql_session other(postgres_cluster::instance().superuser_url("postgres"));
            if (std::stoul(other.value("SELECT count(*) FROM pg_locks WHERE NOT granted")) >= count) return;
            std::this_thread::sleep_for(milliseconds(10));
        }
        throw std::runtime_error("no request reached the database");
    }

private:
    sql_session session_;
};

} // namespace

BOOST_AUTO_TEST_CASE(sigterm_lets_answers_under_way_finish) {
    postgres_cluster& cluster = postgres_cluster::instance();
    const std::string database = cluster.create_database();
    import_records(cluster.url("test_writer", database), backup_line(project, known_id));
    for (const int signal : {SIGTERM, SIGINT}) {
        catalog_service service({cluster.url("test_reader", database), tokens});
        http_client idle(service.base_url());
        BOOST_TEST(idle.get(list_path, "reader-token").status == 200u);
        held_database held(database);
        http_client client(service.base_url());
        client.connect();
        client.send(request_text("GET " + list_path));
        held.wait_for_waiters(1);
        service.process().send_signal(signal);
        std::this_thread::sleep_for(milliseconds(300));
        BOOST_TEST(service.process().is_running());
        http_client late(service.base_url());
        BOOST_CHECK_THROW(late.get(list_path, "reader-token"), http_failure);
        held.release();
        const http_response got = client.read_response();
        BOOST_TEST(got.status == 200u);
        BOOST_TEST(!got.keep_alive);
        BOOST_TEST(service.process().wait(seconds(20)) == 0);
    }
}

BOOST_AUTO_TEST_CASE(a_second_signal_ends_it_at_once) {
    postgres_cluster& cluster = postgres_cluster::instance();
    const std::string database = cluster.create_database();
    import_records(cluster.url("test_writer", database), backup_line(project, known_id));
    catalog_service service({cluster.url("test_reader", database), tokens});
    held_database held(database);
    http_client client(service.base_url());
    client.connect();
    client.send(request_text("GET " + list_path));
    held.wait_for_waiters(1);
    service.process().send_signal(SIGTERM);
    std::this_thread::sleep_for(milliseconds(300));
    BOOST_TEST(service.process().is_running());
    service.process().send_signal(SIGTERM);
    BOOST_CHECK_NO_THROW(service.process().wait(seconds(3)));
    held.release();
}

BOOST_AUTO_TEST_CASE(an_idle_service_stops_at_once) {
    postgres_cluster& cluster = postgres_cluster::instance();
    catalog_service service({cluster.url("test_reader", common().database), tokens});
    http_client idle(service.base_url());
    BOOST_TEST(idle.get(list_path, "reader-token").status == 200u);
    const auto start = std::chrono::steady_clock::now();
    service.process().send_signal(SIGTERM);
    BOOST_TEST(service.process().wait(seconds(20)) == 0);
    BOOST_TEST((std::chrono::steady_clock::now() - start < seconds(3)));
    // Nothing but the one line on standard output.
    BOOST_TEST(lines_of(service.process().output()).size() == 1u);
}

// ---------------------------------------------------------------------------------------------- limits

namespace {

// A service with settings of its own over the common database, whose queries can be held up.
catalog_service service_with(const std::string& database, std::vector<std::string> flags) {
    return catalog_service({postgres_cluster::instance().url("test_reader", database), tokens, std::move(flags)});
}

std::string database_with_one_backup() {
    std::string database = postgres_cluster::instance().create_database();
    import_records(postgres_cluster::instance().url("test_writer", database), backup_line(project, known_id));
    return database;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_request_that_takes_too_long) {
    const std::string database = database_with_one_backup();
    catalog_service service = service_with(database, {"--request-timeout", "500ms"});
    http_client client(service.base_url());
    BOOST_TEST(client.get(list_path, "reader-token").status == 200u);
    held_database held(database);
    const auto start = std::chrono::steady_clock::now();
    expect_error(client.get(list_path, "reader-token"), 504, "APIGW.0201", "a request of more than 500 ms");
    BOOST_TEST((std::chrono::steady_clock::now() - start < seconds(3)));
    held.release();
    BOOST_TEST(client.get(list_path, "reader-token").status == 200u);
    service.stop();
}

BOOST_AUTO_TEST_CASE(more_requests_than_the_database_may_have) {
    const std::string database = database_with_one_backup();
    for (const char* const queue : {"0", "10"}) {
        catalog_service service = service_with(
            database, {"--database-connections", "1", "--database-queue", queue, "--database-wait", "300ms"});
        http_client warm(service.base_url());
        const unsigned alone = warm.get(list_path, "reader-token").status;
        BOOST_TEST(alone == 200u, "queue " << queue << ": a request alone got " << alone);
        if (alone != 200) continue;
        held_database held(database);
        http_client first(service.base_url());
        first.connect();
        first.send(request_text("GET " + list_path));
        held.wait_for_waiters(1);
        // Nobody waits without end: refused at once where the queue is full, after a while where it isn't.
        http_client second(service.base_url());
        const auto start = std::chrono::steady_clock::now();
        const http_response refused = second.get(list_path, "reader-token");
        expect_error(refused, 503, "APIGW.0201", "no connection to the database is free");
        BOOST_TEST((std::chrono::steady_clock::now() - start < seconds(3)), "queue " << queue << ": waited too long");
        BOOST_TEST(std::atoi(refused.header("Retry-After").value_or("none").c_str()) > 0);
        // What needs no database is answered all the same.
        BOOST_TEST(second.get(list_path + "?limit=0", "reader-token").status == 400u);
        held.release();
        BOOST_TEST(first.read_response().status == 200u);
        BOOST_TEST(second.get(list_path, "reader-token").status == 200u);
        service.stop();
    }
}

BOOST_AUTO_TEST_CASE(more_connections_than_allowed) {
    catalog_service service = service_with(common().database, {"--max-connections", "2"});
    {
        http_client first(service.base_url());
        http_client second(service.base_url());
        BOOST_TEST(first.get(list_path, "reader-token").status == 200u);
        BOOST_TEST(second.get(list_path, "reader-token").status == 200u);
        http_client third(service.base_url());
        const http_response refused = third.get(list_path, "reader-token");
        expect_error(refused, 503, "APIGW.0201", "a third connection");
        BOOST_TEST(refused.header("Retry-After").has_value());
        BOOST_TEST(first.get(list_path, "reader-token").status == 200u);
    }
    // A connection that ended makes room.
    unsigned status = 0;
    for (int i = 0; i < 50 && status != 200; ++i) {
        http_client later(service.base_url());
        status = later.get(list_path, "reader-token").status;
        if (status != 200) std::this_thread::sleep_for(milliseconds(20));
    }
    BOOST_TEST(status == 200u);
    service.stop();
}

BOOST_AUTO_TEST_CASE(clients_that_are_too_slow) {
    catalog_service service =
        service_with(common().database, {"--idle-timeout", "300ms", "--receive-timeout", "300ms"});
    http_client idle(service.base_url());
    BOOST_TEST(idle.get(list_path, "reader-token").status == 200u);
    BOOST_TEST(idle.is_closed(seconds(5)));
    http_client silent(service.base_url());
    silent.connect();
    BOOST_TEST(silent.is_closed(seconds(5)));
    http_client halting(service.base_url());
    halting.connect();
    halting.send("GET " + list_path + " HTTP/1.1\r\nHost:");
    try {
        const http_response got = halting.read_response();
        BOOST_TEST(got.status == 408u);
        BOOST_TEST(check_error_shape(got) == "");
    } catch (const http_failure&) {
        // Closed without a word is good as well.
    }
    BOOST_TEST(halting.is_closed(seconds(5)));
    service.stop();
}

BOOST_AUTO_TEST_CASE(what_nobody_expected) {
    const std::string database = database_with_one_backup();
    catalog_service service = service_with(database, {});
    sql_session(postgres_cluster::instance().superuser_url(database))
        .run("ALTER TABLE catalog.backups RENAME TO backups_of_yesterday");
    http_client client(service.base_url());
    for (const std::string& target : {list_path, list_path + "?name=n&sort=name", list_path + "/" + known_id}) {
        const http_response got = client.get(target, "reader-token");
        expect_error(got, 500, "BackupService.9910", target);
        BOOST_TEST(member_of(got, "error_msg") == "Unknown error.");
    }
    service.stop();
}

// ---------------------------------------------------------------------------------------------- starting

namespace {

void expect_refusal(const std::vector<std::string>& arguments, const std::vector<std::string>& words, int status = 2,
                    const std::map<std::string, std::string>& environment = {}) {
    command what{{catalog_binary()}, "", environment};
    what.arguments.insert(what.arguments.end(), arguments.begin(), arguments.end());
    std::string line;
    for (const std::string& argument : arguments)
        line += argument + " ";
    finished end;
    BOOST_REQUIRE_NO_THROW(end = run(what, seconds(20)));
    BOOST_TEST(end.status == status, line << ": status " << end.status << "\n" << end.output << end.errors);
    BOOST_TEST(end.output.empty(), line << ": printed " << end.output);
    BOOST_TEST(!end.errors.empty(), line << ": no word of complaint");
    for (const std::string& word : words)
        BOOST_TEST(contains(end.errors, word), line << ": no '" << word << "' in: " << end.errors);
}

} // namespace

BOOST_AUTO_TEST_CASE(settings_that_are_wrong_are_all_reported_at_once) {
    const temporary_folder folder;
    const std::string identity = folder.write("identity.json", identity_json(tokens));
    const std::string url = common().reader_url;
    expect_refusal(
        {"serve", "--database-url", url, "--identity", "static", "--identity-file", identity, "--frobnicate", "1"},
        {"frobnicate"});
    expect_refusal(
        {"serve", "--database-url", url, "--identity", "static", "--identity-file", identity, "--listen", "nonsense",
         "--dedicated-cloud", "maybe", "--unknown-parameters", "what"},
        {"listen", "nonsense", "dedicated-cloud", "maybe", "unknown-parameters", "what", "reject", "ignore"});
    expect_refusal({"serve", "--identity", "static", "--identity-file", identity}, {"database-url"});
    // There is no identity that lets everybody in.
    expect_refusal({"serve", "--database-url", url}, {"identity"});
    expect_refusal({"serve", "--database-url", url, "--identity", "none"}, {"identity", "static"});
    expect_refusal({"serve", "--database-url", url, "--identity", "static"}, {"identity-file"});
    expect_refusal({"serve", "--database-url", url, "--identity", "static", "--identity-file", "/nowhere.json"},
                   {"/nowhere.json"});
    for (const auto* bad :
         {"", "not json", "[]", "{}", R"({"tokens": 1})", R"({"tokens": [{}]})",
          R"({"tokens": [{"token": "", "user_id": "a", "project_id": "b", "roles": []}]})",
          R"({"tokens": [{"token": "t", "user_id": "a", "project_id": "b", "roles": "reader"}]})",
          R"({"tokens": [{"token": "t", "user_id": "a", "project_id": "b", "roles": [], "expires_at": "soon"}]})"}) {
        const std::string file = folder.write("bad.json", bad);
        expect_refusal({"serve", "--database-url", url, "--identity", "static", "--identity-file", file}, {"bad.json"});
    }
    expect_refusal({"frobnicate"}, {"frobnicate"});
    expect_refusal({}, {"serve", "import", "export", "verify", "explain", "settings"});
    const std::string config = folder.write("bad.ini", "frobnicate = 1\nlisten = nonsense\n");
    expect_refusal({"serve", "--config", config, "--database-url", url}, {"frobnicate", "nonsense", "identity"});
    expect_refusal({"serve", "--config", "/nowhere.ini"}, {"/nowhere.ini"});
    // Arguments that are no settings are reported with the settings.
    expect_refusal({"serve", "what", "--listen", "nonsense"},
                   {"'what': unexpected argument", "nonsense", "--identity:"});
    expect_refusal({"explain", "--frobnicate"}, {"exactly one 'PATH?QUERY'", "frobnicate", "--database-url"});
    expect_refusal({"explain", list_path, "what"}, {"'what': unexpected argument", "--database-url"});
    expect_refusal({"export", "what", "--project", "a b"}, {"'what': unexpected argument", "'a b'", "--database-url"});
    expect_refusal({"verify", "--project", "a b"}, {"'a b'", "--database-url"});
    expect_refusal({"verify", "--repare"}, {"did you mean --repair"});
    expect_refusal({"settings", "--foo"}, {"'--foo'", "--markdown"});
    expect_refusal({"version", "what"}, {"'what': unexpected argument"});
    expect_refusal({"serve", "--database-url", url}, {"nonsense"}, 2, {{"BACKUP_CATALOG_LISTEN", "nonsense"}});
    expect_refusal({"serve", "--database-url", url}, {"BACKUP_CATALOG_FROBNICATE"}, 2,
                   {{"BACKUP_CATALOG_FROBNICATE", "1"}});
}

BOOST_AUTO_TEST_CASE(flags_win_over_the_environment_and_that_over_the_file) {
    const temporary_folder folder;
    const std::string identity = folder.write("identity.json", identity_json(tokens));
    const std::string config =
        folder.write("good.ini", "database-url = " + common().reader_url +
                                     "\nlisten = 127.0.0.1:1\nidentity = static\nidentity-file = /nowhere\n");
    child_process service({{catalog_binary(), "serve", "--config", config, "--listen", "127.0.0.1:0"},
                           "",
                           {{"BACKUP_CATALOG_IDENTITY_FILE", identity}, {"BACKUP_CATALOG_LISTEN", "127.0.0.1:2"}}});
    const std::string line = service.wait_for_line("listening on http://127.0.0.1:", seconds(20));
    BOOST_TEST(!line.ends_with(":0"));
    http_client client(line.substr(std::string("listening on ").size()));
    BOOST_TEST(client.get(list_path, "reader-token").status == 200u);
    service.send_signal(SIGTERM);
    BOOST_TEST(service.wait(seconds(20)) == 0);
}

BOOST_AUTO_TEST_CASE(help_and_the_list_of_settings) {
    for (const std::vector<std::string>& arguments : {std::vector<std::string>{"--help"},
                                                      {"serve", "--help"},
                                                      {"import", "--help"},
                                                      {"export", "--help"},
                                                      {"verify", "--help"},
                                                      {"explain", "--help"},
                                                      {"settings", "--help"}}) {
        const finished end = run_catalog(arguments);
        BOOST_TEST(end.status == 0, arguments[0] << ": " << end.errors);
        BOOST_TEST(end.output.size() > 50);
    }
    const finished settings = run_catalog({"settings"});
    BOOST_TEST(settings.status == 0);
    for (const auto* name : {"database-url", "listen", "identity", "identity-file", "identity-url", "dedicated-cloud",
                             "unknown-parameters"})
        BOOST_TEST(contains(settings.output, name), name);
}

BOOST_AUTO_TEST_CASE(an_address_that_is_taken) {
    const temporary_folder folder;
    const std::string identity = folder.write("identity.json", identity_json(tokens));
    const std::string taken = common().service->base_url().substr(std::string("http://").size());
    const finished end = run_catalog({"serve", "--database-url", common().reader_url, "--identity", "static",
                                      "--identity-file", identity, "--listen", taken},
                                     "", seconds(20));
    BOOST_TEST(end.status != 0);
    BOOST_TEST(contains(end.errors, taken), end.errors);
}

BOOST_AUTO_TEST_CASE(roles_that_bypass_row_level_security_are_refused) {
    postgres_cluster& cluster = postgres_cluster::instance();
    const std::string database = cluster.create_database();
    {
        sql_session superuser(cluster.superuser_url(database));
        superuser.run("CREATE ROLE test_bypass LOGIN BYPASSRLS IN ROLE catalog_reader");
        superuser.run("CREATE ROLE test_super LOGIN SUPERUSER");
        superuser.run("CREATE ROLE test_owner LOGIN IN ROLE catalog_reader");
        superuser.run("ALTER TABLE catalog.backups OWNER TO test_owner");
        superuser.run("CREATE ROLE test_owners_friend LOGIN IN ROLE test_owner, catalog_reader");
        superuser.run("CREATE ROLE test_nobody LOGIN");
    }
    const temporary_folder folder;
    const std::string identity = folder.write("identity.json", identity_json(tokens));
    const auto refused = [&](const std::string& url, const std::string& what) {
        finished end;
        BOOST_REQUIRE_NO_THROW(end = run_catalog({"serve", "--database-url", url, "--listen", "127.0.0.1:0",
                                                  "--identity", "static", "--identity-file", identity},
                                                 "", seconds(20)));
        BOOST_TEST(end.status == 2, what << ": status " << end.status << ": " << end.output << end.errors);
        BOOST_TEST(lines_of(end.errors).size() == 1u, what << ": not one line:\n" << end.errors);
        BOOST_TEST(end.output.empty());
    };
    refused(cluster.superuser_url(database), "postgres");
    for (const auto* role : {"test_super", "test_bypass", "test_owner"})
        refused(cluster.url(role, database), role);
    // Who may become the owner bypasses it too.
    refused(cluster.url("test_owners_friend", database), "test_owners_friend");
    // A role that may see nothing is as wrong a setting.
    refused(cluster.url("test_nobody", database), "test_nobody");
    // A database without the schema.
    refused(cluster.url("test_reader", cluster.create_empty_database()), "no schema");
}

// ---------------------------------------------------------------------------------------------- import and export

BOOST_AUTO_TEST_CASE(the_references_example_is_served_as_it_stands_there) {
    const json::value example = json::parse(read_file(source_folder() + "/tests/data/reference_example.json"));
    const json::value got = ask(list_path).json();
    BOOST_TEST(got.at("count") == example.at("count"));
    for (std::size_t i = 0; i < 2; ++i) {
        const json::object& wanted = example.at("backups").at(i).as_object();
        const json::object& have = got.at("backups").at(i).as_object();
        for (const auto& [name, value] : wanted)
            BOOST_TEST(have.at(name) == value, name << ": " << json::serialize(have.at(name)));
    }
    const json::object one = ask(list_path + "/" + known_id).json().as_object();
    BOOST_TEST(one.size() == 1u);
    BOOST_TEST(one.at("backup") == got.at("backups").at(0));
}

BOOST_AUTO_TEST_CASE(export_import_export_is_the_same) {
    postgres_cluster& cluster = postgres_cluster::instance();
    const random_catalog catalog = make_random_catalog(77);
    const std::string first = cluster.create_database();
    const std::string second = cluster.create_database();
    import_records(cluster.url("test_writer", first), catalog.lines);
    const std::string exported = export_all(cluster.url("test_writer", first));
    import_records(cluster.url("test_writer", second), exported);
    BOOST_TEST((export_all(cluster.url("test_writer", second)) == exported));
    // Once more into the same place changes nothing.
    import_records(cluster.url("test_writer", second), exported);
    BOOST_TEST((export_all(cluster.url("test_writer", second)) == exported));

    model::catalog wanted;
    wanted.load_lines(catalog.lines);
    model::catalog got;
    got.load_lines(exported);
    BOOST_TEST(got.backups().size() == wanted.backups().size());
    BOOST_TEST(got.members().size() == wanted.members().size());
    BOOST_TEST(got.vaults().size() == wanted.vaults().size());
    for (const auto& [id, backup] : wanted.backups()) {
        const auto it = got.backups().find(id);
        BOOST_REQUIRE_MESSAGE(it != got.backups().end(), id << " is not exported");
        const std::string wrong = difference(json::value(backup.rendered), json::value(it->second.rendered));
        BOOST_TEST(wrong.empty(), id << ": " << wrong);
        BOOST_TEST(it->second.dedicated_cloud == backup.dedicated_cloud, id << ": dedicated_cloud");
    }

    const std::string part = export_all(cluster.url("test_writer", first), {"--project", catalog.projects[1]});
    model::catalog small;
    small.load_lines(part);
    std::size_t owned = 0;
    for (const auto& [id, backup] : wanted.backups())
        owned += backup.project_id == catalog.projects[1] ? 1 : 0;
    BOOST_TEST(small.backups().size() == owned);
    for (const auto& [id, backup] : small.backups())
        BOOST_TEST(backup.project_id == catalog.projects[1]);
    const std::string third = cluster.create_database();
    import_records(cluster.url("test_writer", third), part);
    BOOST_TEST((export_all(cluster.url("test_writer", third)) == part));
}

BOOST_AUTO_TEST_CASE(records_are_upserted_by_their_key) {
    postgres_cluster& cluster = postgres_cluster::instance();
    const std::string database = cluster.create_database();
    const std::string url = cluster.url("test_writer", database);
    import_records(url, backup_line(project, unknown_id, {{"description", "old"}, {"status", "error"}}));
    import_records(url, backup_line(project, unknown_id, {{"name", "second"}}) + backup_line(project, foreign_id));
    catalog_service service({cluster.url("test_reader", database), tokens});
    http_client client(service.base_url());
    const json::value got = client.get(list_path + "?name=second", "reader-token").json();
    BOOST_TEST(got.at("count").as_int64() == 1);
    // The record as a whole is replaced: what it doesn't say any more has its default.
    BOOST_TEST(got.at("backups").at(0).at("status").as_string() == "available");
    BOOST_TEST(got.at("backups").at(0).at("description").is_null());
    BOOST_TEST(client.get(list_path + "?status=error", "reader-token").json().at("count").as_int64() == 0);
    BOOST_TEST(client.get(list_path, "reader-token").json().at("count").as_int64() == 2);
    service.stop();
}

BOOST_AUTO_TEST_CASE(a_record_that_shares_a_backup_with_its_owner_makes_no_shared_row) {
    postgres_cluster& cluster = postgres_cluster::instance();
    const std::string database = cluster.create_database();
    const std::string vault = "99999999-0000-4000-8000-000000000001";
    const std::string own_share = json::serialize(json::object{{"kind", "member"},
                                                               {"id", "88888888-0000-4000-8000-000000000001"},
                                                               {"backup_id", unknown_id},
                                                               {"dest_project_id", project},
                                                               {"status", "accepted"},
                                                               {"vault_id", vault},
                                                               {"created_at", "2020-01-01T00:00:00.000000"},
                                                               {"updated_at", "2020-01-01T00:00:00.000000"}}) +
                                  "\n";
    import_records(cluster.url("test_writer", database), backup_line(project, unknown_id) + own_share);
    catalog_service service({cluster.url("test_reader", database), tokens});
    http_client client(service.base_url());
    const auto count = [&](const std::string& query) {
        return client.get(list_path + query, "reader-token").json().at("count").as_int64();
    };
    BOOST_TEST(count("?own_type=shared") == 0);
    BOOST_TEST(count("?own_type=all_granted") == 1);
    BOOST_TEST(count("?member_status=accepted") == 1);
    BOOST_TEST(count("?own_type=all_granted&vault_id=" + vault) == 0);
    BOOST_TEST(count("?own_type=all_granted&vault_id=" + unknown_id) == 1);
    service.stop();
}

BOOST_AUTO_TEST_CASE(bad_records_are_reported_with_their_place_and_change_nothing) {
    struct bad {
        std::string line;
        std::string member; // what the report must name; empty where there is no member
    };
    const std::string good_id = "66666666-0000-4000-8000-000000000001";
    const auto with = [&](const json::object& more) { return backup_line(project, good_id, more); };
    const auto record = [](const json::object& object) { return json::serialize(object) + "\n"; };
    const json::object member{{"kind", "member"},
                              {"id", good_id},
                              {"backup_id", known_id},
                              {"dest_project_id", other_project},
                              {"status", "pending"},
                              {"created_at", "2020-01-01T00:00:00"},
                              {"updated_at", "2020-01-01T00:00:00"}};
    const json::object vault{{"kind", "vault"}, {"id", good_id}, {"project_id", project},
                             {"name", "v"},     {"size", 1},     {"used", 1}};
    const auto changed = [](json::object object, const char* name, const json::value& value) {
        object[name] = value;
        return object;
    };
    const auto without = [](json::object object, const char* name) {
        object.erase(name);
        return object;
    };
    std::vector<bad> all{
        {"this is no JSON\n", ""},
        {"{\"id\": \n", ""},
        {"42\n", ""},
        {"\"text\"\n", ""},
        {"{\"kind\":\"frobnicate\"}\n", "kind"},
        {with({{"kind", 7}}), "kind"},
        {with({{"id", "b1c4"}}), "id"},
        {with({{"id", 7}}), "id"},
        {with({{"id", nullptr}}), "id"},
        {with({{"checkpoint_id", "x"}}), "checkpoint_id"},
        {with({{"vault_id", ""}}), "vault_id"},
        {with({{"resource_id", json::array()}}), "resource_id"},
        {with({{"parent_id", "x"}}), "parent_id"},
        {with({{"provider_id", "x"}}), "provider_id"},
        {with({{"project_id", "a b"}}), "project_id"},
        {with({{"project_id", ""}}), "project_id"},
        {with({{"project_id", std::string(65, 'a')}}), "project_id"},
        {with({{"name", 7}}), "name"},
        {with({{"name", std::string(256, 'x')}}), "name"},
        {with({{"name", std::string("a\0b", 3)}}), "name"},
        {with({{"description", std::string(256, 'x')}}), "description"},
        {with({{"resource_name", std::string(256, 'x')}}), "resource_name"},
        {with({{"resource_name", false}}), "resource_name"},
        {with({{"status", "Available"}}), "status"},
        {with({{"status", ""}}), "status"},
        {with({{"image_type", "x"}}), "image_type"},
        {with({{"resource_type", "x"}}), "resource_type"},
        {with({{"resource_size", -1}}), "resource_size"},
        {with({{"resource_size", 1.5}}), "resource_size"},
        {with({{"resource_size", true}}), "resource_size"},
        {with({{"resource_az", 7}}), "resource_az"},
        {with({{"created_at", "yesterday"}}), "created_at"},
        {with({{"created_at", "2020-02-30T00:00:00"}}), "created_at"},
        {with({{"created_at", 7}}), "created_at"},
        {with({{"updated_at", "x"}}), "updated_at"},
        {with({{"protected_at", "2020-01-01"}}), "protected_at"},
        {with({{"expired_at", "x"}}), "expired_at"},
        {with({{"incremental", "true"}}), "incremental"},
        {with({{"version", "3"}}), "version"},
        {with({{"dedicated_cloud", "no"}}), "dedicated_cloud"},
        {with({{"extend_info", json::array()}}), "extend_info"},
        {with({{"children", json::object()}}), "children"},
        {with({{"children", json::array{json::object{{"id", "x"}}}}}), "children"},
        {with({{"replication_records", json::object()}}), "replication_records"},
        {with({{"replication_records", json::array{json::object{{"id", good_id}, {"status", "x"}}}}}),
         "replication_records"},
        {record(changed(member, "status", "accept")), "status"},
        {record(changed(member, "backup_id", "x")), "backup_id"},
        {record(without(member, "backup_id")), "backup_id"},
        {record(without(member, "dest_project_id")), "dest_project_id"},
        {record(without(member, "id")), "id"},
        {record(changed(member, "vault_id", "x")), "vault_id"},
        {record(changed(vault, "size", -1)), "size"},
        {record(changed(vault, "used", "x")), "used"},
        {record(without(vault, "id")), "id"},
        {record({{"kind", "enterprise_project_grant"}, {"user_id", "u"}}), "enterprise_project_id"},
        {record({{"kind", "enterprise_project_grant"}, {"enterprise_project_id", "u"}}), "user_id"},
    };
    for (const auto* required :
         {"id", "name", "project_id", "checkpoint_id", "vault_id", "resource_id", "resource_type", "created_at"})
        all.push_back({with({{required, "(absent)"}}), required});

    const std::string before = export_all(common().writer_url);
    const temporary_folder folder;
    const auto import_file = [&](const std::string& text) {
        const std::string file = folder.write("records.ndjson", text);
        return run_catalog({"import", "--database-url", common().writer_url, file});
    };
    // Each alone, between good ones, so that the line is known and no fault hides another.
    for (const bad& one : all) {
        const std::string good = backup_line(project, foreign_id.substr(0, 35) + "2");
        const finished end = import_file(good + one.line + good);
        BOOST_TEST(end.status == 2, one.line << "status " << end.status << " " << end.output << end.errors);
        const std::string place = folder.path().string() + "/records.ndjson:2: ";
        const std::string reported = one.member.empty() ? place : place + one.member;
        BOOST_TEST(contains(end.errors, reported), one.line << "wanted '" << reported << "…' in: " << end.errors);
    }
    // Together: each is reported, up to 100.
    std::string together;
    for (const bad& one : all)
        if (!one.member.empty()) together += one.line;
    const std::size_t bad_lines = lines_of(together).size();
    const finished many = import_file(together);
    std::set<std::string> places;
    for (const std::string& line : lines_of(many.errors))
        if (contains(line, "records.ndjson:"))
            places.insert(line.substr(line.find("records.ndjson:"), line.find(": ") - line.find("records.ndjson:")));
    BOOST_TEST(many.status == 2);
    BOOST_TEST(places.size() == bad_lines);
    std::string flood;
    for (int i = 0; i < 150; ++i)
        flood += with({{"status", "x"}});
    const finished flooded = import_file(flood);
    const std::vector<std::string> lines = lines_of(flooded.errors);
    BOOST_TEST(std::count_if(lines.begin(), lines.end(),
                             [](const std::string& l) { return contains(l, "records.ndjson:"); }) == 100);
    BOOST_TEST(flooded.status == 2);
    // Whatever finds them: what the format forbids hides neither ids of other projects nor members of no backup.
    const json::object taken = changed(json::parse(backup_line(project, foreign_id)).as_object(), "name", "mine");
    const std::string orphan = record(changed(member, "backup_id", json::value(unknown_id.substr(0, 35) + "e")));
    const std::string of_this_run = record(changed(member, "backup_id", json::value(unknown_id)));
    const std::string good = backup_line(project, unknown_id);
    const auto faults_of = [&](const std::string& text) {
        const finished end = import_file(text);
        BOOST_TEST(end.status == 2);
        std::string found;
        for (const std::string& line : lines_of(end.errors))
            if (const std::size_t at = line.find("records.ndjson:"); at != std::string::npos)
                found += line.substr(at + 15, line.find(": ", at + 18) - at - 15) + " ";
        return found;
    };
    const std::string form = with({{"status", "x"}});
    BOOST_TEST(faults_of(record(taken) + form + of_this_run + orphan + good) == "1: id 2: status 4: backup_id ");
    BOOST_TEST(faults_of(orphan + of_this_run + good + record(taken)) == "1: backup_id 4: id ");
    // A faulty backup's member records are no fault of theirs.
    BOOST_TEST(faults_of(record(changed(member, "backup_id", json::value(good_id))) + form) == "2: status ");
    // Of each of a hundred records all that is wrong.
    std::string empty;
    for (int i = 0; i < 60; ++i)
        empty += "{}\n";
    const finished sixty = import_file(empty);
    BOOST_TEST(contains(sixty.errors, "records.ndjson:60: created_at: is required"), sixty.errors);
    BOOST_TEST(contains(sixty.errors, "faults in 60 records; nothing was changed"), sixty.errors);
    BOOST_TEST(contains(flooded.errors, "100 faults in 100 records, and there are more; nothing was changed"));
    // From standard input the line is told as well.
    const finished piped =
        run_catalog({"import", "--database-url", common().writer_url}, "\n" + with({{"status", "x"}}));
    BOOST_TEST(piped.status == 2);
    BOOST_TEST(contains(piped.errors, ":2: status"), piped.errors);
    // A pipe is opened once; a standard input that can't be read is no empty one.
    const auto in_shell = [&](const std::string& text) {
        return run({{"/bin/sh", "-c", text, "sh", catalog_binary(), common().writer_url}}, seconds(60));
    };
    const std::string pipe = "'" + (folder.path() / "pipe").string() + "'";
    const finished from_pipe = in_shell("mkfifo " + pipe + "; echo '{\"status\":1}' >" + pipe +
                                        " & sleep 0.2; \"$1\" import --database-url \"$2\" " + pipe);
    BOOST_TEST(from_pipe.status == 2);
    BOOST_TEST(contains(from_pipe.errors, "pipe:1: status"), from_pipe.errors);
    const finished closed = in_shell("exec \"$1\" import --database-url \"$2\" <&-");
    BOOST_TEST(closed.status == 2, closed.errors);
    BOOST_TEST(contains(closed.errors, "cannot be read"), closed.errors);
    // Bad UTF-8, a share of nothing, and a file that isn't there.
    BOOST_TEST(import_file(with({{"name", "\xff"}})).status == 2);
    BOOST_TEST(import_file(record(changed(member, "backup_id", json::value(unknown_id)))).status == 2);
    BOOST_TEST(run_catalog({"import", "--database-url", common().writer_url, "/nowhere.ndjson"}).status == 2);
    BOOST_TEST((export_all(common().writer_url) == before));
}

// ---------------------------------------------------------------------------------------------- what is promised

BOOST_AUTO_TEST_CASE(explain_shows_what_a_request_becomes) {
    const finished end = run_catalog(
        {"explain", "--database-url", common().reader_url, list_path + "?status=error&limit=10&sort=name:asc"});
    BOOST_TEST(end.status == 0, end.errors);
    for (const auto* word : {"$1", project.c_str(), "rows=", "Buffers:"})
        BOOST_TEST(contains(end.output, word), word << " isn't in:\n" << end.output);
    const finished bad = run_catalog({"explain", "--database-url", common().reader_url, list_path + "?limit=0"});
    BOOST_TEST(bad.status == 2);
    BOOST_TEST(contains(bad.errors, "limit"));
    const std::vector<std::string> unknown{"explain", "--database-url", common().reader_url, list_path + "?colour=red"};
    const finished refused = run_catalog(unknown);
    BOOST_TEST(refused.status == 2);
    BOOST_TEST(contains(refused.errors, "colour"));
    std::vector<std::string> ignoring = unknown;
    ignoring.insert(ignoring.end(), {"--unknown-parameters", "ignore"});
    BOOST_TEST(run_catalog(ignoring).status == 0);
}
