// This file kills the program, PostgreSQL and migrations with kill -9 at random moments, TEST_COUNT times (50), and
// sees each time that the catalog is as before or as after, and that `backup-catalog verify` finds nothing. TEST_SEED=N
// chooses other moments.
#define BOOST_TEST_DYN_LINK
#define BOOST_TEST_MODULE kill
#include "http_client.hpp"
#include "postgres_cluster.hpp"
#include "random_catalog.hpp"
#include "reference.hpp"
#include "service.hpp"
#include "sql_session.hpp"
#include "text.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <map>
#include <memory>
#include <thread>

namespace {

using namespace support;
using std::chrono::seconds;

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
    const char* const value = std::getenv(name);
    return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
    return text;
}

template <class Work>
milliseconds time_of(Work&& work) {
    const auto begun = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begun);
}

// What is killed during an import or a migration.
enum class victim { client, backend, postmaster };

const char* name_of(victim who) {
    switch (who) {
    case victim::client:
        return "the client";
    case victim::backend:
        return "PostgreSQL's backend";
    case victim::postmaster:
        break;
    }
    return "the postmaster";
}

class rounds {
public:
    rounds()
        : choose_(number_from_environment("TEST_SEED", 1)) {
        // What was committed must outlive the server.
        sql_session superuser(cluster_.superuser_url("postgres"));
        superuser.run("ALTER SYSTEM SET synchronous_commit = on");
        superuser.run("SELECT pg_reload_conf()");
        // Two states of one catalog: the same ids, other names, sharing states and replication records.
        const std::string first =
            run_checked({{catalog_binary(), "generate", "--backups", "4000", "--projects", "20"}});
        lines_ = {first, replaced(replaced(replaced(first, R"("name":")", R"("name":"x)"), R"("status":"pending")",
                                           R"("status":"accepted")"),
                                  R"("status":"success")", R"("status":"fail")")};
        database_ = cluster_.create_database();
        for (const std::size_t state : {1U, 0U}) {
            import_time_ = time_of([&] { import_records(writer_url(database_), lines_[state]); });
            contents_[state] = content(database_);
        }
        BOOST_REQUIRE(contents_[0] != contents_[1]);
        run_checked(migrate_command(false));
        migration_time_ = time_of([&] { run_checked(migrate_command(true)); });
    }

    void run(std::uint64_t count) {
        for (round_ = 1; round_ <= count; ++round_) {
            const std::size_t what = choose_.below(10);
            if (what < 5)
                import_over();
            else if (what < 6)
                import_anew();
            else if (what < 8)
                migration();
            else
                serving();
            BOOST_TEST_MESSAGE("round " << round_ << ": " << story_);
        }
    }

private:
    std::string writer_url(const std::string& database) const { return cluster_.url("test_writer", database); }

    std::string content(const std::string& database) const {
        return run_checked({{catalog_binary(), "export", "--database-url", writer_url(database)}});
    }

    victim random_victim() { return choose_.one_of<victim>({victim::client, victim::backend, victim::postmaster}); }

    milliseconds moment_within(milliseconds time) {
        return milliseconds(choose_.below(static_cast<std::size_t>(time.count()) + 1));
    }

    // Waits until the server takes connections again.
    void wait_for_server() const {
        for (int tries = 0; tries < 600; ++tries) {
            try {
                sql_session(cluster_.superuser_url("postgres")).run("SELECT 1");
                return;
            } catch (const sql_error&) {
                std::this_thread::sleep_for(milliseconds(50));
            }
        }
        BOOST_FAIL("PostgreSQL takes no connections half a minute after a crash");
    }

    void crash() const {
        cluster_.kill();
        cluster_.start_again();
    }

    // Kills one who is at work for `client`, in `database`. Returns whether there was somebody to kill.
    bool kill_now(victim who, child_process& client, const std::string& database) const {
        if (who == victim::client) {
            client.send_signal(SIGKILL);
        } else if (who == victim::postmaster) {
            crash();
        } else {
            sql_session superuser(cluster_.superuser_url("postgres"));
            std::vector<sql_row> pids;
            while (pids.empty()) {
                if (!client.is_running()) return false;
                pids = superuser.run(
                    "SELECT pid FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend'",
                    {database});
            }
            kill(static_cast<pid_t>(std::stol(pids[0][0].value())), SIGKILL);
            // It is a moment until the postmaster knows and ends everybody's sessions, this one too. (Never, if the
            // backend had ended by itself at the last moment.)
            try {
                for (int tries = 0; tries < 200; ++tries) {
                    superuser.run("SELECT 1");
                    std::this_thread::sleep_for(milliseconds(10));
                }
            } catch (const sql_error&) {
            }
        }
        wait_for_server();
        return true;
    }

    void expect_no_findings(const std::string& database) const {
        const finished end = run_catalog({"verify", "--database-url", writer_url(database)});
        BOOST_TEST(end.status == 0, "round " << round_ << ": " << story_ << ": verify: " << end.output << end.errors);
    }

    // Kills somebody during an import of `state`; `before` is what the database holds. Returns what it holds then.
    std::string import_and_kill(const std::string& database, std::size_t state, const std::string& before) {
        const victim who = random_victim();
        const milliseconds moment = moment_within(import_time_ * 5 / 4);
        child_process import({{catalog_binary(), "import", "--database-url", writer_url(database)}, lines_[state]});
        std::this_thread::sleep_for(moment);
        const bool killed = kill_now(who, import, database);
        const int status = import.wait(seconds(60));
        wait_for_backends_to_end();
        std::string now = content(database);
        story_ += " after " + std::to_string(moment.count()) + " ms " + (killed ? name_of(who) : "nobody") +
                  " killed, import ended with " + std::to_string(status) +
                  (now == contents_[state] ? ": as after" : ": as before");
        BOOST_TEST((now == before || now == contents_[state]),
                   "round " << round_ << ": " << story_ << ": the catalog is neither as before nor as after");
        BOOST_TEST((status != 0 || now == contents_[state]),
                   "round " << round_ << ": " << story_ << ": the import said that it was done");
        expect_no_findings(database);
        return now;
    }

    // A killed client's backend may still be at work, and even commit.
    void wait_for_backends_to_end() const {
        sql_session superuser(cluster_.superuser_url("postgres"));
        while (superuser.value("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'backup-catalog'") !=
               "0")
            std::this_thread::sleep_for(milliseconds(10));
    }

    void import_over() {
        const std::size_t other = 1 - state_;
        story_ = "import over a catalog:";
        if (import_and_kill(database_, other, contents_[state_]) == contents_[other]) state_ = other;
    }

    void import_anew() {
        story_ = "import into an empty catalog:";
        const std::string fresh = cluster_.create_database();
        import_and_kill(fresh, choose_.below(2), "");
        cluster_.drop_database(fresh);
    }

    command migrate_command(bool deploy) const {
        command out{{source_folder() + "/scripts/migrate", deploy ? "deploy" : "revert", "--database-url",
                     cluster_.superuser_url(database_)}};
        if (!deploy) out.arguments.insert(out.arguments.end(), {"--to", "@v1", "--yes"});
        return out;
    }

    // A change that was interrupted is done by the same command again.
    void migration() {
        const bool deploy = choose_.percent(50);
        story_ = deploy ? "deploy:" : "revert:";
        if (deploy) run_checked(migrate_command(false));
        const victim who = choose_.one_of<victim>({victim::backend, victim::postmaster});
        const milliseconds moment = moment_within(migration_time_);
        child_process migrate(migrate_command(deploy));
        std::this_thread::sleep_for(moment);
        const bool killed = kill_now(who, migrate, database_);
        const int status = migrate.wait(seconds(120));
        story_ += " after " + std::to_string(moment.count()) + " ms " + (killed ? name_of(who) : "nobody") +
                  " killed, ended with " + std::to_string(status);
        for (const bool last : {deploy, true}) {
            const finished again = support::run(migrate_command(last), seconds(120));
            BOOST_TEST(again.status == 0,
                       "round " << round_ << ": " << story_ << ": again: " << again.output << again.errors);
        }
        run_checked(
            {{source_folder() + "/scripts/migrate", "verify", "--database-url", cluster_.superuser_url(database_)}});
        BOOST_TEST((content(database_) == contents_[state_]),
                   "round " << round_ << ": " << story_ << ": the migration changed the catalog's content");
        expect_no_findings(database_);
    }

    // The service, or PostgreSQL under it, dies under requests; a new one answers as before.
    void serving() {
        const bool service_dies = choose_.percent(50);
        story_ = "serve: ";
        const catalog_service::options how{cluster_.url("test_reader", database_),
                                           {{"t", "alice", project, {"reader"}}}};
        auto service = std::make_unique<catalog_service>(how);
        const std::string wanted = http_client(service->base_url()).get(list_path, "t").body;
        std::atomic<bool> stop{false};
        std::atomic<int> answers{0};
        std::atomic<int> wrong{0};
        constexpr int count = 3;
        std::vector<std::thread> clients;
        clients.reserve(count);
        for (int c = 0; c < count; ++c)
            clients.emplace_back([&, url = service->base_url()] {
                while (!stop) {
                    try {
                        const http_response got = http_client(url).get(list_path, "t");
                        ++answers;
                        if (got.status != 503 && (got.status != 200 || got.body != wanted)) ++wrong;
                    } catch (const http_failure&) {
                        std::this_thread::sleep_for(milliseconds(1)); // the service is dead
                    }
                }
            });
        std::this_thread::sleep_for(moment_within(milliseconds(300)));
        if (service_dies)
            service->process().send_signal(SIGKILL);
        else
            crash();
        std::this_thread::sleep_for(milliseconds(100));
        stop = true;
        for (std::thread& client : clients)
            client.join();
        if (service_dies) {
            service.reset();
            service = std::make_unique<catalog_service>(how);
        }
        story_ += (service_dies ? "the service" : "the postmaster") + std::string(" killed after ") +
                  std::to_string(answers.load()) + " answers";
        BOOST_TEST(wrong.load() == 0, "round " << round_ << ": " << story_);
        // The service waits a little before it tries a dead database again.
        http_response got;
        for (int tries = 0; tries < 200 && got.status != 200; ++tries) {
            if (tries > 0) std::this_thread::sleep_for(milliseconds(50));
            got = http_client(service->base_url()).get(list_path, "t");
        }
        BOOST_TEST((got.status == 200 && got.body == wanted),
                   "round " << round_ << ": " << story_ << ": then status " << got.status << ", body " << got.body);
        service->stop();
        BOOST_TEST((content(database_) == contents_[state_]), "round " << round_ << ": " << story_);
        expect_no_findings(database_);
    }

    postgres_cluster& cluster_ = postgres_cluster::instance();
    chooser choose_;
    std::vector<std::string> lines_;              // to import, by state
    std::map<std::size_t, std::string> contents_; // what export says, by state
    std::string database_;
    std::size_t state_ = 0; // which one database_ is in
    milliseconds import_time_{0};
    milliseconds migration_time_{0};
    std::uint64_t round_ = 0;
    std::string story_;
};

} // namespace

BOOST_AUTO_TEST_CASE(killed_at_any_moment_the_catalog_is_whole) {
    rounds().run(number_from_environment("TEST_COUNT", 50));
}
