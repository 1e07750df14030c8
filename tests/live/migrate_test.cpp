// This file migrates a catalog of 100,000 backups up and down over every change after @v1, TEST_COUNT times (4), while
// clients list and writers write: no request fails, nobody waits long for a lock.
#define BOOST_TEST_DYN_LINK
#define BOOST_TEST_MODULE live
#include "comparison.hpp"
#include "http_client.hpp"
#include "postgres_cluster.hpp"
#include "service.hpp"
#include "sql_session.hpp"
#include "text.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

namespace {

using namespace support;
using std::chrono::seconds;
using clock = std::chrono::steady_clock;

constexpr std::size_t client_count = 8;
constexpr int written_backups = 200;         // of the project that the writers write
constexpr double longest_allowed = 200;      // milliseconds that a lock may be waited for
constexpr seconds most_of_a_migration{1200}; // beside clients that take all processors; seconds where they do not
const std::string written = "11111111111111111111111111111111";
const std::string receiver = "22222222222222222222222222222222";

double ms_since(clock::time_point start) {
    return std::chrono::duration<double, std::milli>(clock::now() - start).count();
}

std::string uuid(int kind, int number) {
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "%08d-0000-4000-8000-%012d", kind, number);
    return text.data();
}

// Backups [from, to) of the written project. Each fourth one is a child of the one before.
std::string written_records(int from, int to, const std::string& name) {
    std::string out;
    for (int i = from; i < to; ++i) {
        boost::json::object record{{"id", uuid(1, i)},
                                   {"name", name},
                                   {"project_id", written},
                                   {"checkpoint_id", uuid(2, i)},
                                   {"vault_id", uuid(3, 0)},
                                   {"resource_id", uuid(4, i)},
                                   {"resource_type", "OS::Nova::Server"},
                                   {"created_at", "2026-01-01T00:00:00.000000"}};
        if (i % 4 == 3) record["parent_id"] = uuid(1, i - 1);
        out += boost::json::serialize(record) + "\n";
    }
    return out;
}

struct question {
    std::string target;
    std::string token;
    std::string answer; // its body while nobody migrates
};

// A catalog of 100,000 backups, a service in front of it, and what it answers.
class scene {
public:
    scene() {
        sql_session cluster(postgres_cluster::instance().superuser_url("postgres"));
        // Longer than a migration waits for a lock: else it would be a writer that ends where the two are in each
        // other's way. What waits longer is logged.
        for (const char* const setting :
             {"log_lock_waits = on", "deadlock_timeout = '150ms'", "log_line_prefix = '%m %a|'"})
            cluster.run(std::string("ALTER SYSTEM SET ") + setting);
        cluster.run("SELECT pg_reload_conf()");

        import_records(url("test_writer"),
                       run_checked({{catalog_binary(), "generate", "--backups", "100000", "--projects", "200"}}));
        std::string records = written_records(0, written_backups, "first");
        for (int i = 0; i < written_backups; i += 2)
            records += boost::json::serialize(boost::json::object{{"kind", "member"},
                                                                  {"id", uuid(5, i)},
                                                                  {"backup_id", uuid(1, i)},
                                                                  {"dest_project_id", receiver},
                                                                  {"status", "pending"}}) +
                       "\n";
        import_records(url("test_writer"), records);
        sql_session superuser(url(""));
        superuser.run("VACUUM ANALYZE");
        for (const sql_row& row :
             superuser.run("SELECT project_id, count(*) FROM catalog.backups GROUP BY 1 ORDER BY 2 DESC LIMIT 6"))
            tokens_.push_back({"token-" + row[0].value(), "alice", row[0].value(), {"reader"}});
        largest = tokens_.front().project_id;
        tokens_.push_back({"token-" + written, "bob", written, {"reader"}});
        service.emplace(catalog_service::options{url("test_reader"),
                                                 tokens_,
                                                 // On a busy machine a request waits for a processor, too.
                                                 {"--access-log", "off", "--database-wait", "10s"}});

        http_client client(service->base_url());
        for (const token& one : tokens_) {
            if (one.project_id == written) continue;
            const std::string resource =
                superuser.value("SELECT min(resource_id::text) FROM catalog.backups WHERE project_id = $1 AND "
                                "parent_id IS NULL",
                                {one.project_id});
            const std::string vault = superuser.value(
                "SELECT min(vault_id::text) FROM catalog.backups WHERE project_id = $1", {one.project_id});
            for (const std::string& query :
                 {std::string("?limit=50"), std::string("?status=error&limit=20"),
                  std::string("?sort=name:asc&limit=20"), "?sort=name:asc&resource_id=" + resource,
                  std::string("?name=1&limit=30"), std::string("?own_type=all_granted&member_status=reject&limit=20"),
                  std::string("?start_time=2025-03-01T10:00:00&end_time=2025-09-01T00:00:00&sort=updated_at&limit=20"),
                  "?start_time=2025-03-01T10:00:00&limit=20&vault_id=" + vault,
                  std::string("?sort=status:desc,name:asc&offset=40&limit=25")}) {
                const std::string target = "/v3/" + one.project_id + "/backups" + query;
                const http_response got = client.get(target, one.text);
                BOOST_REQUIRE_EQUAL(got.status, 200U);
                questions.push_back({target, one.text, got.body});
            }
        }
    }

    // For a role; the superuser without one.
    std::string url(const std::string& user) const { return postgres_cluster::instance().url(user, database); }

    // What is wrong with the answer to the question; empty when nothing is.
    static std::string fault_of(const question& one, const http_response& got) {
        if (got.status == 200 && got.body == one.answer) return {};
        return one.target + ": " + std::to_string(got.status) + " " + got.body.substr(0, 200);
    }

    // A service of its own, as one that is started now.
    void check_new_service() const {
        catalog_service fresh({url("test_reader"), tokens_});
        http_client client(fresh.base_url());
        for (const question& one : questions)
            BOOST_TEST(fault_of(one, client.get(one.target, one.token)) == "");
        fresh.stop();
    }

    // An export that takes its time: its client takes nothing for now.
    std::unique_ptr<http_client> begin_export() const {
        auto client = std::make_unique<http_client>(service->base_url());
        client->connect();
        client->receive_little();
        client->send("GET /v3/" + largest + "/backups HTTP/1.1\r\nHost: x\r\nX-Auth-Token: token-" + largest +
                     "\r\nAccept: application/x-ndjson\r\n\r\n");
        BOOST_REQUIRE(client->has_bytes(seconds(30)));
        return client;
    }

    bool has_old_transaction() const {
        return sql_session(url("")).value("SELECT count(*) FROM pg_stat_activity WHERE usename = 'test_reader' AND "
                                          "xact_start < clock_timestamp() - interval '500 ms'") != "0";
    }

    std::string database = postgres_cluster::instance().create_database();
    std::string largest; // the project with the most backups
    std::optional<catalog_service> service;
    std::vector<question> questions;

private:
    std::vector<token> tokens_;
};

scene& common() {
    static scene one;
    return one;
}

struct worst {
    double ms = 0;
    std::string what;
};

// Looks every few milliseconds at who waits for a lock, in a session of its own.
class lock_watch {
public:
    explicit lock_watch(const scene& where)
        : watcher_([this, url = where.url("")](const std::stop_token& over) {
            sql_session session(url);
            while (!over.stop_requested()) {
                for (const sql_row& row :
                     session.run("SELECT extract(epoch FROM clock_timestamp() - l.waitstart) * 1000, "
                                 "a.application_name = 'backup-catalog-migrate', l.locktype || ' ' || l.mode || ' ' || "
                                 "coalesce(l.relation::regclass::text, '') || ': ' || left(a.query, 100) "
                                 "FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
                                 "WHERE NOT l.granted AND l.waitstart IS NOT NULL AND a.wait_event_type = 'Lock'")) {
                    const double waited = std::stod(row[0].value());
                    worst& longest = row[1] == "t" ? of_migration : of_others;
                    if (waited > longest.ms) longest = {waited, row[2].value()};
                }
                ++samples;
                std::this_thread::sleep_for(milliseconds(2));
            }
        }) {}

    void finish() {
        watcher_.request_stop();
        watcher_.join();
    }

    worst of_others;    // requests and writers
    worst of_migration; // waits of CONCURRENTLY among them, behind which nobody waits
    std::size_t samples = 0;

private:
    std::jthread watcher_;
};

// The longest wait of others than the migration that the server itself logged after its first `from` bytes.
double longest_logged_wait(std::size_t from) {
    double longest = 0;
    for (const std::string& line : lines_of(postgres_cluster::instance().log().substr(from))) {
        const std::size_t after = line.rfind(" after ");
        if (after == std::string::npos || !line.ends_with(" ms") || line.find("LOG:  process ") == std::string::npos ||
            line.find("backup-catalog-migrate|") != std::string::npos)
            continue;
        longest = std::max(longest, std::stod(line.substr(after + 7)));
    }
    return longest;
}

// Clients and writers that go on until finish().
class load {
public:
    explicit load(const scene& where) {
        for (std::size_t i = 0; i < client_count; ++i)
            start([this, &where, i] { list(where, i); });
        start([this, &where] { list_written(where); });
        write(where, [](sql_session& session, int turn) {
            session.run("UPDATE catalog.backups SET status = $1, updated_at = now() WHERE project_id = $2 AND id = "
                        "ANY (ARRAY[$3, $4]::uuid[])",
                        {turn % 2 == 0 ? "error" : "available", written, uuid(1, turn % 40), uuid(1, (turn + 7) % 40)});
        });
        write(where, [](sql_session& session, int turn) {
            const std::string id = uuid(1, 40 + turn % 40);
            session.run("BEGIN");
            session.run("DELETE FROM catalog.replication_records WHERE project_id = $1 AND backup_id = $2",
                        {written, id});
            session.run("INSERT INTO catalog.replication_records (project_id, backup_id, position, id, status) "
                        "VALUES ($1, $2, 0, $3, $4)",
                        {written, id, uuid(6, turn), turn % 2 == 0 ? "success" : "fail"});
            session.run("COMMIT");
        });
        write(where, [](sql_session& session, int turn) {
            const std::array<const char*, 3> states{"pending", "accepted", "rejected"};
            const int number = 80 + turn * 2 % 80;
            if (turn % 5 != 0) {
                session.run("UPDATE catalog.members SET status = $1 WHERE project_id = $2 AND id = $3",
                            {states.at(static_cast<std::size_t>(turn % 3)), written, uuid(5, number)});
                return;
            }
            session.run("DELETE FROM catalog.members WHERE project_id = $1 AND id = $2", {written, uuid(5, number)});
            session.run("INSERT INTO catalog.members (project_id, id, backup_id, dest_project_id, status) "
                        "VALUES ($1, $2, $3, $4, 'rejected')",
                        {written, uuid(5, number), uuid(1, number), receiver});
        });
        start([this, &where] {
            for (int turn = 0; !over_; ++turn) {
                import_records(where.url("test_writer"),
                               written_records(160, written_backups, "import " + std::to_string(turn)));
                ++written_;
                std::this_thread::sleep_for(milliseconds(200));
            }
        });
    }
    ~load() { finish(); }
    load(const load&) = delete;
    load& operator=(const load&) = delete;

    void finish() {
        over_ = true;
        for (std::thread& thread : threads_)
            if (thread.joinable()) thread.join();
    }

    std::size_t answers() const { return right_; }

    void report(const std::string& what) const {
        BOOST_TEST_MESSAGE(what << ": " << right_ << " right answers, the slowest after " << std::lround(slowest_.ms)
                                << " ms (" << slowest_.what << "); " << written_
                                << " transactions of writers, the slowest after " << std::lround(slowest_write_ms_)
                                << " ms");
        BOOST_TEST(faults_.count() == 0U, faults_.text());
        BOOST_TEST(right_ > 0U);
        BOOST_TEST(written_ > 0U);
    }

private:
    void start(std::function<void()> work) {
        threads_.emplace_back([this, work = std::move(work)] {
            try {
                work();
            } catch (const std::exception& e) {
                faults_.add(e.what());
            }
        });
    }

    // Asks, and keeps what took longest, with the time of its stages.
    http_response ask(http_client& client, const std::string& target, const std::string& token) {
        const auto start = clock::now();
        http_response got = client.request("GET", target, {{"X-Auth-Token", token}, {"X-Server-Timing", "1"}});
        const double took = ms_since(start);
        const std::lock_guard lock(mutex_);
        if (took > slowest_.ms) slowest_ = {took, target + ": " + got.header("Server-Timing").value_or("no stages")};
        return got;
    }

    static void raise(std::atomic<double>& most, double value) {
        for (double now = most; now < value && !most.compare_exchange_weak(now, value);) {
        }
    }

    void list(const scene& where, std::size_t number) {
        http_client client(where.service->base_url());
        for (std::size_t i = number; !over_; ++i) {
            const question& one = where.questions[i % where.questions.size()];
            const http_response got = ask(client, one.target, one.token);
            const std::string fault = scene::fault_of(one, got);
            if (fault.empty())
                ++right_;
            else
                faults_.add(fault);
            std::this_thread::sleep_for(milliseconds(1));
        }
    }

    // Whatever the writers do, it has the same top-level backups.
    void list_written(const scene& where) {
        http_client client(where.service->base_url());
        while (!over_) {
            const http_response got = ask(client, "/v3/" + written + "/backups", "token-" + written);
            if (got.status == 200 && got.json().at("count") == written_backups * 3 / 4 &&
                ids_of(got).size() == written_backups * 3 / 4)
                ++right_;
            else
                faults_.add("the written project: " + std::to_string(got.status) + " " + got.body.substr(0, 200));
            std::this_thread::sleep_for(milliseconds(5));
        }
    }

    template <class Turn>
    void write(const scene& where, Turn turn) {
        start([this, &where, turn] {
            sql_session session(where.url("test_writer"));
            for (int number = 0; !over_; ++number) {
                const auto begun = clock::now();
                turn(session, number);
                raise(slowest_write_ms_, ms_since(begun));
                ++written_;
                std::this_thread::sleep_for(milliseconds(5));
            }
        });
    }

    std::atomic<bool> over_{false};
    std::atomic<std::size_t> right_{0};
    std::atomic<std::size_t> written_{0};
    std::mutex mutex_;
    worst slowest_;
    std::atomic<double> slowest_write_ms_{0};
    failure_log faults_;
    std::vector<std::thread> threads_;
};

command migrate_command(const scene& where, bool up, const std::vector<std::string>& more = {}) {
    command out{{source_folder() + "/scripts/migrate", up ? "deploy" : "revert", "--database-url", where.url("")}};
    if (!up) out.arguments.insert(out.arguments.end(), {"--to", "@v1", "--yes"});
    // On a slow machine the clients' transactions are longer than a lock is waited for, most of the time.
    if (more.empty()) out.arguments.insert(out.arguments.end(), {"--lock-attempts", "600"});
    out.arguments.insert(out.arguments.end(), more.begin(), more.end());
    return out;
}

// Runs `work` under load and checks what everybody saw.
void under_load(const std::string& what, const std::function<void(load&)>& work) {
    const std::size_t logged = postgres_cluster::instance().log().size();
    lock_watch watch(common());
    load clients(common());
    work(clients);
    clients.finish();
    watch.finish();
    clients.report(what);
    BOOST_TEST_MESSAGE(what << ": longest wait for a lock " << std::lround(watch.of_others.ms) << " ms ("
                            << (watch.of_others.what.empty() ? "none" : watch.of_others.what) << "), of the migration "
                            << std::lround(watch.of_migration.ms) << " ms (" << watch.of_migration.what << "); "
                            << watch.samples << " samples; longest that the server logged "
                            << std::lround(longest_logged_wait(logged)) << " ms");
    BOOST_TEST(watch.of_others.ms < longest_allowed);
    BOOST_TEST(longest_logged_wait(logged) < longest_allowed);
}

void expect_nothing_to_repair() {
    const finished end = run_catalog({"verify", "--database-url", common().url("test_writer")});
    BOOST_TEST(end.status == 0, end.output << end.errors);
}

} // namespace

BOOST_AUTO_TEST_CASE(nobody_migrates) {
    under_load("no migration", [](load&) { std::this_thread::sleep_for(seconds(5)); });
}

BOOST_AUTO_TEST_CASE(up_and_down_under_load) {
    const char* const wanted = std::getenv("TEST_COUNT");
    const int rounds = wanted != nullptr ? std::atoi(wanted) : 4;
    under_load("down and up " + std::to_string(rounds) + " times", [&](load& clients) {
        for (int round = 0; round < rounds; ++round) {
            for (const bool up : {false, true}) {
                const std::size_t before = clients.answers();
                const auto start = clock::now();
                const finished end = run(migrate_command(common(), up), most_of_a_migration);
                BOOST_TEST_MESSAGE((up ? "up" : "down") << " in " << std::lround(ms_since(start)) << " ms, "
                                                        << clients.answers() - before << " answers meanwhile");
                BOOST_TEST(end.status == 0, end.output << end.errors);
                // What no running service minds, one that starts does not mind either.
                if (round == 0) common().check_new_service();
            }
        }
    });
    expect_nothing_to_repair();
}

BOOST_AUTO_TEST_CASE(a_long_export_holds_no_request_up) {
    for (const bool up : {false, true}) {
        under_load(up ? "up during an export" : "down during an export", [&](load&) {
            auto reader = common().begin_export();
            child_process migration(migrate_command(common(), up));
            std::this_thread::sleep_for(seconds(8));
            BOOST_TEST(common().has_old_transaction());
            BOOST_TEST(migration.is_running()); // it waits, everybody else does not
            reader.reset();
            BOOST_TEST(migration.wait(most_of_a_migration) == 0, migration.output() << migration.errors());
            if (up) BOOST_TEST(migration.errors().find("attempt 1 of 60") != std::string::npos, migration.errors());
        });
    }
    expect_nothing_to_repair();
}

// The migration that gets no lock gives up, says who is in its way, and has left everything as it was.
BOOST_AUTO_TEST_CASE(a_migration_that_gets_no_lock_gives_up) {
    run_checked(migrate_command(common(), false), most_of_a_migration);
    under_load("given up during an export", [&](load&) {
        auto reader = common().begin_export();
        std::this_thread::sleep_for(seconds(1)); // its transaction is the oldest
        const finished end = run(migrate_command(common(), true, {"--lock-attempts", "2"}), most_of_a_migration);
        BOOST_TEST(common().has_old_transaction());
        BOOST_TEST(end.status == 1, end.output << end.errors);
        BOOST_TEST(end.errors.find("no lock in 2 attempts") != std::string::npos, end.errors);
        BOOST_TEST(end.errors.find(", test_reader, ") != std::string::npos, end.errors);
        reader.reset();
        const finished again = run(migrate_command(common(), true), most_of_a_migration);
        BOOST_TEST(again.status == 0, again.output << again.errors);
    });
    expect_nothing_to_repair();
}
