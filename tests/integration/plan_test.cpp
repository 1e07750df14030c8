// This file pins what the plans visit, as the restricted role with row-level security on: rows are counted, not timed.
#define BOOST_TEST_DYN_LINK
#include "api/list_parameters.hpp"
#include "postgres_cluster.hpp"
#include "query/catalog_reader.hpp"
#include "query/count_query.hpp"
#include "query/page_query.hpp"
#include "query_shapes.hpp"
#include "sql_session.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <sstream>
#include <vector>

BOOST_AUTO_TEST_SUITE(plans)

namespace json = boost::json;
namespace query = catalog::query;
namespace db = catalog::db;
using support::postgres_cluster;
using support::sql_session;

namespace {

constexpr int big_project_rows = 200'000;

// What a request for 50 backups may touch, page and count together.
constexpr double most_buffers = 1500;

// One project of 200,000 backups with ties and nulls in every key, ninety placements and a resource of 10,000 backups,
// and a hundred small projects.
struct big_catalog {
    big_catalog()
        : database(postgres_cluster::instance().copy_database(filled())) {}
    ~big_catalog() { postgres_cluster::instance().drop_database(database); }

    // Made once, and copied for each test: it takes most of a minute.
    static const std::string& filled() {
        static const std::string name = fill();
        return name;
    }

    static std::string fill() {
        std::string database = postgres_cluster::instance().create_database();
        sql_session sql(postgres_cluster::instance().superuser_url(database));
        // being visible
        sql.run(R"(
            INSERT INTO catalog.backups (project_id, id, checkpoint_id, resource_id, provider_id, vault_id, resource_az,
                enterprise_project_id, name, resource_name, status, image_type, resource_type, created_at, updated_at,
                protected_at)
            SELECT p, gen_random_uuid(), gen_random_uuid(),
                md5(CASE WHEN i % 20 = 9 THEN 'large' ELSE 'r' || i % 2000 END)::uuid, gen_random_uuid(), md5('v' || i % 10)::uuid,
                'az' || i % 3, 'ep' || i % 30, 'autobk_' || left(md5(i::text), 4), 'web-' || i % 700,
                CASE WHEN i % 100 = 1 THEN 'error' WHEN i % 5000 = 2 THEN 'deleting' ELSE 'available' END,
                CASE WHEN i % 10 = 0 THEN 'replication' ELSE 'backup' END,
                CASE WHEN i > 180000 THEN 'OS::Sfs::Turbo' ELSE 'OS::Nova::Server' END,
                timestamptz '2025-01-01' + (i / 3) * interval '1 minute',
                CASE WHEN i % 20 <> 3 THEN timestamptz '2025-01-02' + (i / 7) * interval '3 minutes' END,
                CASE WHEN i % 10 <> 4 THEN timestamptz '2025-01-01' + (i / 50) * interval '10 minutes' END
            FROM (SELECT 'big' AS p, i FROM generate_series(1, )" +
                std::to_string(big_project_rows) +
                R"() i UNION ALL SELECT 'small' || i % 100, i FROM generate_series(1, 5000) i) s)");
        // Thirty are shared with small projects, twenty of theirs with the big one; two of three have not been
        // accepted.
        sql.run(R"(
            INSERT INTO catalog.members (project_id, id, backup_id, dest_project_id, status, created_at, updated_at)
            SELECT project_id, gen_random_uuid(), id, CASE WHEN project_id = 'big' THEN 'small1' ELSE 'big' END,
                CASE WHEN i % 3 = 0 THEN 'rejected' ELSE 'pending' END, created_at, created_at
            FROM (SELECT project_id, id, created_at, row_number() OVER (PARTITION BY project_id = 'big' ORDER BY id) AS i
                  FROM catalog.backups WHERE status = 'available' AND project_id <> 'small1') b
            WHERE i <= CASE WHEN project_id = 'big' THEN 30 ELSE 20 END)");
        sql.run("SELECT catalog.fold_counts()");
        // Whatever looks at the database meanwhile, such as autovacuum, keeps pages from being marked as visible to
        // all.
        for (int i = 0; i < 60; ++i) {
            sql.run("VACUUM (ANALYZE, INDEX_CLEANUP ON) catalog.backups"); // also where few rows are dead
            if (sql.value("SELECT relallvisible = relpages FROM pg_class WHERE oid = 'catalog.backups'::regclass") ==
                "t")
                break;
            sql.run("SELECT pg_sleep(0.5)");
        }
        BOOST_TEST_MESSAGE(sql.value(
            "SELECT relallvisible || ' of ' || relpages FROM pg_class WHERE oid = 'catalog.backups'::regclass"));
        return database;
    }

    db::session session() const {
        db::session_options options;
        options.url = postgres_cluster::instance().url("test_reader", database);
        return db::session(options);
    }

    std::string database;
};

struct visit {
    double rows = 0;   // entries and rows of backups that plan nodes went through
    double probes = 0; // how often one of its indexes was searched, or the table read
    double buffers = 0;
    bool sequential = false;
    std::string text;
};

void add_node(const json::object& node, visit& seen) {
    const auto number = [&](const char* name) { return node.contains(name) ? node.at(name).to_number<double>() : 0.0; };
    if (node.contains("Relation Name") && node.at("Relation Name") == "backups") {
        seen.rows +=
            (number("Actual Rows") + number("Rows Removed by Filter") + number("Rows Removed by Index Recheck")) *
            number("Actual Loops");
        seen.probes += number("Actual Loops");
        if (node.at("Node Type") == "Seq Scan") seen.sequential = true;
    }
    if (node.contains("Plans"))
        for (const json::value& child : node.at("Plans").as_array())
            add_node(child.as_object(), seen);
}

// The plan of a statement as the service would run it, inside the transaction under way.
visit explain(db::session& session, const db::statement& statement) {
    const db::rows rows = session.explain(statement, "ANALYZE, BUFFERS, FORMAT JSON");
    visit seen;
    seen.text = std::string(rows.text(0, 0));
    json::parse_options nested; // a branch for each status nests deeper than the 32 levels that are the default
    nested.max_depth = 1000;
    const json::value document = json::parse(seen.text, {}, nested);
    const json::object& plan = document.as_array().at(0).as_object().at("Plan").as_object();
    add_node(plan, seen);
    seen.buffers = plan.at("Shared Hit Blocks").to_number<double>() + plan.at("Shared Read Blocks").to_number<double>();
    return seen;
}

struct visited_page {
    visit page;
    double count_buffers = 0; // of the statements that count
    std::uint64_t count = 0;
    std::string last_id;
    std::size_t rows = 0;
    std::string path;
    double other_buffers = 0; // of statements that find the marker or skip weeks
};

// Reads a page through the reader and explains its page statement on the way.
visited_page read(db::session& session, const std::string& text, const std::string& project = "big") {
    const auto request = catalog::api::parse_list_request(text, {});
    BOOST_REQUIRE_MESSAGE(request.has_value(), text);
    visited_page out;
    query::reading how;
    how.before_statement = [&](std::string_view purpose, const db::statement& statement) {
        if (purpose != "set the caller") {
            const visit seen = explain(session, statement);
            BOOST_TEST(!seen.sequential, text << ": " << purpose << " scans backups: " << seen.text);
            if (purpose == "read the page")
                out.page = seen;
            else if (purpose.starts_with("count"))
                out.count_buffers += seen.buffers;
            else
                out.other_buffers += seen.buffers;
        }
    };
    how.path_chosen = [&](const std::string& reason) { out.path = reason; };
    const auto page = query::read_page(session, {project, "alice"}, *request, how);
    BOOST_REQUIRE_MESSAGE(page.has_value(), text);
    out.count = page->count;
    out.rows = page->rows.size();
    if (out.rows > 0)
        out.last_id = std::string(json::parse(std::string(page->rows.text(out.rows - 1, 0))).at("id").as_string());
    return out;
}

} // namespace

// An import fills the catalog in one transaction: what was planned while it was empty must not read all of it later.
BOOST_AUTO_TEST_CASE(replication_records_of_new_backups_read_nothing) {
    const std::string database = postgres_cluster::instance().create_database();
    sql_session sql(postgres_cluster::instance().superuser_url(database));
    const auto add_records = [&] {
        sql.run("INSERT INTO catalog.replication_records (project_id, backup_id, position, id, extra_info) "
                "SELECT 'p', gen_random_uuid(), 0, gen_random_uuid(), '{}' FROM generate_series(1, 1000)");
    };
    sql.run("BEGIN; SET LOCAL enable_seqscan = off; SET LOCAL enable_mergejoin = off; "
            "SET LOCAL enable_bitmapscan = off"); // as the importer does
    add_records();
    sql.run("INSERT INTO catalog.backups (project_id, id, checkpoint_id, resource_id, provider_id, vault_id, name, "
            "resource_type, created_at) SELECT 'p', gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), "
            "gen_random_uuid(), gen_random_uuid(), 'n', 'OS::Nova::Server', now() FROM generate_series(1, 5000)");
    const std::string visited = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables "
                                "WHERE schemaname = 'catalog' AND relname = 'backups'";
    const std::string before = sql.value(visited);
    add_records();
    BOOST_TEST(sql.value(visited) == before);
    sql.run("ROLLBACK");
    postgres_cluster::instance().drop_database(database);
}

BOOST_FIXTURE_TEST_SUITE(on_a_big_project, big_catalog)

BOOST_AUTO_TEST_CASE(pages_visit_what_they_return_and_no_shape_scans) {
    db::session reader = session();
    // 1. However deep a page is, it visits no more rows than the first one. Under a filter the matches lie at random
    // along the index, so that the number of entries between them varies.
    for (const char* filter : {"", "&image_type=replication", "&status=error"}) {
        for (const char* sort :
             {"created_at", "created_at:asc", "updated_at", "updated_at:asc", "name", "name:asc", "status",
              "status:asc", "protected_at", "protected_at:asc", "id", "id:asc", "name:asc,created_at:desc",
              "created_at:asc,name:desc", "status:asc,created_at:desc", "protected_at:asc,created_at:desc",
              "updated_at:desc,name:asc", "protected_at,updated_at,name"}) {
            const std::string text = std::string("limit=50&sort=") + sort + filter;
            const visited_page first = read(reader, text);
            const std::uint64_t deep = first.count * 7 / 10;
            if (first.count < 200) continue;
            const visited_page marker =
                read(reader, "limit=1&sort=" + std::string(sort) + filter + "&offset=" + std::to_string(deep - 1));
            const visited_page page = read(reader, text + "&marker=" + marker.last_id);
            BOOST_TEST(page.rows == 50U, text);
            BOOST_TEST(page.page.rows <= (*filter ? first.page.rows * 2 + 100 : first.page.rows + 45),
                       text << ": first page " << first.page.rows << " rows (" << first.path << "), deep page "
                            << page.page.rows << " (" << page.path << ")\n"
                            << page.page.text);
        }
    }
    // 2. An unfiltered page visits the page's rows and, in two stages, their documents.
    for (const char* sort : {"created_at", "updated_at:asc", "name", "protected_at", "status:asc", "id"})
        BOOST_TEST(read(reader, std::string("limit=50&sort=") + sort).page.rows <= 160, sort);
    // Nor does one whose filters the index of the order compares.
    for (const char* filter : {"enterprise_project_id=ep7", "enterprise_project_id=ep7&resource_az=az1",
                               "enterprise_project_id=ep7&image_type=backup"})
        for (const char* sort : {"created_at", "updated_at:asc", "name", "protected_at", "id"}) {
            const visited_page page = read(reader, std::string("limit=50&sort=") + sort + "&" + filter);
            BOOST_TEST(page.rows == 50U);
            BOOST_TEST(page.page.rows <= 160, filter << ", " << sort << ": " << page.page.rows);
        }
    // 3. Buffers, the figure without noise.
    BOOST_TEST(read(reader, "limit=50").page.buffers <= 120);
    BOOST_TEST(read(reader, "limit=50&status=deleting&sort=name").page.buffers <= 600);
    // A resource's hundred backups: found with their sort keys, once for the null times and once for the others; then
    // one look-up for each document.
    const std::string resource =
        sql_session(postgres_cluster::instance().superuser_url(database)).value("SELECT md5('r7')::uuid");
    for (const char* sort : {"created_at", "updated_at", "protected_at:asc", "name", "name:asc,updated_at:desc"}) {
        const visited_page page = read(reader, std::string("limit=50&sort=") + sort + "&resource_id=" + resource);
        BOOST_TEST(page.rows == 50U);
        BOOST_TEST(page.page.probes <= 2 + 50, sort);
        BOOST_TEST(page.page.buffers <= 350, sort);
        // Behind the last one the total comes with the empty page, from the same look.
        const visited_page behind = read(reader, std::string("limit=50&offset=") + std::to_string(page.count) +
                                                     "&sort=" + sort + "&resource_id=" + resource);
        BOOST_TEST(behind.rows == 0U);
        BOOST_TEST(behind.count == page.count);
        BOOST_TEST(behind.count_buffers == page.count_buffers, sort);
        BOOST_TEST(behind.page.buffers <= page.page.buffers, sort);
    }
    // Over all projects, each facet is looked up once; each row is found with its sort key and read for its document.
    const visited_page everywhere =
        read(reader, "all_tenants=true&limit=50&resource_type=OS::Sfs::Turbo&enterprise_project_id=ep20&sort=name");
    BOOST_TEST(everywhere.path.find("fetch_facet") != std::string::npos, everywhere.path);
    BOOST_TEST(everywhere.page.rows <= 2 * static_cast<double>(everywhere.count) + 4);
    // What few backups are has an index: one look-up, whatever their facets are, and none for rows of another kind.
    for (const char* text : {"status=deleting&sort=name", "status=deleting&status=protecting&sort=updated_at",
                             "all_tenants=true&status=deleting&sort=id", "member_status=pending&sort=name",
                             "all_tenants=true&own_type=shared&sort=name",
                             "status=deleting&start_time=2025-01-10T00:00:00&end_time=2025-02-10T00:00:00&sort=name"}) {
        const visited_page few = read(reader, std::string("limit=50&") + text);
        BOOST_TEST(few.count >= 10U, text);
        BOOST_TEST(few.count <= 100U, text);
        BOOST_TEST(few.path.find("fetch_rare") != std::string::npos, text << ": " << few.path);
        const double outside = few.count < 40 ? 41 : 2; // of the kind, but not in the time range
        BOOST_TEST(few.page.rows <= static_cast<double>(few.count + few.rows) + outside, text << ": " << few.page.rows);
        BOOST_TEST(few.page.buffers <= static_cast<double>(5 * few.rows + few.count) + 60,
                   text << ": " << few.page.buffers);
    }
    // In the order of created_at their indexes are read up to the page's end: 2,000 have failed, 20,000 have no time.
    for (const char* text :
         {"status=error", "status=error&sort=created_at:asc", "status=error&image_type=backup",
          "all_tenants=true&status=error", "sort=protected_at:asc,created_at:desc",
          "sort=status,created_at&status=error", "all_tenants=true&sort=protected_at:asc,created_at:desc",
          "all_tenants=true&sort=updated_at:asc,created_at"}) {
        const visited_page few = read(reader, std::string("limit=50&") + text);
        BOOST_TEST(few.count >= 2000U, text);
        BOOST_TEST(few.path.find("fetch_rare") != std::string::npos, text << ": " << few.path);
        BOOST_TEST(few.page.rows <= 160, text << ": " << few.page.rows << " (" << few.path << ")");
        BOOST_TEST(few.page.buffers <= 350, text << ": " << few.page.buffers);
    }
    // Backups of others, few among many own ones, are walked in every order.
    for (const char* sort : {"created_at", "updated_at:asc", "protected_at", "name:asc", "id"}) {
        const visited_page page = read(reader, std::string("own_type=shared&limit=5&sort=") + sort);
        BOOST_TEST(page.count == 20U);
        BOOST_TEST(page.page.rows <= 10, sort << ": " << page.page.rows << " (" << page.path << ")");
    }
    // 4. No shape scans the table: read() checks it for every statement of these.
    for (const shapes::shape& shape : shapes::all()) {
        if (shape.marker) continue;
        read(reader, shape.query + (shape.query.find("limit") == std::string::npos ? "&limit=50" : ""));
    }
    // 5. Totals of facet filters come from the counters alone.
    const auto request = catalog::api::parse_list_request("status=error&resource_az=az1&limit=1", {});
    query::reading how;
    how.before_statement = [&](std::string_view purpose, const db::statement& statement) {
        if (purpose.starts_with("count")) BOOST_TEST(statement.text().find("catalog.backups") == std::string::npos);
    };
    BOOST_TEST(query::read_page(reader, {"big", "alice"}, *request, how)->count > 0U);
}

// Filters x orders x the first page and one behind a marker in the middle of the list.
BOOST_AUTO_TEST_CASE(no_request_touches_more_than_its_bound) {
    sql_session sql(postgres_cluster::instance().superuser_url(database));
    db::session reader = session();
    const std::string large = "resource_id=" + sql.value("SELECT md5('large')::uuid");
    const std::string vault = "vault_id=" + sql.value("SELECT md5('v3')::uuid");
    for (const std::string& filter :
         {std::string(""), std::string("status=error"), std::string("image_type=replication"),
          std::string("resource_az=az1"), vault + "&status=error", large, std::string("start_time=2025-02-10T00:00:00"),
          std::string("all_tenants=true"), std::string("all_tenants=true&status=deleting"),
          "all_tenants=true&" + large}) {
        for (const char* sort :
             {"created_at", "updated_at:asc", "name", "status:asc", "id", "protected_at:asc,created_at:desc"}) {
            const std::string text = std::string("limit=50&sort=") + sort + (filter.empty() ? "" : "&") + filter;
            const visited_page first = read(reader, text);
            BOOST_TEST(first.page.buffers + first.count_buffers <= most_buffers,
                       text << ": " << first.page.buffers << " + " << first.count_buffers << " (" << first.path << ")");
            // By facets, the count is not more for many backups than for few.
            const bool by_facet =
                filter.find("resource_id") == std::string::npos && filter.find("_time") == std::string::npos;
            if (by_facet) BOOST_TEST(first.count_buffers <= 120, text << ": " << first.count_buffers);
            const bool all_tenants = filter.starts_with("all_tenants");
            const visited_page middle = read(reader, "limit=1&offset=100000&sort=" + std::string(sort) +
                                                         (all_tenants ? "&all_tenants=true" : ""));
            const visited_page deep = read(reader, text + "&marker=" + middle.last_id);
            BOOST_TEST(deep.page.buffers + deep.count_buffers <= most_buffers, text << ", deep: " << deep.page.buffers
                                                                                    << " + " << deep.count_buffers
                                                                                    << " (" << deep.path << ")");
        }
    }
}

// What is filtered by may come and go with time: a list begins in the first week, or the last, that has a match.
BOOST_AUTO_TEST_CASE(a_walk_begins_in_the_first_week_with_a_match) {
    db::session reader = session();
    sql_session sql(postgres_cluster::instance().superuser_url(database));
    const std::string vault = sql.value("SELECT md5('v3')::uuid");
    const std::string turbo = "resource_type=OS::Sfs::Turbo&sort=created_at:asc";
    const std::vector<std::string> lists{"", "resource_az=az1&", "vault_id=" + vault + "&", "all_tenants=true&"};
    for (const std::string& of : lists) {
        const visited_page late = read(reader, "limit=50&" + of + turbo);
        BOOST_TEST(late.path.find("walk") != std::string::npos, late.path);
        BOOST_TEST(late.rows == 50U);
        BOOST_TEST(late.page.buffers <= 900, late.page.buffers << ": " << late.page.text); // 4,000 for all before it
        BOOST_TEST(late.other_buffers <= 300, late.other_buffers);
        const visited_page early =
            read(reader, "limit=50&" + of + "resource_type=OS::Nova::Server&sort=created_at:desc");
        BOOST_TEST(early.path.find("walk") != std::string::npos, early.path);
        BOOST_TEST(early.rows == 50U);
        BOOST_TEST(early.page.buffers <= 900, early.page.buffers << ": " << early.page.text);
    }
    // A backup whose counter is not folded in yet is found, too.
    const std::string id = sql.value(
        "INSERT INTO catalog.backups (project_id, id, checkpoint_id, resource_id, provider_id, vault_id, name, "
        "resource_az, resource_type, created_at) VALUES ('big', gen_random_uuid(), gen_random_uuid(), "
        "gen_random_uuid(), gen_random_uuid(), md5('v3')::uuid, 'old', 'az1', 'OS::Sfs::Turbo', '2001-02-03') "
        "RETURNING id");
    for (const std::string& of : lists) {
        BOOST_TEST(read(reader, "limit=1&" + of + turbo).last_id == id);
        BOOST_TEST(read(reader, "limit=50&" + of + turbo).rows == 50U);
    }
    sql.run("DELETE FROM catalog.backups WHERE project_id = 'big' AND id = '" + id + "'");
    for (const std::string& of : lists)
        BOOST_TEST(read(reader, "limit=1&" + of + turbo).last_id != id);
}

// The counters of weeks, against plain SQL: whatever the range and the other filters are, and changes that are not
// folded in yet count, too. What is read is the ends of the range and one row a week.
BOOST_AUTO_TEST_CASE(ranges_are_counted_by_weeks) {
    sql_session sql(postgres_cluster::instance().superuser_url(database));
    db::session reader = session();
    BOOST_TEST(sql.value("SELECT bool_or(by_week)::text FROM catalog.project_counts WHERE project_id = 'big'") ==
               "true");
    BOOST_TEST(
        sql.value("SELECT coalesce(bool_or(by_week), false)::text FROM catalog.project_counts WHERE project_id <> "
                  "'big'") == "false");
    sql.run("UPDATE catalog.backups SET status = 'restoring' WHERE project_id = 'big' AND name LIKE 'autobk_00%'; "
            "DELETE FROM catalog.backups WHERE project_id = 'big' AND name LIKE 'autobk_01%'");
    BOOST_TEST(sql.value("SELECT count(*) > 0 FROM catalog.count_deltas") == "t");
    const std::string vault = sql.value("SELECT md5('v3')::uuid");
    const std::string own =
        "owner_project_id IS NULL AND parent_id IS NULL AND "; // the first of these: of all projects
    const std::vector<std::pair<std::string, std::string>> filters{
        {"&all_tenants=true", own + "true"},
        {"&all_tenants=true&status=error&image_type=backup", own + "status = 'error' AND image_type = 'backup'"},
        {"&all_tenants=true&own_type=shared", own + "member_states <> 0"},
        {"", "true"},
        {"&status=error", "status = 'error'"},
        {"&status=restoring&status=deleting", "status IN ('restoring', 'deleting')"},
        {"&resource_az=az1", "resource_az = 'az1'"},
        {"&enterprise_project_id=ep7", "enterprise_project_id = 'ep7'"},
        {"&vault_id=" + vault, "vault_id = '" + vault + "'"},
        {"&vault_id=" + vault + "&resource_az=az2&image_type=replication",
         "vault_id = '" + vault + "' AND resource_az = 'az2' AND image_type = 'replication'"},
        {"&name=autobk_1", "strpos(name, 'autobk_1') > 0"}};
    const std::vector<std::pair<std::string, std::string>> ranges{{"2025-01-10T10:00:00", ""},
                                                                  {"", "2025-02-03T23:59:59"},
                                                                  {"2025-01-06T00:00:00", "2025-02-02T23:59:59"},
                                                                  {"2025-01-03T07:08:09", "2025-02-14T00:00:00"},
                                                                  {"2025-01-14T00:00:00", "2025-01-15T00:00:00"},
                                                                  {"2025-01-14T00:00:00", "2025-01-25T12:00:00"},
                                                                  {"2024-01-01T00:00:00", "2026-01-01T00:00:00"},
                                                                  {"2026-01-01T00:00:00", ""}};
    for (const auto& [from, to] : ranges) {
        for (const auto& [filter, condition] : filters) {
            std::string text = "limit=50" + filter;
            std::string times;
            if (!from.empty()) {
                text += "&start_time=" + from;
                times += " AND created_at >= '" + from + "Z'";
            }
            if (!to.empty()) {
                text += "&end_time=" + to;
                times += " AND created_at <= '" + to + "Z'";
            }
            const visited_page page = read(reader, text);
            const std::string project =
                condition.starts_with(own) ? "" : "project_id = 'big' AND owner_project_id IS NULL AND ";
            BOOST_TEST(std::to_string(page.count) ==
                           sql.value("SELECT count(*) FROM catalog.backups WHERE " + project + condition + times),
                       text);
            if (filter.starts_with("&all_tenants=true")) // 60 of 49,680 in parts of weeks on a page
                BOOST_TEST(page.count_buffers <= 1100, text << ": " << page.count_buffers);
            else if (filter.empty() || filter.starts_with("&status")) // 45 on a page
                BOOST_TEST(page.count_buffers <= 1900, text << ": " << page.count_buffers);
        }
    }
}

// The total of a substring, whether its matches are few enough to be kept for the page or not, and where counting goes
// on behind those that were found.
BOOST_AUTO_TEST_CASE(a_substring_is_searched_once) {
    sql_session sql(postgres_cluster::instance().superuser_url(database));
    db::session reader = session();
    const double scan = read(reader, "limit=50&name=no-such-name").count_buffers;
    // Fifty entries a page: those of the index of the order are twice as large.
    BOOST_TEST(scan <= std::stod(sql.value("SELECT count(*) FROM catalog.backups WHERE project_id = 'big' AND "
                                           "parent_id IS NULL")) /
                               45 +
                           100);
    for (const auto& [filter, condition] : std::vector<std::pair<std::string, std::string>>{
             {"name=autobk_", "strpos(name, 'autobk_') > 0"},
             {"name=autobk_3", "strpos(name, 'autobk_3') > 0"},
             {"name=autobk_31f", "strpos(name, 'autobk_31f') > 0"},
             {"name=no-such-name", "false"},
             {"resource_name=web-11", "strpos(resource_name, 'web-11') > 0"},
             {"resource_name=web-", "strpos(resource_name, 'web-') > 0"},
             {"name=_3&status=error", "strpos(name, '_3') > 0 AND status = 'error'"},
             {"name=autobk_3&start_time=2025-02-01T00:00:00",
              "strpos(name, 'autobk_3') > 0 AND created_at >= '2025-02-01Z'"}}) {
        for (const bool all_tenants : {false, true}) {
            const std::string where = " WHERE owner_project_id IS NULL AND parent_id IS NULL AND " + condition +
                                      (all_tenants ? "" : " AND project_id = 'big'");
            const std::string count = sql.value("SELECT count(*) FROM catalog.backups" + where);
            for (const char* sort : {"name:asc", "created_at:desc", "status:asc,name:asc", "updated_at:asc,name:desc",
                                     "protected_at:asc,created_at:desc"}) {
                const std::string text =
                    std::string("limit=50&sort=") + sort + "&" + filter + (all_tenants ? "&all_tenants=true" : "");
                const visited_page page = read(reader, text);
                BOOST_TEST(std::to_string(page.count) == count, text);
                BOOST_TEST(page.rows == std::min<std::uint64_t>(50, page.count), text);
                if (page.count == 0) continue;
                const bool few = page.count < query::most_found;
                BOOST_TEST((page.path.find("fetch_found") != std::string::npos) == few, text << ": " << page.path);
                if (few)
                    BOOST_TEST(page.page.buffers <= 300 + 6 * static_cast<double>(page.count),
                               text << page.page.buffers);
                if (!all_tenants)
                    BOOST_TEST(page.count_buffers <= scan * 1.1 + 100, text << ": " << page.count_buffers);
                const bool walked = filter == "name=autobk_" ||
                                    (filter == "resource_name=web-" && std::string_view(sort) == "created_at:desc");
                if (!all_tenants && walked) // of many matches the page reads but some
                    BOOST_TEST(page.page.buffers <= 600, text << ": " << page.page.buffers);
            }
        }
    }
}

// An offset in the order of created_at is reached week by week.
BOOST_AUTO_TEST_CASE(offsets_skip_whole_weeks) {
    sql_session sql(postgres_cluster::instance().superuser_url(database));
    db::session reader = session();
    for (const auto& [filter, condition] : std::vector<std::pair<std::string, std::string>>{
             {"", "project_id = 'big' AND true"},
             {"&image_type=replication", "project_id = 'big' AND image_type = 'replication'"},
             {"&resource_az=az1", "project_id = 'big' AND resource_az = 'az1'"},
             {"&enterprise_project_id=ep7", "project_id = 'big' AND enterprise_project_id = 'ep7'"},
             {"&vault_id=" + sql.value("SELECT md5('v3')::uuid"), "project_id = 'big' AND vault_id = md5('v3')::uuid"},
             {"&all_tenants=true&image_type=replication", "parent_id IS NULL AND image_type = 'replication'"}}) {
        for (const char* direction : {"asc", "desc"}) {
            for (const double share : {0.0, 0.1, 0.5, 0.93, 0.9999}) {
                const std::uint64_t count = read(reader, "limit=1" + filter).count;
                const auto offset = static_cast<std::uint64_t>(static_cast<double>(count) * share);
                const std::string text =
                    std::string("limit=50&sort=created_at:") + direction + filter + "&offset=" + std::to_string(offset);
                const visited_page page = read(reader, text);
                const std::string order = std::string(" ORDER BY created_at ") + direction + ", id " + direction;
                const std::string last =
                    sql.value("SELECT id FROM (SELECT id, row_number() OVER (" + order +
                              ") AS place FROM catalog.backups WHERE owner_project_id IS NULL AND " + condition +
                              ") b WHERE place <= " + std::to_string(offset + 50) + " ORDER BY place DESC LIMIT 1");
                BOOST_TEST(page.last_id == last, text);
                if (filter.find("enterprise") != std::string::npos || filter.find("_az") != std::string::npos)
                    continue; // not told apart in weeks
                BOOST_TEST(page.page.rows <= 31'000, text << ": " << page.page.rows << " (" << page.path << ")");
                const double most = filter.find("all_tenants") != std::string::npos ? 900 : 700; // 205,000 backups
                BOOST_TEST(page.page.buffers + page.other_buffers <= most,
                           text << ": " << page.page.buffers << " + " << page.other_buffers);
            }
        }
    }
}

// A range of created_at in the order of another time is walked near the range, with what is apart before and behind it:
// every page is that of plain SQL, whatever the range, the order and the marker are.
BOOST_AUTO_TEST_CASE(a_range_in_the_order_of_another_time) {
    sql_session sql(postgres_cluster::instance().superuser_url(database));
    sql.run(R"(
        INSERT INTO catalog.backups (project_id, id, checkpoint_id, resource_id, provider_id, vault_id, name, status,
            resource_type, created_at, updated_at, protected_at)
        SELECT 'near', md5('near' || i)::uuid, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), md5('w' || i % 10)::uuid,
            'n' || i % 300, CASE WHEN i % 50 = 1 THEN 'error' ELSE 'available' END, 'OS::Nova::Server', c,
            CASE WHEN i % 20 = 3 THEN NULL WHEN i % 997 = 0 THEN c + (i % 7 - 3) * interval '9 days'
                 ELSE c + i % 90 * interval '5 minutes' END,
            CASE WHEN i % 10 = 4 THEN NULL WHEN i % 1499 = 0 THEN c - interval '40 days'
                 ELSE c + (i % 2) * interval '24 hours' END
        FROM (SELECT i, timestamptz '2025-03-01' + (i / 3) * interval '10 minutes' AS c FROM generate_series(1, 40000) i) s)");
    sql.run("SELECT catalog.fold_counts()");
    for (int i = 0; i < 60; ++i) {
        sql.run("VACUUM (ANALYZE, INDEX_CLEANUP ON) catalog.backups");
        if (sql.value("SELECT relallvisible = relpages FROM pg_class WHERE oid = 'catalog.backups'::regclass") == "t")
            break;
        sql.run("SELECT pg_sleep(0.5)");
    }
    db::session reader = session();
    const std::vector<std::pair<std::string, std::string>> filters{
        {"", "true"},
        {"&status=error", "status = 'error'"},
        {"&vault_id=" + sql.value("SELECT md5('w3')::uuid"), "vault_id = md5('w3')::uuid"}};
    const std::vector<std::pair<std::string, std::string>> ranges{{"2025-04-01T00:00:00", "2025-04-20T12:00:00"},
                                                                  {"", "2025-03-20T00:00:00"},
                                                                  {"2025-05-20T00:00:00", ""},
                                                                  {"2025-03-02T00:00:00", "2025-05-29T00:00:00"}};
    const std::vector<std::pair<std::string, std::string>> orders{
        {"updated_at:asc", "updated_order, id"},
        {"updated_at:desc", "updated_order DESC, id DESC"},
        {"protected_at:desc", "protected_order DESC, id DESC"},
        {"protected_at:asc,name:desc", "protected_order, name DESC, id"},
        {"updated_at:desc,created_at:asc,id:asc", "updated_order DESC, created_at, id"}};
    std::size_t by_windows = 0;
    for (const auto& [from, to] : ranges) {
        for (const auto& [filter, condition] : filters) {
            for (const auto& [sort, order] : orders) {
                std::string text = "limit=50&sort=" + sort + filter;
                std::string times;
                if (!from.empty()) {
                    text += "&start_time=" + from;
                    times += " AND created_at >= '" + from + "Z'";
                }
                if (!to.empty()) {
                    text += "&end_time=" + to;
                    times += " AND created_at <= '" + to + "Z'";
                }
                sql.run("CREATE TEMPORARY TABLE expected AS SELECT id, row_number() OVER (ORDER BY " + order +
                        ") AS place, created_at, updated_at, protected_at FROM catalog.backups WHERE project_id = "
                        "'near' AND " +
                        condition + times);
                const auto id_at = [&](const std::string& place) {
                    return sql.value("SELECT id FROM expected WHERE place <= " + place +
                                     " ORDER BY place DESC LIMIT 1");
                };
                const auto see = [&](const std::string& place) {
                    const std::string marker = place == "0" ? "" : "&marker=" + id_at(place);
                    const visited_page page = read(reader, text + marker, "near");
                    BOOST_TEST(page.last_id == id_at(place + " + 50"),
                               text << " behind " << place << ": " << page.path);
                    BOOST_TEST(std::to_string(page.count) == sql.value("SELECT count(*) FROM expected"), text);
                    BOOST_TEST(page.page.buffers <= 700,
                               text << " behind " << place << ": " << page.page.buffers << " (" << page.path << ")");
                    if (page.path.find("near the range") != std::string::npos) ++by_windows;
                };
                see("0");
                for (const char* share : {"0.05", "0.3", "0.62", "0.97"})
                    see(sql.value("SELECT (count(*) * " + std::string(share) + ")::integer FROM expected"));
                // At those that are apart, and between the parts.
                const std::string apart =
                    sql.value("SELECT string_agg(place::text, ',') FROM (SELECT place FROM expected WHERE "
                              "abs(extract(epoch FROM " +
                              std::string(sort.starts_with("updated") ? "updated_at" : "protected_at") +
                              " - created_at)) > 86400 AND place < (SELECT count(*) FROM expected) ORDER BY "
                              "md5(id::text) LIMIT 3) s");
                std::stringstream places(apart);
                for (std::string place; std::getline(places, place, ',');)
                    see(place);
                sql.run("DROP TABLE expected");
            }
        }
    }
    BOOST_TEST(by_windows > 100U, by_windows);
}

BOOST_AUTO_TEST_SUITE_END()

// Plans hold for every project: among many of a handful of backups they must not be made for those
// (migrations/deploy/large_projects.sql).
BOOST_AUTO_TEST_CASE(a_resource_is_found_by_its_index_among_tiny_projects) {
    auto& cluster = postgres_cluster::instance();
    const std::string database = cluster.create_database();
    sql_session sql(cluster.superuser_url(database));
    sql.run(R"(
        INSERT INTO catalog.backups (project_id, id, checkpoint_id, resource_id, provider_id, vault_id, name, resource_type,
            created_at)
        SELECT CASE WHEN i <= 20000 THEN 'large' ELSE 'tiny' || i END, gen_random_uuid(), gen_random_uuid(),
            md5(CASE WHEN i <= 20000 THEN 'r' || i % 100 ELSE 'tiny' || i END)::uuid, gen_random_uuid(),
            gen_random_uuid(), 'n', 'OS::Nova::Server', timestamptz '2025-01-01' + i * interval '1 minute'
        FROM generate_series(1, 50000) i)");
    sql.run("SELECT catalog.fold_counts()");
    sql.run("VACUUM (ANALYZE) catalog.backups");
    // Where all pages are visible to all, an index that covers the statement is cheaper in any case.
    sql.run("UPDATE pg_class SET relallvisible = relpages / 2 WHERE oid = 'catalog.backups'::regclass");
    db::session_options options;
    options.url = cluster.url("test_reader", database);
    db::session reader(options);
    const std::string resource = "limit=10&resource_id=" + sql.value("SELECT md5('r7')::uuid");
    for (const char* range : {"", "&start_time=2025-01-02T00:00:00", "&end_time=2025-01-12T00:00:00",
                              "&start_time=2025-01-02T00:00:00&end_time=2025-01-12T00:00:00"}) {
        for (const char* sort : {"created_at:asc", "created_at:desc", "name:asc"}) {
            const std::string text = resource + range + "&sort=" + sort;
            const visited_page first = read(reader, text, "large");
            const visited_page second = read(reader, text + "&marker=" + first.last_id, "large");
            for (const visited_page& page : {first, second}) {
                BOOST_TEST(page.rows == 10U, text);
                BOOST_TEST(page.page.rows <= 600, text << ": " << page.page.text); // the page, the count, the documents
            }
        }
    }
    cluster.drop_database(database);
}

BOOST_AUTO_TEST_SUITE_END()
