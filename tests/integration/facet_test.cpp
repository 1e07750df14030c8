// This file checks that SQL and C++ mean the same by a facet, and that documents equal columns.
#define BOOST_TEST_DYN_LINK
#include "postgres_cluster.hpp"
#include "query/facet.hpp"
#include "sql_session.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(facets)

namespace json = boost::json;
namespace facet = catalog::query::facet;
using support::postgres_cluster;
using support::sql_session;

namespace {

struct columns {
    std::string status = "available", image_type = "backup", resource_type = "OS::Cinder::Volume", dedicated = "false",
                incremental = "null", no_updated = "false", no_protected = "false", member_states = "0",
                shared = "false", child = "false", zone = "null", enterprise_project = "'0'";
};

std::uint64_t facet_of(sql_session& sql, const columns& c) {
    return static_cast<std::uint64_t>(std::stoll(sql.value(
        "SELECT catalog.facet('" + c.status + "', '" + c.image_type + "', '" + c.resource_type + "', " + c.dedicated +
        ", " + c.incremental + ", " + c.no_updated + ", " + c.no_protected + ", " + c.member_states + "::smallint, " +
        c.shared + ", " + c.child + ", " + c.zone + ", " + c.enterprise_project + ")")));
}

} // namespace

BOOST_AUTO_TEST_CASE(bits_are_those_of_the_header) {
    auto& cluster = postgres_cluster::instance();
    const std::string database = cluster.create_database();
    sql_session sql(cluster.superuser_url(database));
    const std::uint64_t base = facet_of(sql, {});
    BOOST_TEST((base & ((1U << facet::placement_shift) - 1)) == 0U);
    const auto difference = [&](const columns& c) { return facet_of(sql, c) ^ base; };
    for (std::size_t i = 0; i < catalog::query::statuses.size(); ++i)
        BOOST_TEST(difference({.status = std::string(catalog::query::statuses[i])}) == i);
    for (std::size_t i = 0; i < catalog::query::image_types.size(); ++i)
        BOOST_TEST(difference({.image_type = std::string(catalog::query::image_types[i])}) ==
                   i << facet::image_type_shift);
    for (std::size_t i = 0; i < catalog::query::resource_types.size(); ++i)
        BOOST_TEST(difference({.resource_type = std::string(catalog::query::resource_types[i])}) ==
                   i << facet::resource_type_shift);
    BOOST_TEST(difference({.dedicated = "true"}) == facet::dedicated_cloud);
    BOOST_TEST(difference({.incremental = "false"}) == facet::incremental_false);
    BOOST_TEST(difference({.incremental = "true"}) == facet::incremental_true);
    BOOST_TEST(difference({.member_states = "1"}) == facet::member_pending);
    BOOST_TEST(difference({.member_states = "2"}) == facet::member_accepted);
    BOOST_TEST(difference({.member_states = "4"}) == facet::member_rejected);
    BOOST_TEST(difference({.shared = "true"}) == facet::shared);
    BOOST_TEST(difference({.child = "true"}) == facet::child);
    const auto placement = [&](const char* zone, const char* enterprise_project) {
        return static_cast<std::int64_t>(facet_of(sql, {.zone = zone, .enterprise_project = enterprise_project})) >>
               facet::placement_shift;
    };
    BOOST_TEST(placement("'a'", "'b'") != placement("'b'", "'a'"));
    BOOST_TEST(placement("null", "'b'") != placement("''", "'b'"));
    BOOST_TEST(placement("'ab'", "'c'") != placement("'a'", "'bc'"));
    cluster.drop_database(database);
}

// Values whose 44 bits are the same, found by trying eleven million of them.
BOOST_AUTO_TEST_CASE(pairs_that_facets_cannot_tell_apart_are_refused) {
    struct twins {
        std::string zone, enterprise_project, other_zone, other_enterprise_project;
    };
    auto& cluster = postgres_cluster::instance();
    const std::string database = cluster.create_database();
    sql_session sql(cluster.superuser_url(database));
    const auto insert = [](sql_session& by, const std::string& project, const std::string& placements) {
        by.run("INSERT INTO catalog.backups (project_id, id, checkpoint_id, resource_id, provider_id, vault_id, name, "
               "resource_type, created_at, resource_az, enterprise_project_id) SELECT '" +
               project +
               "', gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'n', "
               "'OS::Nova::Server', now(), p.* FROM (VALUES " +
               placements + ") p (zone, enterprise_project)");
    };
    const auto is_refused = [](auto&& work, const std::string& names) {
        BOOST_CHECK_EXCEPTION(work(), support::sql_error, [&](const support::sql_error& e) {
            BOOST_TEST(std::string(e.what()).find(names) != std::string::npos, e.what());
            return e.sqlstate == "23P01";
        });
    };
    for (const twins& t :
         {twins{"null", "'c484948'", "null", "'c3621716'"}, twins{"null", "'c1366776'", "null", "'c1842530'"},
          twins{"'z1334065'", "'0'", "'z2214008'", "'0'"}}) {
        const std::string one = "(" + t.zone + ", " + t.enterprise_project + ")";
        const std::string other = "(" + t.other_zone + ", " + t.other_enterprise_project + ")";
        BOOST_REQUIRE(sql.value("SELECT catalog.placement_of" + one) ==
                      sql.value("SELECT catalog.placement_of" + other));
        const std::string name = t.zone == "null" ? t.enterprise_project : t.zone;
        const std::string other_name = t.zone == "null" ? t.other_enterprise_project : t.other_zone;
        const auto quoted = [](const std::string& literal) {
            return '"' + literal.substr(1, literal.size() - 2) + '"';
        };
        is_refused([&] { insert(sql, "both", one + ", " + other); }, quoted(name));
        insert(sql, "first", one);
        insert(sql, "first", one + ", " + one);
        insert(sql, "second", one);
        is_refused([&] { insert(sql, "first", other); }, quoted(other_name));
        is_refused([&] { insert(sql, "third", other); }, quoted(other_name));
        insert(sql, "third", "('elsewhere', 'e')");
        is_refused(
            [&] {
                sql.run("UPDATE catalog.backups SET resource_az = " + t.other_zone +
                        ", enterprise_project_id = " + t.other_enterprise_project + " WHERE project_id = 'third'");
            },
            quoted(other_name));
        BOOST_TEST(sql.value("SELECT count(*) FROM catalog.backups WHERE resource_az IS NOT DISTINCT FROM " + t.zone +
                             " AND enterprise_project_id = " + t.enterprise_project) == "4");
        BOOST_TEST(sql.value("SELECT count(*) FROM catalog.backups WHERE resource_az IS NOT DISTINCT FROM " +
                             t.other_zone + " AND enterprise_project_id = " + t.other_enterprise_project) == "0");
    }

    // Who brings a pair that nobody had does not wait for who brings it, too.
    sql_session another(cluster.superuser_url(database));
    sql.run("BEGIN");
    insert(sql, "first", "('new', 'pair')");
    another.run("SET lock_timeout = '10s'");
    insert(another, "second", "('new', 'pair')");
    sql.run("COMMIT");
    BOOST_TEST(sql.value("SELECT count(*) FROM catalog.placements WHERE resource_az = 'new'") == "2");
    // Nor is it refused where the other one commits between its look and its word.
    sql.run("SELECT catalog.place(catalog.placement_of('new', 'pair'), 'new', 'pair')");
    sql.run("TRUNCATE catalog.backups CASCADE");
    BOOST_TEST(sql.value("SELECT count(*) FROM catalog.placements") == "0");
    insert(sql, "first", "(null, 'c3621716')");
    cluster.drop_database(database);
}

BOOST_AUTO_TEST_CASE(status_order_is_alphabetical) {
    for (std::size_t i = 1; i < catalog::query::statuses.size(); ++i)
        BOOST_TEST((catalog::query::statuses[i - 1] < catalog::query::statuses[i]));
}

BOOST_AUTO_TEST_CASE(documents_equal_columns) {
    auto& cluster = postgres_cluster::instance();
    const std::string database = cluster.create_database();
    sql_session sql(cluster.superuser_url(database));
    sql.run(R"(
        INSERT INTO catalog.backups (project_id, id, checkpoint_id, resource_id, provider_id, vault_id, parent_id,
            enterprise_project_id, name, description, status, image_type, resource_type, resource_name, resource_size, resource_az,
            created_at, updated_at, protected_at, expired_at, incremental, version, extend_info)
        SELECT 'p', gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(),
            CASE WHEN i % 5 = 0 THEN gen_random_uuid() END, 'e' || i % 3,
            (ARRAY['plain', 'quote " back \ slash', E'tab\tnewline\n', '', '财务-主 😀', E'\x01\x1f'])[1 + i % 6],
            CASE WHEN i % 2 = 0 THEN 'd ' || i END,
            (ARRAY['available', 'error', 'deleting'])[1 + i % 3], (ARRAY['backup', 'replication'])[1 + i % 2],
            (ARRAY['OS::Nova::Server', 'OS::Sfs::Turbo'])[1 + i % 2], 'r' || i, i, CASE WHEN i % 4 <> 0 THEN 'az"' || i END,
            timestamptz '2020-01-01 00:00:00+02' + i * interval '1.000001 day',
            CASE WHEN i % 3 = 0 THEN timestamptz '0001-01-01 00:00:00+00' END,
            CASE WHEN i % 2 = 0 THEN timestamptz '9999-12-31 23:59:59.999999+00' END,
            CASE WHEN i % 7 = 0 THEN timestamptz '2021-05-05 05:05:05.5+00' END,
            CASE i % 3 WHEN 0 THEN true WHEN 1 THEN false END, i % 5,
            (ARRAY['{}', '{"a":1.50,"n":{"incremental":1}}', '{"z": [1, 2]}'])[1 + i % 3]::json
        FROM generate_series(1, 120) i)");
    const auto rows = sql.run(R"(
        SELECT document, id, project_id, checkpoint_id, resource_id, provider_id, vault_id, parent_id, enterprise_project_id, name,
            description, status, image_type, resource_type, resource_name, resource_size, resource_az,
            to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
            to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
            to_char(protected_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
            to_char(expired_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), incremental, version, extend_info
        FROM catalog.backups)");
    BOOST_REQUIRE(rows.size() == 120U);
    const std::vector<std::string> names{"id",
                                         "project_id",
                                         "checkpoint_id",
                                         "resource_id",
                                         "provider_id",
                                         "vault_id",
                                         "parent_id",
                                         "enterprise_project_id",
                                         "name",
                                         "description",
                                         "status",
                                         "image_type",
                                         "resource_type",
                                         "resource_name",
                                         "resource_size",
                                         "resource_az",
                                         "created_at",
                                         "updated_at",
                                         "protected_at",
                                         "expired_at",
                                         "incremental",
                                         "version"};
    for (const auto& row : rows) {
        const json::value document = json::parse(*row[0]);
        BOOST_TEST(document.as_object().size() == names.size() + 2); // and extend_info, children
        for (std::size_t i = 0; i < names.size(); ++i) {
            const json::value& member = document.at(names[i]);
            const auto& column = row[i + 1];
            BOOST_TEST_CONTEXT(names[i] << " of " << *row[0]) {
                if (!column)
                    BOOST_TEST(member.is_null());
                else if (member.is_bool())
                    BOOST_TEST((member.get_bool() ? "t" : "f") == *column);
                else if (member.is_int64())
                    BOOST_TEST(std::to_string(member.get_int64()) == *column);
                else
                    BOOST_TEST(std::string(member.as_string()) == *column);
            }
        }
        json::object extend_info = document.at("extend_info").as_object();
        const json::value& incremental = document.at("incremental");
        BOOST_TEST(extend_info.contains("incremental") == !incremental.is_null());
        if (!incremental.is_null()) {
            BOOST_TEST((extend_info.at("incremental") == incremental));
            extend_info.erase("incremental");
        }
        BOOST_TEST((json::value(extend_info) == json::parse(*row[23])));
        BOOST_TEST(row[0]->ends_with(R"("children":[]})"));
    }
    cluster.drop_database(database);
}

BOOST_AUTO_TEST_SUITE_END()
