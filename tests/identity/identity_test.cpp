// This file tests identity=keystone against a peer that misbehaves, and its pure parts.
#define BOOST_TEST_DYN_LINK
#define BOOST_TEST_MODULE identity
#include "identity/keystone_identity.hpp"
#include "identity/token_facts.hpp"
#include "scripted_peer.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdio>
#include <fstream>
#include <future>
#include <unistd.h>

namespace {

using namespace catalog;
using namespace catalog::identity;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

const std::string good_body =
    R"({"token": {"expires_at": "2999-01-01T00:00:00.000000Z", "user": {"id": "u1", "name": "alice"},
        "project": {"id": "p1"}, "roles": [{"name": "x"}, {"name": "reader"}], "unknown": [1]}})";

reply login(const std::string& token = "own-token", const std::string& expires = "2999-01-01T00:00:00Z") {
    return {http(201, R"({"token": {"expires_at": ")" + expires + R"("}})", "X-Subject-Token: " + token + "\r\n"), 0ms,
            true};
}

reply good() {
    return {http(200, good_body), 0ms, true};
}

// A peer that gives logins and answers validations as told.
scripted_peer::script validating(const std::function<reply(const std::string&)>& answer) {
    return [answer](const std::string& request) { return request.starts_with("POST") ? login() : answer(request); };
}

std::string header(const std::string& request, const std::string& name) {
    const std::size_t at = request.find("\r\n" + name + ": ");
    if (at == std::string::npos) return "";
    const std::size_t from = at + name.size() + 4;
    return request.substr(from, request.find("\r\n", from) - from);
}

keystone_options options_for(const std::string& port) {
    keystone_options out;
    out.server.server = *parse_server_url("http://127.0.0.1:" + port + "/v3");
    out.login.user = "catalog";
    out.login.project = "service";
    out.login.password.text = "secret";
    out.timeout = 2s;
    out.server.connect_timeout = 1s;
    return out;
}

// A verifier with threads of its own, which end when everything under way has ended.
class running {
public:
    explicit running(const keystone_options& options, int threads = 2)
        : verifier_(io_.get_executor(), options) {
        for (int i = 0; i < threads; ++i)
            threads_.emplace_back([this] { io_.run(); });
    }
    ~running() {
        work_.reset();
        for (std::thread& one : threads_)
            one.join();
    }

    std::future<result<principal>> begin(const std::string& token) {
        return boost::asio::co_spawn(io_, verifier_.verify(token), boost::asio::use_future);
    }
    result<principal> ask(const std::string& token = "token") { return begin(token).get(); }
    // "ok", or what the problem is.
    std::string say(const std::string& token = "token") { return text(ask(token)); }
    keystone_verifier& verifier() { return verifier_; }

    static std::string text(const result<principal>& got) {
        if (got.has_value()) return "ok";
        switch (got.error().code) {
        case errc::unauthenticated:
            return "unauthenticated";
        case errc::identity_away:
            return "away";
        default:
            return "another problem";
        }
    }

private:
    boost::asio::io_context io_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io_.get_executor()};
    keystone_verifier verifier_;
    std::vector<std::thread> threads_;
};

class temporary_file {
public:
    explicit temporary_file(const std::string& content) {
        const int file = ::mkstemp(name_.data());
        if (file < 0) throw std::runtime_error("mkstemp");
        ::close(file);
        write(content);
    }
    ~temporary_file() { std::remove(name_.c_str()); }
    temporary_file(const temporary_file&) = delete;
    temporary_file& operator=(const temporary_file&) = delete;
    void write(const std::string& content) const { std::ofstream(name_, std::ios::binary) << content; }
    const std::string& name() const { return name_; }

private:
    std::string name_ = "/tmp/catalog-identity-XXXXXX";
};

} // namespace

// ---------------------------------------------------------------------------------------------- pure parts

BOOST_AUTO_TEST_CASE(urls) {
    const auto shown = [](std::string_view text) -> std::string {
        const auto url = parse_server_url(text);
        if (!url) return "none";
        return (url->tls ? "tls " : "plain ") + url->host + " " + url->port + " " + url->path + " " + url->authority();
    };
    BOOST_TEST(shown("http://a") == "plain a 80  a");
    BOOST_TEST(shown("https://a.example:5000/v3/") == "tls a.example 5000 /v3 a.example:5000");
    BOOST_TEST(shown("https://a:443/identity//") == "tls a 443 /identity a");
    BOOST_TEST(shown("http://[::1]:5000") == "plain ::1 5000  [::1]:5000");
    BOOST_TEST(shown("http://[::1]") == "plain ::1 80  [::1]");
    for (const std::string_view bad : {"",
                                       "a",
                                       "ftp://a",
                                       "http://",
                                       "http:///v3",
                                       "https://:5000",
                                       "http://a:",
                                       "http://a:0",
                                       "http://a:65536",
                                       "http://a:x",
                                       "http://u@a",
                                       "http://u:p@a",
                                       "http://a?x",
                                       "http://a/#x",
                                       "http://a b",
                                       "http://a\r\nX: y",
                                       "http://[::1",
                                       "http://[a]",
                                       "http://[::1]x",
                                       "HTTP//a",
                                       "http://\xC3\xA4"})
        BOOST_TEST(shown(bad) == "none", bad);
    BOOST_TEST(parse_server_url("http://127.0.0.9")->is_loopback());
    BOOST_TEST(parse_server_url("http://[::1]")->is_loopback());
    BOOST_TEST(parse_server_url("http://localhost")->is_loopback());
    BOOST_TEST(!parse_server_url("http://10.0.0.1")->is_loopback());
    BOOST_TEST(!parse_server_url("http://localhost.example")->is_loopback());
}

BOOST_AUTO_TEST_CASE(facts_of_a_token) {
    const role_names names{{"reader", "member"}, {"admin"}};
    const auto facts = parse_token_facts(good_body, names);
    BOOST_REQUIRE(facts.has_value());
    BOOST_TEST(facts->who.user_id == "u1");
    BOOST_TEST(facts->who.project_id == "p1");
    BOOST_TEST(facts->who.roles.size() == 2U);
    BOOST_TEST((facts->expires_at == *parse_rfc3339("2999-01-01T00:00:00Z")));
    // The body with one thing in it replaced.
    const auto with = [&](const std::string& part, const std::string& other) {
        std::string body = good_body;
        const std::size_t at = body.find(part);
        BOOST_REQUIRE(at != std::string::npos);
        return parse_token_facts(body.replace(at, part.size(), other), names);
    };
    const auto level = [&](const std::string& roles, const std::string& more = "") {
        return with(R"([{"name": "x"}, {"name": "reader"}])", roles + more)->who.level;
    };
    BOOST_TEST((level(R"([{"name": "reader"}])") == access::read));
    BOOST_TEST((level(R"([{"name": "member"}])") == access::read));
    BOOST_TEST((level(R"([{"name": "member"}, {"name": "admin"}])") == access::administrate));
    BOOST_TEST((level(R"([{"name": "Admin"}, {"name": "auditor"}])") == access::none));
    BOOST_TEST((level("[]") == access::none));
    BOOST_TEST((level(R"([{"name": "admin"}], "is_admin_project": true)") == access::administrate));
    BOOST_TEST((level(R"([{"name": "admin"}], "is_admin_project": false)") == access::read));
    BOOST_TEST((level(R"([{"name": "auditor"}], "is_admin_project": false)") == access::none));
    // Not scoped to a project.
    BOOST_TEST(with(R"("project": {"id": "p1"},)", "")->who.project_id == "");
    BOOST_TEST(with(R"(, "roles": [{"name": "x"}, {"name": "reader"}])", "")->who.roles.empty());
    for (const auto& [part, other] : std::vector<std::pair<std::string, std::string>>{
             {R"("token")", R"("t")"},
             {R"("2999-01-01T00:00:00.000000Z")", "null"},
             {R"("2999-01-01T00:00:00.000000Z")", R"("tomorrow")"},
             {R"("expires_at")", R"("issued_at")"},
             {R"("id": "u1")", R"("id": "")"},
             {R"("id": "u1")", R"("id": 1)"},
             {R"("id": "u1")", R"("id": "a\u0000b")"},
             {R"("id": "u1")", "\"id\": \"" + std::string(256, 'u') + "\""},
             {R"({"id": "u1", "name": "alice"})", "[]"},
             {R"({"id": "p1"})", "null"},
             {R"({"id": "p1"})", R"({"id": "a/b"})"},
             {R"({"id": "p1"})", R"({})"},
             {R"([{"name": "x"}, {"name": "reader"}])", "{}"},
             {R"({"name": "x"})", R"("x")"},
             {R"({"name": "x"})", R"({"name": null})"},
             {R"("unknown")", R"("is_admin_project": 1, "unknown")"},
             {"]}}", "]}"},
         })
        BOOST_TEST(!with(part, other).has_value(), part << " -> " << other);
    for (const std::string& body :
         {std::string(), std::string("[]"), std::string("null"), std::string("{}"), std::string("<html>"),
          std::string(R"({"token": []})"), std::string(100000, '['), good_body + good_body})
        BOOST_TEST(!parse_token_facts(body, names).has_value());
}

BOOST_AUTO_TEST_CASE(login_bodies) {
    namespace json = boost::json;
    const auto body = [](const keystone_login& login) { return json::parse(login_body(login, "s\"x")).at("auth"); };
    keystone_login login;
    login.user = "catalog";
    login.project = "service";
    login.project_domain = "acme";
    const json::value by_password = json::parse(
        R"({"identity": {"methods": ["password"], "password": {"user": {"name": "catalog", "domain": {"name": "Default"},
            "password": "s\"x"}}}, "scope": {"project": {"name": "service", "domain": {"name": "acme"}}}})");
    BOOST_TEST(body(login) == by_password);
    login.scoped_to = keystone_login::scope::domain;
    BOOST_TEST(body(login).at("scope") == json::parse(R"({"domain": {"name": "acme"}})"));
    login.scoped_to = keystone_login::scope::system;
    BOOST_TEST(body(login).at("scope") == json::parse(R"({"system": {"all": true}})"));
    keystone_login credential;
    credential.credential_id = "c1";
    const json::value by_credential = json::parse(
        R"({"identity": {"methods": ["application_credential"], "application_credential": {"id": "c1", "secret": "s\"x"}}})");
    BOOST_TEST(body(credential) == by_credential);
}

BOOST_AUTO_TEST_CASE(secrets) {
    BOOST_TEST((secret{"text", ""}.read() == "text"));
    BOOST_TEST(!secret{}.read().has_value());
    const temporary_file file("one\r\n");
    BOOST_TEST((secret{"", file.name()}.read() == "one"));
    file.write("two");
    BOOST_TEST((secret{"", file.name()}.read() == "two")); // read each time
    file.write(std::string(4096, 'x') + "\n");
    BOOST_TEST((secret{"", file.name()}.read() == std::string(4096, 'x')));
    for (const std::string& bad :
         {std::string(), std::string("\n"), std::string(4097, 'x'), std::string(100000, 'x')}) {
        file.write(bad);
        BOOST_TEST(!(secret{"", file.name()}.read().has_value()));
    }
    BOOST_TEST(!(secret{"", "/nowhere"}.read().has_value()));
    BOOST_TEST(!(secret{"", "/tmp"}.read().has_value()));
}

BOOST_AUTO_TEST_CASE(hashes_are_of_their_process_alone) {
    const token_hasher one;
    const token_hasher other;
    BOOST_TEST((one("a") == one("a")));
    BOOST_TEST((one("a") != one("b")));
    BOOST_TEST((one("a") != other("a")));
}

BOOST_AUTO_TEST_CASE(cache_bounds) {
    const token_hasher hash;
    const auto at = [](std::chrono::milliseconds time) { return token_cache::steady_time(time); };
    const system_time far = *parse_rfc3339("2999-01-01T00:00:00Z");
    const system_time now = *parse_rfc3339("2026-01-01T00:00:00Z");
    const problem refused{errc::unauthenticated, "no"};
    token_cache cache({3, 1000ms, 100ms});
    const auto known = [&](const std::string& token, std::chrono::milliseconds time, system_time wall) -> std::string {
        const auto found = cache.find(hash(token), at(time), wall);
        if (!found) return "?";
        return found->has_value() ? (*found)->user_id : (*found).error().message;
    };
    const auto keep = [&](const std::string& token, std::chrono::milliseconds time, system_time ends) {
        cache.keep_valid(hash(token), {token, "p", {}, access::read}, at(time), ends);
    };
    keep("a", 0ms, far);
    BOOST_TEST(known("a", 999ms, now) == "a");
    BOOST_TEST(known("a", 1000ms, now) == "?"); // its age
    BOOST_TEST(cache.valid_entries() == 0U);
    keep("a", 0ms, now + 1s);
    BOOST_TEST(known("a", 1ms, now) == "a");
    BOOST_TEST(known("a", 2ms, now + 1s) == "?"); // its end
    cache.keep_refused(hash("b"), refused, at(0ms));
    BOOST_TEST(known("b", 99ms, now) == "no");
    BOOST_TEST(known("b", 100ms, now) == "?");
    // The least recently used goes; refused ones displace no valid ones.
    for (const char* token : {"a", "b", "c"})
        keep(token, 0ms, far);
    BOOST_TEST(known("a", 1ms, now) == "a");
    keep("d", 0ms, far);
    BOOST_TEST(known("b", 1ms, now) == "?");
    for (int i = 0; i < 10; ++i)
        cache.keep_refused(hash("garbage" + std::to_string(i)), refused, at(0ms));
    BOOST_TEST(cache.refused_entries() == 3U);
    BOOST_TEST(cache.valid_entries() == 3U);
    for (const char* token : {"a", "c", "d"})
        BOOST_TEST(known(token, 1ms, now) == token);
    // The later answer counts.
    cache.keep_refused(hash("a"), refused, at(0ms));
    BOOST_TEST(known("a", 1ms, now) == "no");
    keep("a", 0ms, far);
    BOOST_TEST(known("a", 1ms, now) == "a");
    token_cache none({0, 1s, 1s});
    none.keep_valid(hash("a"), {}, at(0ms), far);
    BOOST_TEST(!none.find(hash("a"), at(0ms), now).has_value());
}

// ---------------------------------------------------------------------------------------------- talking

BOOST_AUTO_TEST_CASE(what_is_asked) {
    std::string posted;
    std::string got;
    scripted_peer peer([&](const std::string& request) {
        (request.starts_with("POST") ? posted : got) = request;
        return request.starts_with("POST") ? login() : good();
    });
    running service(options_for(peer.port()));
    const auto who = service.ask("the-token");
    BOOST_REQUIRE(who.has_value());
    BOOST_TEST(who->user_id == "u1");
    BOOST_TEST(posted.starts_with("POST /v3/auth/tokens?nocatalog HTTP/1.1\r\n"));
    BOOST_TEST(header(posted, "Content-Type") == "application/json");
    BOOST_TEST(got.starts_with("GET /v3/auth/tokens?nocatalog HTTP/1.1\r\n"));
    BOOST_TEST(header(got, "X-Auth-Token") == "own-token");
    BOOST_TEST(header(got, "X-Subject-Token") == "the-token");
    BOOST_TEST(header(got, "Host") == "127.0.0.1:" + peer.port());
    // Connections and the service's own token are used again.
    for (int i = 0; i < 50; ++i)
        BOOST_TEST(service.say("token-" + std::to_string(i)) == "ok");
    BOOST_TEST(peer.connections() == 1);
    BOOST_TEST(peer.logins() == 1);
    // What can't be a token is not sent.
    const int before = peer.validations();
    for (const std::string& bad : {std::string("a b"), std::string("a\r\nX-Auth-Token: b"), std::string(1, '\0'),
                                   std::string("\xff"), std::string(2049, 'x'), std::string(8192, 'x')})
        BOOST_TEST(service.say(bad) == "unauthenticated");
    BOOST_TEST(peer.validations() == before);
    BOOST_TEST(service.say(std::string(2048, 'x')) == "ok");
}

BOOST_AUTO_TEST_CASE(one_validation_however_many_wait) {
    scripted_peer peer(validating([](const std::string& request) {
        reply out = header(request, "X-Subject-Token") == "good" ? good() : reply{http(404, "{}"), 0ms, true};
        out.after = 200ms;
        return out;
    }));
    running service(options_for(peer.port()), 4);
    std::vector<std::future<result<principal>>> waiting;
    waiting.reserve(500);
    for (int i = 0; i < 500; ++i)
        waiting.push_back(service.begin(i % 2 == 0 ? "good" : "bad"));
    for (std::size_t i = 0; i < waiting.size(); ++i)
        BOOST_REQUIRE(running::text(waiting[i].get()) == (i % 2 == 0 ? "ok" : "unauthenticated"));
    BOOST_TEST(peer.validations() == 2);
    for (int i = 0; i < 100; ++i)
        BOOST_REQUIRE(service.say(i % 2 == 0 ? "good" : "bad") == (i % 2 == 0 ? "ok" : "unauthenticated"));
    BOOST_TEST(peer.validations() == 2);
    const keystone_statistics numbers = service.verifier().statistics();
    BOOST_TEST(numbers.validations == 2U);
    BOOST_TEST(numbers.hits + numbers.joined == 598U);
    BOOST_TEST(numbers.logins == 1U);
}

BOOST_AUTO_TEST_CASE(validations_at_the_same_time_are_bounded) {
    scripted_peer peer(validating([](const std::string&) {
        reply out = good();
        out.after = 100ms;
        return out;
    }));
    keystone_options options = options_for(peer.port());
    options.max_validations = 3;
    options.max_waiting = 7;
    running service(options);
    BOOST_TEST(service.say("first") == "ok"); // logged in
    std::vector<std::future<result<principal>>> waiting;
    waiting.reserve(20);
    for (int i = 0; i < 20; ++i)
        waiting.push_back(service.begin("token-" + std::to_string(i)));
    int good_ones = 0;
    int refused = 0;
    for (auto& one : waiting) {
        const result<principal> got = one.get();
        ++(got.has_value() ? good_ones : refused);
        if (got.has_error()) BOOST_TEST(running::text(got) == "away");
    }
    BOOST_TEST(good_ones == 10);
    BOOST_TEST(refused == 10);
    BOOST_TEST(peer.most_at_once() == 3);
    BOOST_TEST(peer.connections() <= 3);
    BOOST_TEST(service.verifier().statistics().overflows == 10U);
    BOOST_TEST(service.say("token-19") == "ok"); // nothing is left behind
}

BOOST_AUTO_TEST_CASE(answers_that_are_none) {
    const std::string huge(3 << 20, ' ');
    const std::vector<std::pair<std::string, reply>> faults{
        {"closed at once", {"", 0ms, false}},
        {"garbage", {"\x16\x03\x01 no http\r\n\r\n", 0ms, false}},
        {"half a header", {"HTTP/1.1 200 OK\r\nContent-Le", 0ms, false}},
        {"half a body", {"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"token\"", 0ms, false}},
        {"half a good body", {"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + good_body, 0ms, false}},
        {"server error", {http(500, "oops"), 0ms, true}},
        {"unavailable", {http(503, "{}"), 0ms, true}},
        {"redirect", {http(302, "", "Location: http://127.0.0.1:1/\r\n"), 0ms, true}},
        {"no content", {http(204, ""), 0ms, true}},
        {"multiple choices", {http(300, good_body), 0ms, true}},
        {"no JSON", {http(200, "<html>"), 0ms, true}},
        {"another JSON", {http(200, R"({"token": {"user": {"id": "u1"}}})"), 0ms, true}},
        {"huge body", {http(200, huge + good_body), 0ms, false}},
        {"huge body without a length", {"HTTP/1.1 200 OK\r\n\r\n" + huge + good_body, 0ms, false}},
        {"huge header", {"HTTP/1.1 200 OK\r\nX: " + huge + "\r\nContent-Length: 2\r\n\r\n{}", 0ms, false}},
        {"forbidden", {http(403, "{}"), 0ms, true}},
    };
    for (const auto& [name, fault] : faults) {
        BOOST_TEST_CONTEXT(name) {
            scripted_peer peer(validating([&fault = fault](const std::string&) { return fault; }));
            running service(options_for(peer.port()));
            const auto before = steady_clock::now();
            BOOST_TEST(service.say() == "away");
            BOOST_TEST((steady_clock::now() - before < 2500ms));
            BOOST_TEST(peer.validations() <=
                       4); // retries are bounded; one more for the login's connection, kept and closed
            peer.change(validating([](const std::string&) { return good(); }));
            BOOST_TEST(service.say() == "ok"); // and it recovers by itself
        }
    }
}

BOOST_AUTO_TEST_CASE(logins_that_are_none) {
    const std::vector<std::pair<std::string, reply>> faults{
        {"server error", {http(500, "oops"), 0ms, true}},
        {"no token", {http(201, R"({"token": {"expires_at": "2999-01-01T00:00:00Z"}})"), 0ms, true}},
        {"no expiry", {http(201, "{}", "X-Subject-Token: t\r\n"), 0ms, true}},
        {"no JSON", {http(201, "<html>", "X-Subject-Token: t\r\n"), 0ms, true}},
        {"closed", {"", 0ms, false}},
    };
    for (const auto& [name, fault] : faults) {
        BOOST_TEST_CONTEXT(name) {
            scripted_peer peer([&fault = fault](const std::string&) { return fault; });
            running service(options_for(peer.port()));
            BOOST_TEST(service.say() == "away");
            BOOST_TEST(peer.validations() == 0);
            BOOST_TEST(peer.logins() <= 3);
            peer.change(validating([](const std::string&) { return good(); }));
            BOOST_TEST(service.say() == "ok");
        }
    }
}

// Wrong credentials are not tried again and again: identity services lock users for that.
BOOST_AUTO_TEST_CASE(refused_credentials_are_not_repeated) {
    scripted_peer peer([](const std::string&) { return reply{http(401, "{}"), 0ms, true}; });
    running service(options_for(peer.port()));
    for (int i = 0; i < 20; ++i)
        BOOST_TEST(service.say("token-" + std::to_string(i)) == "away");
    BOOST_TEST(peer.logins() == 1);
}

BOOST_AUTO_TEST_CASE(an_own_token_that_ends_early_is_replaced) {
    std::atomic<int> number{0};
    scripted_peer peer([&](const std::string& request) -> reply {
        if (request.starts_with("POST")) return login("own-" + std::to_string(++number));
        return header(request, "X-Auth-Token") == "own-" + std::to_string(number) ? good()
                                                                                  : reply{http(401, "{}"), 0ms, true};
    });
    running service(options_for(peer.port()));
    BOOST_TEST(service.say("a") == "ok");
    ++number; // the identity service forgets it
    BOOST_TEST(service.say("b") == "ok");
    BOOST_TEST(peer.logins() == 2);
    // One that is refused always ends the attempts, too.
    peer.change([](const std::string& request) -> reply {
        return request.starts_with("POST") ? login() : reply{http(401, "{}"), 0ms, true};
    });
    BOOST_TEST(service.say("c") == "away");
    BOOST_TEST(peer.logins() <= 5);
}

BOOST_AUTO_TEST_CASE(an_own_token_is_renewed_before_it_ends) {
    const auto soon = [] {
        const std::time_t time = std::time(nullptr) + 4;
        std::tm utc{};
        gmtime_r(&time, &utc);
        char text[32];
        std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
        return std::string(text);
    };
    scripted_peer peer(
        [&](const std::string& request) { return request.starts_with("POST") ? login("own", soon()) : good(); });
    running service(options_for(peer.port()));
    BOOST_TEST(service.say("a") == "ok");
    BOOST_TEST(service.say("b") == "ok");
    BOOST_TEST(peer.logins() == 1);
    std::this_thread::sleep_for(2200ms); // half its life
    BOOST_TEST(service.say("c") == "ok");
    BOOST_TEST(peer.logins() == 2);
}

BOOST_AUTO_TEST_CASE(a_slow_peer_is_not_waited_for) {
    scripted_peer peer(validating([](const std::string&) {
        reply out = good();
        out.after = 30s;
        return out;
    }));
    keystone_options options = options_for(peer.port());
    options.timeout = 500ms;
    options.max_validations = 2;
    running service(options);
    const auto before = steady_clock::now();
    std::vector<std::future<result<principal>>> waiting;
    waiting.reserve(20);
    for (int i = 0; i < 20; ++i)
        waiting.push_back(service.begin("token-" + std::to_string(i)));
    for (auto& one : waiting)
        BOOST_TEST(running::text(one.get()) == "away");
    BOOST_TEST((steady_clock::now() - before < 2s)); // the limit covers the waiting, too
    peer.change(validating([](const std::string&) { return good(); }));
    for (int i = 0; i < 20; ++i)
        BOOST_TEST(service.say("token-" + std::to_string(i)) == "ok");
}

BOOST_AUTO_TEST_CASE(bytes_that_trickle_are_not_waited_for) {
    // The header comes at once, the rest never.
    scripted_peer peer(validating([](const std::string&) {
        return reply{"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{", 0ms, false, 30s};
    }));
    keystone_options options = options_for(peer.port());
    options.timeout = 400ms;
    running service(options);
    const auto before = steady_clock::now();
    BOOST_TEST(service.say() == "away");
    BOOST_TEST((steady_clock::now() - before < 1500ms));
}

BOOST_AUTO_TEST_CASE(kept_connections_that_the_peer_closed) {
    scripted_peer peer(validating([](const std::string&) {
        reply out = good();
        out.keep = false; // closes, although its answer does not say so
        return out;
    }));
    running service(options_for(peer.port()));
    for (int i = 0; i < 20; ++i)
        BOOST_TEST(service.say("token-" + std::to_string(i)) == "ok");
    BOOST_TEST(peer.validations() == 20);
}

BOOST_AUTO_TEST_CASE(nobody_listens) {
    std::string port;
    {
        const scripted_peer gone([](const std::string&) { return good(); });
        port = gone.port();
    }
    running service(options_for(port));
    const auto before = steady_clock::now();
    BOOST_TEST(service.say() == "away");
    BOOST_TEST((steady_clock::now() - before < 2500ms));
    keystone_options nowhere = options_for(port);
    nowhere.server.server.host = "no-such-host.invalid";
    running lost(nowhere);
    BOOST_TEST(lost.say() == "away");
}

BOOST_AUTO_TEST_CASE(known_tokens_outlive_the_peer_for_their_age) {
    keystone_options options;
    std::unique_ptr<running> service;
    {
        scripted_peer peer(validating([](const std::string& request) {
            return header(request, "X-Subject-Token") == "good" ? good() : reply{http(404, "{}"), 0ms, true};
        }));
        options = options_for(peer.port());
        options.cache.valid_age = 1s;
        options.cache.refused_age = 100ms;
        service = std::make_unique<running>(options);
        BOOST_TEST(service->say("good") == "ok");
        BOOST_TEST(service->say("bad") == "unauthenticated");
    }
    BOOST_TEST(service->say("good") == "ok");
    BOOST_TEST(service->say("another") == "away");
    std::this_thread::sleep_for(1s);
    BOOST_TEST(service->say("good") == "away"); // never 200 for what nobody vouches for
    BOOST_TEST(service->say("bad") == "away");
}

BOOST_AUTO_TEST_CASE(a_token_that_has_ended_by_our_clock) {
    scripted_peer peer(validating([](const std::string&) {
        std::string body = good_body;
        return reply{http(200, body.replace(body.find("2999"), 4, "2020")), 0ms, true};
    }));
    running service(options_for(peer.port()));
    BOOST_TEST(service.say() == "unauthenticated");
    BOOST_TEST(service.say() == "unauthenticated");
    BOOST_TEST(peer.validations() == 1);
}
