// This file shows the real program an identity service that is stopped, slow, talks garbage or fails: answers stay
// bounded, nothing gets stuck, and it recovers by itself.
#define BOOST_TEST_DYN_LINK
#define BOOST_TEST_MODULE identity_faults
#include "comparison.hpp"
#include "http_client.hpp"
#include "postgres_cluster.hpp"
#include "reference.hpp"
#include "scripted_peer.hpp"
#include "service.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <sstream>
#include <thread>

namespace {

using namespace support;
using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Under sanitizers, on a busy machine, everything takes longer.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int slower = 4;
#else
constexpr int slower = 1;
#endif

reply logged_in() {
    return {http(201, R"({"token": {"expires_at": "2999-01-01T00:00:00Z"}})", "X-Subject-Token: own-token\r\n"), 0ms,
            true};
}

// What an identity service says about a reader's token.
reply valid() {
    return {
        http(200, R"({"token": {"expires_at": "2999-01-01T00:00:00Z", "user": {"id": "alice"}, "project": {"id": ")" +
                      project + R"("}, "roles": [{"name": "reader"}]}})"),
        0ms, true};
}

scripted_peer::script all_is_well() {
    return [](const std::string& request) { return request.starts_with("POST") ? logged_in() : valid(); };
}

// The same for every request, logins among them.
scripted_peer::script always(const reply& what) {
    return [what](const std::string&) { return what; };
}

class stage {
public:
    stage()
        : database_(postgres_cluster::instance().create_database()) {
        import_records(postgres_cluster::instance().url("test_writer", database_),
                       read_file(source_folder() + "/tests/data/reference_example.json"));
        peer_.emplace(all_is_well());
        port_ = peer_->port();
        service_.emplace(catalog_service::options{postgres_cluster::instance().url("test_reader", database_),
                                                  {},
                                                  {"--access-log", "off"},
                                                  {"--identity",
                                                   "keystone",
                                                   "--identity-url",
                                                   "http://127.0.0.1:" + port_ + "/v3",
                                                   "--identity-user",
                                                   "catalog",
                                                   "--identity-password-file",
                                                   folder_.write("password", "secret"),
                                                   "--identity-project",
                                                   "service",
                                                   "--identity-timeout",
                                                   "1s",
                                                   "--identity-connect-timeout",
                                                   "500ms",
                                                   "--identity-connections",
                                                   "4",
                                                   "--identity-queue",
                                                   "8",
                                                   "--identity-cache-age",
                                                   "600s"}});
    }

    scripted_peer& peer() { return *peer_; }
    void stop_peer() { peer_.reset(); }
    void start_peer() {
        const auto end = steady_clock::now() + 30s;
        for (;;) {
            try {
                peer_.emplace(all_is_well(), static_cast<std::uint16_t>(std::stoi(port_)));
                return;
            } catch (const boost::system::system_error&) { // taken for a moment by a connection of somebody else
                if (steady_clock::now() > end) throw;
                std::this_thread::sleep_for(50ms);
            }
        }
    }
    catalog_service& service() { return *service_; }

    http_response ask(const std::string& token) {
        http_client client(service_->base_url());
        return client.get(list_path, token);
    }
    bool answers(const std::string& token, milliseconds within) {
        const auto end = steady_clock::now() + within;
        do {
            if (ask(token).status == 200) return true;
            std::this_thread::sleep_for(50ms);
        } while (steady_clock::now() < end);
        return false;
    }

    std::string status_line(const std::string& name) {
        std::istringstream lines(read_file("/proc/" + std::to_string(service_->process().pid()) + "/status"));
        for (std::string line; std::getline(lines, line);)
            if (line.starts_with(name)) return line;
        return "";
    }
    std::size_t open_files() {
        std::size_t out = 0;
        for ([[maybe_unused]] const auto& file :
             std::filesystem::directory_iterator("/proc/" + std::to_string(service_->process().pid()) + "/fd"))
            ++out;
        return out;
    }

private:
    temporary_folder folder_;
    std::string database_;
    std::optional<scripted_peer> peer_;
    std::string port_;
    std::optional<catalog_service> service_;
};

milliseconds since(steady_clock::time_point begun) {
    return std::chrono::duration_cast<milliseconds>(steady_clock::now() - begun);
}

} // namespace

BOOST_AUTO_TEST_CASE(bounded_answers_and_recovery) {
    stage set;
    BOOST_TEST(set.answers("known", 5s));
    const std::string threads = set.status_line("Threads:");
    const std::size_t files = set.open_files();
    struct fault {
        std::string name;
        std::optional<scripted_peer::script> script; // nothing: the service is stopped
    };
    const std::vector<fault> faults{
        {"stopped", std::nullopt},
        {"slow", always([] {
             reply late = valid();
             late.after = 30s;
             return late;
         }())},
        {"header at once and the rest after 30 s",
         always({"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{\"token\"", 0ms, false, 30s})},
        {"garbage", always({"\x16\x03\x01 \xff\xfe no HTTP\r\n\r\n", 0ms, false})},
        {"garbage in JSON's place", always({http(200, "<html>\xff</html>"), 0ms, true})},
        {"another JSON", always({http(200, R"({"token": []})"), 0ms, true})},
        {"closed at once", always({"", 0ms, false})},
        {"500", always({http(500, "Internal Server Error"), 0ms, true})},
        {"503", always({http(503, ""), 0ms, true})},
    };
    int number = 0;
    for (const fault& one : faults) {
        BOOST_TEST_CONTEXT(one.name) {
            ++number;
            if (one.script)
                set.peer().change(*one.script);
            else
                set.stop_peer();
            // Forty unknown tokens at once, more than may wait: each gets its 503 in time, and nobody a 200.
            std::vector<std::unique_ptr<http_client>> clients;
            const auto begun = steady_clock::now();
            for (int i = 0; i < 40; ++i) {
                clients.push_back(std::make_unique<http_client>(set.service().base_url()));
                clients.back()->connect();
                clients.back()->send("GET " + list_path + " HTTP/1.1\r\nHost: x\r\nX-Auth-Token: unknown-" +
                                     std::to_string(number) + "-" + std::to_string(i) + "\r\n\r\n");
            }
            // Meanwhile a token that is known is served as ever; most answers, for a busy machine may delay any.
            std::vector<milliseconds> times;
            for (int i = 0; i < 20; ++i) {
                const auto asked = steady_clock::now();
                BOOST_TEST(set.ask("known").status == 200u);
                times.push_back(since(asked));
            }
            std::sort(times.begin(), times.end());
            BOOST_TEST(times[times.size() / 2].count() < 500 * slower);
            for (const auto& client : clients) {
                const http_response got = client->read_response();
                BOOST_TEST(got.status == 503u);
                BOOST_TEST(got.header("Retry-After").has_value());
                BOOST_TEST(check_error_shape(got) == "");
                BOOST_TEST(got.json().at("error_code").as_string() == "APIGW.0613");
            }
            BOOST_TEST(since(begun).count() < 4000 * slower); // identity-timeout is 1 s
            clients.clear();
            if (one.script)
                set.peer().change(all_is_well());
            else
                set.start_peer();
            const auto back = steady_clock::now();
            BOOST_TEST(set.answers("unknown-" + std::to_string(number) + "-0", 5s * slower));
            BOOST_TEST(since(back).count() < 4000 * slower);
            // No thread more, and no more connections than are kept.
            BOOST_TEST(set.status_line("Threads:") == threads);
            const auto end = steady_clock::now() + 5s;
            while (set.open_files() > files + 4 && steady_clock::now() < end)
                std::this_thread::sleep_for(20ms);
            BOOST_TEST(set.open_files() <= files + 4);
        }
    }
    set.service().stop();
}
