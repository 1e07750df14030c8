// This file checks what the running service shows of itself: every example of the API's description, the admin address,
// Server-Timing, traces, the console's delivery, and the program's texts.
#define BOOST_TEST_DYN_LINK
#define BOOST_TEST_MODULE surface
#include "comparison.hpp"
#include "pooler.hpp"
#include "postgres_cluster.hpp"
#include "reference.hpp"
#include "service.hpp"
#include "sql_session.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <functional>
#include <thread>

namespace {

using namespace support;
namespace json = boost::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Those of scripts/serve, which the examples use.
const std::vector<token> tokens{{"dev-token", "alice", project, {"reader"}}, {"ops-token", "root", project, {"admin"}}};

// A service over the sample catalog with an admin address.
struct stage {
    stage()
        : database(postgres_cluster::instance().create_database())
        , reader_url(postgres_cluster::instance().url("test_reader", database)) {
        const finished sample = run_catalog({"generate", "--sample"});
        import_records(postgres_cluster::instance().url("test_writer", database), sample.output);
        service.emplace(catalog_service::options{reader_url, tokens, {"--admin-listen", "127.0.0.1:0"}});
        const std::string prefix = "admin on ";
        admin_url = service->process().wait_for_line(prefix, seconds(10)).substr(prefix.size());
    }

    std::string database;
    std::string reader_url;
    std::optional<catalog_service> service;
    std::string admin_url;
};

stage& common() {
    static stage one;
    return one;
}

struct stop_common_service {
    ~stop_common_service() {
        if (common().service) common().service->stop();
    }
};
BOOST_TEST_GLOBAL_FIXTURE(stop_common_service);

http_response ask(const std::string& target, const http_headers& headers = {{"X-Auth-Token", "dev-token"}}) {
    return http_client(common().service->base_url()).request("GET", target, headers);
}

http_response ask_admin(const std::string& target, const std::string& method = "GET") {
    return http_client(common().admin_url).request(method, target);
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// The value of one series, or -1.
double metric(const std::string& series) {
    const std::string text = "\n" + ask_admin("/metrics").body;
    const std::size_t at = text.find("\n" + series + " ");
    return at == std::string::npos ? -1 : std::stod(text.substr(at + series.size() + 2));
}

bool becomes(const std::function<bool()>& wanted, milliseconds limit = seconds(15)) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (std::chrono::steady_clock::now() < end) {
        if (wanted()) return true;
        std::this_thread::sleep_for(milliseconds(50));
    }
    return false;
}

// Calls `with` for every example that holds its request, wherever it is.
void for_each_example(const json::value& at, const std::function<void(const json::object&)>& with) {
    if (const auto* object = at.if_object()) {
        if (object->contains("x-request")) return with(*object);
        for (const auto& member : *object)
            for_each_example(member.value(), with);
    } else if (const auto* array = at.if_array()) {
        for (const auto& element : *array)
            for_each_example(element, with);
    }
}

std::string encode(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == ':')
            out += "%3A";
        else if (c == ',')
            out += "%2C";
        else
            out += c;
    }
    return out;
}

std::string text_of(const json::value& value) {
    return value.is_string() ? std::string(value.get_string()) : json::serialize(value);
}

} // namespace

BOOST_AUTO_TEST_CASE(every_example_of_the_description_is_real) {
    const http_response described = ask("/openapi.json", {});
    BOOST_REQUIRE(described.status == 200u);
    const json::value document = described.json();
    BOOST_TEST(described.body == read_file(source_folder() + "/docs/openapi.json"));
    std::size_t examples = 0;
    for_each_example(document, [&](const json::object& example) {
        ++examples;
        const json::object& request = example.at("x-request").as_object();
        http_headers headers;
        if (const auto* token = request.if_contains("token")) headers.emplace_back("X-Auth-Token", text_of(*token));
        const std::string target = text_of(request.at("target"));
        const http_response got = ask(target, headers);
        json::value body = got.json();
        if (auto* id = body.as_object().if_contains("request_id")) *id = example.at("value").at("request_id");
        BOOST_TEST((body == example.at("value")), target << ": " << got.body);
    });
    BOOST_TEST(examples == 12u);
    // The parameters' own examples, each alone: answered, and all but the flags find something.
    std::size_t parameters = 0;
    for (const json::value& one :
         document.at("paths").at("/v3/{project_id}/backups").at("get").at("parameters").as_array()) {
        if (!one.as_object().contains("in") || one.at("in").as_string() != "query") continue;
        ++parameters;
        const json::value& example = one.at("example");
        const std::string name = text_of(one.at("name"));
        const std::string target =
            list_path + "?" + name + "=" + encode(text_of(example.is_array() ? example.at(0) : example));
        const http_response got = ask(target);
        BOOST_TEST(got.status == 200u, target << ": " << got.body);
        if (got.status == 200) BOOST_TEST(got.json().at("count").as_int64() > 0, target);
    }
    BOOST_TEST(parameters == 24u);
}

BOOST_AUTO_TEST_CASE(the_admin_address) {
    BOOST_TEST(ask_admin("/healthz").status == 200u);
    BOOST_TEST(ask_admin("/readyz").status == 200u);
    BOOST_TEST(ask_admin("/version").json().at("name").as_string() == "backup-catalog");
    BOOST_TEST(ask_admin("/").status == 404u);
    BOOST_TEST(ask_admin("/metrics", "POST").status == 405u);
    BOOST_TEST(ask_admin("/metrics", "HEAD").status == 200u);
    BOOST_TEST(ask_admin("/metrics").header("Content-Type").value_or("") == "text/plain; version=0.0.4; charset=utf-8");
    BOOST_TEST(ask_admin(list_path).status == 404u); // no way around the token
    for (const auto* path : {"/metrics", "/healthz", "/readyz", "/version"})
        BOOST_TEST(ask(path).status == 404u, path); // and not on the API's address
}

BOOST_AUTO_TEST_CASE(requests_are_counted) {
    const auto count = [](const std::string& route, const std::string& status, const std::string& path) {
        return std::max(0.0, metric("backup_catalog_request_duration_seconds_count{route=\"" + route + "\",status=\"" +
                                    status + "\",access_path=\"" + path + "\"}"));
    };
    const std::string list = "/v3/{project_id}/backups";
    const double lists = count(list, "200", "walk");
    const double refused = count(list, "401", "none");
    const double elsewhere = count("other", "404", "none");
    const double rows = metric("backup_catalog_response_backups_total{route=\"" + list + "\"}");
    const double accepted = metric("backup_catalog_identity_checks_total{result=\"accepted\"}");
    const double hits = metric("backup_catalog_prepared_statements_total{result=\"hit\"}");
    for (int i = 0; i < 20; ++i) // more than connections, so that some find their statements prepared
        BOOST_TEST(ask(list_path + "?limit=3").status == 200u);
    ask(list_path, {{"X-Auth-Token", "nobody"}});
    ask(list_path + "?limit=1&name=no-such-name-anywhere");
    ask("/nowhere");
    // An exchange is counted once its client has taken the answer, which the client may notice first.
    BOOST_TEST(becomes([&] { return count("other", "404", "none") == elsewhere + 1; }));
    BOOST_TEST(count(list, "200", "walk") == lists + 20);
    BOOST_TEST(count(list, "401", "none") == refused + 1);
    BOOST_TEST(metric("backup_catalog_response_backups_total{route=\"" + list + "\"}") >= rows + 60);
    BOOST_TEST(metric("backup_catalog_identity_checks_total{result=\"accepted\"}") == accepted + 21);
    BOOST_TEST(metric("backup_catalog_identity_checks_total{result=\"refused\"}") >= 1);
    BOOST_TEST(metric("backup_catalog_prepared_statements_total{result=\"hit\"}") > hits);
    BOOST_TEST(metric("backup_catalog_database_connections{state=\"idle\"}") == 6);
    BOOST_TEST(metric("backup_catalog_database_up") == 1);
    const double malformed = count("other", "400", "none");
    http_client garbage(common().service->base_url()); // what can't be read is counted, too
    garbage.connect();
    garbage.send("nonsense\r\n\r\n");
    garbage.read_response();
    BOOST_TEST(becomes([&] { return count("other", "400", "none") == malformed + 1; }));
}

BOOST_AUTO_TEST_CASE(server_timing_for_who_asks) {
    BOOST_TEST(!ask(list_path + "?limit=1").header("Server-Timing").has_value());
    const std::string timing =
        ask(list_path + "?limit=1&status=error", {{"X-Auth-Token", "dev-token"}, {"X-Server-Timing", "1"}})
            .header("Server-Timing")
            .value_or("");
    for (const auto* stage : {"identity;dur=", "wait;dur=", "scope;dur=", "count;dur=", "rows;dur=", "render;dur="})
        BOOST_TEST(contains(timing, stage), timing);
}

BOOST_AUTO_TEST_CASE(a_trace_reaches_the_database_and_the_log) {
    const std::string trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    sql_session superuser(postgres_cluster::instance().superuser_url(common().database));
    superuser.run("BEGIN");
    superuser.run("LOCK TABLE catalog.backups IN ACCESS EXCLUSIVE MODE");
    http_response got;
    std::thread waiting([&] {
        got = ask(list_path + "?limit=1", {{"X-Auth-Token", "dev-token"}, {"traceparent", trace}});
    });
    sql_session observer(postgres_cluster::instance().superuser_url("postgres"));
    const bool seen = becomes(
        [&] {
            return observer.value("SELECT count(*) FROM pg_stat_activity WHERE application_name = $1", {trace}) == "1";
        },
        seconds(5));
    superuser.run("ROLLBACK");
    waiting.join();
    BOOST_TEST(seen);
    BOOST_TEST(got.status == 200u);
    BOOST_TEST(observer.value("SELECT count(*) FROM pg_stat_activity WHERE application_name = $1", {trace}) == "0");
    // A malformed one is no reason to refuse.
    BOOST_TEST(ask(list_path + "?limit=1", {{"X-Auth-Token", "dev-token"}, {"traceparent", "'; DROP"}}).status == 200u);
    // A request that fails says which trace it was part of.
    superuser.run("ALTER FUNCTION catalog.begin_request(text, text, boolean) RENAME TO begin_request_away");
    BOOST_TEST(ask(list_path + "?limit=1", {{"X-Auth-Token", "dev-token"}, {"traceparent", trace}}).status == 500u);
    superuser.run("ALTER FUNCTION catalog.begin_request_away(text, text, boolean) RENAME TO begin_request");
    BOOST_TEST(becomes([] { // the log is written by a thread of its own
        const std::string log = common().service->process().errors();
        const std::size_t failed = log.find(R"("event":"request_failed")");
        return failed != std::string::npos &&
               log.find(R"("trace_id":"4bf92f3577b34da6a3ce929d0e0e4736")", failed) != std::string::npos;
    }));
    BOOST_TEST(ask(list_path + "?limit=1").status == 200u);
}

BOOST_AUTO_TEST_CASE(ready_tells_the_truth_about_the_database) {
    sql_session superuser(postgres_cluster::instance().superuser_url("postgres"));
    superuser.run("ALTER DATABASE " + common().database + " ALLOW_CONNECTIONS false");
    superuser.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", {common().database});
    BOOST_TEST(becomes([] { return ask_admin("/readyz").status == 503; }));
    BOOST_TEST(ask_admin("/healthz").status == 200u); // alive; a restart would not help
    BOOST_TEST(metric("backup_catalog_database_up") == 0);
    if (pooler_of_all_services() == nullptr) // which is there, whatever the database does
        BOOST_TEST(metric("backup_catalog_database_connects_total{result=\"failed\"}") > 0);
    superuser.run("ALTER DATABASE " + common().database + " ALLOW_CONNECTIONS true");
    BOOST_TEST(becomes([] { return ask_admin("/readyz").status == 200; }));
    BOOST_TEST(metric("backup_catalog_database_up") == 1);
}

BOOST_AUTO_TEST_CASE(the_console_is_delivered_or_not) {
    const http_response page = ask("/console", {});
    BOOST_TEST(page.status == 200u);
    BOOST_TEST(page.header("Content-Type").value_or("") == "text/html; charset=utf-8");
    BOOST_TEST(page.count("Content-Type") == 1u);
    const std::string policy = page.header("Content-Security-Policy").value_or("");
    BOOST_TEST(contains(policy, "default-src 'none'"));
    BOOST_TEST(!contains(policy, "unsafe"));
    BOOST_TEST(http_client(common().service->base_url()).request("POST", "/console").status == 405u);
    catalog_service without({common().reader_url, tokens, {"--console", "false"}});
    http_client client(without.base_url());
    BOOST_TEST(client.request("GET", "/console").status == 404u);
    BOOST_TEST(client.request("GET", "/console/console.js").status == 404u);
    BOOST_TEST(client.request("GET", "/openapi.json").status == 200u);
    without.stop();
}

BOOST_AUTO_TEST_CASE(texts_of_the_program) {
    BOOST_TEST(run_catalog({"--help"}).output == run_catalog({"help"}).output);
    BOOST_TEST(contains(run_catalog({"help", "serve"}).output, "--admin-listen"));
    BOOST_TEST(contains(run_catalog({"--version"}).output, "backup-catalog "));
    const finished typo = run_catalog({"sevre"});
    BOOST_TEST(typo.status == 2);
    BOOST_TEST(contains(typo.errors, "did you mean serve?"));
    BOOST_TEST(contains(run_catalog({"serve", "--lisen", "x"}).errors, "did you mean --listen?"));
    BOOST_TEST(json::parse(run_catalog({"settings", "--json"}).output).as_array().size() > 20u);

    const finished explained =
        run_catalog({"explain", "--database-url", common().reader_url, "--json", list_path + "?status=error"});
    BOOST_REQUIRE_MESSAGE(explained.status == 0, explained.errors);
    const json::value plan = json::parse(explained.output);
    BOOST_TEST(plan.at("count").as_int64() == 23);
    const json::value& last = plan.at("statements").as_array().back();
    BOOST_TEST(last.at("purpose").as_string() == "read the page");
    BOOST_TEST(last.at("plan").at(0).at("Plan").is_object());

    // bash itself completes
    const std::string script = run_catalog({"completion"}).output;
    const auto complete = [&](const std::string& words, const std::string& number) {
        return run_checked({{"bash", "-c",
                             script + "COMP_WORDS=(" + words + "); COMP_CWORD=" + number +
                                 "; _backup_catalog; printf '%s\\n' \"${COMPREPLY[@]}\""}});
    };
    BOOST_TEST(complete("backup-catalog ex", "1") == "export\nexplain\n");
    BOOST_TEST(complete("backup-catalog serve --admin", "2") == "--admin-listen\n");
    BOOST_TEST(complete("backup-catalog serve --console ''", "3") == "true\nfalse\n");
    BOOST_TEST(contains(run_catalog({"manual"}).output, ".SH EXIT STATUS"));
}
