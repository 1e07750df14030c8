// This file checks the real program among faults: it never answers wrongly, never hangs, and recovers by itself.
#define BOOST_TEST_DYN_LINK
#define BOOST_TEST_MODULE faults
#include "network.hpp"
#include "scene.hpp"
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

using namespace faults;

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
    const auto asked = steady::now();
    while (where.metric("backup_catalog_database_queue") + static_cast<double>(where.statements()) < 1000) {
        BOOST_REQUIRE(ms_since(asked) < 20'000);
        std::this_thread::sleep_for(milliseconds(20));
    }
    BOOST_TEST(where.statements() == connections);
    const auto left = steady::now();
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
    const big_scene where(std::max(rounds(50'000), 50'000)); // more than the sockets' buffers hold
    http_client quick(where.service->base_url());
    BOOST_TEST(quick.get(list_path, "reader-token").status == 200U);
    const std::size_t before = where.resident_kb();
    std::vector<std::unique_ptr<http_client>> readers;
    readers.reserve(2);
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
#ifndef SANITIZED
    BOOST_TEST(most < before + std::size_t{2} * 16 * 1024);
#endif
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
        const auto start = steady::now();
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
        const auto start = steady::now();
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
