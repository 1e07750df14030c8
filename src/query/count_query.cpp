// This file writes the statements that count.
#include "query/count_query.hpp"

#include "query/facet.hpp"
#include "query/row_writer.hpp"
#include "query/weeks.hpp"

namespace catalog::query {

namespace {

// Facets are looked up one by one, five pages each.
constexpr std::size_t most_facets_sought = 300;

// Rows of facets that are looked through for a time range, where the range itself may hold more of the list or fewer.
constexpr std::uint64_t most_facet_rows = 10'000;

// Rows of a kind that are looked through for a time range or a substring.
constexpr std::uint64_t most_rare_rows = 20'000;

// Where whole weeks are counted already, the rest of a range is about a week.
bool has_few_rare_rows(const scope& scope, const row_counts& counts) {
    const auto rare = rare_rows(scope, counts, std::nullopt);
    return rare && rare->rows <= (weeks_suffice(scope, counts) ? counts.listed / 100 : most_rare_rows);
}

// True if a vault's backups are soon looked at, all of them; the ends of a range hold about two hundredths of the
// project's.
bool is_small_vault(const scope& scope, const row_counts& counts) {
    return scope.vaults && counts.facet_matches <= counts.listed / 100;
}

// By created_at; over all tenants where facets tell the matches, as for weeks, in an index of little else.
access ranging_access(const scope& scope, const row_counts& counts) {
    return scope.request.all_tenants && weeks_suffice(scope, counts) ? access::count_range : access::fetch_range;
}

// The driver that count_statement uses: whichever index finds the fewest rows and covers the other filters.
access counting_access(const scope& scope, const row_counts& counts) {
    const list_request& request = scope.request;
    if (request.parent_id) return access::fetch_parent;
    if (request.resource_id || request.checkpoint_id) return access::fetch_equality;
    const bool substring = request.has_substring();
    const bool few = counts.facet_matches <= most_facet_rows && counts.facet_matches * 5 < counts.listed;
    const bool by_facet = scope.vaults ? !weeks_suffice(scope, counts) || is_small_vault(scope, counts)
                                       : few && has_whole_facets(scope, counts);
    if (request.has_range() && !substring && by_facet && !counts.facets.empty() &&
        counts.facets.size() <= most_facets_sought)
        return access::fetch_facet;
    if (has_few_rare_rows(scope, counts)) return access::fetch_rare;
    if (request.has_range() && (!substring || !request.all_tenants)) return ranging_access(scope, counts);
    return access::scan;
}

// How many backups are apart, as one more column; the number is looked at alone, and so not all of them are counted.
void write_number_apart(db::statement& out, const scope& scope) {
    out.sql(", (SELECT count(*) FROM (SELECT FROM catalog.backups b WHERE b.parent_id IS NULL");
    if (scope.request.all_tenants)
        out.sql(" AND b.owner_project_id IS NULL");
    else
        out.sql(" AND b.project_id = ").param(scope.project_id, "text");
    out.sql(" AND ").sql(is_apart(scope.request.sort.front().key)).sql(" LIMIT ");
    out.param(std::to_string(most_apart), "bigint").sql(") a) AS apart");
}

// FROM and conditions of the counters of the weeks of the project, of its vault, or of all projects, as c. Columns:
// week, n. `whole` says which; nothing: all.
void write_weeks(db::statement& out, const scope& scope, const divided_range* whole) {
    const bool all = scope.request.all_tenants;
    const std::size_t project = all ? 0 : out.add_param(scope.project_id);
    const auto number_of = [&](const std::optional<std::string>& time) {
        return time ? out.add_param(*time + "Z") : 0;
    };
    const std::size_t first = whole ? number_of(whole->first_week) : 0; // 0: no such parameter
    const std::size_t behind = whole ? number_of(whole->behind_last) : 0;
    const facet_filter filter = facet_filter_of(scope.request);
    const auto write_bounds = [&] {
        if (first != 0) out.sql(" AND week >= ").placeholder(first, "timestamptz");
        if (behind != 0) out.sql(" AND week < ").placeholder(behind, "timestamptz");
    };
    if (scope.vaults) { // the days of its parts' names sort as text; those without end before ':'
        constexpr std::size_t day = 10;
        const std::string part = "vault " + scope.vaults->front() + " ";
        out.sql(" FROM (SELECT (right(part, 10) || 'Z')::timestamptz AS week, facet, n FROM catalog.part_counts WHERE "
                "project_id = ")
            .placeholder(project, "text");
        out.sql(" AND part >= ").param(part + (first != 0 ? whole->first_week->substr(0, day) : "0"), "text");
        out.sql(" AND part < ").param(part + (behind != 0 ? whole->behind_last->substr(0, day) : ":"), "text");
        out.sql(" UNION ALL SELECT week, facet, n FROM catalog.count_deltas WHERE vault_id = ")
            .param(scope.vaults->front(), "uuid")
            .sql(" AND project_id = ")
            .placeholder(project, "text")
            .sql(" AND week > '-infinity'");
        write_bounds();
    } else {
        const auto write_conditions = [&] {
            out.sql(" WHERE week > '-infinity'");
            if (!all) out.sql(" AND project_id = ").placeholder(project, "text");
            write_bounds();
        };
        out.sql(" FROM (SELECT week, facet, n FROM ");
        // Two numbers a week instead of some hundred.
        if (all_facets_match(filter))
            out.sql(all ? "catalog.all_weeks w CROSS JOIN LATERAL (VALUES (0::bigint, w.own)) s (facet, n)"
                        : "catalog.week_facets w CROSS JOIN LATERAL (VALUES (0::bigint, w.own), (32768, w.shared)) s "
                          "(facet, n)");
        else
            out.sql(all ? "catalog.all_week_counts" : "catalog.week_counts");
        write_conditions();
        out.sql(" UNION ALL SELECT week, facet, n FROM catalog.count_deltas");
        write_conditions();
    }
    out.sql(") c WHERE true");
    write_facet_bits(out, filter, "c.facet");
}

// The array of a facet's weeks in catalog.week_facets whose edges decide where a list by created_at begins.
std::string_view edge_of_facet(const scope& scope) {
    return scope.request.sort.front().ascending ? "firsts" : "lasts";
}

// Of these weeks the first, or the last in a descending order.
std::string edge_of_list(const scope& scope, const std::string& week) {
    return (scope.request.sort.front().ascending ? "min(" : "max(") + week + ")";
}

// Behind the week that has a list's first row by created_at: from the week's begin to where the list begins.
std::string_view to_begin_of_list(const scope& scope) {
    return scope.request.sort.front().ascending ? "" : " + interval '168 hours'";
}

// Of a large project's whole list: the arrays as they are stored, and those of the latest changes. To take a thousand
// elements out of arrays, to filter them, and to make arrays of them again takes PostgreSQL longer than the page.
db::statement stored_facets_statement(const scope& scope, const row_counts& counts) {
    const bool weeks = knows_weeks(scope, counts);
    const std::string_view every = has_every_facet(scope, counts) ? ", NULL::bigint[] AS every" : "";
    const facet_filter filter = facet_filter_of(scope.request);
    db::statement out;
    const std::size_t project = out.add_param(scope.project_id);
    if (weeks) {
        out.sql("SELECT s.facets, s.numbers").sql(every).sql(", ").sql(edge_of_list(scope, "s.week")).sql(" OVER ()");
        out.sql(to_begin_of_list(scope)).sql(" AS begins_at FROM (");
    }
    out.sql("SELECT w.bits AS facets, w.ns AS numbers").sql(every);
    if (weeks) { // one match in the list's own first week is enough, and soon found; or else all are looked through
        const auto write_weeks = [&] {
            out.sql(" FROM (SELECT unnest(w.bits) AS facet, unnest(w.").sql(edge_of_facet(scope));
            out.sql(") AS week) u WHERE true");
            write_facet_bits(out, filter, "u.facet");
        };
        out.sql(", (SELECT coalesce((SELECT e.week");
        write_weeks();
        out.sql(" AND u.week = e.week LIMIT 1), (SELECT ").sql(edge_of_list(scope, "u.week"));
        write_weeks();
        out.sql(")) FROM (SELECT week FROM catalog.week_facets WHERE project_id = ").placeholder(project, "text");
        out.sql(" AND week > '-infinity' ORDER BY week").sql(scope.request.sort.front().ascending ? "" : " DESC");
        out.sql(" LIMIT 1) e) AS week");
    }
    out.sql(" FROM catalog.week_facets w WHERE w.project_id = ").placeholder(project, "text");
    out.sql(" AND w.week = '-infinity' UNION ALL SELECT array_agg((d.facet & 1048575)::integer), array_agg(d.n)");
    out.sql(every.empty() ? "" : ", NULL");
    if (weeks) {
        out.sql(", ").sql(edge_of_list(scope, "d.week")).sql(" FILTER (WHERE true");
        write_facet_bits(out, filter, "d.facet");
        out.sql(")");
    }
    out.sql(" FROM catalog.count_deltas d WHERE d.project_id = ").placeholder(project, "text");
    out.sql(" AND (d.facet & 65536) = 0").sql(weeks ? ") s" : "");
    return out;
}

} // namespace

db::statement vaults_statement(const scope& scope) {
    db::statement out("SELECT v.id FROM catalog.vaults v WHERE v.size > 0 AND v.used * 100 >= v.size * 1024 * ");
    out.param(std::to_string(*scope.request.used_percent), "bigint");
    if (!scope.request.all_tenants) out.sql(" AND v.project_id = ").param(scope.project_id, "text");
    if (scope.request.vault_id) out.sql(" AND v.id = ").param(*scope.request.vault_id, "uuid");
    out.sql(" ORDER BY v.id");
    return out;
}

db::statement listed_statement(const scope& scope) {
    const facet_filter filter = facet_filter_of(scope.request);
    facet_filter shared_only;
    shared_only.mask = filter.mask & facet::shared;
    shared_only.value = filter.value & facet::shared;
    db::statement out("SELECT coalesce(sum(c.n) FILTER (WHERE true");
    write_facet_bits(out, shared_only, "c.facet");
    out.sql("), 0)::bigint AS n, coalesce(sum(c.n), 0)::bigint AS indexed, ");
    if (scope.request.all_tenants &&
        (scope.request.has_range() || scope.request.offset >= worth_a_statement || may_seek_week(scope)))
        // Not the table, which a schema may have no longer: of the function the snapshot knows
        // (migrations/deploy/all_weeks.sql).
        out.sql(
            "EXISTS (SELECT FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace s ON s.oid = p.pronamespace WHERE "
            "s.nspname = 'catalog' AND p.proname = 'count_all_weeks') OR ");
    out.sql(
        "coalesce(bool_or((c.row ->> 'by_week')::boolean), false) AS by_week, coalesce(bool_or((c.row ->> "
        "'by_part')::boolean), false) AS "
        "by_part, coalesce(bool_or((c.row ->> 'vaults_by_week')::boolean), false) AS vaults_by_week FROM (SELECT n, ");
    if (scope.request.all_tenants)
        out.sql("facet, NULL::json AS row FROM catalog.zone_counts UNION ALL SELECT n, facet, NULL FROM "
                "catalog.count_deltas");
    else // flags out of the row as JSON: null in a schema that has no such column yet, or no longer
        out.sql("CASE WHEN shared THEN 32768 ELSE 0 END::bigint AS facet, to_json(p) AS row "
                "FROM catalog.project_counts p WHERE project_id = ")
            .param(scope.project_id, "text")
            .sql(" UNION ALL SELECT n, facet, NULL FROM catalog.count_deltas WHERE project_id = ")
            .param(scope.project_id, "text");
    out.sql(") c WHERE (c.facet & 65536) = 0");
    return out;
}

db::statement facets_statement(const scope& scope, const row_counts& counts) {
    if (counts_list_by_bits(scope, counts)) return stored_facets_statement(scope, counts);
    const bool weeks = knows_weeks(scope, counts);
    const bool every = has_every_facet(scope, counts);
    // The same rows tell both; or else those of the whole list are added.
    const bool at_once =
        every && scope.request.all_tenants && !has_whole_facets(scope, counts) && scope.request.resource_az.empty();
    const bool added = every && !at_once;
    // Facets come once and again, as they are counted in several places: the reader sums them up in less time. Those of
    // vaults, and of the projects of an enterprise project, are too many rows for that.
    const bool summed = has_whole_facets(scope, counts) && (scope.vaults || scope.request.all_tenants);
    db::statement out("SELECT array_agg(t.facet) AS facets, array_agg(t.n) AS numbers");
    if (every) out.sql(added ? ", array_agg(t.every) AS every" : ", NULL::bigint[] AS every");
    if (weeks) out.sql(", ").sql(edge_of_list(scope, "t.week")).sql(to_begin_of_list(scope)).sql(" AS begins_at");
    out.sql(" FROM (SELECT c.facet, ").sql(summed ? "sum(c.n)::bigint AS n" : "c.n");
    out.sql(added ? ", 0::bigint AS every" : "");
    if (weeks) out.sql(", NULL::timestamptz AS week");
    out.sql(" FROM (SELECT ");
    const auto write_source = [&](std::string_view table) {
        out.sql("resource_az, enterprise_project_id, n FROM ").sql(table).sql(" WHERE true");
        // A vault's counters are found by the vault, not all of the project's looked through.
        const bool by_vault = table == "catalog.vault_counts";
        if (!scope.request.all_tenants)
            out.sql(by_vault ? " AND (project_id = " : " AND project_id = ")
                .param(scope.project_id, "text")
                .sql(by_vault ? ") IS TRUE" : "");
        if (scope.vaults) out.sql(" AND vault_id = ANY (").param(db::array_literal(*scope.vaults), "uuid[]").sql(")");
    };
    if (has_whole_facets(scope, counts)) {
        out.sql("facet, ");
        write_source(scope.vaults ? "catalog.vault_counts" : "catalog.facet_counts");
        out.sql(" UNION ALL SELECT facet, ");
        write_source("catalog.count_deltas");
    } else if (!scope.request.all_tenants) {
        const std::string& zone = scope.request.resource_az;
        const std::size_t project = out.add_param(scope.project_id);
        out.sql("facet, n FROM catalog.part_counts WHERE project_id = ").placeholder(project, "text");
        std::vector<std::string> parts; // of a zone, or of vaults: those of both are whole facets
        if (scope.vaults)
            for (const std::string& vault : *scope.vaults)
                parts.push_back("vault " + vault);
        else
            parts.push_back("zone " + zone);
        out.sql(" AND part = ANY (").param(db::array_literal(parts), "text[]").sql(")");
        out.sql(" UNION ALL SELECT facet & 1048575, n FROM catalog.count_deltas WHERE project_id = ")
            .placeholder(project, "text")
            .sql(" AND (facet & 65536) = 0");
        if (scope.vaults)
            out.sql(" AND vault_id = ANY (").param(db::array_literal(*scope.vaults), "uuid[]").sql(")");
        else
            out.sql(" AND resource_az = ").param(zone, "text");
    } else {
        out.sql("facet, resource_az, n FROM catalog.zone_counts UNION ALL SELECT facet & 1048575, resource_az, n FROM "
                "catalog.count_deltas");
    }
    out.sql(scope.request.parent_id ? ") c WHERE (c.facet & 65536) <> 0" : ") c WHERE (c.facet & 65536) = 0");
    if (!at_once) write_facet_bits(out, facet_filter_of(scope.request), "c.facet");
    if (!scope.request.resource_az.empty() && (scope.request.all_tenants || has_whole_facets(scope, counts)))
        out.sql(" AND c.resource_az = ").param(scope.request.resource_az, "text");
    if (scope.enterprise_projects)
        out.sql(" AND c.enterprise_project_id = ANY (")
            .param(db::array_literal(*scope.enterprise_projects), "text[]")
            .sql(")");
    if (summed) out.sql(" GROUP BY c.facet");
    if (added) {
        const auto write_list = [&](std::string_view facet, std::string_view table, std::string_view more) {
            out.sql(" UNION ALL SELECT ").sql(facet).sql(", 0, n").sql(weeks ? ", NULL" : "");
            out.sql(" FROM ").sql(table);
            out.sql(" WHERE (facet & 65536) = 0").sql(more);
            if (!scope.request.all_tenants) out.sql(" AND project_id = ").param(scope.project_id, "text");
        };
        if (scope.request.all_tenants)
            write_list("facet", "catalog.zone_counts", "");
        else
            write_list("facet", "catalog.week_counts", " AND week = '-infinity'");
        write_list("facet & 1048575", "catalog.count_deltas", "");
    }
    if (weeks) { // of two arrays: the view week_counts takes five apart
        const std::size_t project = out.add_param(scope.project_id);
        out.sql(" UNION ALL SELECT 0, 0").sql(added ? ", 0" : "").sql(", ").sql(edge_of_list(scope, "c.week"));
        out.sql(" FROM (SELECT unnest(bits) AS facet, unnest(").sql(edge_of_facet(scope));
        out.sql(") AS week FROM catalog.week_facets");
        out.sql(" WHERE project_id = ").placeholder(project, "text");
        out.sql(" AND week = '-infinity' UNION ALL SELECT facet, week FROM catalog.count_deltas WHERE project_id = ");
        out.placeholder(project, "text").sql(" AND (facet & 65536) = 0) c WHERE true");
        write_facet_bits(out, facet_filter_of(scope.request), "c.facet");
    }
    return std::move(out.sql(") t"));
}

db::statement count_statement(const scope& scope, const row_counts& counts) {
    db::statement out;
    const std::optional<marker_place> no_marker;
    const std::optional<std::string> from_the_beginning;
    row_writer rows(out, scope, counts, no_marker, from_the_beginning);
    const list_request& request = scope.request;
    const auto whole =
        weeks_suffice(scope, counts) && !has_few_rare_rows(scope, counts) && !is_small_vault(scope, counts)
            ? divide_by_weeks({request.start_time, request.end_time})
            : std::nullopt;
    if (whole) {
        out.sql("SELECT ((SELECT coalesce(sum(c.n), 0)");
        write_weeks(out, scope, &*whole);
        out.sql(")");
        for (const auto& part : {whole->before, whole->behind}) {
            if (!part) continue;
            out.sql(" + (SELECT count(*) FROM (SELECT");
            rows.write_rows(ranging_access(scope, counts), std::nullopt, *part);
            out.sql(" OFFSET 0) r)");
        }
        out.sql(")::bigint AS n");
        if (counts_apart(scope, counts)) write_number_apart(out, scope);
        return out;
    }
    const access driver = counting_access(scope, counts);
    if (finds_while_counting(scope)) {
        const std::size_t most = out.add_param(std::to_string(most_found));
        // In the order of created_at, counting goes on behind the last one that was found.
        const bool ordered = driver == access::fetch_range || scans_by_time(request, driver);
        out.sql("WITH found AS MATERIALIZED (");
        if (ordered) {
            out.sql("SELECT b.project_id, b.id, b.created_at");
            rows.write_rows(driver, std::nullopt);
            out.sql(" ORDER BY b.created_at, b.id");
        } else {
            out.sql("SELECT r.project_id, r.id, NULL::timestamptz AS created_at FROM (");
            rows.write_found({std::nullopt, driver, false});
            out.sql(") r");
        }
        out.sql(" LIMIT ").placeholder(most, "bigint");
        out.sql(") SELECT CASE WHEN f.n < ").placeholder(most, "bigint");
        out.sql(" THEN f.n ELSE ").sql(ordered ? "f.n + " : "").sql("(SELECT count(*) FROM (");
        if (ordered) {
            out.sql("SELECT");
            rows.write_rows(driver, std::nullopt, {std::nullopt, request.end_time});
            out.sql(" AND (b.created_at, b.id) > (f.created_at, f.id) ORDER BY b.created_at OFFSET 0");
        } else {
            rows.write_found({std::nullopt, driver, false});
        }
        out.sql(") r) END AS n");
        if (counts_apart(scope, counts)) write_number_apart(out, scope);
        for (const char* column : {"projects", "ids"})
            out.sql(", CASE WHEN f.n < ")
                .placeholder(most, "bigint")
                .sql(" THEN f.")
                .sql(column)
                .sql(" END AS ")
                .sql(column);
        out.sql(" FROM (SELECT count(*) AS n, array_agg(project_id) AS projects, array_agg(id) AS ids, "
                "(array_agg(created_at))[")
            .placeholder(most, "bigint");
        out.sql("] AS created_at, (array_agg(id))[").placeholder(most, "bigint");
        return std::move(out.sql("] AS id FROM found) f"));
    }
    out.sql("SELECT count(*) AS n");
    if (counts_apart(scope, counts)) write_number_apart(out, scope);
    out.sql(" FROM (");
    if (driver == access::fetch_facet || driver == access::fetch_rare) {
        rows.write_found({std::nullopt, driver, false});
    } else {
        out.sql("SELECT");
        rows.write_rows(driver, std::nullopt);
        rows.write_scan_order(driver);
        out.sql(" OFFSET 0");
    }
    out.sql(") r");
    return out;
}

db::statement weeks_statement(const scope& scope) {
    const bool ascending = scope.request.sort.front().ascending;
    db::statement out("SELECT ");
    out.sql("l.week").sql(to_begin_of_list(scope)).sql(" AS begins_at, ");
    if (scope.request.offset < worth_a_statement) { // read up to the first week with a match, not all of them
        const facet_filter filter = facet_filter_of(scope.request);
        out.sql("0 AS skipped FROM (SELECT ").sql(ascending ? "least" : "greatest");
        out.sql("((SELECT a.week FROM catalog.all_weeks a WHERE a.week > '-infinity' AND EXISTS (SELECT FROM "
                "unnest(a.bits) c (facet) WHERE true");
        write_facet_bits(out, filter, "c.facet");
        out.sql(") ORDER BY a.week").sql(ascending ? "" : " DESC").sql(" LIMIT 1), (SELECT ");
        out.sql(ascending ? "min" : "max").sql("(d.week) FROM catalog.count_deltas d WHERE d.week > '-infinity'");
        write_facet_bits(out, filter, "d.facet");
        return std::move(out.sql(")) AS week) l WHERE l.week IS NOT NULL"));
    }
    out.sql("l.skipped FROM (SELECT w.week, (sum(w.n) OVER (ORDER BY w.week");
    out.sql(ascending ? "" : " DESC").sql(") - w.n)::bigint AS skipped FROM (SELECT c.week, sum(c.n) AS n");
    write_weeks(out, scope, nullptr);
    out.sql(" GROUP BY c.week) w) l WHERE l.skipped <= ").param(std::to_string(scope.request.offset), "bigint");
    out.sql(" ORDER BY l.week").sql(ascending ? " DESC" : "").sql(" LIMIT 1");
    return out;
}

} // namespace catalog::query
