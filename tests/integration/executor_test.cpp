// This file checks the executor against a database whose connections break: retries, refusals, bounds.
#define BOOST_TEST_DYN_LINK
#include "db/executor.hpp"
#include "postgres_cluster.hpp"
#include "sql_session.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <future>

BOOST_AUTO_TEST_SUITE(executor)

namespace db = catalog::db;
using namespace std::chrono_literals;
using support::postgres_cluster;

namespace {

db::executor_options options_for(const std::string& database, std::size_t connections) {
    db::executor_options options;
    options.session.url = postgres_cluster::instance().url("test_reader", database);
    options.connections = connections;
    return options;
}

struct terms {
    std::string owner = {};
    std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
    std::stop_token abandoned = {};
};

// Runs SQL through the executor; "refused N" where it was refused.
std::future<std::string> ask(db::executor& executor, std::string sql, terms how = {}) {
    auto answer = std::make_shared<std::promise<std::string>>();
    auto future = answer->get_future();
    db::executor::job job;
    job.run = [answer, sql = std::move(sql)](db::session& session) -> db::executor::completion {
        std::string out;
        try {
            out = session.run_once(db::statement(sql)).text(0, 0);
        } catch (const db::error& e) {
            if (e.kind() == db::failure::connection) throw;
            out = "error " + e.sqlstate();
        }
        return [answer, out](const auto&) { answer->set_value(out); };
    };
    job.refused = [answer](db::refusal why) { answer->set_value("refused " + std::to_string(static_cast<int>(why))); };
    job.owner = std::move(how.owner);
    job.deadline = how.deadline;
    job.abandoned = std::move(how.abandoned);
    executor.submit(std::move(job));
    return future;
}

std::string refused(db::refusal why) {
    return "refused " + std::to_string(static_cast<int>(why));
}

} // namespace

BOOST_AUTO_TEST_CASE(a_terminated_connection_is_replaced) {
    const std::string database = postgres_cluster::instance().create_database();
    {
        db::executor executor(options_for(database, 2));
        const std::string first = ask(executor, "SELECT pg_backend_pid()").get();
        BOOST_TEST(first.find("refused") == std::string::npos);
        support::sql_session admin(postgres_cluster::instance().superuser_url(database));
        admin.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'test_reader'");
        for (int i = 0; i < 8; ++i)
            BOOST_TEST(ask(executor, "SELECT 'x'").get() == "x");
    }
    postgres_cluster::instance().drop_database(database);
}

BOOST_AUTO_TEST_CASE(full_queue_and_long_waits_are_refused) {
    const std::string database = postgres_cluster::instance().create_database();
    {
        auto options = options_for(database, 1);
        options.max_queue = 2;
        options.max_wait = 200ms;
        db::executor executor(options);
        BOOST_TEST(ask(executor, "SELECT 'ready'").get() == "ready");
        auto busy = ask(executor, "SELECT pg_sleep(1.5), 1");
        std::this_thread::sleep_for(100ms); // it runs by now
        auto waiting = ask(executor, "SELECT 1");
        auto waiting_too = ask(executor, "SELECT 1");
        const auto before = std::chrono::steady_clock::now();
        BOOST_TEST(ask(executor, "SELECT 1").get() == refused(db::refusal::queue_full));
        BOOST_TEST((std::chrono::steady_clock::now() - before < 100ms));
        BOOST_TEST(waiting.get() == refused(db::refusal::waited_too_long));
        BOOST_TEST(waiting_too.get() == refused(db::refusal::waited_too_long));
        BOOST_TEST((std::chrono::steady_clock::now() - before < 1s)); // while the connection is still busy
        BOOST_TEST(busy.get() == "");
    }
    postgres_cluster::instance().drop_database(database);
}

BOOST_AUTO_TEST_CASE(a_database_that_is_away_is_said_so) {
    db::executor_options options;
    options.session.url = "postgresql:///catalog?host=/nonexistent&user=nobody";
    options.connections = 2;
    options.reconnect_pause = 50ms;
    db::executor executor(options);
    for (int i = 0; i < 3; ++i)
        BOOST_TEST(ask(executor, "SELECT 1").get() == refused(db::refusal::database_away));
}

// While a cancel is on its way that comes too late, the job is over already: it must not be refused as well (the second
// answer to a promise ends the program).
BOOST_AUTO_TEST_CASE(a_job_is_answered_once) {
    const std::string database = postgres_cluster::instance().create_database();
    {
        auto options = options_for(database, 4);
        options.max_wait = 50ms; // so that the watching thread looks every 5 ms
        db::executor executor(options);
        executor.wait_until_ready(5s);
        for (int round = 0; round < 100; ++round) {
            std::vector<std::future<std::string>> answers;
            for (int i = 0; i < 4; ++i) {
                terms how;
                how.deadline = std::chrono::steady_clock::now() + 5ms;
                answers.push_back(ask(executor, "SELECT pg_sleep(0.0" + std::to_string(5 + i) + "), 1", how));
            }
            for (auto& answer : answers)
                BOOST_TEST(!answer.get().starts_with("refused 0"));
        }
    }
    postgres_cluster::instance().drop_database(database);
}

BOOST_AUTO_TEST_CASE(statement_timeout_leaves_the_connection_good) {
    const std::string database = postgres_cluster::instance().create_database();
    {
        auto options = options_for(database, 1);
        options.session.statement_timeout = 100ms;
        db::executor executor(options);
        const std::string pid = ask(executor, "SELECT pg_backend_pid()").get();
        BOOST_TEST(ask(executor, "SELECT pg_sleep(5)").get() == "error 57014");
        BOOST_TEST(ask(executor, "SELECT pg_backend_pid()").get() == pid);
    }
    postgres_cluster::instance().drop_database(database);
}

BOOST_AUTO_TEST_CASE(stopping_refuses_what_waits) {
    const std::string database = postgres_cluster::instance().create_database();
    {
        db::executor executor(options_for(database, 1));
        auto busy = ask(executor, "SELECT pg_sleep(0.5), 1");
        std::this_thread::sleep_for(200ms);
        auto waiting = ask(executor, "SELECT 1");
        executor.stop();
        BOOST_TEST(busy.get() == "");
        BOOST_TEST(waiting.get() == refused(db::refusal::stopping));
        BOOST_TEST(ask(executor, "SELECT 1").get() == refused(db::refusal::stopping));
    }
    postgres_cluster::instance().drop_database(database);
}

BOOST_AUTO_TEST_CASE(a_statement_ends_at_its_deadline) {
    const std::string database = postgres_cluster::instance().create_database();
    {
        db::executor executor(options_for(database, 1));
        const std::string pid = ask(executor, "SELECT pg_backend_pid()").get();
        const auto start = std::chrono::steady_clock::now();
        BOOST_TEST(ask(executor, "SELECT pg_sleep(20)", {"", start + 200ms}).get() == "error 57014");
        BOOST_TEST((std::chrono::steady_clock::now() - start < 2s));
        // The connection goes on, and no cancel comes late and hits somebody else.
        for (int i = 0; i < 200; ++i)
            BOOST_REQUIRE(ask(executor, "SELECT pg_backend_pid()").get() == pid);
    }
    postgres_cluster::instance().drop_database(database);
}

BOOST_AUTO_TEST_CASE(a_cancel_never_hits_the_next_job) {
    const std::string database = postgres_cluster::instance().create_database();
    {
        db::executor executor(options_for(database, 1));
        BOOST_TEST(ask(executor, "SELECT 'ready'").get() == "ready");
        for (int i = 0; i < 60; ++i) {
            // It ends by itself at about the moment when it is cancelled.
            const auto deadline = std::chrono::steady_clock::now() + 30ms;
            auto first = ask(executor, "SELECT pg_sleep(" + std::to_string(0.02 + 0.001 * i) + ")", {"", deadline});
            auto next = ask(executor, "SELECT pg_sleep(0.01), 'next'");
            const std::string got = first.get();
            BOOST_TEST((got.empty() || got == "error 57014"), got);
            BOOST_REQUIRE(next.get().empty());
        }
    }
    postgres_cluster::instance().drop_database(database);
}

BOOST_AUTO_TEST_CASE(who_leaves_has_the_statement_cancelled) {
    const std::string database = postgres_cluster::instance().create_database();
    {
        db::executor executor(options_for(database, 1));
        const std::string pid = ask(executor, "SELECT pg_backend_pid()").get();
        std::stop_source runs;
        std::stop_source waits;
        auto running =
            ask(executor, "SELECT pg_sleep(20)", {"", std::chrono::steady_clock::now() + 20s, runs.get_token()});
        std::this_thread::sleep_for(100ms);
        auto waiting = ask(executor, "SELECT 1", {"", std::chrono::steady_clock::now() + 20s, waits.get_token()});
        waits.request_stop();
        BOOST_TEST(waiting.get() == refused(db::refusal::abandoned)); // while the connection is busy
        runs.request_stop();
        BOOST_TEST(running.get() == "error 57014");
        BOOST_TEST(ask(executor, "SELECT pg_backend_pid()").get() == pid);
    }
    postgres_cluster::instance().drop_database(database);
}

BOOST_AUTO_TEST_CASE(a_server_that_does_not_answer_is_cut_off) {
    const std::string database = postgres_cluster::instance().create_database();
    {
        auto options = options_for(database, 1);
        options.sever_after = 300ms;
        db::executor executor(options);
        const pid_t backend = std::stoi(ask(executor, "SELECT pg_backend_pid()").get());
        kill(backend, SIGSTOP);
        const auto start = std::chrono::steady_clock::now();
        BOOST_TEST(ask(executor, "SELECT 'x'", {"", start + 200ms}).get() == refused(db::refusal::too_late));
        BOOST_TEST((std::chrono::steady_clock::now() - start < 2s));
        BOOST_TEST(ask(executor, "SELECT 'x'").get() == "x"); // on a new connection
        kill(backend, SIGCONT);
    }
    postgres_cluster::instance().drop_database(database);
}

BOOST_AUTO_TEST_CASE(a_flood_of_one_leaves_room_for_others) {
    const std::string database = postgres_cluster::instance().create_database();
    {
        auto options = options_for(database, 1);
        options.max_queue = 10;
        db::executor executor(options);
        BOOST_TEST(ask(executor, "SELECT 'ready'").get() == "ready");
        auto busy = ask(executor, "SELECT pg_sleep(0.3)", {"flood"});
        std::this_thread::sleep_for(100ms);
        std::vector<std::future<std::string>> flood;
        flood.reserve(10);
        for (int i = 0; i < 10; ++i)
            flood.push_back(ask(executor, "SELECT clock_timestamp()::text", {"flood"}));
        BOOST_TEST(ask(executor, "SELECT 1", {"flood"}).get() == refused(db::refusal::queue_full));
        // The queue is full, and yet there is room, and a turn that comes soon.
        auto quiet = ask(executor, "SELECT clock_timestamp()::text", {"quiet"});
        BOOST_TEST(flood.back().get() == refused(db::refusal::queue_full));
        const std::string when = quiet.get();
        int before = 0;
        for (std::size_t i = 0; i + 1 < flood.size(); ++i)
            before += flood[i].get() < when ? 1 : 0;
        BOOST_TEST(before <= 1);
    }
    postgres_cluster::instance().drop_database(database);
}

BOOST_AUTO_TEST_SUITE_END()
