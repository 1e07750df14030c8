// This file writes the SQL of a page.
#include "query/page_query.hpp"

namespace catalog::query {

db::statement page_statement(const scope& scope, const row_counts& counts, const access_path& path,
                             const std::optional<marker_place>& marker) {
    db::statement out;
    row_writer rows(out, scope, counts, marker, path.begins_at);
    const std::size_t limit = out.add_param(std::to_string(scope.request.limit));
    const std::size_t offset = out.add_param(std::to_string(path.offset));
    const std::string_view documents =
        scope.request.show_replication ? "b.document, b.replication_document" : "b.document";

    if (path.one_stage) {
        const branch& only = path.branches.front();
        out.sql("SELECT ").sql(documents);
        rows.write_walk(only);
        out.sql(" LIMIT ").placeholder(limit, "bigint").sql(" OFFSET ").placeholder(offset, "bigint");
        return out;
    }

    // Where the page's statement counts, all that is sorted is found once, for both; where the page is read in order,
    // the total has a look of its own.
    const branch& first = path.branches.front();
    const bool found_first = counts.with_page && !rows.finds_in_order(first);
    out.sql("WITH ");
    if (found_first) {
        out.sql("found AS MATERIALIZED (");
        rows.write_found(first);
        out.sql("), ");
    }
    out.sql("page AS MATERIALIZED (SELECT q.project_id, q.id, row_number() OVER () AS place FROM (");
    if (found_first) {
        out.sql("SELECT k.project_id, k.id FROM found k WHERE true");
        rows.write_keyset(first, "k");
        rows.write_order(std::nullopt, "k");
    } else if (path.branches.size() > 1) {
        const std::size_t need = out.add_param(std::to_string(path.offset + scope.request.limit));
        // PostgreSQL runs the branches of UNION ALL one after another and stops when the page is full.
        out.sql("SELECT u.project_id, u.id FROM (");
        for (std::size_t i = 0; i < path.branches.size(); ++i) {
            out.sql(i == 0 ? "(" : " UNION ALL (");
            rows.write_branch(path.branches[i]);
            out.sql(" LIMIT ").placeholder(need, "bigint").sql(")");
        }
        out.sql(") u");
    } else {
        rows.write_branch(first);
    }
    out.sql(" LIMIT ").placeholder(limit, "bigint").sql(" OFFSET ").placeholder(offset, "bigint");
    out.sql(") q) SELECT ").sql(scope.request.show_replication ? "d.document, d.replication_document" : "d.document");
    if (counts.with_page) { // the total comes with an empty page, too
        out.sql(", t.n FROM (SELECT count(*) AS n FROM ");
        if (found_first) {
            out.sql("found");
        } else {
            out.sql("(SELECT");
            rows.write_rows(first.access, std::nullopt);
            out.sql(" OFFSET 0) c");
        }
        out.sql(") t LEFT JOIN (page");
    } else {
        out.sql(" FROM page");
    }
    out.sql(" CROSS JOIN LATERAL (SELECT ").sql(documents);
    out.sql(" FROM catalog.backups b WHERE b.project_id = page.project_id AND b.id = page.id OFFSET 0) d");
    out.sql(counts.with_page ? ") ON true" : "").sql(" ORDER BY page.place");
    return out;
}

} // namespace catalog::query
