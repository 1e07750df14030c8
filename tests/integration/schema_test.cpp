// This file checks the migrations: the schema they make is the golden dump, and they can be taken back and repeated.
#define BOOST_TEST_DYN_LINK
#include "child_process.hpp"
#include "postgres_cluster.hpp"
#include "service.hpp"
#include "sql_session.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <fstream>
#include <ranges>
#include <sstream>
#include <thread>

BOOST_AUTO_TEST_SUITE(schema)

using support::import_records;
using support::postgres_cluster;
using support::sql_session;

namespace {

support::finished script(const std::vector<std::string>& words) {
    std::vector<std::string> arguments{std::string(SOURCE_FOLDER) + "/scripts/" + words.front()};
    arguments.insert(arguments.end(), words.begin() + 1, words.end());
    return support::run({arguments}, std::chrono::seconds(120));
}

} // namespace

BOOST_AUTO_TEST_CASE(golden_dump) {
    auto& cluster = postgres_cluster::instance();
    const std::string database = cluster.create_database();
    sql_session sql(cluster.superuser_url(database));
    if (sql.value("SHOW server_version_num").substr(0, 2) != "15") {
        BOOST_TEST_MESSAGE("the golden dump is PostgreSQL 15's; this is another version, which dumps in another form");
    } else {
        const auto dumped = script({"dump-schema", cluster.superuser_url(database)});
        BOOST_REQUIRE_MESSAGE(dumped.status == 0, dumped.errors);
        const std::string golden = std::string(SOURCE_FOLDER) + "/sql/schema.sql";
        if (std::getenv("GOLDEN_UPDATE")) std::ofstream(golden) << dumped.output;
        std::istringstream now(dumped.output);
        std::istringstream expected(support::read_file(golden));
        std::string now_line;
        std::string expected_line;
        while (std::getline(now, now_line) && std::getline(expected, expected_line) && now_line == expected_line) {
        }
        BOOST_TEST((dumped.output == support::read_file(golden)),
                   "now: " << now_line << "\ngolden: " << expected_line
                           << "\nthe schema differs from sql/schema.sql; scripts/dump-schema makes it anew");
    }
    cluster.drop_database(database);
}

// What verify compares the whole with is as the migrations leave it, and what somebody changed is named.
BOOST_AUTO_TEST_CASE(changes_behind_the_migrations_are_named) {
    auto& cluster = postgres_cluster::instance();
    const std::string database = cluster.create_database();
    const std::string url = cluster.superuser_url(database);
    const auto state = [&] {
        const auto ran = support::run({{"psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-f",
                                        std::string(SOURCE_FOLDER) + "/migrations/state.sql", "-d", url}},
                                      std::chrono::seconds(60));
        BOOST_REQUIRE_MESSAGE(ran.status == 0, ran.errors);
        return ran.output;
    };
    const std::string expected = std::string(SOURCE_FOLDER) + "/migrations/state.txt";
    if (std::getenv("GOLDEN_UPDATE")) std::ofstream(expected) << state();
    BOOST_TEST((state() == support::read_file(expected)), "migrations/state.txt is not what the migrations make");
    const auto whole = script({"migrate", "verify", "--database-url", url});
    BOOST_TEST(whole.status == 0, whole.errors);

    sql_session sql(url);
    sql.run("CREATE POLICY oops ON catalog.backups FOR SELECT TO catalog_reader USING (true);"
            "DROP POLICY enterprise_projects ON catalog.count_deltas;"
            "ALTER POLICY tenant ON catalog.vaults USING (true);"
            "ALTER TABLE catalog.backups DISABLE TRIGGER count_inserted;"
            "ALTER TABLE catalog.members DISABLE ROW LEVEL SECURITY;"
            "REVOKE SELECT ON catalog.week_facets FROM catalog_reader;"
            "GRANT INSERT ON catalog.backups TO catalog_reader;"
            "GRANT UPDATE (name) ON catalog.vaults TO PUBLIC;"
            "CREATE OR REPLACE FUNCTION catalog.fold_counts() RETURNS void LANGUAGE plpgsql AS 'BEGIN END'");
    const auto changed = script({"migrate", "verify", "--database-url", url});
    BOOST_TEST(changed.status == 1);
    for (const char* line :
         {"there, and not by the migrations: policy oops on catalog.backups: permissive for r to catalog_reader",
          "missing: policy enterprise_projects on catalog.count_deltas", "missing: policy tenant on catalog.vaults",
          "not by the migrations: policy tenant on catalog.vaults: permissive for r to catalog_reader using true",
          "not by the migrations: trigger count_inserted on catalog.backups: off",
          "not by the migrations: row-level security of catalog.members: off",
          "missing: catalog_reader may SELECT on catalog.week_facets",
          "not by the migrations: catalog_reader may INSERT on catalog.backups",
          "not by the migrations: everybody may UPDATE column of catalog.vaults.name",
          "missing: function catalog.fold_counts(): as its owner"})
        BOOST_TEST(changed.errors.find(line) != std::string::npos, line << " is not in:\n" << changed.errors);
    cluster.drop_database(database);
}

BOOST_AUTO_TEST_CASE(revert_and_deploy_again) {
    auto& cluster = postgres_cluster::instance();
    const std::string database = cluster.create_database();
    const std::string url = cluster.superuser_url(database);
    const auto reverted = script({"migrate", "revert", "--to", "@ROOT", "--yes", "--database-url", url});
    BOOST_REQUIRE_MESSAGE(reverted.status == 0, reverted.output << reverted.errors);
    BOOST_TEST(sql_session(url).value("SELECT count(*) FROM pg_namespace WHERE nspname = 'catalog'") == "0");
    const auto deployed = script({"migrate", "deploy", "--database-url", url});
    BOOST_REQUIRE_MESSAGE(deployed.status == 0, deployed.output << deployed.errors);
    const auto verified = script({"migrate", "verify", "--database-url", url});
    BOOST_TEST(verified.status == 0, verified.output << verified.errors);
    cluster.drop_database(database);
}

// What a change did and that it was done are two transactions (scripts/migrate): whoever is interrupted between them
// runs the same script again.
BOOST_AUTO_TEST_CASE(each_script_may_run_again) {
    auto& cluster = postgres_cluster::instance();
    const std::string database = cluster.create_database();
    const std::string url = cluster.superuser_url(database);
    const auto dump = [&] { return script({"dump-schema", url}).output; };
    const std::string before = dump();
    std::vector<std::string> changes; // after the first schema, which has nobody's data yet
    std::istringstream plan(support::read_file(std::string(SOURCE_FOLDER) + "/migrations/sqitch.plan"));
    bool first_schema = true;
    for (std::string line; std::getline(plan, line);) {
        if (!first_schema && !line.empty() && line.front() != '@') changes.push_back(line.substr(0, line.find(' ')));
        if (line.starts_with("@v1 ")) first_schema = false;
    }
    BOOST_REQUIRE(changes.size() > 20);
    const auto run_twice = [&](const std::string& folder, const std::string& change) {
        for (const char* time : {"once", "again"}) {
            const auto ran = support::run(
                {{"psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-c", "SET client_min_messages = warning", "-f",
                  std::string(SOURCE_FOLDER) + "/migrations/" + folder + "/" + change + ".sql", "-d", url}},
                std::chrono::seconds(60));
            BOOST_REQUIRE_MESSAGE(ran.status == 0, folder << "/" << change << " " << time << ": " << ran.errors);
        }
    };
    for (const std::string& change : std::ranges::reverse_view(changes))
        run_twice("revert", change);
    BOOST_TEST((dump() != before));
    for (const std::string& change : changes)
        run_twice("deploy", change);
    BOOST_TEST((dump() == before), "the schema is not what it was");
    cluster.drop_database(database);
}

// A backup without member records of its own has no sharing state: neither a child of a shared backup, nor one whose
// last record was deleted. An older schema's wrong states are put right by the migration.
BOOST_AUTO_TEST_CASE(sharing_state_without_member_records) {
    auto& cluster = postgres_cluster::instance();
    const std::string database = cluster.create_database();
    const std::string url = cluster.superuser_url(database);
    const auto reverted = script({"migrate", "revert", "--to", "@v1", "--yes", "--database-url", url});
    BOOST_REQUIRE_MESSAGE(reverted.status == 0, reverted.output << reverted.errors);
    const auto id = [](int number) { return "00000000-0000-4000-8000-00000000000" + std::to_string(number); };
    const auto backup = [&](int number, const std::string& more) {
        return R"({"id": ")" + id(number) + R"(", "name": "", "project_id": "p", "checkpoint_id": ")" + id(0) +
               R"(", "vault_id": ")" + id(0) + R"(", "resource_id": ")" + id(0) +
               R"(", "resource_type": "OS::Nova::Server", "created_at": "2020-01-01T00:00:00")" + more + "}\n";
    };
    const auto member = [&](int number, const std::string& status) {
        return R"({"kind": "member", "id": ")" + id(9 - number) + R"(", "backup_id": ")" + id(number) +
               R"(", "dest_project_id": "q", "status": ")" + status + "\"}\n";
    };
    import_records(cluster.url("test_writer", database),
                   backup(1, "") + backup(2, R"(, "parent_id": ")" + id(1) + "\"") + backup(3, "") + backup(4, "") +
                       member(1, "pending") + member(3, "accepted") + member(4, "rejected"));
    sql_session sql(url);
    sql.run("DELETE FROM catalog.members WHERE backup_id = $1", {id(3)});
    const auto states = [&] {
        return sql.value("SELECT string_agg(member_states::text, ' ' ORDER BY id) FROM catalog.backups "
                         "WHERE owner_project_id IS NULL");
    };
    BOOST_TEST(states() == "1 4 4 4"); // of the second and the third it is wrong
    const auto deployed = script({"migrate", "deploy", "--database-url", url});
    BOOST_REQUIRE_MESSAGE(deployed.status == 0, deployed.output << deployed.errors);
    BOOST_TEST(states() == "1 0 0 4");
    sql.run(
        "INSERT INTO catalog.members (project_id, id, backup_id, dest_project_id, status) VALUES ('p', $1, $2, 'q', "
        "'rejected')",
        {id(7), id(3)});
    BOOST_TEST(states() == "1 0 4 4");
    sql.run("DELETE FROM catalog.members WHERE backup_id IN ($1, $2)", {id(3), id(4)});
    BOOST_TEST(states() == "1 0 0 0");
    BOOST_TEST(sql.value("SELECT count(*) FROM catalog.backups WHERE owner_project_id IS NOT NULL") == "2");
    // The counters, which totals come from, say the same as the rows.
    BOOST_TEST(
        sql.value("SELECT count(*) FROM (SELECT facet, sum(n) AS n FROM (SELECT facet, n FROM catalog.facet_counts "
                  "UNION ALL SELECT facet, n FROM catalog.count_deltas) c GROUP BY facet HAVING sum(n) <> 0) c "
                  "FULL JOIN (SELECT facet, count(*) AS n FROM catalog.backups GROUP BY facet) b "
                  "USING (facet) WHERE c.n IS DISTINCT FROM b.n") == "0");
    cluster.drop_database(database);
}

// What an import of shared backups with children reads grows with their number, not with its square; also where the
// planner takes the tables for empty, because they were analyzed while the rows in them were not committed.
BOOST_AUTO_TEST_CASE(an_import_looks_shares_up_one_by_one) {
    constexpr int shares = 400;
    constexpr int most_entries = 100; // of indexes, or rows of tables, for each share
    auto& cluster = postgres_cluster::instance();
    for (const bool taken_for_empty : {false, true}) {
        const std::string database = cluster.create_database();
        sql_session sql(cluster.superuser_url(database));
        sql.run("ALTER TABLE catalog.backups SET (autovacuum_enabled = off)");
        sql.run("ALTER TABLE catalog.members SET (autovacuum_enabled = off)");
        if (taken_for_empty) {
            sql_session other(cluster.superuser_url(database));
            other.run("BEGIN; INSERT INTO catalog.backups (project_id, id, checkpoint_id, resource_id, provider_id, "
                      "vault_id, name, resource_type, created_at) SELECT 'q', gen_random_uuid(), gen_random_uuid(), "
                      "gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'n', 'OS::Nova::Server', now() FROM "
                      "generate_series(1, 50); INSERT INTO catalog.members (project_id, id, backup_id, "
                      "dest_project_id, status) SELECT 'q', gen_random_uuid(), id, 'r', 'accepted' FROM "
                      "catalog.backups");
            sql.run("ANALYZE");
            other.run("ROLLBACK");
            BOOST_REQUIRE(sql.value("SELECT count(*) FROM pg_class WHERE oid IN ('catalog.backups'::regclass, "
                                    "'catalog.members'::regclass) AND relpages > 0 AND reltuples = 0") == "2");
        }
        const auto id = [](int kind, int number) {
            return std::to_string(10'000'000 + kind) + "-0000-4000-8000-" + std::to_string(100'000'000'000 + number);
        };
        std::string lines;
        for (int number = 0; number < shares; ++number) {
            for (const int kind : {0, 1}) // a backup and its child
                lines += R"({"id": ")" + id(kind, number) + R"(", "name": "", "project_id": "p", "checkpoint_id": ")" +
                         id(2, number) + R"(", "vault_id": ")" + id(3, 0) + R"(", "resource_id": ")" + id(4, number) +
                         R"(", "resource_type": "OS::Nova::Server", "created_at": "2020-01-01T00:00:00")" +
                         (kind == 1 ? R"(, "parent_id": ")" + id(0, number) + "\"" : "") + "}\n";
            lines += R"({"kind": "member", "id": ")" + id(5, number) + R"(", "backup_id": ")" + id(0, number) +
                     R"(", "dest_project_id": "q", "status": "accepted"})" + "\n";
        }
        const auto entries = [&] {
            return std::stol(sql.value("SELECT coalesce(sum(idx_tup_read), 0) + (SELECT sum(seq_tup_read) FROM "
                                       "pg_stat_all_tables WHERE schemaname = 'catalog') FROM pg_stat_all_indexes "
                                       "WHERE schemaname = 'catalog'"));
        };
        const auto members_inserted = [&] { // those that were rolled back, too
            return std::stol(
                sql.value("SELECT n_tup_ins FROM pg_stat_all_tables WHERE relid = 'catalog.members'::regclass"));
        };
        const long before = entries();
        const long inserted_before = members_inserted();
        import_records(cluster.url("test_writer", database), lines);
        BOOST_TEST(sql.value("SELECT count(*) FROM catalog.backups WHERE project_id = 'q'") ==
                   std::to_string(2 * shares));
        // A session's statistics come when it has ended.
        for (int i = 0; i < 100 && members_inserted() < inserted_before + shares; ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
        const long read = entries() - before;
        BOOST_TEST(read > shares);
        BOOST_TEST(read < most_entries * shares, (taken_for_empty ? "taken for empty" : "new"));
        BOOST_TEST_MESSAGE("entries read for a share: " << read / shares);
        cluster.drop_database(database);
    }
}

// What writers with SQL of their own may do, and what is refused because lists would say something else than the
// records.
BOOST_AUTO_TEST_CASE(writers_of_their_own) {
    auto& cluster = postgres_cluster::instance();
    const std::string database = cluster.create_database();
    sql_session owner(cluster.superuser_url(database));
    sql_session sql(cluster.url("test_writer", database));
    const auto id = [](int number) { return "00000000-0000-4000-8000-00000000000" + std::to_string(number); };
    const auto backup = [&](int number) {
        return "INSERT INTO catalog.backups (project_id, id, checkpoint_id, vault_id, resource_id, provider_id, "
               "created_at, name, resource_type) VALUES ('p', '" +
               id(number) +
               "', gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), now(), 'n', "
               "'OS::Nova::Server'); ";
    };
    const auto member = [&](int number, const std::string& of, int of_backup, const std::string& to) {
        return "INSERT INTO catalog.members (project_id, id, backup_id, dest_project_id, status) VALUES ('" + of +
               "', '" + id(number) + "', '" + id(of_backup) + "', '" + to + "', 'pending'); ";
    };
    const auto record = [&](int number, const std::string& of, int of_backup) {
        return "INSERT INTO catalog.replication_records (project_id, backup_id, position, id, status) VALUES ('" + of +
               "', '" + id(of_backup) + "', 0, '" + id(number) + "', 'success'); ";
    };
    const auto refused = [&](sql_session& by, const std::string& statement, const std::string& state,
                             const std::string& text) {
        BOOST_CHECK_EXCEPTION(by.run(statement), support::sql_error, [&](const support::sql_error& e) {
            BOOST_TEST(e.sqlstate == state, e.what());
            BOOST_TEST(std::string(e.what()).find(text) != std::string::npos, e.what());
            return true;
        });
    };
    const auto documents = [&](int of_backup) {
        return sql.value(
            "SELECT string_agg(json_array_length(replication_document::json)::text, ' ' ORDER BY project_id) "
            "FROM catalog.backups WHERE id = $1",
            {id(of_backup)});
    };

    // Replication records before their backup, and with it to another project, in either order.
    sql.run("BEGIN; " + record(9, "p", 1) + backup(1) + "COMMIT");
    BOOST_TEST(documents(1) == "1");
    const std::string records_move = "UPDATE catalog.replication_records SET project_id = 'z'; ";
    const std::string backups_move = "UPDATE catalog.backups SET project_id = 'z'; ";
    for (const std::string& order : {records_move + backups_move, backups_move + records_move}) {
        sql.run("BEGIN; " + order + "COMMIT");
        BOOST_TEST(documents(1) == "1", order);
        sql.run("BEGIN; UPDATE catalog.backups SET project_id = 'p'; UPDATE catalog.replication_records SET project_id "
                "= 'p'; COMMIT");
        BOOST_TEST(documents(1) == "1", order);
    }

    // A share's records are its owner's.
    sql.run(member(8, "p", 1, "q"));
    BOOST_TEST(documents(1) == "1 1");
    refused(sql, member(7, "q", 1, "r"), "23503", "members: backup " + id(1) + " is shared with project \"q\"");
    refused(sql, record(7, "q", 1), "23503", "replication_records: backup " + id(1));
    refused(sql, "UPDATE catalog.members SET project_id = 'q'", "23503", "belongs to project \"p\"");
    refused(sql, "UPDATE catalog.replication_records SET project_id = 'q'", "23503", "belongs to project \"p\"");
    BOOST_TEST(documents(1) == "1 1");

    // Shares are kept right by locks, which stricter levels look past: those are refused, without shares they are not.
    for (const std::string level : {"REPEATABLE READ", "SERIALIZABLE"}) {
        const std::string begin = "BEGIN ISOLATION LEVEL " + level + "; ";
        for (const std::string& statement :
             {"UPDATE catalog.backups SET name = 'new' WHERE id = '" + id(1) + "'", member(7, "p", 1, "r"),
              std::string("DELETE FROM catalog.members"), "DELETE FROM catalog.backups WHERE id = '" + id(1) + "'"}) {
            refused(sql, begin + statement, "0A000", "READ COMMITTED");
            sql.run("ROLLBACK");
        }
        sql.run(begin + backup(2) + "COMMIT");
        sql.run(begin + "UPDATE catalog.backups SET name = 'new' WHERE id = '" + id(2) + "'; " + record(6, "p", 2) +
                "COMMIT");
        sql.run(begin + "DELETE FROM catalog.backups WHERE id = '" + id(2) + "'; COMMIT");
        // A share that came after the snapshot.
        sql.run(backup(2));
        sql.run(begin + "SELECT FROM catalog.backups");
        owner.run(member(5, "p", 2, "q"));
        refused(sql, "UPDATE catalog.backups SET name = 'newer' WHERE id = '" + id(2) + "'", "40001", "");
        sql.run("ROLLBACK");
        sql.run("DELETE FROM catalog.backups WHERE id = '" + id(2) + "'");
    }

    // What backups say of records does not outlive them.
    refused(owner, "TRUNCATE catalog.members", "0A000", "catalog.members is truncated together with catalog.backups");
    refused(owner, "TRUNCATE catalog.replication_records", "0A000",
            "catalog.replication_records is truncated together");
    BOOST_TEST(documents(1) == "1 1");

    // An escape hides no key, and what is no text is refused.
    const auto extend = [&](const std::string& text) {
        sql.run("UPDATE catalog.backups SET extend_info = $1 WHERE id = $2", {text, id(1)});
    };
    extend(R"({"a":"\u00e9 \\u0000 \u000a","b\"incremental":{"incremental":true}})");
    BOOST_CHECK_THROW(extend(R"({"\u0069ncremental":true})"), support::sql_error);
    BOOST_CHECK_THROW(extend(R"({"a":"\u0000"})"), support::sql_error);

    const auto verified = support::run_catalog({"verify", "--database-url", cluster.url("test_writer", database)});
    BOOST_TEST(verified.status == 0, verified.output << verified.errors);
    owner.run("TRUNCATE catalog.backups CASCADE");
    BOOST_TEST(sql.value("SELECT count(*) FROM catalog.members") == "0");
    owner.run("TRUNCATE catalog.members");
    cluster.drop_database(database);
}

// Constraints refuse what the contract does not know, whoever writes.
BOOST_AUTO_TEST_CASE(constraints) {
    auto& cluster = postgres_cluster::instance();
    const std::string database = cluster.create_database();
    sql_session sql(cluster.superuser_url(database));
    const auto insert = [&](const std::string& columns, const std::string& values) {
        sql.run("INSERT INTO catalog.backups (project_id, id, checkpoint_id, vault_id, resource_id, provider_id, "
                "created_at" +
                columns +
                ") SELECT 'p', gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), "
                "gen_random_uuid(), now()" +
                values);
    };
    insert(", name, resource_type", ", 'n', 'OS::Nova::Server'");
    const std::string fine = ", 'n', 'OS::Nova::Server'";
    for (const auto& [column, value] :
         std::vector<std::pair<std::string, std::string>>{{"status", "'broken'"},
                                                          {"image_type", "'x'"},
                                                          {"description", "repeat('x', 256)"},
                                                          {"resource_name", "repeat('x', 256)"},
                                                          {"resource_size", "-1"},
                                                          {"updated_at", "timestamptz 'infinity'"},
                                                          {"extend_info", "'[]'"},
                                                          {"extend_info", "'{ \"a\": 1}'"},
                                                          {"extend_info", "'{\"incremental\": true}'"},
                                                          {"enterprise_project_id", "''"},
                                                          {"owner_project_id", "'p'"},
                                                          {"member_states", "8"},
                                                          {"resource_az", "repeat('x', 256)"},
                                                          {"version", "null"}})
        BOOST_CHECK_THROW(insert(", name, resource_type, " + column, fine + ", " + value), support::sql_error);
    BOOST_CHECK_THROW(insert(", name, resource_type", ", repeat('x', 256), 'OS::Nova::Server'"), support::sql_error);
    // The longest texts, which don't compress, of every index; of a share and of an own backup.
    const std::string characters =
        "(SELECT string_agg(chr(65536 + (random() * 50000)::integer), '') FROM generate_series(1, 255))";
    const std::string bytes =
        "(SELECT string_agg(chr(97 + (random() * 25)::integer), '') FROM generate_series(1, 255))";
    for (const std::string status : {"available", "waiting_restore"})
        for (const std::string owner : {"NULL", "repeat('o', 64)"})
            insert(", updated_at, resource_type, status, member_states, name, resource_name, resource_az, "
                   "enterprise_project_id, owner_project_id",
                   ", now(), 'OS::Workspace::DesktopV2', '" + status + "', 7, " + characters + ", " + characters +
                       ", " + characters + ", " + bytes + ", " + owner);
    sql.run("UPDATE catalog.backups SET project_id = repeat('p', 64), updated_at = '2030-01-01', protected_at = "
            "'2030-01-01' WHERE length(name) = 255");
    BOOST_CHECK_THROW(insert(", name, resource_type, enterprise_project_id", fine + ", repeat('\u00e9', 128)"),
                      support::sql_error);
    BOOST_CHECK_THROW(insert(", name, resource_type", ", 'n', 'OS::Other'"), support::sql_error);
    BOOST_CHECK_THROW(sql.run("UPDATE catalog.backups SET project_id = 'not a project'"), support::sql_error);
    BOOST_CHECK_THROW(sql.run("INSERT INTO catalog.backups SELECT * FROM catalog.backups"), support::sql_error);
    cluster.drop_database(database);
}

BOOST_AUTO_TEST_SUITE_END()
