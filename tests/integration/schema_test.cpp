// This file checks the migrations: the schema they make is the golden dump, and they can be taken back and repeated.
#define BOOST_TEST_DYN_LINK
#include "child_process.hpp"
#include "postgres_cluster.hpp"
#include "sql_session.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <fstream>
#include <sstream>

BOOST_AUTO_TEST_SUITE(schema)

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
    BOOST_CHECK_THROW(insert(", name, resource_type", ", 'n', 'OS::Other'"), support::sql_error);
    BOOST_CHECK_THROW(sql.run("UPDATE catalog.backups SET project_id = 'not a project'"), support::sql_error);
    BOOST_CHECK_THROW(sql.run("INSERT INTO catalog.backups SELECT * FROM catalog.backups"), support::sql_error);
    cluster.drop_database(database);
}

BOOST_AUTO_TEST_SUITE_END()
