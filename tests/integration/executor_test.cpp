// This file checks the executor against a database whose connections break: retries, refusals, bounds.
#define BOOST_TEST_DYN_LINK
#include "db/executor.hpp"
#include "postgres_cluster.hpp"
#include "sql_session.hpp"

#include <boost/test/unit_test.hpp>

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

// Runs SQL through the executor; "refused N" where it was refused.
std::future<std::string> ask(db::executor& executor, std::string sql) {
    auto answer = std::make_shared<std::promise<std::string>>();
    auto future = answer->get_future();
    executor.submit(
        {[answer, sql = std::move(sql)](db::session& session) {
             try {
                 answer->set_value(std::string(session.run_once(db::statement(sql)).text(0, 0)));
             } catch (const db::error& e) {
                 if (e.kind() == db::failure::connection) throw;
                 answer->set_value("error " + e.sqlstate());
             }
         },
         [answer](db::refusal why) { answer->set_value("refused " + std::to_string(static_cast<int>(why))); }});
    return future;
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
        BOOST_TEST(ask(executor, "SELECT 1").get() ==
                   "refused " + std::to_string(static_cast<int>(db::refusal::queue_full)));
        BOOST_TEST((std::chrono::steady_clock::now() - before < 100ms));
        BOOST_TEST(waiting.get() == "refused " + std::to_string(static_cast<int>(db::refusal::waited_too_long)));
        BOOST_TEST(waiting_too.get() == "refused " + std::to_string(static_cast<int>(db::refusal::waited_too_long)));
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
        BOOST_TEST(ask(executor, "SELECT 1").get() ==
                   "refused " + std::to_string(static_cast<int>(db::refusal::database_away)));
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
        BOOST_TEST(waiting.get() == "refused " + std::to_string(static_cast<int>(db::refusal::stopping)));
        BOOST_TEST(ask(executor, "SELECT 1").get() ==
                   "refused " + std::to_string(static_cast<int>(db::refusal::stopping)));
    }
    postgres_cluster::instance().drop_database(database);
}

BOOST_AUTO_TEST_SUITE_END()
