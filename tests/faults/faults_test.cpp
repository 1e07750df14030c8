// This file checks the real program among faults: it never answers wrongly, never hangs, and recovers by itself.
#define BOOST_TEST_DYN_LINK
#define BOOST_TEST_MODULE faults
#include "http_client.hpp"
#include "network.hpp"
#include "postgres_cluster.hpp"
#include "reference.hpp"
#include "service.hpp"
#include "sql_session.hpp"
#include "text.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

namespace {

using namespace support;
using std::chrono::seconds;
using clock = std::chrono::steady_clock;

const std::vector<token> tokens{{"reader-token", "alice", project, {"reader"}},
                                {"other-token", "bob", other_project, {"reader"}}};

constexpr std::size_t connections = 8; // to the database for pages, of each service here
constexpr std::size_t exports = 2;     // for exports
constexpr std::size_t all_connections = connections + exports;

long ms_since(clock::time_point start) {
    return std::chrono::duration_cast<milliseconds>(clock::now() - start).count();
}

std::string uuid(int number) {
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "00000000-0000-4000-8000-%012d", number);
    return text.data();
}

// A few hundred backups of two projects, whose names say whose they are.
std::string records() {
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
        const auto start = clock::now();
        while (clock::now() - start < most) {
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
    std::optional<catalog_service> service;
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
    std::string first_fault;
};

// Clients that ask one question after the other until they are stopped.
class load {
public:
    load(const scene& where, std::size_t clients) {
        for (std::size_t i = 0; i < clients; ++i)
            threads_.emplace_back([this, &where, i] { ask(where, i); });
    }

    // When the next right answer comes, at most after `most`; in ms from now on. -1: none.
    long next_success(milliseconds most) {
        const auto start = clock::now();
        const auto begin = start.time_since_epoch().count();
        while (clock::now() - start < most) {
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
            const auto start = clock::now();
            try {
                const http_response got = client->get(one.target, one.token);
                mine.slowest_ms = std::max(mine.slowest_ms, ms_since(start));
                if (got.status == 200 && got.body == one.answer) {
                    ++mine.right;
                    last_asked_and_right_ = start.time_since_epoch().count();
                } else if (got.status == 503 && got.header("Retry-After")) {
                    ++mine.refused;
                    std::this_thread::sleep_for(
                        milliseconds(5)); // a client that asked again at once would only burn CPU
                } else if (got.status == 504) {
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
        total_.slowest_ms = std::max(total_.slowest_ms, mine.slowest_ms);
        if (total_.first_fault.empty()) total_.first_fault = mine.first_fault;
    }

    std::atomic<bool> over_{false};
    std::atomic<clock::rep> last_asked_and_right_{0}; // when the last question with a right answer was asked
    std::mutex mutex_;
    tally total_;
    std::vector<std::thread> threads_;
};

void report(const std::string& what, const tally& total) {
    BOOST_TEST_MESSAGE(what << ": " << total.right << " right, " << total.refused << " refused, " << total.late
                            << " late, slowest " << total.slowest_ms << " ms");
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

int rounds(int usual) {
    const char* const wanted = std::getenv("TEST_COUNT");
    return wanted != nullptr ? std::atoi(wanted) : usual;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_thousand_clients_leave) {
    scene where({"--request-timeout", "60s", "--database-wait", "60s", "--database-queue", "2000"});
    held_table held(where);
    std::vector<std::unique_ptr<http_client>> clients;
    for (int i = 0; i < 1000; ++i) {
        const question& one = where.questions[static_cast<std::size_t>(i) % where.questions.size()];
        clients.push_back(std::make_unique<http_client>(where.service->base_url()));
        clients.back()->connect();
        clients.back()->send("GET " + one.target + " HTTP/1.1\r\nHost: x\r\nX-Auth-Token: " + one.token + "\r\n\r\n");
    }
    const auto asked = clock::now();
    while (where.metric("backup_catalog_database_queue") + static_cast<double>(where.statements()) < 1000) {
        BOOST_REQUIRE(ms_since(asked) < 20'000);
        std::this_thread::sleep_for(milliseconds(20));
    }
    BOOST_TEST(where.statements() == connections);
    const auto left = clock::now();
    clients.clear();
    long statements_gone = -1;
    while (ms_since(left) < 10'000) {
        if (where.statements() == 0) {
            statements_gone = ms_since(left);
            break;
        }
        std::this_thread::sleep_for(milliseconds(10));
    }
    BOOST_TEST_MESSAGE("the statements of 1,000 clients that left were gone after " << statements_gone << " ms");
    BOOST_TEST(statements_gone >= 0);
    BOOST_TEST(statements_gone < 1000);
    BOOST_TEST(where.is_whole()); // cancelled, not cut off
    held.release();
    BOOST_TEST(where.recovers_within(seconds(2)));
    where.check_all();
    BOOST_TEST(where.is_whole());
}

BOOST_AUTO_TEST_CASE(a_table_that_is_locked) {
    scene where({"--request-timeout", "1s", "--database-wait", "500ms"});
    load clients(where, 16);
    BOOST_TEST(clients.next_success(seconds(5)) >= 0);
    held_table held(where);
    std::this_thread::sleep_for(seconds(4));
    held.release();
    const long recovered = clients.next_success(seconds(5));
    BOOST_TEST(recovered >= 0);
    BOOST_TEST(recovered < 1000);
    std::this_thread::sleep_for(milliseconds(500));
    const tally total = clients.finish();
    report("a locked table", total);
    BOOST_TEST(total.late > 0U);
    BOOST_TEST(total.slowest_ms < 2500); // request-timeout, and what ends it
    where.check_all();
    BOOST_TEST(where.is_whole());
}

BOOST_AUTO_TEST_CASE(the_database_is_killed_under_load) {
    scene where({"--request-timeout", "5s"});
    load clients(where, 16);
    long slowest = 0;
    const int kills = rounds(10);
    for (int i = 0; i < kills; ++i) {
        BOOST_REQUIRE(clients.next_success(seconds(10)) >= 0);
        std::this_thread::sleep_for(milliseconds(50 * (i % 5)));
        postgres_cluster::instance().kill();
        std::this_thread::sleep_for(milliseconds(100 + 300 * (i % 4)));
        if (i % 4 == 3) BOOST_TEST(!where.is_ready());
        postgres_cluster::instance().start_again();
        const long back = clients.next_success(seconds(10));
        if (back < 0) report("no success after kill " + std::to_string(i), clients.finish());
        BOOST_REQUIRE_MESSAGE(back >= 0, "the service said:\n" << where.service->process().errors());
        slowest = std::max(slowest, back);
    }
    const tally total = clients.finish();
    report("killed " + std::to_string(kills) + " times", total);
    BOOST_TEST_MESSAGE("first success at most " << slowest << " ms after the database was back");
    BOOST_TEST(slowest < 1000);
    BOOST_TEST(total.refused > 0U);
    BOOST_TEST(where.recovers_within(seconds(10)));
    where.check_all();
    BOOST_TEST(where.is_whole());
}

BOOST_AUTO_TEST_CASE(backends_are_killed_one_by_one) {
    scene where;
    load clients(where, 16);
    sql_session admin(where.url_of_superuser());
    for (int i = 0; i < 50; ++i) {
        admin.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'test_reader' "
                  "ORDER BY random() LIMIT 2");
        std::this_thread::sleep_for(milliseconds(40));
    }
    const tally total = clients.finish();
    report("a hundred connections killed", total);
    BOOST_TEST(where.recovers_within(seconds(10)));
    where.check_all();
    BOOST_TEST(where.is_whole());
}

BOOST_AUTO_TEST_CASE(fewer_connections_than_configured) {
    scene where;
    sql_session admin(where.url_of_superuser());
    load clients(where, 16);
    admin.run("ALTER ROLE test_reader CONNECTION LIMIT 3");
    admin.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'test_reader'");
    std::this_thread::sleep_for(seconds(2));
    BOOST_TEST(where.sessions() <= 3U);
    BOOST_TEST(where.is_ready());
    BOOST_TEST(clients.next_success(seconds(1)) >= 0);
    admin.run("ALTER ROLE test_reader CONNECTION LIMIT -1");
    std::this_thread::sleep_for(seconds(1));
    const tally total = clients.finish();
    report("three connections instead of eight", total);
    BOOST_TEST(where.recovers_within(seconds(10)));
    BOOST_TEST(where.is_whole());
    where.check_all();
}

BOOST_AUTO_TEST_CASE(the_network_to_the_database_is_cut) {
    sql_session admin(postgres_cluster::instance().superuser_url("postgres"));
    const std::string socket = admin.value("SELECT split_part(current_setting('unix_socket_directories'), ',', 1) || "
                                           "'/.s.PGSQL.' || current_setting('port')");
    network between(socket);
    scene where({"--request-timeout", "1s", "--database-wait", "500ms"},
                "postgresql://test_reader@127.0.0.1:" + std::to_string(between.port()) + "/");
    load clients(where, 16);
    BOOST_TEST(clients.next_success(seconds(5)) >= 0);
    for (int i = 0; i < 2; ++i) {
        between.cut();
        std::this_thread::sleep_for(seconds(4));
        if (i == 1) {
            std::this_thread::sleep_for(seconds(2));
            BOOST_TEST(!where.is_ready());
        }
        between.mend();
        const long back = clients.next_success(seconds(15));
        BOOST_TEST_MESSAGE("first success " << back << " ms after the network was back");
        BOOST_TEST(back >= 0);
    }
    const tally total = clients.finish();
    report("network cut twice", total);
    BOOST_TEST(total.slowest_ms < 4000); // request-timeout, the wait for the cancel, and one more look
    BOOST_TEST(where.recovers_within(seconds(15)));
    where.check_all();
}

namespace {

// Many backups of one project, for exports that last.
class big_scene {
public:
    explicit big_scene(int wanted, std::vector<std::string> flags = {})
        : database(postgres_cluster::instance().create_database())
        , rows(static_cast<std::size_t>(wanted)) {
        std::string lines;
        for (int i = 0; i < wanted; ++i) {
            boost::json::object record{{"id", uuid(i)},
                                       {"name", "backup-" + std::to_string(i)},
                                       {"project_id", project},
                                       {"checkpoint_id", uuid(i)},
                                       {"vault_id", uuid(i % 7)},
                                       {"resource_id", uuid(i % 11)},
                                       {"resource_type", "OS::Nova::Server"},
                                       {"created_at", "2026-01-01T00:00:00.000000"},
                                       {"extend_info", {{"filler", std::string(1000, 'f')}}}};
            lines += boost::json::serialize(record) + "\n";
        }
        const finished end =
            run_catalog({"import", "--database-url", postgres_cluster::instance().url("test_writer", database)}, lines,
                        seconds(900));
        BOOST_REQUIRE_MESSAGE(end.status == 0, end.errors);
        service.emplace(catalog_service::options{postgres_cluster::instance().url("test_reader", database), tokens,
                                                 std::move(flags)});
    }
    ~big_scene() {
        if (service) service->stop();
    }
    big_scene(const big_scene&) = delete;
    big_scene& operator=(const big_scene&) = delete;

    // Asks for all backups and takes nothing yet.
    std::unique_ptr<http_client> begin_export(bool little = true) const {
        auto client = std::make_unique<http_client>(service->base_url());
        client->connect();
        if (little) client->receive_little();
        client->send("GET " + list_path +
                     "?sort=name:asc HTTP/1.1\r\nHost: x\r\nX-Auth-Token: reader-token\r\n"
                     "Accept: application/x-ndjson\r\n\r\n");
        BOOST_REQUIRE(client->has_bytes(seconds(30)));
        return client;
    }

    std::size_t resident_kb() const {
        const std::string status = read_file("/proc/" + std::to_string(service->process().pid()) + "/status");
        return std::stoul(status.substr(status.find("VmRSS:") + 6));
    }

    std::string database;
    std::size_t rows;
    mutable std::optional<catalog_service> service;
};

} // namespace

BOOST_AUTO_TEST_CASE(exports_of_slow_readers) {
    const big_scene where(rounds(50'000));
    http_client quick(where.service->base_url());
    BOOST_TEST(quick.get(list_path, "reader-token").status == 200U);
    const std::size_t before = where.resident_kb();
    std::vector<std::unique_ptr<http_client>> readers;
    for (int i = 0; i < 2; ++i)
        readers.push_back(where.begin_export(false));
    // No more than so many at once; pages are answered all the same.
    const http_headers lines{{"X-Auth-Token", "reader-token"}, {"Accept", "application/x-ndjson"}};
    const http_response refused = quick.request("GET", list_path, lines);
    BOOST_TEST(refused.status == 503U);
    BOOST_TEST(refused.header("Retry-After").has_value());
    BOOST_TEST(refused.body.find("exports") != std::string::npos);
    BOOST_TEST(quick.get(list_path, "reader-token").status == 200U);
    // What is deleted and added meanwhile is not in the snapshot.
    sql_session admin(postgres_cluster::instance().superuser_url(where.database));
    admin.run("DELETE FROM catalog.backups WHERE project_id = $1 AND id = $2",
              {project, uuid(static_cast<int>(where.rows) - 1)});
    import_records(
        postgres_cluster::instance().url("test_writer", where.database),
        R"({"id":"77777777-0000-4000-8000-000000000001","name":"zz","project_id":")" + project +
            R"(","checkpoint_id":"77777777-0000-4000-8000-000000000001","vault_id":"77777777-0000-4000-8000-000000000001",)"
            R"("resource_id":"77777777-0000-4000-8000-000000000001","resource_type":"OS::Nova::Server",)"
            R"("created_at":"2026-01-01T00:00:00.000000"})"
            "\n");
    std::size_t most = 0;
    std::jthread watch([&](const std::stop_token& over) {
        while (!over.stop_requested()) {
            most = std::max(most, where.resident_kb());
            std::this_thread::sleep_for(milliseconds(5));
        }
    });
    std::this_thread::sleep_for(seconds(5)); // nobody takes anything
    std::vector<std::string> bodies(readers.size());
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < readers.size(); ++i)
            threads.emplace_back([&readers, &bodies, i] {
                try {
                    bodies[i] = readers[i]->read_response().body;
                } catch (const http_failure& e) {
                    bodies[i] = e.what();
                }
            });
    }
    watch.request_stop();
    watch.join();
    for (const std::string& body : bodies) {
        std::set<std::string> ids;
        const std::vector<std::string> all = lines_of(body);
        for (const std::string& line : all)
            ids.insert(line.substr(7, 36));
        BOOST_TEST(all.size() == where.rows, body.substr(0, 200));
        BOOST_TEST(ids.size() == where.rows);
        BOOST_TEST(ids.count("77777777-0000-4000-8000-000000000001") == 0U);
    }
    BOOST_TEST_MESSAGE("two exports of " << where.rows << " backups: resident memory " << before
                                         << " kB before, at most " << most << " kB");
    BOOST_TEST(most < before + 2 * 16 * 1024);
    BOOST_TEST(quick.request("GET", list_path + "?limit=1", lines).status == 200U); // there is room again
}

BOOST_AUTO_TEST_CASE(exports_that_break) {
    const big_scene where(20'000, {"--write-timeout", "2s", "--export-timeout", "4s"});
    sql_session admin(postgres_cluster::instance().superuser_url(where.database));
    const auto open_transactions = [&] {
        return std::stoul(admin.value("SELECT count(*) FROM pg_stat_activity WHERE usename = 'test_reader' AND state "
                                      "IN ('active', 'idle in transaction')"));
    };
    const auto ends_within = [&](milliseconds most) {
        const auto start = clock::now();
        while (ms_since(start) < most.count())
            if (open_transactions() == 0) return true;
        return false;
    };
    {
        // Its connection is killed: no clean end.
        const auto reader = where.begin_export(false);
        admin.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'test_reader' AND state <> "
                  "'idle'");
        BOOST_CHECK_THROW(reader->read_response(), http_failure);
    }
    {
        // The client leaves: the transaction ends.
        auto reader = where.begin_export();
        BOOST_TEST(open_transactions() == 1U);
        reader.reset();
        BOOST_TEST(ends_within(seconds(1)));
    }
    {
        // The client takes nothing: it is cut off after write-timeout.
        const auto reader = where.begin_export();
        BOOST_TEST(ends_within(seconds(4)));
    }
    {
        // The client takes a little now and then, for longer than export-timeout.
        const auto reader = where.begin_export();
        const auto start = clock::now();
        bool ended = false;
        while (!ended && ms_since(start) < 10'000) {
            try {
                reader->read_raw(200'000);
            } catch (const http_failure&) {
                break;
            }
            std::this_thread::sleep_for(milliseconds(100));
            ended = open_transactions() == 0;
        }
        BOOST_TEST(ended);
        BOOST_TEST(ms_since(start) < 8000);
        BOOST_TEST(ms_since(start) > 3500);
    }
    http_client client(where.service->base_url());
    BOOST_TEST(
        lines_of(
            client.request("GET", list_path, {{"X-Auth-Token", "reader-token"}, {"Accept", "application/x-ndjson"}})
                .body)
            .size() == where.rows);
}
