// This file declares how rows of catalog.backups are selected: the conditions of every filter, the place of a page and
// its order, for each way to find the rows. Pure.
#pragma once

#include "db/statement.hpp"
#include "query/scope.hpp"
#include "query/weeks.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace catalog::query {

// How the rows of one branch are found.
enum class access {
    walk,           // along the covering index of the first sort key, filtering inside it
    walk_apart,     // along the index of backups whose first sort key, a time, is far from created_at
    fetch_facet,    // by facet (and vault), then sorted
    fetch_equality, // by resource_id or checkpoint_id, then sorted unless its index has them in order
    fetch_parent,   // by parent_id, likewise
    fetch_range,    // by created_at, then sorted
    count_range,    // by created_at, over all tenants, no more than facets are looked at: only to count
    fetch_rare,     // by what few backups are, see rare_rows; then sorted
    scan,           // by a substring in all rows, then sorted
    fetch_found,    // by the keys that count_statement has found, then sorted
};

// A part of the answer: all rows, or those of one class.
struct branch {
    std::optional<tie_class> only;
    query::access access = query::access::walk;
    bool after_marker = true;                        // false: the whole branch lies behind the marker
    std::optional<time_range> window = std::nullopt; // rows whose first sort key, a time, is within it; nothing: all
};

// The condition of the indexes of backups that are apart.
std::string_view is_apart(sort_key key);

// Conditions on an expression that is a facet.
void write_facet_bits(db::statement& out, const facet_filter& filter, std::string_view facet);

// True if the driver goes through all rows in the order of created_at, which is about that of the rows in the table: so
// the visibility map is read page by page. Over all projects no index has the names of resources.
bool scans_by_time(const list_request& request, access driver);

// Writes the parts of one statement that select rows of catalog.backups as b. What it is made of must outlive it.
class row_writer {
public:
    row_writer(db::statement& out, const scope& scope, const row_counts& counts,
               const std::optional<marker_place>& marker, const std::optional<std::string>& begins_at);

    // FROM and the conditions of every filter. `driver` says which of them the planner may use to find rows; the others
    // are written so that no index fits, because a planner with two ways to choose from picks the wrong one for
    // somebody.
    void write_rows(access driver, const std::optional<tie_class>& only);

    // The same within other times than the request's. `with_begin`: from where the path begins. `in_order`: not those
    // of each value in turn that fetch_rare looks for, see write_found, but of the only one.
    void write_rows(access driver, const std::optional<tie_class>& only, const time_range& times,
                    bool with_begin = true, bool in_order = false);

    // The keyset condition: behind the marker in the branch's order.
    void write_keyset(const branch& branch, std::string_view alias);

    // ORDER BY of the branch.
    void write_order(const std::optional<tie_class>& only, std::string_view alias);

    // FROM, conditions and order of a branch that is walked, or whose rows are found in order. Of two conditions on
    // where it begins, PostgreSQL 15 may take either for the place in the index (nbtsearch.c: _bt_first): so only the
    // farther one is written.
    void write_walk(const branch& branch);

    // True if the index that finds the rows has them in the branch's order. Those of resources and parents are in the
    // order of created_at, within a project, those of what few backups are also over all.
    bool finds_in_order(const branch& branch) const;

    // SELECT of one branch's rows, in order. Columns: project_id, id.
    void write_branch(const branch& branch);

    // So that the planner takes the index that is in the order of created_at, without a project before it over all.
    void write_scan_order(access driver, const std::optional<tie_class>& only = std::nullopt);

    // The rows that a driver finds, in no order, with all that sorts them.
    void write_found(const branch& branch);

private:
    std::vector<sort_term> branch_order(const std::optional<tie_class>& only) const;
    bool has_times_behind_value(access driver) const;
    static bool has_nulls_before(const std::optional<tie_class>& only);
    void write_past_nulls();
    bool finds_vaults_with_facets() const;
    std::string matching_facets(const branch& branch) const;
    std::vector<std::string> rare_values(const std::optional<tie_class>& only) const;
    void write_rare(const std::optional<tie_class>& only, bool in_order);
    void write_columns();
    facet_filter filter_of(const std::optional<tie_class>& only) const;
    void write_placements(bool has_zones, bool compared);
    void write_compared(const std::optional<tie_class>& only, bool with_class);
    void write_member_states();
    template <std::size_t N>
    void write_span(std::string_view column, const std::array<std::string_view, N>& names,
                    const std::vector<std::size_t>& chosen);
    void write_bound(const std::string& time, bool indexed, std::string_view comparison, std::string_view opposite);

    db::statement& out_;
    const scope& scope_;
    const list_request& request_;
    const row_counts& counts_;
    const std::optional<marker_place>& marker_;
    const std::optional<std::string>& begins_at_;
    std::vector<sort_term> order_;
    facet_filter filter_;
};

} // namespace catalog::query
