// This file estimates the cost of each access path in index entries and rows, and picks the cheapest.
#include "query/access_path.hpp"

#include "query/facet.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace catalog::query {

namespace {

// Microseconds, measured on PostgreSQL 15 with everything in cache. Only their ratios matter.
constexpr double entry_walked = 0.12; // one entry of a covering index, with the filter on the facet
constexpr double name_scanned = 0.17; // one entry with a substring search in its text
constexpr double row_fetched = 0.35;  // one row found by index and sorted
constexpr double row_visited = 1.0;   // one row whose filter is in the heap only

struct option {
    query::access access;
    double cost;
};

class chooser {
public:
    chooser(const scope& scope, const row_counts& counts)
        : request_(scope.request)
        , counts_(counts)
        , listed_(std::max(counts.listed, counts.facet_matches)) {}

    // Whole-list numbers scaled to a branch that has `share` of the facet matches.
    option cheapest(double share, sort_key first_key, double need) const {
        const double matches = std::max(1.0, static_cast<double>(counts_.total) * share);
        const double facet_rows = static_cast<double>(counts_.facet_matches) * share;
        const double all = std::max(1.0, static_cast<double>(listed_));
        if (request_.parent_id) return {access::fetch_parent, matches * row_fetched};
        if (request_.resource_id || request_.checkpoint_id) return {access::fetch_equality, matches * row_fetched};

        const bool substring = !request_.name.empty() || !request_.resource_name.empty();
        const bool range = request_.start_time || request_.end_time;
        // Rows in the time range before the other filters: known only through the matches.
        const double in_range = range ? std::min(all, matches * all / std::max(1.0, facet_rows)) : all;

        std::vector<option> options;
        const bool name_walk = first_key == sort_key::name && request_.resource_name.empty();
        const double per_entry = !substring ? entry_walked : name_walk ? name_scanned : row_visited;
        const double walkable = first_key == sort_key::created_at ? in_range : all;
        options.push_back({access::walk, std::min(walkable, need * walkable / matches) * per_entry});
        if (!counts_.facets.empty())
            options.push_back({access::fetch_facet, facet_rows * (substring ? row_visited : row_fetched)});
        if (range && !substring)
            options.push_back({access::fetch_range, in_range * entry_walked + matches * row_fetched});
        if (!request_.name.empty())
            options.push_back({access::scan_name, all * name_scanned + matches * row_fetched});
        else if (!request_.resource_name.empty())
            options.push_back({access::scan_resource_name, all * name_scanned + matches * row_fetched});
        return *std::min_element(options.begin(), options.end(),
                                 [](const option& a, const option& b) { return a.cost < b.cost; });
    }

    // Nearly every row walked is on the page: documents come straight from the walk.
    bool one_stage(access access, sort_key first_key) const {
        return access == access::walk && !request_.all_tenants && first_key != sort_key::id && request_.offset <= 100 &&
               counts_.total * 2 >= listed_;
    }

    std::uint64_t rows_of(const tie_class& only) const {
        std::uint64_t rows = 0;
        for (const auto& entry : counts_.facets)
            if (only.holds(entry.facet)) rows += entry.n;
        return rows;
    }

    double share_of(const tie_class& only) const {
        return static_cast<double>(rows_of(only)) / std::max(1.0, static_cast<double>(counts_.facet_matches));
    }

private:
    const list_request& request_;
    const row_counts& counts_;
    std::uint64_t listed_;
};

// True if the marker's place is in the class.
bool holds(const tie_class& only, const marker_place& marker, sort_key first_key) {
    if (first_key == sort_key::status) return only.name == marker.status;
    const bool null =
        (first_key == sort_key::updated_at ? marker.updated_order : marker.protected_order) == "-infinity";
    return only.ties == null;
}

std::string explain_numbers(const row_counts& counts) {
    return std::to_string(counts.total) + " rows match, " + std::to_string(counts.facet_matches) +
           " of them by facet and vault alone, of " + std::to_string(counts.listed) + " listed";
}

std::string describe(const option& option) {
    std::array<char, 64> cost{};
    std::snprintf(cost.data(), cost.size(), " (estimated %.0f us)", option.cost);
    return std::string(name_of(option.access)) + cost.data();
}

} // namespace

std::string_view name_of(access access) {
    switch (access) {
    case access::walk:
        return "walk";
    case access::fetch_facet:
        return "fetch_facet";
    case access::fetch_equality:
        return "fetch_equality";
    case access::fetch_parent:
        return "fetch_parent";
    case access::fetch_range:
        return "fetch_range";
    case access::scan_name:
        return "scan_name";
    case access::scan_resource_name:
        break;
    }
    return "scan_resource_name";
}

access_path choose_access_path(const scope& scope, const row_counts& counts,
                               const std::optional<marker_place>& marker) {
    access_path path;
    path.reason = explain_numbers(counts);
    path.offset = scope.request.offset;
    if (counts.total <= scope.request.offset) {
        path.reason += ": nothing to read";
        return path;
    }
    const chooser choose(scope, counts);
    const std::vector<sort_term> order = total_order(scope.request.sort);
    const double need = static_cast<double>(scope.request.limit) + static_cast<double>(scope.request.offset);

    const std::vector<tie_class> classes = tie_classes(order);
    if (classes.empty() || scope.request.parent_id) {
        const option best = choose.cheapest(1.0, order.front().key, need);
        path.branches.push_back({std::nullopt, best.access, true});
        path.one_stage = choose.one_stage(best.access, order.front().key);
        path.reason += ": " + describe(best) + (path.one_stage ? ", documents straight from it" : "");
        return path;
    }

    const bool exact = counters_suffice(scope) && !marker;
    std::uint64_t behind = 0; // rows in the branches taken so far
    bool marker_passed = !marker.has_value();
    path.reason += ": class by class:";
    for (const tie_class& only : classes) {
        const bool holds_marker = !marker_passed && holds(only, *marker, order.front().key);
        if (!marker_passed && !holds_marker) continue; // wholly before the marker
        marker_passed = true;
        const std::uint64_t rows = choose.rows_of(only);
        if (rows == 0) continue;
        if (exact && path.branches.empty() && rows <= path.offset) {
            path.offset -= rows;
            continue;
        }
        const option best = choose.cheapest(choose.share_of(only), order[only.ties ? 1 : 0].key, need);
        path.branches.push_back({only, best.access, holds_marker});
        path.reason += " " + std::string(only.name) + " " + describe(best);
        behind += rows;
        if (exact && behind >= path.offset + scope.request.limit) break;
    }
    return path;
}

} // namespace catalog::query
