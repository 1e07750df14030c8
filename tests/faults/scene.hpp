// This file declares what the tests among faults share: a service over a catalog whose answers are known, and clients
// that ask it on and on and look at each answer.
#pragma once

#include "http_client.hpp"
#include "postgres_cluster.hpp"
#include "reference.hpp"
#include "service.hpp"
#include "sql_session.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace faults {

using namespace support;
using std::chrono::seconds;
using steady = std::chrono::steady_clock;

inline const std::vector<token> tokens{{"reader-token", "alice", project, {"reader"}},
                                       {"other-token", "bob", other_project, {"reader"}}};

inline constexpr std::size_t connections = 8; // to the database for pages, of each service here
inline constexpr std::size_t exports = 2;     // for exports
inline constexpr std::size_t all_connections = connections + exports;

inline long ms_since(steady::time_point start) {
    return std::chrono::duration_cast<milliseconds>(steady::now() - start).count();
}

inline std::string uuid(int number) {
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "00000000-0000-4000-8000-%012d", number);
    return text.data();
}

// A few hundred backups of two projects, whose names say whose they are.
inline std::string records() {
    constexpr std::array<const char*, 4> states{"available", "error", "deleting", "restoring"};
    std::string out;
    for (int i = 0; i < 600; ++i) {
        const bool ours = i % 2 == 0;
        boost::json::object record{{"id", uuid(i)},
                                   {"name", (ours ? "ours-" : "theirs-") + std::to_string(i)},
                                   {"project_id", ours ? project : other_project},
                                   {"checkpoint_id", uuid(i)},
                                   {"vault_id", uuid(i % 7)},
                                   {"resource_id", uuid(i % 11)},
                                   {"resource_type", i % 3 == 0 ? "OS::Nova::Server" : "OS::Cinder::Volume"},
                                   {"status", states.at(static_cast<std::size_t>(i / 2 % 4))},
                                   {"created_at", "2026-01-01T00:00:" + std::to_string(10 + i % 50) + ".000000"}};
        out += boost::json::serialize(record) + "\n";
    }
    return out;
}

struct question {
    std::string target;
    std::string token;
    std::string answer; // its body while all was well
};

// A database with the records, a service in front of it, and what it answers while all is well.
class scene {
public:
    explicit scene(std::vector<std::string> flags = {}, const std::string& url = {})
        : database(postgres_cluster::instance().create_database()) {
        import_records(postgres_cluster::instance().url("test_writer", database), records());
        // The tests' cluster does not wait for the disk at a commit: a kill would undo the import.
        sql_session(url_of_superuser()).run("CHECKPOINT");
        flags.insert(flags.end(),
                     {"--admin-listen", "127.0.0.1:0", "--database-connections", std::to_string(connections),
                      "--export-connections", std::to_string(exports), "--access-log", "off"});
        service.emplace(catalog_service::options{
            url.empty() ? postgres_cluster::instance().url("test_reader", database) : url + database, tokens, flags});
        admin_url = service->process().wait_for_line("admin on ", seconds(10)).substr(9);
        http_client client(service->base_url());
        for (const auto& [owner, token] : {std::pair(project, "reader-token"), std::pair(other_project, "other-token")})
            for (const char* const query :
                 {"", "?limit=50", "?status=error", "?sort=name:asc&limit=20",
                  "?vault_id=00000000-0000-4000-8000-000000000003", "?name=1&limit=30",
                  "?sort=status:desc,name:asc&offset=40&limit=25", "?resource_type=OS::Nova::Server"}) {
                const std::string target = "/v3/" + owner + "/backups" + query;
                const http_response got = client.get(target, token);
                BOOST_REQUIRE_EQUAL(got.status, 200U);
                questions.push_back({target, token, got.body});
            }
    }
    ~scene() {
        if (service) service->stop();
    }
    scene(const scene&) = delete;
    scene& operator=(const scene&) = delete;

    // Lines of /metrics that start with the text.
    double metric(const std::string& name) const {
        http_client client(admin_url);
        const std::string text = client.get("/metrics", "").body;
        const std::size_t at = text.find("\n" + name + " ");
        return at == std::string::npos ? -1 : std::stod(text.substr(at + 2 + name.size()));
    }

    bool is_ready() const {
        http_client client(admin_url);
        return client.get("/readyz", "").status == 200;
    }

    std::string url_of_superuser() const { return postgres_cluster::instance().superuser_url(database); }

    // Connections of the service to the database.
    std::size_t sessions() const {
        return std::stoul(sql_session(url_of_superuser())
                              .value("SELECT count(*) FROM pg_stat_activity WHERE usename = 'test_reader'"));
    }

    // No connection is lost, and none too many; that of an export is only missed when there is one.
    bool is_whole() const { return sessions() >= connections && sessions() <= all_connections; }

    // Statements of the service that run or wait for a lock.
    std::size_t statements() const {
        return std::stoul(
            sql_session(url_of_superuser())
                .value("SELECT count(*) FROM pg_stat_activity WHERE usename = 'test_reader' AND state = 'active'"));
    }

    // Until the pool is whole and idle.
    bool recovers_within(milliseconds most) const {
        const auto start = steady::now();
        while (steady::now() - start < most) {
            if (metric("backup_catalog_database_connections{state=\"idle\"}") == connections && is_ready()) return true;
            std::this_thread::sleep_for(milliseconds(20));
        }
        return false;
    }

    void check_all() const {
        http_client client(service->base_url());
        for (const question& one : questions) {
            const http_response got = client.get(one.target, one.token);
            BOOST_TEST(got.status == 200U);
            BOOST_TEST((got.body == one.answer), one.target << " is answered differently");
        }
    }

    std::string database;
    mutable std::optional<catalog_service> service;
    std::string admin_url;
    std::vector<question> questions;
};

struct tally {
    std::size_t right = 0;
    std::size_t refused = 0; // 503
    std::size_t late = 0;    // 504
    std::size_t wrong = 0;   // another body, another status
    std::size_t broken = 0;  // connection closed without an answer
    long slowest_ms = 0;
    std::string slowest; // what it was
    std::string first_fault;
};

// Clients that ask one question after the other until they are stopped.
class load {
public:
    // With `explained`, refusals and late answers count as wrong, unless that says that there is a reason.
    load(const scene& where, std::size_t clients, const std::atomic<bool>* explained = nullptr)
        : explained_(explained) {
        for (std::size_t i = 0; i < clients; ++i)
            threads_.emplace_back([this, &where, i] { ask(where, i); });
    }

    // When the next right answer comes, at most after `most`; in ms from now on. -1: none.
    long next_success(milliseconds most) {
        const auto start = steady::now();
        const auto begin = start.time_since_epoch().count();
        while (steady::now() - start < most) {
            if (last_asked_and_right_ > begin) return ms_since(start);
            std::this_thread::sleep_for(milliseconds(1));
        }
        return -1;
    }

    tally finish() {
        over_ = true;
        for (std::thread& thread : threads_)
            if (thread.joinable()) thread.join();
        return total_;
    }
    ~load() { finish(); }
    load(const load&) = delete;
    load& operator=(const load&) = delete;

private:
    void ask(const scene& where, std::size_t number) {
        tally mine;
        auto client = std::make_unique<http_client>(where.service->base_url());
        for (std::size_t i = number; !over_; ++i) {
            const question& one = where.questions[i % where.questions.size()];
            const auto start = steady::now();
            try {
                const bool reason = !explained_ || *explained_;
                const http_response got = client->get(one.target, one.token);
                const bool may_fail = reason || *explained_;
                if (const long took = ms_since(start); took > mine.slowest_ms) {
                    mine.slowest_ms = took;
                    mine.slowest = one.target + " -> " + std::to_string(got.status) + " " +
                                   got.header("X-Request-Id").value_or("");
                }
                if (got.status == 200 && got.body == one.answer) {
                    ++mine.right;
                    last_asked_and_right_ = start.time_since_epoch().count();
                } else if (got.status == 503 && got.header("Retry-After") && may_fail) {
                    ++mine.refused;
                    std::this_thread::sleep_for(
                        milliseconds(5)); // a client that asked again at once would only burn CPU
                } else if (got.status == 504 && may_fail) {
                    ++mine.late;
                } else {
                    ++mine.wrong;
                    mine.first_fault = one.target + ": " + std::to_string(got.status) + " " + got.body.substr(0, 200);
                }
            } catch (const http_failure& e) {
                ++mine.broken;
                mine.first_fault = one.target + ": " + e.what();
                client = std::make_unique<http_client>(where.service->base_url());
            }
        }
        const std::lock_guard lock(mutex_);
        total_.right += mine.right;
        total_.refused += mine.refused;
        total_.late += mine.late;
        total_.wrong += mine.wrong;
        total_.broken += mine.broken;
        if (mine.slowest_ms > total_.slowest_ms) {
            total_.slowest_ms = mine.slowest_ms;
            total_.slowest = mine.slowest;
        }
        if (total_.first_fault.empty()) total_.first_fault = mine.first_fault;
    }

    const std::atomic<bool>* explained_;
    std::atomic<bool> over_{false};
    std::atomic<steady::rep> last_asked_and_right_{0}; // when the last question with a right answer was asked
    std::mutex mutex_;
    tally total_;
    std::vector<std::thread> threads_;
};

inline void report(const std::string& what, const tally& total) {
    BOOST_TEST_MESSAGE(what << ": " << total.right << " right, " << total.refused << " refused, " << total.late
                            << " late, slowest " << total.slowest_ms << " ms (" << total.slowest << ")");
    BOOST_TEST(total.wrong == 0U, total.first_fault);
    BOOST_TEST(total.broken == 0U, total.first_fault);
    BOOST_TEST(total.right > 0U);
}

// Holds every query of the catalog up until it goes, as a migration that takes its time does.
class held_table {
public:
    explicit held_table(const scene& where)
        : session_(where.url_of_superuser()) {
        session_.run("BEGIN; LOCK TABLE catalog.backups IN ACCESS EXCLUSIVE MODE");
    }
    void release() { session_.run("ROLLBACK"); }

private:
    sql_session session_;
};

inline int rounds(int usual) {
    const char* const wanted = std::getenv("TEST_COUNT");
    return wanted != nullptr ? std::atoi(wanted) : usual;
}

} // namespace faults
