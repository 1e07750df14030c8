// This file restarts the real program again and again under load, with a listening socket that stays open: not one
// request fails.
#define BOOST_TEST_DYN_LINK
#define BOOST_TEST_MODULE restart
#include "http_client.hpp"
#include "postgres_cluster.hpp"
#include "reference.hpp"
#include "service.hpp"

#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace {

using namespace support;
using std::chrono::seconds;
using clock = std::chrono::steady_clock;

// What a supervisor holds while the service restarts.
class listener {
public:
    listener()
        : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        BOOST_REQUIRE(bind(socket_, reinterpret_cast<sockaddr*>(&address), size) == 0);
        BOOST_REQUIRE(listen(socket_, 4096) == 0);
        BOOST_REQUIRE(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
        url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    }
    ~listener() { close(socket_); }
    listener(const listener&) = delete;
    listener& operator=(const listener&) = delete;

    int socket_number() const { return socket_; }
    const std::string& url() const { return url_; }

private:
    int socket_;
    std::string url_;
};

} // namespace

BOOST_AUTO_TEST_CASE(no_request_fails) {
    const char* const wanted = std::getenv("TEST_COUNT");
    const int restarts = wanted != nullptr ? std::atoi(wanted) : 500;
    postgres_cluster& cluster = postgres_cluster::instance();
    const std::string database = cluster.create_database();
    import_records(cluster.url("test_writer", database),
                   read_file(source_folder() + "/tests/data/reference_example.json"));
    const listener shared;
    catalog_service::options how{cluster.url("test_reader", database),
                                 {{"reader-token", "alice", project, {"reader"}}}};
    how.flags = {"--access-log", "off", "--database-connections", "4", "--export-connections", "0"};
    how.listening_socket = shared.socket_number();
    auto running = std::make_unique<catalog_service>(how);
    BOOST_TEST(running->base_url() == shared.url());

    std::atomic<bool> over{false};
    std::atomic<std::size_t> answers{0};
    std::atomic<long> slowest_ms{0};
    std::mutex mutex;
    std::vector<std::string> failures;
    std::vector<std::thread> clients;
    clients.reserve(8);
    for (int t = 0; t < 8; ++t)
        clients.emplace_back([&, t] {
            auto client = std::make_unique<http_client>(shared.url());
            bool connected = false;
            while (!over) {
                const auto start = clock::now();
                try {
                    // No second try: what a client without one would see.
                    if (!connected) client->connect();
                    client->send("GET " + list_path + " HTTP/1.1\r\nHost: x\r\nX-Auth-Token: reader-token\r\n\r\n");
                    const http_response got = client->read_response();
                    if (got.status != 200) throw http_failure("status " + std::to_string(got.status) + " " + got.body);
                    ++answers;
                    connected = got.keep_alive;
                    if (!connected) client->close();
                } catch (const http_failure& e) {
                    const std::lock_guard lock(mutex);
                    failures.push_back(std::string(connected ? "kept connection: " : "new connection: ") + e.what());
                    client = std::make_unique<http_client>(shared.url());
                    connected = false;
                }
                const long took = std::chrono::duration_cast<milliseconds>(clock::now() - start).count();
                for (long most = slowest_ms; took > most && !slowest_ms.compare_exchange_weak(most, took);) {
                }
                // Some are busy, some ask now and then.
                std::this_thread::sleep_for(std::chrono::microseconds(t < 4 ? 200 : 20'000));
            }
        });
    for (int i = 0; i < restarts; ++i) {
        if (i % 2 == 0) {
            // The new one serves before the old one stops.
            auto next = std::make_unique<catalog_service>(how);
            running->stop();
            running = std::move(next);
        } else {
            // The old one is gone before the new one starts: who connects meanwhile waits.
            running->stop();
            running = std::make_unique<catalog_service>(how);
        }
    }
    over = true;
    for (std::thread& client : clients)
        client.join();
    running->stop();
    BOOST_TEST_MESSAGE(restarts << " restarts, " << answers << " answers, slowest " << slowest_ms << " ms, "
                                << failures.size() << " failed");
    BOOST_TEST(failures.empty(),
               failures.size() << " failed, the first one: " << (failures.empty() ? std::string() : failures.front()));
    BOOST_TEST(answers > static_cast<std::size_t>(restarts));
}
