// This file checks that row-level security alone keeps tenants apart, whatever the query says.
#define BOOST_TEST_DYN_LINK
#include "db/executor.hpp"
#include "pooler.hpp"
#include "postgres_cluster.hpp"
#include "query/catalog_reader.hpp"
#include "query/render.hpp"
#include "query_shapes.hpp"
#include "service.hpp"
#include "sql_session.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <future>
#include <thread>

BOOST_AUTO_TEST_SUITE(isolation)

namespace query = catalog::query;
namespace db = catalog::db;
using support::postgres_cluster;
using support::sql_session;

namespace {

// Two tenants with 30 backups each in two enterprise projects, a share from a to b, and a user restricted to e1.
struct two_tenants {
    two_tenants()
        : database(postgres_cluster::instance().create_database()) {
        sql_session sql(postgres_cluster::instance().superuser_url(database));
        postgres_cluster::instance().count_by_week_from(database, 1);
        sql.run(R"(
            INSERT INTO catalog.backups (project_id, id, checkpoint_id, resource_id, provider_id, vault_id, enterprise_project_id,
                name, resource_type, created_at)
            SELECT p, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'e' || i % 2,
                p || '-' || i, 'OS::Nova::Server', timestamptz '2026-01-01' + i * interval '1 hour'
            FROM unnest(ARRAY['a', 'b']) p, generate_series(1, 30) i;
            INSERT INTO catalog.vaults (project_id, id, name, size, used) VALUES ('a', gen_random_uuid(), 'va', 1, 1024),
                ('b', gen_random_uuid(), 'vb', 1, 1024);
            INSERT INTO catalog.members (project_id, id, backup_id, dest_project_id, status)
            SELECT 'a', gen_random_uuid(), id, 'b', 'pending' FROM catalog.backups WHERE project_id = 'a' AND name = 'a-1';
            INSERT INTO catalog.enterprise_project_grants VALUES ('carol', 'e1'), ('carol', 'e9');
            SELECT catalog.fold_counts())");
    }
    ~two_tenants() { postgres_cluster::instance().drop_database(database); }

    db::session session() const {
        db::session_options options;
        options.url = postgres_cluster::instance().url("test_reader", database);
        return db::session(options);
    }

    std::string database;
};

std::vector<std::string> column(const db::rows& rows) {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < rows.size(); ++i)
        out.emplace_back(rows.text(i, 0));
    return out;
}

void identify(db::session& session, const char* project, const char* user, bool all_tenants) {
    session.run_once(db::statement(std::string("SELECT catalog.begin_request('") + project + "', '" + user + "', " +
                                   (all_tenants ? "true" : "false") + ")"));
}

constexpr auto tenant_tables = std::to_array<std::string_view>(
    {"backups", "vaults", "project_counts", "facet_counts", "vault_counts", "count_deltas", "project_facets",
     "vault_facets", "zone_counts", "zone_facets", "zone_placements", "week_facets", "week_counts", "facets_by_bits",
     "part_facets", "part_counts", "all_weeks", "all_week_counts"});

} // namespace

BOOST_FIXTURE_TEST_CASE(nothing_without_a_caller, two_tenants) {
    db::session reader = session();
    for (const std::string_view table : tenant_tables) {
        reader.begin(true);
        BOOST_TEST(reader.run_once(db::statement("SELECT count(*) FROM catalog." + std::string(table))).text(0, 0) ==
                   "0");
        reader.rollback();
    }
    reader.begin(true);
    BOOST_TEST(reader.run_once(db::statement("SELECT count(*) FROM catalog.enterprise_project_grants")).text(0, 0) ==
               "0");
    reader.rollback();
    // A caller without a user sees nothing either: the restriction can't be known.
    reader.begin(true);
    identify(reader, "a", "", false);
    BOOST_TEST(reader.run_once(db::statement("SELECT count(*) FROM catalog.backups")).text(0, 0) == "0");
    reader.rollback();
    // Settings end with the transaction.
    reader.begin(true);
    identify(reader, "a", "alice", false);
    BOOST_TEST(reader.run_once(db::statement("SELECT count(*) FROM catalog.backups")).text(0, 0) == "30");
    reader.commit();
    reader.begin(true);
    BOOST_TEST(reader.run_once(db::statement("SELECT count(*) FROM catalog.backups")).text(0, 0) == "0");
    reader.rollback();
}

// What begin_request found of one user's grants says nothing of another user that the transaction names later.
BOOST_FIXTURE_TEST_CASE(grants_are_those_of_the_user_that_is_named, two_tenants) {
    db::session reader = session();
    const auto seen = [&](std::string_view table) {
        return std::string(
            reader.run_once(db::statement("SELECT count(*) FROM catalog." + std::string(table))).text(0, 0));
    };
    const auto name = [&](std::string_view user) {
        reader.run_once(db::statement("SELECT set_config('catalog.user_id', '" + std::string(user) + "', true)"));
    };
    reader.begin(true);
    identify(reader, "a", "alice", false);
    BOOST_TEST(seen("backups") == "30");
    BOOST_TEST(seen("week_facets") != "0");
    name("carol");
    BOOST_TEST(seen("backups") == "15");
    BOOST_TEST(seen("week_facets") == "0");
    name("");
    BOOST_TEST(seen("backups") == "0");
    BOOST_TEST(seen("week_facets") == "0");
    identify(reader, "a", "carol", false);
    BOOST_TEST(seen("backups") == "15");
    BOOST_TEST(seen("project_counts") == "0");
    identify(reader, "a", "alice", false);
    BOOST_TEST(seen("backups") == "30");
    BOOST_TEST(seen("project_counts") == "1");
    reader.rollback();
}

BOOST_FIXTURE_TEST_CASE(other_tables_are_closed, two_tenants) {
    db::session reader = session();
    for (const std::string_view table : {"members", "replication_records", "counter_lock"})
        BOOST_CHECK_THROW(reader.run_once(db::statement("SELECT * FROM catalog." + std::string(table))), db::error);
    for (const std::string_view change :
         {"DELETE FROM catalog.backups", "UPDATE catalog.backups SET name = ''", "SELECT catalog.fold_counts()",
          "SELECT catalog.recount_zones()", "SELECT catalog.count_by_week('a')",
          "UPDATE catalog.week_facets SET ns = '{}'", "UPDATE catalog.zone_facets SET ns = '{}'",
          "DELETE FROM catalog.facet_counts", "SELECT catalog.sync_shares(ARRAY['a'], ARRAY[gen_random_uuid()])",
          "TRUNCATE catalog.backups"})
        BOOST_CHECK_THROW(reader.run_once(db::statement(change)), db::error);
}

// Every shape's statements with the query's own tenant condition removed.
BOOST_FIXTURE_TEST_CASE(queries_without_their_tenant_condition, two_tenants) {
    db::session reader = session();
    std::size_t removed = 0;
    const auto without_tenant = [&](const db::statement& statement) {
        std::string text = statement.text();
        for (const std::string_view name : {"b.project_id", "c.project_id", "v.project_id", "project_id"}) {
            for (std::size_t i = 1; i < 40; ++i) {
                const std::string condition = std::string(name) + " = $" + std::to_string(i) + "::text";
                for (std::size_t at = 0; (at = text.find(condition, at)) != std::string::npos; ++at) {
                    if (at > 0 && text[at - 1] == '_') continue; // enterprise_project_id, which is another filter
                    text.replace(at, condition.size(), "($" + std::to_string(i) + "::text IS NOT NULL)");
                    ++removed;
                }
            }
        }
        db::statement changed(text);
        for (const auto& value : statement.params())
            changed.add_param(*value);
        return changed;
    };
    for (const shapes::shape& shape : shapes::all()) {
        if (shape.query.find("all_tenants") != std::string::npos || shape.query.find("offset") != std::string::npos)
            continue;
        const query::scope scope = shapes::scope_of(shape, "a");
        query::row_counts counts = shapes::counts_of(shape);
        const auto marker = shapes::marker_of(shape);
        // Every facet there is, so that nothing but the tenant condition could keep rows of others away.
        sql_session sql(postgres_cluster::instance().superuser_url(database));
        const auto facets = sql.run("SELECT facet, sum(n) FROM catalog.facet_counts GROUP BY facet");
        counts.facets.clear();
        for (const auto& row : facets)
            counts.facets.push_back(
                {query::has_whole_facets(scope, counts) ? std::stoll(*row[0]) : std::stoll(*row[0]) & 0xFFFFF, 1});
        const query::access_path path = query::choose_access_path(scope, counts, marker);
        if (path.branches.empty()) continue; // nothing behind the marker
        reader.begin(true);
        identify(reader, "a", "alice", false);
        BOOST_TEST_CONTEXT(shape.query) {
            const db::rows page = reader.run_once(without_tenant(query::page_statement(scope, counts, path, marker)));
            for (const std::string& document : column(page))
                BOOST_TEST(document.find(R"("name":"b-)") == std::string::npos);
        }
        reader.commit();
    }
    BOOST_TEST(removed > 100U);
    // And the plainest of wrong queries.
    reader.begin(true);
    identify(reader, "b", "bob", false);
    const auto names = column(reader.run_once(db::statement("SELECT name FROM catalog.backups ORDER BY name")));
    BOOST_TEST(names.size() == 31U); // its own and the shared one
    BOOST_TEST(names.front() == "a-1");
    BOOST_TEST(column(reader.run_once(db::statement("SELECT name FROM catalog.vaults"))).size() == 1U);
    reader.commit();
}

BOOST_FIXTURE_TEST_CASE(grants_restrict_by_the_database_alone, two_tenants) {
    db::session reader = session();
    const auto projects = [&](const char* project, bool all_tenants) {
        reader.begin(true);
        identify(reader, project, "carol", all_tenants);
        auto out = column(reader.run_once(db::statement("SELECT DISTINCT enterprise_project_id FROM catalog.backups")));
        reader.commit();
        return out;
    };
    BOOST_TEST((projects("a", false) == std::vector<std::string>{"e1"}));
    BOOST_TEST((projects("b", true) == std::vector<std::string>{"e1"}));
    BOOST_TEST(projects("nobody", false).empty());
    // Counters that do not tell enterprise projects apart are not for a user who may not see all of them.
    for (const char* user : {"alice", "carol"}) {
        reader.begin(true);
        identify(reader, "a", user, false);
        const auto weeks =
            column(reader.run_once(db::statement("SELECT DISTINCT project_id FROM catalog.week_facets")));
        reader.commit();
        BOOST_TEST((weeks == (*user == 'a' ? std::vector<std::string>{"a"} : std::vector<std::string>{})), user);
    }
}

// One connection serves two tenants in turn, with errors between: nothing of one's settings reaches the other.
BOOST_FIXTURE_TEST_CASE(two_tenants_on_one_connection, two_tenants) {
    db::session reader = session();
    query::list_request request;
    request.limit = 5;
    for (int i = 0; i < 2000; ++i) {
        const bool first = i % 2 == 0;
        const query::caller caller{first ? "a" : "b", i % 3 == 0 ? "carol" : "alice"};
        if (i % 7 == 0) {
            query::list_request bad = request;
            bad.marker = "00000000-0000-0000-0000-000000000000";
            BOOST_REQUIRE(query::read_page(reader, caller, bad).has_error());
        }
        if (i % 11 == 0) {
            reader.begin(true);
            identify(reader, first ? "b" : "a", "alice", true);
            BOOST_REQUIRE_THROW(reader.run_once(db::statement("SELECT 1/0")), db::error);
            reader.rollback();
        }
        const auto page = query::read_page(reader, caller, request);
        BOOST_REQUIRE(page.has_value());
        BOOST_REQUIRE(page->count == (i % 3 == 0 ? 15U : 30U));
        const std::string body = query::render_page(*page, true, query::page_bytes(*page, true));
        BOOST_REQUIRE(body.find(first ? R"("name":"b-)" : R"("name":"a-)") == std::string::npos);
    }
}

// The same through the service's pool of one connection, while requests are cancelled from outside at any moment, run
// into the time limit of a statement or of the request, or fail between two statements: whatever ended one tenant's
// request, the next one's sees its own rows, all of them, and nothing else.
BOOST_FIXTURE_TEST_CASE(two_tenants_among_cancels_timeouts_and_failures, two_tenants) {
    using namespace std::chrono_literals;
    db::executor_options options;
    options.session.url = postgres_cluster::instance().url("test_reader", database);
    options.session.statement_timeout = 50ms;
    options.connections = 1;
    db::executor pool(options);
    pool.wait_until_ready(5s);

    std::size_t cancels = 0;
    std::jthread canceller([&](const std::stop_token& stop) {
        sql_session admin(postgres_cluster::instance().superuser_url(database));
        while (!stop.stop_requested()) {
            cancels += admin
                           .run("WITH active AS MATERIALIZED (SELECT pid FROM pg_stat_activity WHERE datname = "
                                "current_database() AND usename = 'test_reader' AND state = 'active') "
                                "SELECT pg_cancel_backend(pid) FROM active")
                           .size();
            std::this_thread::sleep_for(100us);
        }
    });

    query::list_request list;
    list.limit = 1000;
    std::size_t answered = 0, cut_off = 0, failed_between = 0, refused = 0;
    for (int i = 0; i < 6000; ++i) {
        const bool first = i % 2 == 0;
        const bool restricted = i % 3 == 0;
        const bool all_tenants = i % 10 == 9;
        const query::caller caller{first ? "a" : "b", restricted ? "carol" : "alice"};
        std::promise<std::string> outcome;
        const auto request = [&](db::session& session) {
            query::list_request wanted = list;
            wanted.all_tenants = all_tenants;
            query::reading how;
            int statement = 0;
            const int fails_at = i % 5 == 1 ? 1 + i % 4 : 0;
            const bool sleeps = i % 201 == 7;
            if (i % 31 == 5) how.deadline = std::chrono::steady_clock::now() + 100us;
            how.before_statement = [&](std::string_view, const db::statement&) {
                ++statement;
                if (statement == fails_at) throw std::runtime_error("between two statements");
                if (statement == 2 && sleeps) session.run_once(db::statement("SELECT pg_sleep(1)"));
            };
            try {
                const auto page = query::read_page(session, caller, wanted, how);
                const std::size_t wanted_count = (all_tenants ? 60U : 30U) / (restricted ? 2U : 1U);
                const std::string other = first ? R"("name":"b-)" : R"("name":"a-)";
                const bool right = page.has_value() && page->count == wanted_count &&
                                   page->rows.size() == wanted_count &&
                                   (query::render_page(*page, true, query::page_bytes(*page, true)).find(other) !=
                                    std::string::npos) == all_tenants;
                outcome.set_value(right ? "answered" : "wrong");
            } catch (const db::error& e) {
                if (e.kind() == db::failure::connection) throw; // once more, with another connection
                outcome.set_value(e.kind() == db::failure::timeout ? "cut off" : e.what());
            } catch (const std::runtime_error& e) {
                outcome.set_value(e.what());
            }
        };
        db::executor::job job;
        job.run = [&](db::session& session) -> db::executor::completion {
            request(session);
            return {};
        };
        job.refused = [&](db::refusal) { outcome.set_value("refused"); };
        pool.submit(std::move(job));
        const std::string got = outcome.get_future().get();
        BOOST_REQUIRE(got != "wrong");
        answered += got == "answered" ? 1U : 0U;
        cut_off += got == "cut off" ? 1U : 0U;
        failed_between += got == "between two statements" ? 1U : 0U;
        if (got == "refused") { // a cancel hit a ROLLBACK, and another one the new connection's settings
            ++refused;
            std::this_thread::sleep_for(50ms);
        }
        // Nothing of the caller is left when the connection waits for the next one.
        if (i % 10 != 0) continue;
        std::promise<std::string> left;
        db::executor::job look;
        look.run = [&](db::session& session) -> db::executor::completion {
            for (;;) {
                try {
                    left.set_value(std::string(
                        session.run_once(db::statement("SELECT count(*) FROM catalog.backups")).text(0, 0)));
                    return {};
                } catch (const db::error& e) {
                    if (e.kind() != db::failure::timeout) throw; // cancelled
                }
            }
        };
        look.refused = [&](db::refusal) { left.set_value("refused"); };
        pool.submit(std::move(look));
        const std::string rows = left.get_future().get();
        BOOST_REQUIRE_MESSAGE(rows == "0" || rows == "refused", rows << " rows are left");
    }
    canceller.request_stop();
    canceller.join();
    BOOST_TEST_MESSAGE(answered << " answered, " << cut_off << " cut off, " << failed_between << " failed, " << refused
                                << " refused, " << cancels << " cancels");
    BOOST_TEST(answered > 2000U);
    BOOST_TEST(cut_off > 50U);
    BOOST_TEST(failed_between > 500U);
    BOOST_TEST(cancels > 30U);
    BOOST_TEST(answered + cut_off + failed_between + refused == 6000U);
}

// Four clients of a pooler in transaction mode take turns on one connection to PostgreSQL, two tenants among each
// other, with errors between: every request sees its own tenant's rows, and nothing of it stays on the connection.
BOOST_FIXTURE_TEST_CASE(two_tenants_through_a_pooler_with_one_connection, two_tenants) {
    const support::pooler between(1);
    db::session_options options;
    options.url = between.url("test_reader", database);
    options.keeps_state = false;
    constexpr int clients = 4;
    constexpr int rounds = 1500;
    std::atomic<int> answered{0};
    std::atomic<int> wrong{0};
    const auto ask = [&](int client) {
        db::session reader(options);
        query::list_request request;
        request.limit = 5;
        for (int i = 0; i < rounds; ++i) {
            const bool first = (i + client) % 2 == 0;
            const bool restricted = i % 3 == 0;
            const query::caller caller{first ? "a" : "b", restricted ? "carol" : "alice"};
            if (i % 11 == 0) { // a request of the other tenant that fails half-way
                reader.begin(true);
                identify(reader, first ? "b" : "a", "alice", true);
                bool failed = false;
                try {
                    reader.run_once(db::statement("SELECT 1/0"));
                } catch (const db::error&) {
                    failed = true;
                }
                reader.rollback();
                wrong += failed ? 0 : 1;
            }
            const auto page = query::read_page(reader, caller, request);
            const bool right = page.has_value() && page->count == (restricted ? 15U : 30U) &&
                               query::render_page(*page, true, query::page_bytes(*page, true))
                                       .find(first ? R"("name":"b-)" : R"("name":"a-)") == std::string::npos;
            (right ? answered : wrong) += 1;
        }
    };
    {
        std::vector<std::jthread> threads;
        threads.reserve(clients);
        for (int client = 0; client < clients; ++client)
            threads.emplace_back(ask, client);
    }
    BOOST_TEST(wrong == 0);
    BOOST_TEST(answered == clients * rounds);
    BOOST_TEST(sql_session(postgres_cluster::instance().superuser_url(database))
                   .value("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = "
                          "'test_reader'") == "1");

    // Inside a transaction the session has what it needs, outside the connection has nothing of it.
    db::session reader(options);
    const auto setting = [&](const char* name) {
        return std::string(
            reader.run_once(db::statement("SELECT current_setting('" + std::string(name) + "', true)")).text(0, 0));
    };
    reader.begin(true);
    BOOST_TEST(setting("plan_cache_mode") == "force_generic_plan");
    BOOST_TEST(setting("enable_seqscan") == "off");
    BOOST_TEST(setting("TimeZone") == "UTC");
    BOOST_TEST(setting("search_path") == "catalog, pg_temp");
    BOOST_TEST(setting("application_name") == "backup-catalog");
    reader.commit();
    BOOST_TEST(setting("plan_cache_mode") == "auto");
    BOOST_TEST(setting("enable_seqscan") == "on");
    BOOST_TEST(setting("TimeZone") == "Asia/Shanghai");
    BOOST_TEST(setting("catalog.project_id").empty());
    BOOST_TEST(reader.run_once(db::statement("SELECT count(*) FROM catalog.backups")).text(0, 0) == "0");
    BOOST_TEST(reader.run_once(db::statement("SELECT count(*) FROM pg_prepared_statements")).text(0, 0) == "0");
}

BOOST_AUTO_TEST_SUITE_END()
