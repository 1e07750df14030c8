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
// The same where neighbours in the index are far apart in the table: each looks at another page of the visibility map.
constexpr double entry_scattered = 0.6;
// The same where the filter is compared within the index, which only the matches are read from.
constexpr double entry_compared = 0.12;
constexpr double name_scanned = 0.17;     // one entry with a substring search in its text
constexpr double row_fetched = 0.35;      // one row found by index and sorted
constexpr double row_sorted = 0.23;       // one row found and sorted
constexpr double row_visited = 1.0;       // one row whose filter is in the heap only
constexpr double facet_sought = 6;        // the first row of a facet: five pages
constexpr double facet_row_fetched = 1.0; // each of its rows, on a page of the visibility map of its own
constexpr double facets_named =
    0.0044; // the facets of all projects by their lower bits, for each backup that they count
constexpr double facets_with_bits = 10; // whole ones of a large project
constexpr double uneven = 1.5;          // entries walked to those that an even distribution would take
constexpr double share_of_vault = 0.5;  // of the facets of several vaults, in each
constexpr double share_of_week = 0.02;  // of a project's rows, in a week: what is walked where weeks are skipped

constexpr double rows_of_days = 5'000; // within apart_by of a range, outside it

constexpr double most_rows_in_vain = 5'000; // 5 ms of them

struct option {
    query::access access;
    double cost;
};

class chooser {
public:
    chooser(const scope& scope, const row_counts& counts)
        : scope_(scope)
        , request_(scope.request)
        , counts_(counts)
        , found_in_range_(scope.vaults && scope.request.has_range())
        , whole_facets_(has_whole_facets(scope, counts))
        , listed_(std::max({counts.listed, counts.indexed, counts.facet_matches}))
        , windows_(counts.apart && *counts.apart < most_apart &&
                   in_range() + rows_of_days < static_cast<double>(walked())) {}

    // True if a walk in the order of another time than that of the range goes by windows().
    bool goes_by_windows() const { return windows_; }

    // The cheapest way to the rows of a class, or of all classes; `first_key` sorts them. `need`: rows that a walk
    // passes, which may skip weeks; what else reads in order passes all up to the page's end.
    option cheapest(const std::optional<tie_class>& only, sort_key first_key, double need) const {
        const double reach = static_cast<double>(request_.limit) + static_cast<double>(request_.offset);
        const std::vector<option> options = found_and_sorted(only, reach);
        const option walking = walk(only, first_key, need);
        const auto best = std::min_element(options.begin(), options.end(), cheaper);
        return best == options.end() || cheaper(walking, *best) ? walking : *best;
    }

    // The cheapest way that finds all rows before they are sorted, if there is one.
    std::optional<option> cheapest_found() const {
        const std::vector<option> options = found_and_sorted(std::nullopt, std::nullopt);
        const auto best = std::min_element(options.begin(), options.end(), cheaper);
        return best == options.end() ? std::nullopt : std::optional<option>(*best);
    }

    // Nearly every row that the walk reads is on the page: documents come straight from it. It reads what is on the
    // page alone where the filter is compared within the index; elsewhere the rows that the filter leaves out, too,
    // which may all come first.
    bool one_stage(access access, const std::vector<sort_term>& order) const {
        const sort_key first_key = order.front().key;
        if (request_.offset > 100) return false;
        if (access == access::fetch_rare && rare_in_order(scope_, counts_, std::nullopt) && is_index_order(order)) {
            const auto rare = static_cast<double>(rare_rows(scope_, counts_, std::nullopt).value().rows);
            const auto on_pages = static_cast<double>(counts_.total);
            return on_pages * 2 >= rare && rare - on_pages <= most_rows_in_vain && has_few_of_other_owners();
        }
        if (access != access::walk) return false;
        if (is_compared() && is_index_order(order) && has_few_of_other_owners()) return true;
        if (first_key == sort_key::id) return false;
        if (request_.has_range() && first_key != sort_key::created_at) return false;
        const double passed = request_.has_range() ? in_range() : static_cast<double>(walked());
        const auto on_pages = static_cast<double>(counts_.total);
        return on_pages * 2 >= static_cast<double>(walked()) && passed - on_pages <= most_rows_in_vain;
    }

    std::uint64_t rows_of(const tie_class& only) const { return query::rows_of(counts_.facets, only); }

private:
    static bool cheaper(const option& a, const option& b) { return a.cost < b.cost; }

    // Rows in the index that is walked: the backups of others have their own.
    std::uint64_t walked() const { return has_orders_of_others(scope_) ? counts_.listed : listed_; }

    double facet_rows(const std::optional<tie_class>& only) const {
        return static_cast<double>(only ? rows_of(*only) : counts_.facet_matches);
    }

    // Matches in the class; those of other filters are as frequent in each class.
    double matches(const std::optional<tie_class>& only) const {
        const double share = facet_rows(only) / std::max(1.0, static_cast<double>(counts_.facet_matches));
        return std::max(1.0, static_cast<double>(counts_.total) * share);
    }

    // Rows in the time range before the other filters: known only through the matches.
    double in_range() const {
        const double all = std::max(1.0, static_cast<double>(walked()));
        if (!request_.has_range()) return all;
        return std::min(all, static_cast<double>(counts_.total) * all /
                                 std::max(1.0, static_cast<double>(counts_.facet_matches)));
    }

    // True if an index gives the rows in this order, without groups of ties to be sorted.
    static bool is_index_order(const std::vector<sort_term>& order) {
        return order.front().key == sort_key::id ||
               (order.size() == 2 && order[1].key == sort_key::id && order[0].ascending == order[1].ascending &&
                order[0].key != sort_key::status);
    }

    // Whose backup it is, no index compares: the list's own and others' are told apart by their facet, in the row.
    bool has_few_of_other_owners() const {
        const double others = static_cast<double>(counts_.indexed) - static_cast<double>(counts_.listed);
        return request_.all_tenants || others <= most_rows_in_vain ||
               others * 50 <= static_cast<double>(counts_.listed);
    }

    // True if the index of the order has every filter in a column of its own.
    bool is_compared() const {
        return compares_filters(scope_) && !request_.has_substring() &&
               (request_.statuses.empty() || span_of(statuses, request_.statuses).exact) &&
               (request_.resource_types.empty() || span_of(resource_types, request_.resource_types).exact);
    }

    option walk(const std::optional<tie_class>& only, sort_key first_key, double need) const {
        if (request_.is_found_by_value()) return {access::walk, 1e12};
        const double all = std::max(1.0, static_cast<double>(walked()));
        const double walkable = first_key == sort_key::created_at ? in_range() : all;
        const bool scattered = request_.all_tenants || first_key == sort_key::name || first_key == sort_key::id;
        const bool compared = is_compared() && compares_class(scope_, only, first_key);
        const double per_entry = request_.has_substring() ? has_text(first_key) ? name_scanned : row_visited
                                 : compared               ? entry_compared
                                 : scattered              ? entry_scattered
                                                          : entry_walked;
        // What is filtered out is not spread evenly: where there is another way, a walk must be clearly shorter.
        const double surplus = walkable / matches(only);
        double entries = std::min(walkable, need * surplus * (surplus > 1.5 ? uneven : 1));
        // Times of one backup are near each other: in the order of another one, the range begins behind all before it.
        if (request_.has_range() && not_null(first_key))
            entries = windows_ && !(only && only->ties) ? near_range(matches(only), need)
                                                        : std::min(all, entries + all - in_range());
        return {access::walk, entries * per_entry};
    }

    // Entries of windows(): what is near the range, and all that are apart.
    double near_range(double matches, double need) const {
        const double near = std::min(static_cast<double>(walked()), in_range() + rows_of_days);
        return std::min(near, need * near / matches * uneven) + static_cast<double>(counts_.apart.value_or(0));
    }

    // `reach`: rows up to the page's end; nothing: all.
    std::vector<option> found_and_sorted(const std::optional<tie_class>& only, std::optional<double> reach) const {
        if (request_.parent_id) return {{access::fetch_parent, matches(std::nullopt) * row_fetched}};
        if (request_.is_found_by_value()) return {{access::fetch_equality, matches(std::nullopt) * row_fetched}};
        std::vector<option> options;
        const double per_entry = request_.has_substring() ? name_scanned : entry_walked;
        if (const auto rare = rare_rows(scope_, counts_, only)) {
            const auto rows = static_cast<double>(rare->rows);
            const bool compared = nulls_in_order(scope_, counts_, only) && !request_.has_substring();
            const double per_row = compared                          ? entry_compared
                                   : !request_.resource_name.empty() ? row_visited
                                                                     : per_entry;
            // Behind the value, and the project, these indexes are in the order of created_at.
            const double sought = compared ? rows : rows * in_range() / std::max(1.0, static_cast<double>(walked()));
            if (reach && rare_in_order(scope_, counts_, only))
                options.push_back(
                    {access::fetch_rare,
                     facet_sought + std::min(sought, *reach * sought / matches(only) * uneven) * per_row});
            else
                options.push_back({access::fetch_rare, facet_sought + sought * per_row + matches(only) * row_sorted});
        }
        if (!counts_.facets.empty()) {
            const auto facets = std::count_if(counts_.facets.begin(), counts_.facets.end(),
                                              [&](const auto& entry) { return !only || only->holds(entry.facet); });
            const double rows = found_in_range_ ? matches(only) : facet_rows(only);
            auto look_ups = static_cast<double>(facets);
            if (scope_.vaults) look_ups *= std::max(1.0, static_cast<double>(scope_.vaults->size()) * share_of_vault);
            if (!whole_facets_) look_ups *= facets_with_bits;
            double cost = rows * (request_.has_substring() ? row_visited : facet_row_fetched) + look_ups * facet_sought;
            if (!whole_facets_ && request_.all_tenants) cost += facets_named * static_cast<double>(listed_);
            options.push_back({access::fetch_facet, cost});
        }
        if (request_.has_range() && (!request_.has_substring() || !request_.all_tenants))
            options.push_back({access::fetch_range, in_range() * per_entry + matches(only) * row_fetched});
        if (request_.has_substring())
            options.push_back(
                {access::scan, static_cast<double>(listed_) * name_scanned + matches(only) * row_fetched});
        return options;
    }

    // True if the index of this order has the text that is searched.
    bool has_text(sort_key first_key) const {
        if (request_.all_tenants) return first_key == sort_key::name && request_.resource_name.empty();
        return first_key == sort_key::created_at || (first_key != sort_key::id && request_.resource_name.empty());
    }

    const scope& scope_;
    const list_request& request_;
    const row_counts& counts_;
    bool found_in_range_; // the index of facets finds vaults' rows by time, too
    bool whole_facets_;
    std::uint64_t listed_;
    bool windows_; // see goes_by_windows()
};

// The marker's value of a time that may be null.
const std::string& time_of(const marker_place& marker, sort_key key) {
    return key == sort_key::updated_at ? marker.updated_order : marker.protected_order;
}

// True if the marker's place is in the class.
bool holds(const tie_class& only, const marker_place& marker, sort_key first_key) {
    if (first_key == sort_key::status) return only.name == marker.status;
    return only.ties == (time_of(marker, first_key) == "-infinity");
}

// The order of the request's first key, a time that is not that of the range, in up to three parts: near the range,
// where nearly all of its backups are, and what is apart, before and behind it. Those wholly before the marker are left
// out; `behind_marker`: it is before them all.
std::vector<branch> windows(const list_request& request, const tie_class& only,
                            const std::optional<marker_place>& marker, bool behind_marker) {
    constexpr std::chrono::microseconds tick{1}; // PostgreSQL's resolution of time (chapter 8.5)
    const auto moved_by = [](const std::optional<std::string>& time, std::chrono::microseconds by) {
        return time ? moved(*time, by) : std::nullopt;
    };
    std::vector<branch> parts;
    const auto add = [&](access access, std::optional<std::string> from, std::optional<std::string> to) {
        parts.push_back({only, access, false, time_range{std::move(from), std::move(to)}});
    };
    const std::optional<std::string> first = moved_by(request.start_time, -apart_by);
    const std::optional<std::string> last = moved_by(request.end_time, apart_by);
    if (const auto before = moved_by(first, -tick)) add(access::walk_apart, std::nullopt, before);
    add(access::walk, first, last);
    if (const auto behind = moved_by(last, tick)) add(access::walk_apart, behind, std::nullopt);
    const sort_term& term = request.sort.front();
    if (!term.ascending) std::reverse(parts.begin(), parts.end());
    if (!marker || behind_marker) return parts;

    const std::string place = comparable(time_of(*marker, term.key));
    std::erase_if(parts, [&](const branch& part) {
        const std::optional<std::string>& end = term.ascending ? part.window->to : part.window->from;
        return end && (term.ascending ? comparable(*end) < place : comparable(*end) > place);
    });
    for (branch& part : parts) {
        const std::optional<std::string>& begin = term.ascending ? part.window->from : part.window->to;
        part.after_marker = !begin || (term.ascending ? comparable(*begin) <= place : comparable(*begin) >= place);
    }
    return parts;
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
    case access::walk_apart:
        return "apart";
    case access::fetch_facet:
        return "fetch_facet";
    case access::fetch_equality:
        return "fetch_equality";
    case access::fetch_parent:
        return "fetch_parent";
    case access::fetch_range:
        return "fetch_range";
    case access::count_range:
        return "count_range";
    case access::fetch_rare:
        return "fetch_rare";
    case access::fetch_found:
        return "fetch_found";
    case access::scan:
        break;
    }
    return "scan";
}

access_path choose_access_path(const scope& scope, const row_counts& counts,
                               const std::optional<marker_place>& marker) {
    access_path path;
    path.offset = scope.request.offset;
    if (counts.with_page) {
        const access found = scope.request.parent_id ? access::fetch_parent : access::fetch_equality;
        path.branches.push_back({std::nullopt, found, true});
        path.reason = std::string(name_of(found)) + ", which counts as well";
        return path;
    }
    path.reason = explain_numbers(counts);
    if (counts.total <= scope.request.offset) {
        path.reason += ": nothing to read";
        return path;
    }
    if (counts.found) {
        path.branches.push_back({std::nullopt, access::fetch_found, true});
        path.reason += ": " + std::string(name_of(access::fetch_found)) + ", which the count did";
        return path;
    }
    const chooser choose(scope, counts);
    const std::vector<sort_term> order = total_order(scope.request.sort);
    const bool can_skip = can_skip_weeks(scope, counts, marker);
    auto walked_to = static_cast<double>(scope.request.offset);
    if (can_skip) walked_to = std::min(walked_to, static_cast<double>(counts.total) * share_of_week);
    const double need = static_cast<double>(scope.request.limit) + walked_to;

    const auto take_all = [&](const option& best) -> access_path& {
        path.branches.push_back({std::nullopt, best.access, true});
        // What is filtered by often comes and goes with time: nothing before its first week is looked at.
        if (best.access == access::walk && order.front().key == sort_key::created_at) path.begins_at = counts.begins_at;
        path.one_stage = choose.one_stage(best.access, order);
        path.skips_weeks = best.access == access::walk && (can_skip || can_seek_week(scope, counts, marker));
        path.reason += ": " + describe(best) + (path.one_stage ? ", documents straight from it" : "");
        return path;
    };
    std::vector<tie_class> classes = tie_classes(order);
    if (classes.empty() && choose.goes_by_windows()) classes = null_classes(order.front());
    if (classes.empty()) {
        take_all(choose.cheapest(std::nullopt, order.front().key, need));
        // All backups without the time may come first: a walk that finds none among them begins behind.
        const std::optional<tie_class> timed = not_null(order.front().key);
        if (timed && !counts.facets.empty() && choose.rows_of(*timed) == counts.facet_matches &&
            path.branches.front().access == access::walk)
            path.branches.front().only = timed;
        return path;
    }

    const bool exact = counters_suffice(scope) && !marker;
    std::uint64_t behind = 0; // rows in the branches taken so far
    double cost = 0;          // of these branches
    bool marker_passed = !marker.has_value();
    std::vector<branch> branches;
    std::string reason = ": class by class:";
    std::uint64_t offset = path.offset;
    for (const tie_class& only : classes) {
        const bool holds_marker = !marker_passed && holds(only, *marker, order.front().key);
        if (!marker_passed && !holds_marker) continue; // wholly before the marker
        marker_passed = true;
        const std::uint64_t rows = choose.rows_of(only);
        if (rows == 0) continue;
        if (exact && branches.empty() && rows <= offset) {
            offset -= rows;
            continue;
        }
        const option best = choose.cheapest(only, order[only.ties ? 1 : 0].key, need);
        const bool near = best.access == access::walk && choose.goes_by_windows() && !only.ties;
        if (near)
            for (branch& part : windows(scope.request, only, marker, !holds_marker))
                branches.push_back(std::move(part));
        else
            branches.push_back({only, best.access, holds_marker, std::nullopt});
        reason += " " + std::string(only.name) + " " + describe(best) + (near ? " near the range" : "");
        behind += rows;
        cost += best.cost;
        if (exact && behind >= offset + scope.request.limit) break;
    }
    // What a facet does not tell is found anew for each class: where all matches are soon found, once is enough.
    // (Facets of children say nothing of their order.)
    if (!counters_suffice(scope)) {
        const std::optional<option> at_once = choose.cheapest_found();
        if (at_once && (scope.request.parent_id || (!branches.empty() && at_once->cost < cost)))
            return take_all(*at_once);
    }
    path.branches = std::move(branches);
    path.offset = offset;
    path.reason += reason;
    return path;
}

} // namespace catalog::query
