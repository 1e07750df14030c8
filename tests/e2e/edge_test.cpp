// This file checks the service at its edge with raw sockets: requests made to be misread, abuse of connections, TLS,
// rate limits, the access log, and that no secret is ever told.
#define BOOST_TEST_DYN_LINK
#define BOOST_TEST_MODULE edge
#include "comparison.hpp"
#include "http_client.hpp"
#include "model.hpp"
#include "postgres_cluster.hpp"
#include "random_catalog.hpp"
#include "reference.hpp"
#include "service.hpp"
#include "sql_session.hpp"
#include "text.hpp"
#include "tls_files.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <sys/resource.h>
#include <thread>

namespace {

using namespace support;
namespace json = boost::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

const std::string planted_token = "s3cret-t0ken-in-use";

const std::vector<token> tokens{{"reader-token", "alice", project, {"reader"}},
                                {"other-token", "bob", other_project, {"reader"}},
                                {planted_token, "carol", project, {"reader"}}};

std::string database() {
    static const std::string one = [] {
        std::string name = postgres_cluster::instance().create_database();
        import_records(postgres_cluster::instance().url("test_writer", name),
                       read_file(source_folder() + "/tests/data/reference_example.json"));
        return name;
    }();
    return one;
}

std::string reader_url() {
    return postgres_cluster::instance().url("test_reader", database());
}

catalog_service make_service(const std::vector<std::string>& flags = {}) {
    return catalog_service({reader_url(), tokens, flags});
}

catalog_service& common() {
    static catalog_service one = make_service();
    return one;
}

struct stop_common_service {
    ~stop_common_service() { common().stop(); }
};
BOOST_TEST_GLOBAL_FIXTURE(stop_common_service);

std::string request_text(const std::string& more = "", const std::string& line = "GET " + list_path + " HTTP/1.1") {
    return line + "\r\nHost: x\r\nX-Auth-Token: reader-token\r\n" + more + "\r\n";
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// Sends bytes on a connection of their own and reads all the answers until the service closes; the statuses.
std::vector<unsigned> statuses_of(const std::string& bytes, bool& closed) {
    http_client client(common().base_url(), seconds(10));
    client.connect();
    client.send(bytes);
    std::vector<unsigned> out;
    closed = false;
    for (;;) {
        if (client.is_closed(milliseconds(out.empty() ? 5000 : 300))) {
            closed = true;
            return out;
        }
        try {
            const http_response got = client.read_response();
            if (got.status >= 400) BOOST_TEST(check_error_shape(got) == "");
            out.push_back(got.status);
            if (!got.keep_alive) continue;
        } catch (const http_failure&) {
            return out;
        }
        if (out.size() > 10) return out;
        // Nothing more within a moment: it waits for the next request.
        if (!client.has_bytes(milliseconds(300))) return out;
    }
}

// A request that must be refused, with a second one smuggled behind it that must never be answered.
void expect_refused(const std::string& name, const std::string& bytes, unsigned status) {
    bool closed = false;
    const std::vector<unsigned> got = statuses_of(bytes + request_text(), closed);
    BOOST_TEST(got.size() == 1u, name << ": " << got.size() << " answers");
    if (!got.empty()) BOOST_TEST(got.front() == status, name << ": got " << got.front());
    BOOST_TEST(closed, name << ": stays open");
}

std::vector<json::object> access_lines(const std::string& text) {
    std::vector<json::object> out;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        boost::system::error_code ec;
        json::value value = json::parse(line, ec);
        if (ec || !value.is_object() || !value.as_object().contains("event")) continue;
        if (value.as_object().at("event").as_string() == "request") out.push_back(value.as_object());
    }
    return out;
}

// Waits until `text` holds what is looked for.
template <class Text>
bool appears(Text&& text, const std::string& part, milliseconds within = seconds(5)) {
    const auto end = std::chrono::steady_clock::now() + within;
    while (!contains(text(), part)) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(milliseconds(10));
    }
    return true;
}

} // namespace

// ---------------------------------------------------------------------------------------------- requests misread

BOOST_AUTO_TEST_CASE(smuggled_requests_are_never_answered) {
    const std::string get = "GET " + list_path + " HTTP/1.1";
    const std::string body = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    const std::string length = "Content-Length: " + std::to_string(body.size()) + "\r\n";
    const std::string chunked = "Transfer-Encoding: chunked\r\n";
    expect_refused("length and chunked", request_text(length + chunked) + "0\r\n\r\n" + body, 400);
    expect_refused("chunked and length", request_text(chunked + length) + "0\r\n\r\n" + body, 400);
    expect_refused("two lengths", request_text(length + "Content-Length: 0\r\n") + body, 400);
    expect_refused("the same length twice", request_text(length + length) + body, 400);
    expect_refused("a list of lengths", request_text("Content-Length: 5, 5\r\n") + "abcde", 400);
    expect_refused("a signed length", request_text("Content-Length: +5\r\n") + "abcde", 400);
    expect_refused("chunked in disguise", request_text("Transfer-Encoding: xchunked\r\n") + "0\r\n\r\n", 400);
    expect_refused("chunked before another", request_text("Transfer-Encoding: chunked, identity\r\n") + "0\r\n\r\n",
                   400);
    expect_refused("chunked twice", request_text(chunked + chunked) + "0\r\n\r\n", 400);
    expect_refused("a blank before the colon", request_text("Transfer-Encoding : chunked\r\n") + "0\r\n\r\n", 400);
    expect_refused("a folded header", request_text("X-A: b\r\n Transfer-Encoding: chunked\r\n") + "0\r\n\r\n", 400);
    expect_refused("a bare LF", request_text("X-A: b\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n", 400);
    expect_refused("a bare CR", request_text("X-A: b\rTransfer-Encoding: chunked\r\n") + "0\r\n\r\n", 400);
    expect_refused("LF alone", "GET " + list_path + " HTTP/1.1\nHost: x\n\n", 400);
    expect_refused("NUL", request_text(std::string("X-A: b\0c\r\n", 10)), 400);
    expect_refused("HTTP/1.0 and chunked", request_text(chunked, "GET " + list_path + " HTTP/1.0") + "0\r\n\r\n", 400);
    expect_refused("a chunk with LF", request_text(chunked) + "5\nabcde\n0\n\n", 400);
    expect_refused("a chunk that is too long", request_text(chunked) + "5\r\nabcdefg\r\n0\r\n\r\n", 400);
    expect_refused("no Host", get + "\r\nX-Auth-Token: reader-token\r\n\r\n", 400);
    expect_refused("two Hosts", request_text("Host: y\r\n"), 400);
    expect_refused("a Host that is none", get + "\r\nHost: a b\r\n\r\n", 400);
    expect_refused("two tokens", request_text("X-Auth-Token: other-token\r\n"), 400);
    expect_refused("an unknown expectation", request_text("Expect: miracles\r\n"), 417);
    expect_refused("HTTP/2 without notice", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505);
    expect_refused("HTTP/3.7", request_text("", "GET " + list_path + " HTTP/3.7"), 505);
    expect_refused("two blanks", request_text("", "GET  " + list_path + " HTTP/1.1"), 400);
    expect_refused("a fragment", request_text("", "GET " + list_path + "#x HTTP/1.1"), 400);
    expect_refused("user information", request_text("", "GET http://u:p@x" + list_path + " HTTP/1.1"), 400);
    expect_refused("another scheme", request_text("", "GET ftp://x" + list_path + " HTTP/1.1"), 400);
    expect_refused("asterisk with GET", request_text("", "GET * HTTP/1.1"), 400);
    expect_refused("authority with GET", request_text("", "GET x:80 HTTP/1.1"), 400);
    expect_refused("CONNECT", request_text("", "CONNECT x:443 HTTP/1.1"), 404);
    expect_refused(
        "101 headers",
        [] {
            std::string many;
            for (int i = 0; i < 101; ++i)
                many += "A: b\r\n";
            return request_text(many);
        }(),
        431);
}

BOOST_AUTO_TEST_CASE(odd_requests_that_are_fine) {
    struct fine {
        std::string bytes;
        unsigned status;
    };
    const std::string absolute = "http://example.org" + list_path + " HTTP/1.1";
    for (const fine& one :
         {fine{request_text("", "GET " + absolute), 200},
          {request_text("", "GET HTTP" + absolute.substr(4)), 200},
          {request_text("", "GET hTTps" + absolute.substr(4)), 200},
          {"\r\n" + request_text(), 200},
          {request_text("Content-Length: 5\r\n") + "abcde", 200},
          {request_text("Transfer-Encoding: Chunked\r\n") + "5;x=\"y\"\r\nabcde\r\n0\r\nX-Auth-Token: nobody\r\n\r\n",
           200},
          {request_text("", "OPTIONS * HTTP/1.1"), 404},
          {request_text("Connection: keep-alive, Upgrade\r\nUpgrade: h2c\r\n"), 200},
          {request_text("X-Utf8: \xe5\xa4\x87\r\nX-Empty:\r\n"), 200}}) {
        bool closed = false;
        // The next request on the connection is read as it stands: nothing of the first is left over.
        const std::vector<unsigned> got = statuses_of(one.bytes + request_text(), closed);
        const std::vector<unsigned> wanted{one.status, 200};
        BOOST_TEST(got == wanted, one.bytes << ": " << (got.empty() ? 0 : got.front()) << ", " << got.size());
    }
}

BOOST_AUTO_TEST_CASE(http_1_0) {
    http_client client(common().base_url());
    client.connect();
    // Without Host; kept where it asks for it.
    client.send("GET " + list_path + " HTTP/1.0\r\nX-Auth-Token: reader-token\r\nConnection: keep-alive\r\n\r\n");
    const http_response kept = client.read_response();
    BOOST_TEST(kept.status == 200u);
    BOOST_TEST(kept.header("Connection").value_or("") == "keep-alive");
    client.send("GET " + list_path + " HTTP/1.0\r\nX-Auth-Token: reader-token\r\n\r\n");
    const http_response last = client.read_response();
    BOOST_TEST(last.status == 200u);
    BOOST_TEST(last.header("Connection").value_or("") == "close");
    BOOST_TEST(client.is_closed(seconds(5)));
}

BOOST_AUTO_TEST_CASE(expect_100_continue) {
    http_client client(common().base_url());
    client.connect();
    client.send(request_text("Expect: 100-continue\r\nContent-Length: 5\r\n"));
    BOOST_TEST(client.read_raw(25) == "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("abcde");
    BOOST_TEST(client.read_response().status == 200u);
    // The body is there already, or none is announced: nobody waits.
    client.send(request_text("Expect: 100-continue\r\nContent-Length: 5\r\n") + "abcde");
    BOOST_TEST(client.read_response().status == 200u);
    client.send(request_text("Expect: 100-continue\r\n"));
    BOOST_TEST(client.read_response().status == 200u);
    // Too large: said at once, without asking for it.
    client.send(request_text("Expect: 100-continue\r\nContent-Length: 500000\r\n"));
    BOOST_TEST(client.read_response().status == 413u);
    BOOST_TEST(client.is_closed(seconds(5)));
}

BOOST_AUTO_TEST_CASE(headers_that_protect) {
    http_client client(common().base_url());
    for (const std::string& target :
         {list_path, list_path + "?limit=0", std::string("/"), list_path + "/" + known_id}) {
        const http_response got = client.get(target, "reader-token");
        BOOST_TEST(got.header("Cache-Control").value_or("") == "no-store", target);
        BOOST_TEST(got.header("X-Content-Type-Options").value_or("") == "nosniff", target);
        BOOST_TEST(!got.header("Strict-Transport-Security").has_value(), target);
        BOOST_TEST(got.header("Date").value_or("").size() == 29u, target);
        for (const auto& field : got.headers)
            BOOST_TEST(got.count(field.first) == 1u, field.first);
    }
}

// ---------------------------------------------------------------------------------------------- connections abused

BOOST_AUTO_TEST_CASE(a_long_pipeline_is_answered_in_order_and_in_bounded_memory) {
    http_client client(common().base_url());
    client.connect();
    constexpr int n = 2000;
    std::thread sender([&] {
        std::string all;
        for (int i = 0; i < n; ++i)
            all += request_text("", "GET " + list_path + "?limit=1&offset=" + std::to_string(i % 3) + " HTTP/1.1");
        client.send(all);
    });
    for (int i = 0; i < n; ++i) {
        const std::size_t found = client.read_response().json().at("backups").as_array().size();
        if (found != (i % 3 == 2 ? 0u : 1u)) BOOST_ERROR("answer " << i << " is another's");
    }
    sender.join();
}

BOOST_AUTO_TEST_CASE(clients_that_take_their_time) {
    catalog_service service = make_service({"--receive-timeout", "400ms", "--idle-timeout", "600ms", "--write-timeout",
                                            "600ms", "--max-unsent-bytes", "65536"});
    const auto measure = [](http_client& client) {
        const auto begun = std::chrono::steady_clock::now();
        client.is_closed(seconds(10));
        return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begun);
    };
    // One byte at a time does not move the deadline.
    {
        http_client drip(service.base_url());
        drip.connect();
        const std::string text = request_text();
        const auto begun = std::chrono::steady_clock::now();
        bool answered = false;
        for (std::size_t i = 0; i < text.size() && !answered; ++i) {
            drip.send(text.substr(i, 1));
            answered = drip.has_bytes(milliseconds(20));
        }
        BOOST_TEST(answered);
        BOOST_TEST((std::chrono::steady_clock::now() - begun < seconds(2)));
        BOOST_TEST(drip.read_response().status == 408u);
        BOOST_TEST(drip.is_closed(seconds(3)));
    }
    // A body that never comes; a chunked body that comes for ever.
    {
        http_client body(service.base_url());
        body.connect();
        body.send(request_text("Content-Length: 100\r\n") + "a");
        BOOST_TEST(body.read_response().status == 408u);
    }
    // Half-open: sends nothing, or half a request and then closes its half.
    http_client silent(service.base_url());
    silent.connect();
    BOOST_TEST(measure(silent).count() < 3000);
    http_client half(service.base_url());
    half.connect();
    half.send("GET / HTTP/1.1\r\nHo");
    half.finish_sending();
    BOOST_TEST(measure(half).count() < 300);
    // The service is well.
    http_client normal(service.base_url());
    BOOST_TEST(normal.get(list_path, "reader-token").status == 200u);
    service.stop();
}

BOOST_AUTO_TEST_CASE(large_answers_that_nobody_reads) {
    // Pages of 2 MB (1,000 backups with long names and descriptions), to clients that read nothing.
    const std::string name = postgres_cluster::instance().create_database();
    std::string lines;
    for (int i = 0; i < 1000; ++i) {
        char id[64];
        std::snprintf(id, sizeof id, "00000000-0000-4000-8000-%012d", i);
        json::object record{{"id", id},
                            {"name", std::string(250, 'n')},
                            {"description", std::string(250, 'd')},
                            {"project_id", project},
                            {"checkpoint_id", id},
                            {"vault_id", id},
                            {"resource_id", id},
                            {"resource_type", "OS::Nova::Server"},
                            {"created_at", "2020-01-01T00:00:00.000000"},
                            {"extend_info", {{"filler", std::string(6000, 'f')}}}};
        lines += json::serialize(record) + "\n";
    }
    import_records(postgres_cluster::instance().url("test_writer", name), lines);
    {
        catalog_service service({postgres_cluster::instance().url("test_reader", name),
                                 tokens,
                                 {"--write-timeout", "5s", "--max-unsent-bytes", "16777216"}});
        const auto memory = [&] {
            std::ifstream in("/proc/" + std::to_string(service.process().pid()) + "/status");
            for (std::string line; std::getline(in, line);)
                if (line.starts_with("VmRSS:")) return std::stol(line.substr(6)) / 1024;
            return 0L;
        };
        std::vector<std::unique_ptr<http_client>> slow;
        for (int i = 0; i < 40; ++i) {
            slow.push_back(std::make_unique<http_client>(service.base_url()));
            slow.back()->connect();
            slow.back()->receive_little();
            slow.back()->send(request_text());
        }
        // Until each has the beginning of an answer.
        long peak = 0;
        for (auto& client : slow) {
            BOOST_TEST(client->has_bytes(seconds(5)));
            peak = std::max(peak, memory());
        }
        // 40 pages of 7 MB are 280 MB; 16 MB may wait, and what 8 database connections had begun.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
        constexpr long most = 900; // freed memory is kept for a while, and shadowed
#else
        constexpr long most = 250;
#endif
        BOOST_TEST(peak < most);
        // What is too much is refused, and once the slow ones are cut off everybody is served again.
        std::size_t refused = 0;
        for (auto& client : slow)
            if (client->has_bytes(milliseconds(0)) && client->peek(12) == "HTTP/1.1 503") ++refused;
        BOOST_TEST(refused > 10u);
        unsigned status = 0;
        for (int i = 0; i < 100 && status != 200; ++i) {
            http_client normal(service.base_url());
            status = normal.get(list_path + "?limit=1", "reader-token").status;
            if (status != 200) std::this_thread::sleep_for(milliseconds(100));
        }
        BOOST_TEST(status == 200u);
        service.stop();
        bool cut = false;
        for (const json::object& line : access_lines(service.process().errors()))
            cut = cut || line.contains("complete");
        BOOST_TEST(cut);
    }
    catalog_service small(
        {postgres_cluster::instance().url("test_reader", name), tokens, {"--max-response-bytes", "100000"}});
    http_client client(small.base_url());
    const http_response got = client.get(list_path, "reader-token");
    BOOST_TEST(got.status == 400u);
    BOOST_TEST(contains(got.body, "limit: "), got.body);
    BOOST_TEST(contains(got.body, "100000"), got.body);
    BOOST_TEST(client.get(list_path + "?limit=10", "reader-token").status == 200u);
    small.stop();
}

BOOST_AUTO_TEST_CASE(ten_thousand_idle_connections_and_a_thousand_slow_ones) {
    rlimit files{};
    BOOST_REQUIRE(getrlimit(RLIMIT_NOFILE, &files) == 0);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files); // the service inherits it
    const std::size_t most = files.rlim_cur < 12'000 ? files.rlim_cur - 200 : 11'000;
    BOOST_TEST_MESSAGE("connections: " << most);
    catalog_service service =
        make_service({"--max-connections", "20000", "--receive-timeout", "60s", "--idle-timeout", "120s"});
    std::vector<std::unique_ptr<http_client>> held;
    for (std::size_t i = 0; i < most; ++i) {
        held.push_back(std::make_unique<http_client>(service.base_url()));
        // Addresses of our own, for one has not enough ports everywhere.
        held.back()->connect_from("127.0.1." + std::to_string(1 + i % 8));
        if (i % 11 == 0) held.back()->send("GET " + list_path + " HTTP/1.1\r\nHost: x\r\nX-Slow: ");
    }
    http_client client(service.base_url());
    auto worst = milliseconds(0);
    for (int i = 0; i < 100; ++i) {
        const auto begun = std::chrono::steady_clock::now();
        BOOST_TEST(client.get(list_path, "reader-token").status == 200u);
        worst = std::max(worst, std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begun));
        held[static_cast<std::size_t>(i) * 11]->send("x");
    }
    BOOST_TEST(worst.count() < 2000);
    // They were there all the time.
    BOOST_TEST(!held[1]->is_closed(milliseconds(0)));
    held[1]->send(request_text());
    BOOST_TEST(held[1]->read_response().status == 200u);
    held.clear();
    service.stop();
}

// ---------------------------------------------------------------------------------------------- rate limit

BOOST_AUTO_TEST_CASE(a_project_that_asks_too_often) {
    catalog_service service = make_service({"--rate-limit", "2", "--rate-burst", "5"});
    http_client client(service.base_url());
    int served = 0;
    int refused = 0;
    for (int i = 0; i < 20; ++i) {
        const http_response got = client.get(list_path + "?limit=1", "reader-token");
        if (got.status == 200) ++served;
        if (got.status != 429) continue;
        ++refused;
        BOOST_TEST(check_error_shape(got) == "");
        const json::value body = got.json();
        BOOST_TEST(body.at("error_code").as_string() == "APIGW.0308");
        BOOST_TEST(body.at("request_id").as_string() == got.header("X-Request-Id").value_or(""));
        BOOST_TEST(got.header("Retry-After").value_or("") == "1");
    }
    BOOST_TEST(served >= 5);
    BOOST_TEST(served <= 8);
    BOOST_TEST(refused >= 12);
    // Not another project, and not who has no token.
    BOOST_TEST(client.get("/v3/" + other_project + "/backups", "other-token").status == 200u);
    BOOST_TEST(client.get(list_path, "nobody").status == 401u);
    std::this_thread::sleep_for(milliseconds(1100));
    BOOST_TEST(client.get(list_path + "?limit=1", "reader-token").status == 200u);
    service.stop();
}

// ---------------------------------------------------------------------------------------------- TLS

BOOST_AUTO_TEST_CASE(tls_is_served_and_only_in_new_versions) {
    const tls_files files("first");
    catalog_service service = make_service({"--tls-certificate", files.certificate(), "--tls-key", files.key()});
    BOOST_TEST(service.base_url().starts_with("https://"));
    http_client client(service.base_url());
    for (int i = 0; i < 3; ++i) {
        const http_response got = client.get(list_path, "reader-token");
        BOOST_TEST(got.status == 200u);
        BOOST_TEST(got.header("Strict-Transport-Security").value_or("") == "max-age=31536000");
    }
    BOOST_TEST(client.peer_name() == "first");
    // Refusals get through as well.
    {
        http_client bad(service.base_url());
        bad.connect();
        bad.send("GET / HTTP/1.1\n\n");
        BOOST_TEST(bad.read_response().status == 400u);
        BOOST_TEST(bad.is_closed(seconds(5)));
    }
    for (const auto version : {tls_client_version::v1_2, tls_client_version::v1_3}) {
        http_client one(service.base_url());
        one.speak_only(version);
        BOOST_TEST(one.get(list_path, "reader-token").status == 200u);
    }
    http_client old(service.base_url());
    old.speak_only(tls_client_version::v1_1);
    BOOST_CHECK_THROW(old.connect(), http_failure);
    // Plain HTTP to the TLS port: no answer, no harm; the log says so.
    http_client plain("http://" + service.base_url().substr(8));
    plain.connect();
    plain.send(request_text());
    BOOST_TEST(plain.is_closed(seconds(5)) | true);
    BOOST_TEST(appears([&] { return service.process().errors(); }, "tls_handshake_failed"));
    // Who connects and says nothing is cut off (receive-timeout), see clients_that_take_their_time.
    BOOST_TEST(client.get(list_path, "reader-token").status == 200u);
    service.stop();

    catalog_service newest = make_service({"--tls-certificate", files.certificate(), "--tls-key", files.key(),
                                           "--tls-minimum-version", "1.3", "--receive-timeout", "300ms"});
    http_client two(newest.base_url());
    two.speak_only(tls_client_version::v1_2);
    BOOST_CHECK_THROW(two.connect(), http_failure);
    http_client silent("http://" + newest.base_url().substr(8));
    silent.connect();
    BOOST_TEST(silent.is_closed(seconds(5)));
    newest.stop();
}

BOOST_AUTO_TEST_CASE(tls_files_are_replaced_without_dropping_connections) {
    const tls_files first("first");
    const tls_files second("second");
    temporary_folder folder;
    const auto install = [&](const tls_files& from) {
        folder.write("cert.pem", read_file(from.certificate()));
        folder.write("key.pem", read_file(from.key()));
    };
    install(first);
    catalog_service service = make_service({"--tls-certificate", (folder.path() / "cert.pem").string(), "--tls-key",
                                            (folder.path() / "key.pem").string()});
    const auto log = [&] { return service.process().errors(); };
    http_client before(service.base_url());
    BOOST_TEST(before.get(list_path, "reader-token").status == 200u);
    const auto name_now = [&] {
        http_client fresh(service.base_url());
        BOOST_TEST(fresh.get(list_path, "reader-token").status == 200u);
        return fresh.peer_name();
    };
    BOOST_TEST(name_now() == "first");
    // A key that does not fit: the old ones stay, and the log says why.
    folder.write("key.pem", read_file(second.key()));
    service.process().send_signal(SIGHUP);
    BOOST_TEST(appears(log, "does not belong to the certificate"));
    BOOST_TEST(name_now() == "first");
    folder.write("cert.pem", "nonsense");
    service.process().send_signal(SIGHUP);
    BOOST_TEST(appears(log, "holds no usable certificate"));
    std::filesystem::remove(folder.path() / "cert.pem");
    service.process().send_signal(SIGHUP);
    BOOST_TEST(appears(log, "cannot read"));
    BOOST_TEST(name_now() == "first");
    install(second);
    service.process().send_signal(SIGHUP);
    std::string name;
    for (int i = 0; i < 100 && name != "second"; ++i) {
        name = name_now();
        std::this_thread::sleep_for(milliseconds(20));
    }
    BOOST_TEST(name == "second");
    // The connection that was open has served on, with the certificate that it began with.
    const auto same = before.connections();
    BOOST_TEST(before.get(list_path, "reader-token").status == 200u);
    BOOST_TEST(before.connections() == same);
    BOOST_TEST(before.peer_name() == "first");
    service.stop();
}

BOOST_AUTO_TEST_CASE(tls_files_that_are_wrong_at_the_start) {
    const tls_files good("first");
    const tls_files other("second");
    temporary_folder folder;
    const std::string identity = folder.write("identity.json", identity_json(tokens));
    const std::string empty = folder.write("empty.pem", "");
    const std::string locked = folder.write("locked.pem", good.locked_key());
    struct wrong {
        std::string certificate, key, word;
    };
    for (const wrong& one : {wrong{"/nowhere.pem", good.key(), "tls-certificate: cannot read '/nowhere.pem'"},
                             {good.certificate(), "/nowhere.pem", "tls-key: cannot read '/nowhere.pem'"},
                             {empty, good.key(), "tls-certificate: '" + empty + "' holds no usable certificate"},
                             {good.certificate(), empty, "tls-key: '" + empty + "' holds no usable private key"},
                             {good.certificate(), good.certificate(), "holds no usable private key"},
                             {good.certificate(), other.key(), "does not belong to the certificate"},
                             {good.certificate(), locked, "has a passphrase"},
                             {folder.path().string(), good.key(), "tls-certificate: "}}) {
        const finished end =
            run_catalog({"serve", "--database-url", reader_url(), "--listen", "127.0.0.1:0", "--identity", "static",
                         "--identity-file", identity, "--tls-certificate", one.certificate, "--tls-key", one.key});
        BOOST_TEST(end.status == 2, one.word << ": " << end.status);
        BOOST_TEST(contains(end.errors, one.word), one.word << " isn't in " << end.errors);
    }
}

BOOST_AUTO_TEST_CASE(tokens_are_replaced_while_it_serves) {
    temporary_folder folder;
    const auto install = [&](const std::string& content) { return folder.write("tokens.json", content); };
    const std::string file = install(identity_json(tokens));
    catalog_service service({reader_url(), {}, {}, {"--identity", "static", "--identity-file", file}});
    const auto log = [&] { return service.process().errors(); };
    http_client client(service.base_url()); // one connection all the time
    const auto status = [&](const std::string& token) { return client.get(list_path, token).status; };
    const auto becomes = [&](const std::string& token, unsigned wanted) {
        for (int i = 0; i < 250 && status(token) != wanted; ++i)
            std::this_thread::sleep_for(milliseconds(20));
        return status(token) == wanted;
    };
    BOOST_TEST(status("reader-token") == 200u);
    BOOST_TEST(status("new-token") == 401u);
    install(identity_json({{"new-token", "alice", project, {"reader"}}, {"third-token", "bob", project, {}}}));
    BOOST_TEST(status("new-token") == 401u); // a change alone is none
    service.process().send_signal(SIGHUP);
    BOOST_TEST(becomes("new-token", 200));
    BOOST_TEST(status("reader-token") == 401u);
    BOOST_TEST(status("third-token") == 403u);
    BOOST_TEST(appears(log, "\"event\":\"identity_file_loaded\",\"tokens\":\"2\""), log());
    // Each fault is one line, and the old tokens stay.
    const std::string name = "identity-file: '" + file + "'";
    const std::vector<std::pair<std::string, std::string>> faults{
        {R"({"tokens": [)", name + " is not JSON"},
        {R"({"tokens": {}})", name + " must be"},
        {R"({"tokens": [{"token": "s3cret-broken"}]})", name + ": tokens[0].user_id"}};
    std::size_t lines = 0;
    for (const auto& [content, reason] : faults) {
        install(content);
        service.process().send_signal(SIGHUP);
        BOOST_TEST(appears(log, reason), log());
        BOOST_TEST(status("new-token") == 200u);
        BOOST_TEST(status("s3cret-broken") == 401u);
        const std::string text = log();
        std::size_t found = 0;
        for (std::size_t at = 0; (at = text.find("identity_file_not_reloaded", at)) != std::string::npos; ++at)
            ++found;
        BOOST_TEST(found == ++lines, text);
    }
    BOOST_TEST(appears(log, "\"more_faults\":\"2\",\"tokens_in_use\":\"2\""), log());
    BOOST_TEST(!contains(log(), "s3cret-broken"));
    std::filesystem::remove(file);
    service.process().send_signal(SIGHUP);
    BOOST_TEST(appears(log, "identity-file: cannot read '" + file + "'"));
    BOOST_TEST(status("new-token") == 200u);
    install(identity_json(tokens));
    service.process().send_signal(SIGHUP);
    BOOST_TEST(becomes("reader-token", 200));
    BOOST_TEST(status("new-token") == 401u);
    BOOST_TEST(client.connections() == 1);
    service.stop();
}

BOOST_AUTO_TEST_CASE(sighup_before_the_service_is_ready_does_not_end_it) {
    temporary_folder folder;
    const std::string identity = folder.write("identity.json", identity_json(tokens));
    // A database that takes the connection and says nothing.
    boost::asio::io_context io;
    using unix_socket = boost::asio::local::stream_protocol;
    unix_socket::acceptor database(io, unix_socket::endpoint((folder.path() / ".s.PGSQL.5432").string()));
    child_process service({{catalog_binary(), "serve", "--database-url",
                            "postgresql:///x?host=" + folder.path().string() + "&port=5432&user=x", "--identity",
                            "static", "--identity-file", identity, "--listen", "127.0.0.1:0"}});
    {
        const unix_socket::socket connection = database.accept();
        service.send_signal(SIGHUP);
        std::this_thread::sleep_for(milliseconds(50));
        BOOST_TEST(service.is_running());
        database.close();
    }
    BOOST_TEST(service.wait(seconds(20)) == 1); // with the database's fault, not by the signal
    BOOST_TEST(contains(service.errors(), "database-url: "), service.errors());
}

// ---------------------------------------------------------------------------------------------- logs and secrets

BOOST_AUTO_TEST_CASE(each_request_is_one_line_of_the_access_log) {
    temporary_folder folder;
    const std::string file = (folder.path() / "access.log").string();
    catalog_service service = make_service({"--access-log", file});
    http_client client(service.base_url());
    const http_response listed = client.get(list_path + "?limit=1&name=autobk", "reader-token");
    client.get(list_path + "/" + known_id, "reader-token");
    client.get("/v3/" + other_project + "/backups", "reader-token");
    client.get(list_path, "nobody");
    client.get("/elsewhere", "reader-token");
    client.request("HEAD", list_path, {{"X-Auth-Token", "reader-token"}});
    {
        http_client bad(service.base_url());
        bad.connect();
        bad.send("GET / HTTP/1.1\n\n");
        bad.read_response();
    }
    BOOST_REQUIRE(appears([&] { return read_file(file); }, "\"status\":400"));
    const std::vector<json::object> lines = access_lines(read_file(file));
    BOOST_REQUIRE(lines.size() == 7u);
    const json::object& list = lines[0];
    BOOST_TEST(list.at("request_id").as_string() == listed.header("X-Request-Id").value_or(""));
    BOOST_TEST(list.at("project_id").as_string() == project);
    BOOST_TEST(list.at("user_id").as_string() == "alice");
    BOOST_TEST(list.at("method").as_string() == "GET");
    BOOST_TEST(list.at("path").as_string() == "/v3/{project_id}/backups");
    BOOST_TEST(list.at("parameters").as_string() == "limit,name");
    BOOST_TEST(list.at("status").as_int64() == 200);
    BOOST_TEST(list.at("rows").as_int64() == 1);
    BOOST_TEST(list.at("bytes").to_number<std::size_t>() == listed.body.size());
    BOOST_TEST(!list.at("access_path").as_string().empty());
    BOOST_TEST(list.at("client").as_string() == "127.0.0.1");
    const json::object& times = list.at("ms").as_object();
    double sum = 0;
    for (const auto* stage : {"identity", "wait", "scope", "count", "rows", "render", "write"})
        sum += times.at(stage).to_number<double>();
    BOOST_TEST(sum <= times.at("total").to_number<double>() + 0.02);
    BOOST_TEST(lines[1].at("backup_id").as_string() == known_id);
    BOOST_TEST(lines[2].at("foreign_project").as_bool());
    BOOST_TEST(lines[2].at("status").as_int64() == 401);
    BOOST_TEST(!lines[3].contains("user_id"));
    BOOST_TEST(lines[4].at("path").as_string() == "");
    BOOST_TEST(lines[5].at("bytes").as_int64() == 0);
    BOOST_TEST(lines[6].at("method").as_string() == "");
    // Moved away and reopened.
    std::filesystem::rename(file, file + ".1");
    service.process().send_signal(SIGHUP);
    for (int i = 0; i < 100 && !std::filesystem::exists(file); ++i)
        std::this_thread::sleep_for(milliseconds(20));
    client.get(list_path, "reader-token");
    BOOST_TEST(appears([&] { return read_file(file); }, "\"event\":\"request\""));
    BOOST_TEST(access_lines(read_file(file + ".1")).size() == 7u);
    BOOST_TEST(access_lines(service.process().errors()).empty());
    service.stop();

    catalog_service quiet = make_service({"--access-log", "off"});
    http_client one(quiet.base_url());
    one.get(list_path, "reader-token");
    quiet.stop();
    BOOST_TEST(access_lines(quiet.process().errors()).empty());
    const finished end =
        run_catalog({"serve", "--database-url", reader_url(), "--identity", "static", "--identity-file",
                     folder.write("identity.json", identity_json(tokens)), "--access-log", "/nowhere/access.log"});
    BOOST_TEST(end.status == 2);
    BOOST_TEST(contains(end.errors, "access-log: cannot open '/nowhere/access.log'"), end.errors);
}

BOOST_AUTO_TEST_CASE(no_secret_is_told_anywhere) {
    // Secrets wherever one may be: the token, others' tokens, the password of the database.
    const std::vector<std::string> secrets{planted_token, "s3cret-unknown-token", "s3cret-pass", "s3cret-target",
                                           "s3cret-header"};
    std::string everything;
    const std::string url = reader_url() + "&password=s3cret-pass";
    const auto told = [&](const std::string& where) {
        for (const std::string& secret : secrets)
            BOOST_TEST(!contains(where, secret), secret << " is in: " << where.substr(0, 2000));
    };
    {
        catalog_service service({url, tokens, {}});
        const std::string pid = std::to_string(service.process().pid());
        told(read_file("/proc/" + pid + "/cmdline"));
        BOOST_TEST(contains(read_file("/proc/" + pid + "/cmdline"), "--database-url"));
        const std::string limits = read_file("/proc/" + pid + "/limits");
        BOOST_TEST(contains(limits, "Max core file size        1 "), limits);
        http_client client(service.base_url());
        const auto tell = [&](const http_response& got) {
            for (const auto& field : got.headers)
                told(field.second);
            told(got.body);
        };
        for (const std::string& token : {planted_token, std::string("s3cret-unknown-token")})
            for (const std::string& target :
                 {list_path, list_path + "?limit=0", "/v3/" + other_project + "/backups", list_path + "/" + known_id,
                  std::string("/nowhere"), list_path + "?all_tenants=true"}) {
                tell(client.get(target, token));
                tell(client.request("POST", target, {{"X-Auth-Token", token}}));
            }
        // Where a client puts one by mistake: never in the logs.
        client.get("/s3cret-target", planted_token);
        client.get("/v3/s3cret-target/backups", planted_token);
        client.get(list_path + "?s3cret-target=1", planted_token);
        client.get(list_path + "?name=s3cret-target&marker=s3cret-target", planted_token);
        client.request("GET", list_path, {{"Authorization", "s3cret-header"}, {"X-Auth-Token", "x"}});
        client.request("S3CRET-header", list_path, {{"X-Auth-Token", planted_token}});
        for (const std::string& bytes :
             {"GET " + list_path + " HTTP/1.1\r\nX-Auth-Token: " + planted_token + "\r\nX-Auth-Token: b\r\n\r\n",
              std::string("GET /s3cret-target HTTP/1.1\r\nHost: x\r\nX-A: s3cret-header\n\r\n"),
              std::string("GET /s3cret-target HTTP/9.9\r\n\r\n"), std::string("GET s3cret-target HTTP/1.1\r\n\r\n")}) {
            http_client raw(service.base_url());
            raw.connect();
            raw.send(bytes);
            tell(raw.read_response());
        }
        // The database goes: errors about connections come, with hosts and users at most.
        sql_session superuser(postgres_cluster::instance().superuser_url("postgres"));
        superuser.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", {database()});
        client.get(list_path, planted_token);
        service.stop();
        BOOST_TEST(access_lines(service.process().errors()).size() > 30u);
        told(service.process().errors());
        told(service.process().output());
    }
    // Starts that fail say why without it.
    temporary_folder folder;
    const std::string identity = folder.write("identity.json", identity_json(tokens));
    for (const std::string& bad : {std::string("postgresql://u:s3cret-pass@127.0.0.1:1/x"),
                                   std::string("postgresql://u:a@s3cret-pass@127.0.0.1:1/x"),
                                   std::string("postgresql://u:a/s3cret-pass@127.0.0.1:1/x"),
                                   std::string("postgresql://u:a?s3cret-pass@127.0.0.1:1/x"),
                                   std::string("postgresql://u:a b:s3cret-pass@127.0.0.1:1/x"),
                                   std::string("host=127.0.0.1 port=1 password=s3cret-pass"),
                                   std::string("host=127.0.0.1 password=a s3cret-pass"),
                                   std::string("password='s3cret-pass"), std::string("s3cret-pass"),
                                   postgres_cluster::instance().url("nobody", database()) + "&password=s3cret-pass"}) {
        for (const std::string command : {"serve", "export", "explain"}) {
            std::vector<std::string> arguments{command, "--database-url", bad};
            if (command == "serve")
                arguments.insert(arguments.end(), {"--identity", "static", "--identity-file", identity});
            if (command == "explain") arguments.push_back(list_path);
            const finished end = run_catalog(arguments);
            BOOST_TEST(end.status != 0, bad);
            BOOST_TEST(!end.errors.empty(), bad);
            told(end.errors + end.output);
        }
    }
    // A broken identity file, with a token in it.
    const std::string broken =
        folder.write("broken.json", R"({"tokens": [{"token": "s3cret-unknown-token", "user_id": 7}, ]})");
    const std::string faulty = folder.write(
        "faulty.json", R"({"tokens": [{"token": "s3cret-unknown-token", "user_id": 7, "roles": "s3cret-header"}]})");
    for (const std::string& file : {broken, faulty}) {
        const finished end =
            run_catalog({"serve", "--database-url", reader_url(), "--identity", "static", "--identity-file", file});
        BOOST_TEST(end.status == 2);
        told(end.errors + end.output);
    }
    // A password file and the environment are for those who don't want it in a command line: they work, and leave none.
    {
        child_process process({{catalog_binary(), "serve", "--listen", "127.0.0.1:0", "--identity", "static",
                                "--identity-file", identity},
                               "",
                               {{"BACKUP_CATALOG_DATABASE_URL", url}}});
        process.wait_for_line("listening on ", seconds(30));
        told(read_file("/proc/" + std::to_string(process.pid()) + "/cmdline"));
        process.send_signal(SIGTERM);
        BOOST_TEST(process.wait(seconds(20)) == 0);
        told(process.errors());
    }
}

// --------------------------------------------------------------------------------------------- standard streams

BOOST_AUTO_TEST_CASE(output_that_does_not_arrive_is_no_success) {
    const auto shell = [](const std::string& command) {
        return support::run({{"bash", "-c", command, "bash", catalog_binary(), reader_url(),
                              postgres_cluster::instance().url("test_writer", database())}},
                            seconds(60));
    };
    const std::string show = R"("$1" explain --database-url "$2" /v3/)" + project + "/backups";
    for (const std::string& command :
         {std::string(R"("$1" settings)"), std::string(R"("$1" --help)"), std::string(R"("$1" version)"), show,
          std::string(R"("$1" export --database-url "$3")"), std::string(R"("$1" verify --json --database-url "$3")"),
          std::string(R"("$1" import --json --database-url "$3" </dev/null)")})
        for (const std::string to : {">/dev/full", ">&-"}) {
            const finished end = shell(command + " " + to);
            BOOST_TEST(end.status == 1, command << ' ' << to << ": status " << end.status << ' ' << end.errors);
            BOOST_TEST(contains(end.errors, "write the output"), command << ' ' << to << ": " << end.errors);
        }
    // A closed stream is not the connection to PostgreSQL.
    BOOST_TEST(shell(R"("$1" export --database-url "$3" 2>&- <&-)").status == 0);
    BOOST_TEST(shell(R"("$1" import --database-url "$3" 2>&- </dev/null >&-)").status == 0);
    BOOST_TEST(shell(R"("$1" import --database-url "$3" 2>&- <&- >&-)").status == 2); // can't be read: not empty
}
