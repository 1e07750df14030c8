// This file runs each script of sql/dba against a filled catalog, as the role that docs/dba.md names for it.
#define BOOST_TEST_DYN_LINK
#define BOOST_TEST_MODULE dba
#include "postgres_cluster.hpp"
#include "random_catalog.hpp"
#include "service.hpp"
#include "sql_session.hpp"
#include "text.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <thread>

namespace {

using namespace support;

// psql as a DBA calls it, with the result as CSV.
finished psql(const std::string& user, const std::string& database, const std::string& script,
              std::vector<std::string> flags = {}) {
    command what{{"psql", "-X", "-q", "--csv", "-v", "ON_ERROR_STOP=1"}};
    what.arguments.insert(what.arguments.end(), flags.begin(), flags.end());
    what.arguments.insert(what.arguments.end(), {"-f", source_folder() + "/sql/dba/" + script,
                                                 postgres_cluster::instance().url(user, database)});
    return run(what);
}

// A random catalog with roles and extensions as the scripts make them.
struct stage {
    stage()
        : catalog(make_random_catalog(5, {600, 100, 20, true}))
        , database(postgres_cluster::instance().create_database()) {
        for (const char* const script : {"extensions.sql", "roles.sql", "roles.sql"}) { // twice: may be run again
            const finished end = psql("", database, script);
            BOOST_REQUIRE_MESSAGE(end.status == 0 && end.errors.find("ERROR") == std::string::npos,
                                  script << ": " << end.errors);
        }
        import_records(url("catalog_import"), catalog.lines);
    }

    std::string url(const std::string& user) const { return postgres_cluster::instance().url(user, database); }

    sql_session superuser() const { return sql_session(postgres_cluster::instance().superuser_url(database)); }

    random_catalog catalog;
    std::string database;
};

stage& common() {
    static stage one;
    return one;
}

std::vector<std::string> report(const std::string& script, const std::string& columns) {
    const finished end = psql("catalog_monitor", common().database, script);
    BOOST_TEST(end.status == 0, script << ": " << end.errors);
    BOOST_TEST(end.errors.empty(), script << ": " << end.errors);
    std::vector<std::string> lines = lines_of(end.output);
    BOOST_REQUIRE_MESSAGE(!lines.empty(), script << " prints nothing");
    BOOST_TEST(lines.front() == columns, script);
    lines.erase(lines.begin());
    return lines;
}

bool any_starts_with(const std::vector<std::string>& lines, const std::string& text) {
    return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) { return line.starts_with(text); });
}

} // namespace

BOOST_AUTO_TEST_CASE(roles_have_what_they_need_and_no_more) {
    const finished end = psql("", common().database, "roles.sql");
    BOOST_TEST(end.status == 0, end.errors);
    BOOST_TEST((lines_of(end.output) ==
                std::vector<std::string>{"role,member_of,connections", "catalog_import,catalog_writer,20",
                                         "catalog_monitor,pg_monitor,5", "catalog_service,catalog_reader,200"}),
               end.output);
    // The service accepts its role, and that of import for nothing.
    catalog_service service({common().url("catalog_service"), {{"t", "alice", "p", {"reader"}}}});
    service.stop();
    const finished refused = run_catalog({"serve", "--database-url", common().url("catalog_import"), "--identity",
                                          "static", "--identity-file", "/dev/null"});
    BOOST_TEST(refused.status == 2);
    sql_session monitor(common().url("catalog_monitor"));
    BOOST_CHECK_THROW(monitor.run("SELECT count(*) FROM catalog.backups"), sql_error);
    sql_session service_role(common().url("catalog_service"));
    for (const char* const change :
         {"DELETE FROM catalog.backups", "CREATE TABLE t ()", "CREATE TEMP TABLE t ()", "SELECT catalog.fold_counts()"})
        BOOST_CHECK_THROW(service_role.run(change), sql_error);
    BOOST_TEST(service_role.value("SELECT count(*) FROM catalog.backups") == "0"); // no caller
    // Others have no business in this database.
    common().superuser().run("DROP ROLE IF EXISTS somebody; CREATE ROLE somebody LOGIN");
    BOOST_CHECK_THROW(sql_session(common().url("somebody")), std::exception);
}

BOOST_AUTO_TEST_CASE(reports_run_as_the_monitor) {
    common().superuser().run("VACUUM ANALYZE catalog.backups");
    const auto size = report("size.sql", "table,estimated_rows,table_size,index_size,total_size,bytes_per_row,"
                                         "percent_of_database");
    BOOST_TEST(any_starts_with(size, "backups,"));
    BOOST_TEST(size.size() >= 9U);
    const auto bloat = report("bloat.sql", "relation,kind,size,free_percent,free_size");
    BOOST_TEST(any_starts_with(bloat, "backups,table,"));
    BOOST_TEST(any_starts_with(bloat, "backups_by_created,index,"));
    const auto indexes = report("indexes.sql", "table,index,size,scans,last_used,entries_per_scan,heap_fetches_percent,"
                                               "cache_hit_percent,valid");
    BOOST_TEST(any_starts_with(indexes, "backups,backups_by_created,"));
    const auto statements = report("statements.sql", "total_seconds,percent,calls,mean_ms,max_ms,rows_per_call,"
                                                     "blocks_per_call,role,statement");
    BOOST_TEST(std::any_of(statements.begin(), statements.end(), [](const std::string& line) {
        return line.find("catalog_import") != std::string::npos && line.find("insufficient") == std::string::npos;
    }));
    const auto vacuum = report("vacuum.sql", "table,live,dead,vacuumed_at_dead,all_visible_percent,last_vacuum,"
                                             "last_analyze,vacuums,freeze_percent,vacuum_now,vacuum_held_back_by");
    BOOST_TEST(any_starts_with(vacuum, "backups,"));
}

BOOST_AUTO_TEST_CASE(locks_show_who_waits_for_whom) {
    const std::string columns = "waiting,waited_ms,wants,object,blocked_by,blocking_role,blocking_application,"
                                "blocking_state,blocking_transaction_seconds,waiting_statement,blocking_statement";
    BOOST_TEST(report("locks.sql", columns).empty());
    sql_session holder = common().superuser();
    holder.run("BEGIN; LOCK TABLE catalog.vaults IN ACCESS EXCLUSIVE MODE");
    const std::string holder_pid = holder.value("SELECT pg_backend_pid()");
    std::jthread waiter([] {
        try {
            sql_session(common().url("catalog_import")).run("SELECT count(*) FROM catalog.vaults");
        } catch (const sql_error&) { // ended with the test
        }
    });
    std::vector<std::string> lines;
    for (int i = 0; i < 100 && lines.empty(); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        lines = report("locks.sql", columns);
    }
    holder.run("ROLLBACK");
    BOOST_REQUIRE(lines.size() == 1U);
    BOOST_TEST(lines.front().find("AccessShareLock,vaults," + holder_pid + ",") != std::string::npos, lines.front());
}

BOOST_AUTO_TEST_CASE(expired_backups_go_in_bounded_batches) {
    sql_session admin = common().superuser();
    const std::string before = "2026-06-01T00:00:00Z";
    admin.run("UPDATE catalog.backups SET expired_at = CASE WHEN id < '80000000-0000-0000-0000-000000000000' THEN "
              "timestamptz '2026-01-01 00:00:00Z' ELSE timestamptz '2026-07-01 00:00:00Z' END "
              "WHERE owner_project_id IS NULL");
    const auto count = [&](const std::string& condition) {
        return std::stoul(admin.value("SELECT count(*) FROM catalog.backups WHERE " + condition));
    };
    const std::string expired = "owner_project_id IS NULL AND parent_id IS NULL AND expired_at < '" + before + "'";
    const std::size_t to_go = count(expired);
    const std::size_t to_stay =
        count("owner_project_id IS NULL AND parent_id IS NULL AND NOT expired_at < '" + before + "'");
    BOOST_REQUIRE(to_go > 100U);
    BOOST_REQUIRE(to_stay > 100U);

    const auto retention = [&](std::vector<std::string> flags) {
        return psql("catalog_import", common().database, "retention.sql", std::move(flags));
    };
    BOOST_TEST(retention({}).status != 0); // says what is missing
    BOOST_TEST(retention({}).errors.find("before") != std::string::npos);
    BOOST_TEST(retention({"-v", "before=2999-01-01T00:00:00Z"}).errors.find("future") != std::string::npos);
    BOOST_TEST(retention({"-v", "before=" + before, "-v", "batch=0"}).errors.find("allowed") != std::string::npos);
    const finished dry = retention({"-v", "before=" + before, "-v", "dry_run=1"});
    BOOST_TEST(dry.status == 0, dry.errors);
    BOOST_TEST(dry.output == "expired,deleted,children,batches\n" + std::to_string(to_go) + ",0,0,0\n", dry.errors);
    BOOST_TEST(count(expired) == to_go);

    const finished done = retention({"-v", "before=" + before, "-v", "batch=50", "-v", "pause=0"});
    BOOST_TEST(done.status == 0, done.errors);
    const std::string start =
        "expired,deleted,children,batches\n" + std::to_string(to_go) + "," + std::to_string(to_go);
    BOOST_TEST(done.output.starts_with(start), done.output << done.errors);
    BOOST_TEST(done.output.ends_with("," + std::to_string((to_go + 49) / 50) + "\n"), done.output);
    BOOST_TEST(count(expired) == 0U);
    BOOST_TEST(count("owner_project_id IS NULL AND parent_id IS NULL") == to_stay);
    // Nothing is left of them: children, copies in receivers' lists, and the counters agree.
    BOOST_TEST(count("parent_id IS NOT NULL AND owner_project_id IS NULL AND NOT EXISTS (SELECT FROM catalog.backups p "
                     "WHERE p.project_id = backups.project_id AND p.id = backups.parent_id)") == 0U);
    BOOST_TEST(count("owner_project_id IS NOT NULL AND NOT EXISTS (SELECT FROM catalog.backups o WHERE o.project_id = "
                     "backups.owner_project_id AND o.id = backups.id)") == 0U);
    BOOST_TEST(admin.value("SELECT sum(n) FROM (SELECT n FROM catalog.project_counts UNION ALL SELECT n FROM "
                           "catalog.count_deltas WHERE facet & 65536 = 0) c") ==
               std::to_string(count("parent_id IS NULL")));
    const finished again = retention({"-v", "before=" + before});
    BOOST_TEST(again.output == "expired,deleted,children,batches\n0,0,0,0\n", again.errors);
}

BOOST_AUTO_TEST_CASE(indexes_go_aside_for_a_first_load_and_come_back) {
    postgres_cluster& cluster = postgres_cluster::instance();
    const std::string database = cluster.create_database();
    sql_session admin(cluster.superuser_url(database));
    const auto indexes = [&](const std::string& condition) {
        return admin.value("SELECT string_agg(pg_get_indexdef(indexrelid), ' ' ORDER BY pg_get_indexdef(indexrelid)) "
                           "FROM pg_index WHERE indrelid = 'catalog.backups'::regclass AND " +
                           condition);
    };
    const auto notes = [&] { return admin.value("SELECT to_regnamespace('catalog_aside') IS NOT NULL"); };
    const std::string before = indexes("true");
    const std::string constraints = indexes("indisunique");
    BOOST_TEST(psql("", database, "indexes_back.sql").errors.find("no indexes are aside") != std::string::npos);
    for (const char* const time : {"once", "twice"}) {
        const finished aside = psql("", database, "indexes_aside.sql");
        BOOST_TEST(aside.status == 0, time << aside.errors);
        BOOST_TEST(aside.output.starts_with("indexes_aside,size\n32,"), aside.output);
    }
    BOOST_TEST(notes() == "t");
    BOOST_TEST(indexes("NOT indisunique AND indexrelid::regclass::text NOT IN ('catalog.backups_of_parent', "
                       "'catalog.backups_shared_id')") == "");
    import_records(cluster.url("test_writer", database), make_random_catalog(6, {300, 60, 10, true}).lines);
    // Whoever serves it nevertheless is told.
    const auto told = [&] {
        catalog_service service({cluster.url("test_reader", database), {}});
        service.stop();
        return service.process().errors();
    };
    const std::string events = told();
    BOOST_TEST(events.find("\"schema_incomplete\",\"missing\":\"backups_all_apart_by_protected, ") != std::string::npos,
               events);
    BOOST_TEST(events.find("backups_texts, backups_without_protected_at, backups_without_updated_at\"") !=
                   std::string::npos,
               events);
    BOOST_TEST(events.find("indexes_back.sql") != std::string::npos, events);
    // Another index under the name of one of them.
    admin.run("CREATE INDEX backups_texts ON catalog.backups (id)");
    const finished refused = psql("", database, "indexes_back.sql");
    BOOST_TEST(refused.status != 0);
    BOOST_TEST(refused.errors.find("with another definition: backups_texts") != std::string::npos, refused.errors);
    admin.run("DROP INDEX catalog.backups_texts");
    // A build that was interrupted: some are there already.
    admin.run("DO $$ BEGIN EXECUTE (SELECT definition FROM catalog_aside.indexes WHERE name = 'backups_by_name'); "
              "END $$");
    const finished back = psql("", database, "indexes_back.sql");
    BOOST_TEST(back.status == 0, back.errors);
    BOOST_TEST(back.output.starts_with("indexes_back,size\n32,"), back.output);
    BOOST_TEST(indexes("indisvalid") == before);
    BOOST_TEST(indexes("indisunique") == constraints);
    BOOST_TEST(notes() == "f");
    BOOST_TEST(told().find("schema_incomplete") == std::string::npos);
    // One that a failed build left.
    admin.run("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'catalog.backups_texts'::regclass");
    BOOST_TEST(told().find("\"missing\":\"backups_texts\"") != std::string::npos);
    admin.run("UPDATE pg_index SET indisvalid = true WHERE indexrelid = 'catalog.backups_texts'::regclass");
    BOOST_TEST(psql("", database, "indexes_back.sql").status != 0);
    const finished verified = run_catalog({"verify", "--database-url", cluster.url("test_writer", database)});
    BOOST_TEST(verified.status == 0, verified.output << verified.errors);
    cluster.drop_database(database);
}
