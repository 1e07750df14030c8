// This file damages a catalog in every way that `backup-catalog verify` knows, and sees it named and mended; and sees
// nothing found where nothing is wrong, also while writers write.
#define BOOST_TEST_DYN_LINK
#define BOOST_TEST_MODULE verify
#include "comparison.hpp"
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
namespace json = boost::json;

finished verify(const std::string& url, const std::vector<std::string>& flags = {}) {
    std::vector<std::string> arguments{"verify", "--database-url", url};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    return run_catalog(arguments);
}

void expect_nothing(const std::string& url, const std::string& when) {
    const finished end = verify(url);
    BOOST_TEST(end.status == 0, when << ": " << end.output << end.errors);
    BOOST_TEST(end.output.empty(), when << ": " << end.output);
    BOOST_TEST(end.errors.find(": 0 findings") != std::string::npos, when << ": " << end.errors);
}

// A random catalog with shares, children and replication records.
struct stage {
    stage()
        : catalog(make_random_catalog(11))
        , database(postgres_cluster::instance().create_database())
        , writer_url(postgres_cluster::instance().url("test_writer", database))
        , sql(postgres_cluster::instance().superuser_url(database)) {
        postgres_cluster::instance().count_by_week_from(database, 1);
        import_records(writer_url, catalog.lines);
        sql.run("SET search_path = catalog; SET timezone = 'UTC'");
    }

    // Everything that the catalog holds, the deltas added to the counters.
    std::string content() {
        return sql.value("SELECT md5(string_agg(line, E'\\n' ORDER BY line)) FROM ("
                         "SELECT 'b' || b AS line FROM backups b UNION ALL SELECT 'm' || m FROM members m "
                         "UNION ALL SELECT 'r' || r FROM replication_records r "
                         "UNION ALL SELECT concat_ws(' ', project_id, facet, sum(n)) FROM (SELECT project_id, facet, n "
                         "FROM facet_counts UNION ALL SELECT project_id, facet, n FROM count_deltas) c "
                         "GROUP BY project_id, facet HAVING sum(n) <> 0 "
                         "UNION ALL SELECT concat_ws(' ', 'w', project_id, week, facet, sum(n)) FROM ("
                         "SELECT project_id, week, facet, n FROM week_counts "
                         "UNION ALL SELECT project_id, w.week, facet & 1048575, n FROM count_deltas "
                         "CROSS JOIN LATERAL (VALUES (week), ('-infinity')) w (week) WHERE facet & 65536 = 0) c "
                         "GROUP BY project_id, week, facet HAVING sum(n) <> 0 "
                         "UNION ALL SELECT concat_ws(' ', 'p', project_id, part, facet, sum(n)) FROM ("
                         "SELECT project_id, part, facet, n FROM part_counts "
                         "UNION ALL SELECT project_id, p.part, facet & 1048575, n FROM count_deltas "
                         "CROSS JOIN LATERAL (VALUES ('vault ' || vault_id), ('zone ' || resource_az), "
                         "(vault_week(vault_id, week))) p (part) "
                         "WHERE facet & 65536 = 0 AND p.part IS NOT NULL) c "
                         "GROUP BY project_id, part, facet HAVING sum(n) <> 0 "
                         "UNION ALL SELECT concat_ws(' ', 'a', week, facet, sum(n)) FROM ("
                         "SELECT week, facet, n FROM all_week_counts UNION ALL SELECT week, NULL, own FROM all_weeks "
                         "UNION ALL SELECT w.week, k.facet, n FROM count_deltas "
                         "CROSS JOIN LATERAL (VALUES (week), ('-infinity')) w (week) "
                         "CROSS JOIN LATERAL (VALUES (facet & 1048575), (NULL)) k (facet) WHERE count_deltas.facet & "
                         "98304 = 0) c GROUP BY week, facet HAVING sum(n) <> 0) t");
    }

    random_catalog catalog;
    std::string database;
    std::string writer_url;
    sql_session sql; // superuser
};

stage& common() {
    static stage one;
    return one;
}

// Writes a generated column, which only the system catalog can be talked into.
std::string set_generated(const std::string& column, const std::string& value, const std::string& where) {
    const std::string attribute =
        " WHERE attrelid = 'catalog.backups'::regclass AND attname = '" + column + "'; COMMIT; BEGIN;";
    return "BEGIN; UPDATE pg_attribute SET attgenerated = ''" + attribute + "UPDATE backups SET " + column + " = " +
           value + " WHERE " + where + "; UPDATE pg_attribute SET attgenerated = 's'" + attribute + " COMMIT";
}

std::string row(const std::string& condition, int offset = 0) {
    return "ctid = (SELECT ctid FROM backups WHERE " + condition + " ORDER BY project_id, id OFFSET " +
           std::to_string(offset) + " LIMIT 1)";
}

struct damage {
    std::string what;
    std::string statement;
    std::vector<std::string> kinds; // that verify must name, at least
};

std::vector<damage> damages() {
    const std::string own = "owner_project_id IS NULL";
    const std::string copy = "owner_project_id IS NOT NULL";
    const std::string insert_copy =
        "INSERT INTO backups (project_id, id, owner_project_id, checkpoint_id, resource_id, provider_id, name, "
        "resource_type, created_at) SELECT 'nobody', ";
    return {
        {"document", set_generated("document", "replace(document, 'name', 'nome')", row(own)), {"document"}},
        {"document of a copy", set_generated("document", "'{}'", row(copy)), {"document"}},
        {"facet", set_generated("facet", "facet # 7", row(own, 3)), {"facet", "facet_counts"}},
        {"updated_order", set_generated("updated_order", "'2000-01-01Z'", row(own, 4)), {"updated_order"}},
        {"protected_order of a copy",
         set_generated("protected_order", "'2000-01-01Z'", row(copy, 1)),
         {"protected_order"}},
        {"replication_document lost",
         "UPDATE backups SET replication_document = NULL WHERE " + row(own + " AND replication_document IS NOT NULL"),
         {"replication_document"}},
        {"replication_document of nothing",
         "UPDATE backups SET replication_document = '[]' WHERE " + row(own + " AND replication_document IS NULL"),
         {"replication_document"}},
        {"member_states",
         "UPDATE backups SET member_states = member_states # 1 WHERE " + row(own, 6),
         {"member_states"}},
        {"copy missing", "DELETE FROM backups WHERE " + row(copy, 2), {"copy_missing", "project_counts"}},
        {"inherited copy missing", "DELETE FROM backups WHERE " + row("inherited"), {"copy_missing"}},
        {"copy left over, of a backup that is not shared",
         insert_copy +
             "id, project_id, checkpoint_id, resource_id, provider_id, name, resource_type, created_at FROM backups "
             "WHERE " +
             row(own),
         {"copy_left_over", "project_counts", "facet_counts"}},
        {"copy left over, of no backup",
         insert_copy +
             "gen_random_uuid(), 'ghost', checkpoint_id, resource_id, provider_id, name, resource_type, created_at "
             "FROM backups WHERE " +
             row(own),
         {"copy_left_over"}},
        {"copy of the wrong project",
         "UPDATE backups SET owner_project_id = 'ghost' WHERE " + row(copy, 3),
         {"copy_left_over", "copy_missing"}},
        {"copy's name", "UPDATE backups SET name = name || 'x' WHERE " + row(copy, 4), {"copy_different"}},
        {"copy's vault", "UPDATE backups SET vault_id = gen_random_uuid() WHERE " + row(copy, 5), {"copy_different"}},
        {"copy's extend_info",
         "UPDATE backups SET extend_info = '{\"a\":1,\"a\":2}' WHERE " + row(copy, 6),
         {"copy_different"}},
        {"copy's state",
         "UPDATE backups SET member_states = member_states # 1 WHERE " + row(copy, 7),
         {"copy_different"}},
        {"copy's replication records",
         "UPDATE backups SET replication_document = '[1]' WHERE " + row(copy, 1),
         {"copy_different"}},
        {"original changed without its copies",
         "UPDATE backups SET description = 'changed' WHERE owner_project_id IS NULL AND id IN (SELECT id FROM backups "
         "WHERE "
         "owner_project_id IS NOT NULL ORDER BY id LIMIT 1)",
         {"copy_different"}},
        {"project_counts", "UPDATE project_counts SET n = n + 1 WHERE NOT shared", {"project_counts"}},
        {"project_counts lost", "DELETE FROM project_counts", {"project_counts"}},
        {"facet_counts lost",
         "DELETE FROM project_facets WHERE ctid = (SELECT min(ctid) FROM project_facets)",
         {"facet_counts", "zone_counts"}},
        {"vault_counts",
         "UPDATE vault_facets SET ns[1] = ns[1] - 1 WHERE ctid = (SELECT min(ctid) FROM vault_facets)",
         {"vault_counts"}},
        {"count_deltas made up",
         "INSERT INTO count_deltas SELECT project_id, facet, vault_id, resource_az, "
         "enterprise_project_id, 5 FROM backups LIMIT 1",
         {"facet_counts"}},
        {"counters of a project without backups",
         "INSERT INTO project_facets VALUES ('zzz', '0', '{0}', '{NULL}', '{3}')",
         {"facet_counts", "placement"}},
        {"zone_counts", "UPDATE zone_facets SET ns[1] = ns[1] + 1 WHERE resource_az IS NOT NULL", {"zone_counts"}},
        {"week_counts",
         "UPDATE week_facets SET ns[1] = ns[1] + 1 WHERE ctid = (SELECT min(ctid) FROM week_facets)",
         {"week_counts"}},
        {"week_counts of all weeks",
         "UPDATE week_facets SET bits[1] = bits[1] # 7 WHERE week = '-infinity'",
         {"week_counts"}},
        {"week_counts, the sum", "UPDATE week_facets SET own = own + 1 WHERE week <> '-infinity'", {"week_counts"}},
        {"first week of a facet",
         "UPDATE week_facets SET firsts[1] = lasts[1] + interval '1 week' WHERE week = '-infinity'",
         {"week_counts"}},
        {"last week of a facet",
         "UPDATE week_facets SET lasts[1] = firsts[1] - interval '1 week' WHERE week = '-infinity'",
         {"week_counts"}},
        {"weeks of facets lost", "UPDATE week_facets SET firsts = NULL, lasts = NULL", {"week_counts"}},
        {"facets_by_bits lost", "DELETE FROM facets_by_bits", {"week_counts"}},
        {"week_counts lost", "DELETE FROM week_facets", {"week_counts"}},
        {"weeks of a project that are not said to be counted",
         "UPDATE project_counts SET by_week = false",
         {"week_counts"}},
        {"part_counts of a vault",
         "UPDATE part_facets SET ns[1] = ns[1] + 1 WHERE ctid = (SELECT min(ctid) FROM part_facets WHERE part LIKE "
         "'vault %')",
         {"part_counts"}},
        {"part_counts of a zone",
         "UPDATE part_facets SET bits[1] = bits[1] # 7 WHERE ctid = (SELECT min(ctid) FROM part_facets WHERE part LIKE "
         "'zone %')",
         {"part_counts"}},
        {"part_counts of a vault's week",
         "UPDATE part_facets SET ns[1] = ns[1] + 1 WHERE ctid = (SELECT min(ctid) FROM part_facets WHERE part LIKE "
         "'vault % ____-__-__')",
         {"part_counts"}},
        {"part_counts lost", "DELETE FROM part_facets", {"part_counts"}},
        {"weeks of vaults that are not said to be counted",
         "UPDATE project_counts SET vaults_by_week = false",
         {"part_counts"}},
        {"zones of facets_by_bits", "UPDATE facets_by_bits SET resource_az = 'elsewhere'", {"week_counts"}},
        {"zone_counts lost", "DELETE FROM zone_facets", {"zone_counts"}},
        {"all_weeks of a facet",
         "UPDATE all_weeks SET ns[1] = ns[1] + 1 WHERE week = (SELECT max(week) FROM all_weeks)",
         {"all_weeks"}},
        {"all_weeks' own", "UPDATE all_weeks SET own = own - 1 WHERE week = '-infinity'", {"all_weeks"}},
        {"all_weeks lost", "DELETE FROM all_weeks", {"all_weeks"}},
        {"placements of zones lost", "DELETE FROM zone_placements", {"zone_counts"}},
        {"placements lost", "DELETE FROM placements", {"placement"}},
        {"placement of another pair",
         "UPDATE placements SET enterprise_project_id = 'elsewhere' WHERE ctid = (SELECT min(ctid) FROM placements)",
         {"placement"}},
        {"placement",
         "UPDATE project_facets SET enterprise_project_id = 'elsewhere' WHERE ctid = (SELECT min(ctid) FROM "
         "project_facets)",
         {"placement"}},
    };
}

} // namespace

BOOST_AUTO_TEST_CASE(a_whole_catalog_has_no_findings) {
    expect_nothing(common().writer_url, "after an import");
    for (const std::string& project : common().catalog.projects)
        BOOST_TEST(verify(common().writer_url, {"--project", project}).status == 0);
    const finished nothing = verify(common().writer_url, {"--repair"});
    BOOST_TEST(nothing.status == 0, nothing.errors);
}

BOOST_AUTO_TEST_CASE(every_damage_is_named_and_mended) {
    stage& stage = common();
    for (const damage& one : damages()) {
        const std::string whole = stage.content();
        const bool of_the_original = one.what.starts_with("original");
        stage.sql.run("SET session_replication_role = replica"); // no triggers
        stage.sql.run(one.statement);
        stage.sql.run("SET session_replication_role = origin");
        const finished seen = verify(stage.writer_url);
        BOOST_TEST(seen.status == 1, one.what << ": status " << seen.status << ": " << seen.errors);
        for (const std::string& kind : one.kinds)
            BOOST_TEST(("\n" + seen.output).find("\n" + kind + ": ") != std::string::npos,
                       one.what << ": no " << kind << " in:\n"
                                << seen.output << seen.errors);
        for (const std::string& line : lines_of(seen.output))
            BOOST_TEST((line.find(": is ") != std::string::npos && line.find(", should be ") != std::string::npos),
                       line);
        const finished mended = verify(stage.writer_url, {"--repair", "--json"});
        BOOST_TEST(mended.status == 0, one.what << ": " << mended.output << mended.errors);
        const json::value result = json::parse(mended.output);
        // One repair may mend several findings before they are come across.
        BOOST_TEST(result.at("findings").to_number<std::size_t>() > 0u, one.what << ": " << mended.output);
        const std::size_t lines = lines_of(seen.output).size(); // at most a hundred
        BOOST_TEST((lines == 100 || result.at("findings").to_number<std::size_t>() <= lines), one.what);
        BOOST_TEST(result.at("left").to_number<int>() == 0, one.what);
        expect_nothing(stage.writer_url, one.what);
        BOOST_TEST((of_the_original || stage.content() == whole), one.what << ": repaired, but not to what it was");
    }
}

BOOST_AUTO_TEST_CASE(a_hundred_lines_and_all_are_counted) {
    stage& stage = common();
    stage.sql.run("SET session_replication_role = replica; UPDATE backups SET replication_document = '[0]'; "
                  "SET session_replication_role = origin");
    const finished seen = verify(stage.writer_url);
    BOOST_TEST(seen.status == 1);
    BOOST_TEST(lines_of(seen.output).size() == 100u);
    const std::string rows = stage.sql.value("SELECT count(*) FROM backups WHERE owner_project_id IS NULL");
    BOOST_TEST(seen.errors.find("replication_document " + rows) != std::string::npos, seen.errors);
    const finished mended = verify(stage.writer_url, {"--repair"});
    BOOST_TEST(mended.status == 0, mended.errors);
    BOOST_TEST(mended.errors.find("; all are repaired") != std::string::npos, mended.errors);
    expect_nothing(stage.writer_url, "after many findings");
}

BOOST_AUTO_TEST_CASE(one_project_alone) {
    stage& stage = common();
    stage.sql.run("UPDATE project_counts SET n = n + 1 WHERE NOT shared AND project_id IN ($1, $2)",
                  {stage.catalog.projects[0], stage.catalog.projects[1]});
    const finished first = verify(stage.writer_url, {"--project", stage.catalog.projects[0]});
    BOOST_TEST(lines_of(first.output).size() == 1u, first.output);
    BOOST_TEST(verify(stage.writer_url, {"--project=" + stage.catalog.projects[2]}).status == 0);
    BOOST_TEST(verify(stage.writer_url, {"--project", stage.catalog.projects[0], "--repair"}).status == 0);
    BOOST_TEST(lines_of(verify(stage.writer_url).output).size() == 1u);
    BOOST_TEST(verify(stage.writer_url, {"--repair"}).status == 0);
}

BOOST_AUTO_TEST_CASE(bad_usage_and_roles) {
    postgres_cluster& cluster = postgres_cluster::instance();
    const auto refused = [](const finished& end, const std::string& text) {
        BOOST_TEST(end.status == 2, end.errors);
        BOOST_TEST(end.errors.find(text) != std::string::npos, end.errors);
    };
    refused(verify(common().writer_url, {"--project", "no project"}), "is not a project id");
    refused(verify(common().writer_url, {"what"}), "unexpected argument");
    refused(verify(common().writer_url, {"--repare"}), "unknown setting");
    refused(verify(cluster.url("test_reader", common().database)), "the role may not verify; grant it catalog_writer");
    BOOST_TEST(verify(cluster.superuser_url(common().database)).status == 0);
    const std::string older = cluster.create_database();
    run_checked({{source_folder() + "/scripts/migrate", "revert", "--to", "@v1", "--yes", "--database-url",
                  cluster.superuser_url(older)}});
    refused(verify(cluster.url("test_writer", older)), "scripts/migrate deploy");
    catalog_service service({cluster.url("test_reader", older), {}});
    service.stop();
    const std::string events = service.process().errors();
    for (const std::string missing :
         {"schema_incomplete", "backups_texts", "placements", "zone_counts", "scripts/migrate deploy"})
        BOOST_TEST(events.find(missing) != std::string::npos, missing << " isn't in: " << events);
    cluster.drop_database(older);
    // A role that may look but not write.
    common().sql.run("CREATE ROLE test_watcher LOGIN; GRANT catalog_writer TO test_watcher; "
                     "ALTER ROLE test_watcher SET default_transaction_read_only = on");
    BOOST_TEST(verify(cluster.url("test_watcher", common().database)).status == 0);
}

// Two writers of one backup's replication records at the same time: the document has both's.
BOOST_AUTO_TEST_CASE(two_writers_of_replication_records) {
    stage& stage = common();
    const std::vector<sql_row> backup = stage.sql.run(
        "SELECT project_id, id FROM backups WHERE owner_project_id IS NULL AND replication_document IS NULL "
        "ORDER BY id LIMIT 1");
    const std::string insert = "INSERT INTO catalog.replication_records (project_id, backup_id, position, id) VALUES "
                               "($1, $2, $3, gen_random_uuid())";
    sql_session first(stage.writer_url);
    first.run("BEGIN");
    first.run(insert, {backup[0][0], backup[0][1], "0"});
    std::thread second([&] { sql_session(stage.writer_url).run(insert, {backup[0][0], backup[0][1], "1"}); });
    while (stage.sql.value("SELECT count(*) FROM pg_locks WHERE NOT granted") == "0")
        std::this_thread::sleep_for(milliseconds(5));
    first.run("COMMIT");
    second.join();
    expect_nothing(stage.writer_url, "after two writers of replication records");
}

// Four writers insert, change, share and delete; a check in between finds nothing, and a repair of what is damaged
// meanwhile leaves nothing wrong.
BOOST_AUTO_TEST_CASE(writers_mislead_neither_check_nor_repair) {
    stage stage; // not the other cases' one
    failure_log failures;
    std::atomic<bool> stop{false};
    std::atomic<std::size_t> steps{0};
    std::vector<std::thread> writers;
    for (unsigned w = 0; w < 4; ++w)
        writers.emplace_back([&, w] {
            try {
                chooser choose(100 + w);
                sql_session sql(stage.writer_url);
                sql.run("SET search_path = catalog");
                std::vector<std::pair<std::string, std::string>> mine; // project, id
                const auto insert = [&](const std::string& project, const std::optional<std::string>& parent) {
                    mine.emplace_back(project, choose.uuid());
                    sql.run("INSERT INTO backups (project_id, id, parent_id, checkpoint_id, vault_id, resource_id, "
                            "provider_id, resource_type, name, created_at) VALUES ($1, $2, $3, $2, $2, $2, $2, "
                            "'OS::Nova::Server', 'n', now())",
                            {project, mine.back().second, parent});
                };
                while (!stop) {
                    ++steps;
                    const std::size_t what = mine.size() < 10 ? 0 : choose.below(7);
                    if (what == 0) {
                        insert(stage.catalog.projects[choose.below(2)], std::nullopt);
                        continue;
                    }
                    const auto [project, id] = choose.one_of(mine);
                    if (what == 1)
                        insert(project, id);
                    else if (what == 2)
                        sql.run("UPDATE backups SET status = $3 WHERE project_id = $1 AND id = $2",
                                {project, id, choose.one_of<std::string>({"available", "error", "deleting"})});
                    else if (what == 3)
                        sql.run("INSERT INTO members (project_id, id, backup_id, dest_project_id, status) VALUES "
                                "($1, $2, $3, $4, $5)",
                                {project, choose.uuid(), id, stage.catalog.projects[2 + choose.below(2)],
                                 choose.one_of<std::string>({"pending", "accepted", "rejected"})});
                    else if (what == 4)
                        sql.run("DELETE FROM members WHERE project_id = $1 AND backup_id = $2", {project, id});
                    else if (what == 5)
                        sql.run("INSERT INTO replication_records (project_id, backup_id, position, id) VALUES ($1, $2, "
                                "0, $2) "
                                "ON CONFLICT (project_id, backup_id, position) DO UPDATE SET status = 'success'",
                                {project, id});
                    else {
                        sql.run("DELETE FROM backups WHERE project_id = $1 AND id = $2", {project, id});
                        std::erase(mine, std::pair(project, id));
                    }
                }
            } catch (const std::exception& failure) {
                failures.add("writer " + std::to_string(w) + ": " + failure.what());
            }
        });
    // A writer that folds counters locks them in another order, and one of the two has to begin again.
    const auto damage = [&](const std::string& statements) {
        for (;;) {
            try {
                stage.sql.run(statements);
                return;
            } catch (const sql_error& e) {
                if (e.sqlstate == "40P01") continue;
                failures.add(std::string("damage: ") + e.what());
                return;
            }
        }
    };
    for (int round = 0; round < 6; ++round) {
        const finished seen = verify(stage.writer_url);
        if (seen.status != 0) failures.add("check " + std::to_string(round) + ": " + seen.output + seen.errors);
        damage("UPDATE project_counts SET n = n + 7; DELETE FROM project_facets WHERE ns[1] = 1; "
               "INSERT INTO count_deltas SELECT project_id, facet, vault_id, resource_az, enterprise_project_id, -3 "
               "FROM backups ORDER BY id LIMIT 3; SET session_replication_role = replica; "
               "DELETE FROM backups WHERE " +
               row("owner_project_id IS NOT NULL AND name <> 'n'") + "; SET session_replication_role = origin");
        const finished mended = verify(stage.writer_url, {"--repair"});
        if (mended.status != 0 || mended.output.empty())
            failures.add("repair " + std::to_string(round) + ": " + mended.output + mended.errors);
    }
    stop = true;
    for (std::thread& writer : writers)
        writer.join();
    if (failures.count() > 0) BOOST_ERROR(failures.text());
    BOOST_TEST(steps.load() > 100u);
    BOOST_TEST_MESSAGE(steps << " statements written meanwhile");
    expect_nothing(stage.writer_url, "after the writers");
}
