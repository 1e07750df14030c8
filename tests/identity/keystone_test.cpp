// This file checks the real program with identity=keystone against a real Keystone.
#define BOOST_TEST_DYN_LINK
#define BOOST_TEST_MODULE keystone
#include "child_process.hpp"
#include "http_client.hpp"
#include "keystone_server.hpp"
#include "postgres_cluster.hpp"
#include "reference.hpp"
#include "service.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <optional>
#include <thread>

namespace {

using namespace support;
namespace json = boost::json;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

std::string path_of(const std::string& id) {
    return "/v3/" + id + "/backups";
}

// A Keystone, a small catalog, and a service with the default settings; one for all cases.
struct stage {
    stage()
        : reader_url(postgres_cluster::instance().url("test_reader", database)) {
        import_records(postgres_cluster::instance().url("test_writer", database),
                       read_file(source_folder() + "/tests/data/reference_example.json"));
        service.emplace(catalog_service::options{reader_url, {}, {}, identity()});
    }

    // The flags of a service that asks this Keystone; `more` replaces flags of the same name and adds others.
    std::vector<std::string> identity(const std::vector<std::pair<std::string, std::string>>& more = {}) const {
        std::vector<std::pair<std::string, std::string>> flags{
            {"--identity", "keystone"},
            {"--identity-url", keystone.url()},
            {"--identity-user", "catalog"},
            {"--identity-password-file", keystone.file("service-password").string()},
            {"--identity-project", "service"}};
        for (const auto& [name, value] : more) {
            std::erase_if(flags, [&, &key = name](const auto& flag) { return flag.first == key; });
            if (!value.empty()) flags.emplace_back(name, value);
        }
        std::vector<std::string> out;
        for (const auto& [name, value] : flags) {
            out.push_back(name);
            out.push_back(value);
        }
        return out;
    }

    catalog_service another(const std::vector<std::pair<std::string, std::string>>& more) const {
        return catalog_service(catalog_service::options{reader_url, {}, {}, identity(more)});
    }

    keystone_server keystone;
    std::string database = postgres_cluster::instance().create_database();
    std::string reader_url;
    std::optional<catalog_service> service;
};

stage& common() {
    static stage one;
    return one;
}

struct stop_common_service {
    ~stop_common_service() { common().service->stop(); }
};
BOOST_TEST_GLOBAL_FIXTURE(stop_common_service);

keystone_server& keystone() {
    return common().keystone;
}

http_response ask(const catalog_service& service, const std::string& token,
                  const std::string& target = path_of(project)) {
    http_client client(service.base_url());
    return client.get(target, token);
}

http_response ask(const std::string& token, const std::string& target = path_of(project)) {
    return ask(*common().service, token, target);
}

std::string code_of(const http_response& got) {
    const json::value body = got.json();
    const auto* const code = body.as_object().if_contains("error_code");
    return std::to_string(got.status) + " " + (code ? std::string(code->as_string()) : "");
}

void expect_away(const http_response& got) {
    BOOST_TEST(code_of(got) == "503 APIGW.0613");
    BOOST_TEST(got.header("Retry-After").value_or("") == "1");
}

void expect_foreign(const http_response& got, const std::string& what) {
    const json::value wanted = {{"unauthorized", {{"code", "401"}, {"message", "Malformed request url"}}}};
    BOOST_TEST(got.status == 401u, what);
    BOOST_TEST(got.json() == wanted, what << ": " << got.body);
}

template <class Condition>
bool within(std::chrono::milliseconds most, const Condition& condition) {
    for (const auto end = steady_clock::now() + most; steady_clock::now() < end;) {
        if (condition()) return true;
        std::this_thread::sleep_for(50ms);
    }
    return false;
}

// Whether the service's log has the text, or gets it: it is written a little later.
bool says(catalog_service& service, const std::string& text) {
    return within(5s, [&] { return service.process().errors().find(text) != std::string::npos; });
}

// How many validations Keystone has logged since; its log may lag behind its answers, so it gets time to reach
// `wanted`, and a little more to exceed it.
std::size_t validations_since(std::size_t before, std::size_t wanted) {
    for (int i = 0; i < 100 && keystone().validations() - before < wanted; ++i)
        std::this_thread::sleep_for(50ms);
    std::this_thread::sleep_for(50ms);
    return keystone().validations() - before;
}

} // namespace

BOOST_AUTO_TEST_CASE(tokens_that_are_good) {
    for (const auto* user : {"alice", "mia", "root"}) { // reader, member, admin
        const std::string token = keystone().log_in_to_project(user, "sample");
        const http_response got = ask(token);
        BOOST_TEST(got.status == 200u, user << ": " << got.body);
        BOOST_TEST(got.json().at("count").as_int64() > 0);
        BOOST_TEST(ask(token, path_of(project) + "?all_tenants=true").status ==
                   (user == std::string("root") ? 200u : 403u));
    }
    const std::string foreigner = keystone().log_in_to_project("dora", "foreign", "acme");
    BOOST_TEST(ask(foreigner, path_of(keystone().id("projects", "foreign"))).status == 200u);
    BOOST_TEST(ask(foreigner, path_of(keystone().id("projects", "foreign"))).json().at("count").as_int64() == 0);
}

BOOST_AUTO_TEST_CASE(tokens_that_are_refused) {
    BOOST_TEST(code_of(ask(keystone().issue("alice", "sample", -5))) == "401 APIGW.0301");
    const std::string revoked = keystone().log_in_to_project("alice", "sample");
    keystone().revoke(revoked);
    BOOST_TEST(code_of(ask(revoked)) == "401 APIGW.0301");
    const std::string good = keystone().log_in_to_project("alice", "sample");
    std::string changed = good;
    changed[changed.size() / 2] = changed[changed.size() / 2] == 'A' ? 'B' : 'A';
    for (const std::string& bad :
         {changed, good + "x", good.substr(1), std::string("garbage"), std::string("a b"), std::string("\xE5\xA4\x87"),
          std::string(2049, 'x'), std::string(8192, 'x'), std::string()})
        BOOST_TEST(code_of(ask(bad)) == "401 APIGW.0301", bad);
    http_client client(common().service->base_url());
    BOOST_TEST(code_of(client.request("GET", path_of(project))) == "401 APIGW.0301");
    BOOST_TEST(ask(good).status == 200u);
}

BOOST_AUTO_TEST_CASE(tokens_for_something_else) {
    const std::string bob = keystone().log_in_to_project("bob", "sample-2");
    expect_foreign(ask(bob), "another project's token");
    BOOST_TEST(ask(bob, path_of(keystone().id("projects", "sample-2"))).status == 200u);
    expect_foreign(ask(keystone().log_in("alice", nullptr)), "an unscoped token");
    expect_foreign(ask(keystone().log_in("catalog", json::object{{"system", json::object{{"all", true}}}})),
                   "a token for the system");
    expect_foreign(ask(keystone().log_in("catalog", json::object{{"domain", json::object{{"name", "acme"}}}})),
                   "a token for a domain");
    expect_foreign(ask(keystone().log_in_to_project("dora", "foreign", "acme")), "a token of another domain's project");
    BOOST_TEST(code_of(ask(keystone().log_in_to_project("otto", "sample"))) == "403 APIGW.0302");
    // The same user's roles are those in the token's project.
    const std::string elsewhere = keystone().log_in_to_project("alice", "sample-2");
    BOOST_TEST(code_of(ask(elsewhere, path_of(keystone().id("projects", "sample-2")))) == "403 APIGW.0302");
}

BOOST_AUTO_TEST_CASE(a_thousand_requests_are_one_validation) {
    const std::string token = keystone().log_in_to_project("alice", "sample");
    const std::size_t before = keystone().validations();
    http_client client(common().service->base_url());
    for (int i = 0; i < 1000; ++i)
        BOOST_REQUIRE(client.get(path_of(project) + "?limit=1", token).status == 200u);
    BOOST_TEST(validations_since(before, 1) == 1u);
    for (int i = 0; i < 100; ++i)
        BOOST_REQUIRE(client.get(path_of(project), "garbage-of-one-kind").status == 401u);
    BOOST_TEST(validations_since(before, 2) == 2u);
}

BOOST_AUTO_TEST_CASE(the_cache_is_measured) {
    catalog_service service(
        catalog_service::options{common().reader_url, {}, {"--admin-listen", "127.0.0.1:0"}, common().identity()});
    const std::string admin_on = "admin on ";
    http_client admin(service.process().wait_for_line(admin_on, 10s).substr(admin_on.size()));
    const auto metric = [&](const std::string& name) {
        const std::string text = "\n" + admin.request("GET", "/metrics").body;
        const std::size_t at = text.find("\nbackup_catalog_identity_" + name + " ");
        BOOST_REQUIRE(at != std::string::npos);
        return std::stol(text.substr(text.find(' ', at) + 1));
    };
    const auto expect = [&](long hits, long misses, long validations, long failed) {
        BOOST_TEST(metric("cache_lookups_total{result=\"hit\"}") == hits);
        BOOST_TEST(metric("cache_lookups_total{result=\"miss\"}") == misses);
        BOOST_TEST(metric("validations_total") == validations);
        BOOST_TEST(metric("validations_failed_total") == failed);
    };
    expect(0, 0, 0, 0);
    const std::string token = keystone().log_in_to_project("alice", "sample");
    for (int i = 0; i < 10; ++i)
        BOOST_TEST(ask(service, token).status == 200u);
    expect(9, 1, 1, 0);
    for (int i = 0; i < 3; ++i)
        BOOST_TEST(ask(service, "garbage-that-is-measured").status == 401u);
    expect(11, 2, 2, 0);
    BOOST_TEST(metric("logins_total") == 1);
    keystone().stop();
    expect_away(ask(service, "garbage-that-nobody-knows"));
    BOOST_TEST(ask(service, token).status == 200u);
    BOOST_TEST(metric("cache_lookups_total{result=\"hit\"}") == 12);
    BOOST_TEST(metric("cache_lookups_total{result=\"miss\"}") == 3);
    BOOST_TEST(metric("validations_failed_total") == 1);
    keystone().start();
    service.stop();
}

BOOST_AUTO_TEST_CASE(two_hundred_first_requests_at_once_are_one_validation) {
    const std::string token = keystone().log_in_to_project("alice", "sample");
    const std::size_t before = keystone().validations();
    std::vector<std::unique_ptr<http_client>> clients;
    for (int i = 0; i < 200; ++i) {
        clients.push_back(std::make_unique<http_client>(common().service->base_url()));
        clients.back()->connect();
    }
    for (const auto& client : clients)
        client->send("GET " + path_of(project) + "?limit=1 HTTP/1.1\r\nHost: x\r\nX-Auth-Token: " + token + "\r\n\r\n");
    for (const auto& client : clients)
        BOOST_REQUIRE(client->read_response().status == 200u);
    BOOST_TEST(validations_since(before, 1) == 1u);
}

BOOST_AUTO_TEST_CASE(a_validation_is_repeated_after_its_age_and_revocation_is_seen) {
    catalog_service service = common().another({{"--identity-cache-age", "1s"}});
    const std::string token = keystone().log_in_to_project("alice", "sample");
    const std::size_t before = keystone().validations();
    const auto end = steady_clock::now() + 2500ms;
    while (steady_clock::now() < end)
        BOOST_REQUIRE(ask(service, token).status == 200u);
    const std::size_t asked = keystone().validations() - before;
    BOOST_TEST(asked >= 2u);
    BOOST_TEST(asked <= 3u);
    keystone().revoke(token);
    const auto revoked = steady_clock::now();
    BOOST_TEST(within(3s, [&] { return ask(service, token).status == 401u; }));
    BOOST_TEST((steady_clock::now() - revoked < 2500ms)); // the age, and the time of a validation on a busy machine
    service.stop();
}

BOOST_AUTO_TEST_CASE(a_token_ends_at_its_time_although_it_is_known) {
    const std::string token = keystone().issue("alice", "sample", 5);
    const auto issued = steady_clock::now(); // a little after Keystone counted
    BOOST_TEST(ask(token).status == 200u);
    BOOST_TEST(within(8s, [&] { return ask(token).status == 401u; }));
    BOOST_TEST((steady_clock::now() - issued < 7s));
    BOOST_TEST(code_of(ask(token)) == "401 APIGW.0301");
}

BOOST_AUTO_TEST_CASE(keystone_away_and_back) {
    const std::string known = keystone().log_in_to_project("alice", "sample");
    const std::string unknown = keystone().log_in_to_project("alice", "sample");
    BOOST_TEST(ask(known).status == 200u);
    keystone().stop();
    BOOST_TEST(ask(known).status == 200u);
    const auto before = steady_clock::now();
    expect_away(ask(unknown));
    expect_away(ask("garbage-while-away"));
    BOOST_TEST((steady_clock::now() - before < 5s));
    catalog_service late = common().another({}); // starts all the same
    expect_away(ask(late, known));
    keystone().start();
    for (const auto& token : {known, unknown}) {
        BOOST_TEST(ask(token).status == 200u);
        BOOST_TEST(ask(late, token).status == 200u);
    }
    BOOST_TEST(code_of(ask("garbage-while-away")) == "401 APIGW.0301");
    BOOST_TEST(says(late, "identity_away"));
    BOOST_TEST(says(late, "identity_back"));
    late.stop();
}

BOOST_AUTO_TEST_CASE(ways_to_log_in) {
    const std::string token = keystone().log_in_to_project("alice", "sample");
    const std::vector<std::vector<std::pair<std::string, std::string>>> ways{
        {{"--identity-user", ""},
         {"--identity-password-file", ""},
         {"--identity-project", ""},
         {"--identity-application-credential", keystone().credential_id()},
         {"--identity-application-credential-secret-file", keystone().file("application-credential-secret").string()}},
        {{"--identity-project", ""}, {"--identity-scope", "system"}},
        {{"--identity-url", keystone().secure_url()}, {"--identity-ca-file", keystone().file("ca.pem").string()}},
        {{"--identity-url", keystone().url() + "/"}}, // the version may be there, or not
        {{"--identity-url", keystone().url().substr(0, keystone().url().size() - 3)}},
    };
    for (const auto& way : ways) {
        catalog_service service = common().another(way);
        const http_response got = ask(service, token);
        BOOST_TEST(got.status == 200u, way.front().first << ": " << got.body << service.process().errors());
        BOOST_TEST(code_of(ask(service, "garbage")) == "401 APIGW.0301");
        service.stop();
    }
}

BOOST_AUTO_TEST_CASE(logins_that_fail_are_logged_and_let_nobody_in) {
    const std::string token = keystone().log_in_to_project("alice", "sample");
    const temporary_folder folder;
    const std::string wrong = folder.write("password", "wrong-password-of-the-service\n");
    struct row {
        std::vector<std::pair<std::string, std::string>> flags;
        std::string log;
    };
    const std::vector<row> rows{
        {{{"--identity-password-file", wrong}}, "refuses the service's credentials"},
        {{{"--identity-project", "nowhere"}}, "refuses the service's credentials"},
        {{{"--identity-user", "stranger"}}, "may not validate tokens"},
        {{{"--identity-url", keystone().secure_url()}}, "certificate verify failed"},
        {{{"--identity-url", keystone().url() + "/nowhere"}}, "status 404"},
    };
    for (const auto& [flags, log] : rows) {
        catalog_service service = common().another(flags);
        expect_away(ask(service, token));
        BOOST_TEST(says(service, log), log << " in " << service.process().errors());
        BOOST_TEST(service.process().errors().find("wrong-password") == std::string::npos);
        service.stop();
    }
}

// A new password ends Keystone's tokens of the user; the service takes the new one from its file without a restart.
BOOST_AUTO_TEST_CASE(the_services_password_is_changed) {
    const temporary_folder folder;
    const std::string file = folder.write("password", keystone().password());
    catalog_service service = common().another({{"--identity-password-file", file}});
    BOOST_TEST(ask(service, keystone().log_in_to_project("alice", "sample")).status == 200u);
    const std::string changed = "another-password-0123";
    keystone().change_password("catalog", keystone().password(), changed);
    write_file(file, changed + "\n");
    const http_response got = ask(service, keystone().log_in_to_project("alice", "sample"));
    BOOST_TEST(got.status == 200u, got.body << service.process().errors());
    keystone().change_password("catalog", changed, keystone().password());
    write_file(file, keystone().password() + "\n");
    BOOST_TEST(ask(service, keystone().log_in_to_project("alice", "sample")).status == 200u);
    service.stop();
}

BOOST_AUTO_TEST_CASE(no_secret_in_log_or_arguments) {
    const std::string token = keystone().log_in_to_project("alice", "sample");
    BOOST_TEST(ask(token).status == 200u);
    BOOST_TEST(ask(token, path_of(project) + "?limit=0").status == 400u);
    const std::string proc = "/proc/" + std::to_string(common().service->process().pid());
    for (const std::string& text :
         {common().service->process().errors(), common().service->process().output(), read_file(proc + "/cmdline")})
        for (const std::string& secret : {token, keystone().password()})
            BOOST_TEST(text.find(secret) == std::string::npos);
}
