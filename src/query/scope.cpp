// This file decides which counters and indexes can serve a list request.
#include "query/scope.hpp"

#include "query/facet.hpp"

#include <algorithm>
#include <bit>

namespace catalog::query {

namespace {

bool is_timeless(rare_kind kind) {
    return kind == rare_kind::no_updated_at || kind == rare_kind::no_protected_at;
}

} // namespace

facet_filter facet_filter_of(const list_request& request) {
    facet_filter filter;
    const auto require = [&](std::uint64_t mask, std::uint64_t value) {
        filter.mask |= mask;
        filter.value |= value;
    };
    if (request.all_tenants || request.own_type == own_type::own) require(facet::shared, 0);
    if (request.all_tenants && request.own_type == own_type::shared) filter.any = facet::member_any;
    if (!request.all_tenants && request.own_type == own_type::shared) require(facet::shared, facet::shared);
    if (request.image_type) require(1U << facet::image_type_shift, *request.image_type << facet::image_type_shift);
    if (request.dedicated_cloud) require(facet::dedicated_cloud, *request.dedicated_cloud ? facet::dedicated_cloud : 0);
    if (request.incremental)
        require(facet::incremental_mask, *request.incremental ? facet::incremental_true : facet::incremental_false);
    if (request.member_status) {
        const std::uint64_t bit = *request.member_status == member_status::pending    ? facet::member_pending
                                  : *request.member_status == member_status::accepted ? facet::member_accepted
                                                                                      : facet::member_rejected;
        require(bit, bit);
    }
    for (const std::size_t status : request.statuses)
        filter.status_set |= std::uint64_t{1} << status;
    for (const std::size_t type : request.resource_types)
        filter.resource_type_set |= std::uint64_t{1} << type;
    return filter;
}

bool facet_filter::holds(std::int64_t facet) const {
    const auto bits = static_cast<std::uint64_t>(facet);
    return (bits & mask) == value && (any == 0 || (bits & any) != 0) &&
           (status_set == 0 || (status_set >> (bits & facet::status_mask) & 1U) != 0) &&
           (resource_type_set == 0 ||
            (resource_type_set >> (bits >> facet::resource_type_shift & facet::resource_type_mask) & 1U) != 0);
}

std::vector<sort_term> total_order(const std::vector<sort_term>& sort) {
    std::vector<sort_term> order;
    for (const sort_term& term : sort) {
        order.push_back(term);
        if (term.key == sort_key::id) return order; // ids are unique: what follows can't matter
    }
    order.push_back({sort_key::id, order.front().ascending});
    return order;
}

std::optional<tie_class> not_null(sort_key key) {
    if (key == sort_key::updated_at) return tie_class{facet::no_updated_at, 0, false, "not null"};
    if (key == sort_key::protected_at) return tie_class{facet::no_protected_at, 0, false, "not null"};
    return std::nullopt;
}

std::vector<tie_class> tie_classes(const std::vector<sort_term>& order) {
    const sort_term& first = order.front();
    std::vector<tie_class> classes;
    if (first.key == sort_key::status) {
        for (std::size_t i = 0; i < statuses.size(); ++i)
            classes.push_back({facet::status_mask, i, true, statuses[i]});
        if (!first.ascending) std::reverse(classes.begin(), classes.end());
    } else if (not_null(first.key) && order[1].key != sort_key::id) {
        classes = null_classes(first);
    }
    return classes;
}

std::vector<tie_class> null_classes(const sort_term& first) {
    const tie_class timed = not_null(first.key).value();
    const tie_class timeless{timed.mask, timed.mask, true, "null"};
    return first.ascending ? std::vector{timeless, timed} : std::vector{timed, timeless};
}

std::vector<std::size_t> statuses_of(const list_request& request, const std::optional<tie_class>& only) {
    if (only && only->mask == facet::status_mask) return {only->value};
    return request.statuses;
}

bool is_timeless(const std::optional<tie_class>& only) {
    return only && only->ties && only->mask != facet::status_mask;
}

bool has_placement_filter(const scope& scope) {
    return scope.enterprise_projects.has_value() || !scope.request.resource_az.empty();
}

bool all_facets_match(const facet_filter& filter) {
    return filter.any == 0 && filter.status_set == 0 && filter.resource_type_set == 0 &&
           (filter.mask & ~facet::shared) == 0;
}

bool weeks_suffice(const scope& scope, const row_counts& counts) {
    const list_request& request = scope.request;
    const bool counted = scope.vaults ? counts.vaults_by_week && scope.vaults->size() == 1 : counts.by_week;
    return counted && !(request.all_tenants && scope.vaults) && !has_placement_filter(scope) &&
           !request.is_found_by_value() && !request.has_substring();
}

bool may_seek_week(const scope& scope) {
    const list_request& request = scope.request;
    return request.all_tenants && request.sort.front().key == sort_key::created_at && !request.has_range() &&
           !all_facets_match(facet_filter_of(request));
}

bool counts_list_by_bits(const scope& scope, const row_counts& counts) {
    return !scope.request.all_tenants && !scope.vaults && scope.request.resource_az.empty() &&
           !has_whole_facets(scope, counts);
}

bool counters_suffice(const scope& scope) {
    return !scope.request.is_found_by_value() && !scope.request.has_range() && !scope.request.has_substring();
}

bool can_count_with_page(const scope& scope) {
    return scope.request.is_found_by_value() && !has_placement_filter(scope);
}

bool is_unfiltered(const scope& scope) {
    return counters_suffice(scope) && !has_placement_filter(scope) && !scope.vaults &&
           all_facets_match(facet_filter_of(scope.request));
}

bool has_whole_facets(const scope& scope, const row_counts& counts) {
    const list_request& request = scope.request;
    if (scope.enterprise_projects) return true;
    if (request.all_tenants) return scope.vaults.has_value();
    if (!counts.by_week || request.parent_id) return true; // children are in no week and no part
    const bool by_zone = !request.resource_az.empty();
    if (!by_zone && !scope.vaults) return false;
    if (!counts.by_part || (by_zone && scope.vaults)) return true;
    // Within a time range the facets of a vault are sought one by one. Where the index has no zones they are found by
    // their placements, which whole facets have.
    return by_zone ? request.is_found_by_value() || request.own_type == own_type::shared
                   : !counters_suffice(scope) && !weeks_suffice(scope, counts);
}

bool has_every_facet(const scope& scope, const row_counts& counts) {
    const list_request& request = scope.request;
    if (!(request.all_tenants || counts.by_week) || request.is_found_by_value()) return false;
    if (counts_list_by_bits(scope, counts) && knows_weeks(scope, counts))
        return false; // which serve the order of created_at better
    const facet_filter filter = facet_filter_of(request);
    const bool by_members = filter.any != 0 || (filter.mask & facet::member_any) != 0;
    return by_members || filter.status_set != 0 || !tie_classes(total_order(request.sort)).empty() ||
           counts_apart(scope, counts);
}

bool knows_weeks(const scope& scope, const row_counts& counts) {
    constexpr std::uint64_t available = 1;
    const facet_filter filter = facet_filter_of(scope.request);
    // One rare status has an index in this order: rare_in_order.
    const bool one_rare = std::has_single_bit(filter.status_set) && filter.status_set != available && filter.any == 0 &&
                          (filter.mask & facet::member_any) == 0 && !has_orders_of_others(scope);
    if (one_rare || !counts.by_part || scope.request.all_tenants) return false;
    if (scope.request.sort.front().key != sort_key::created_at) return false;
    // Those of the whole list are around those of a part of it.
    return counts_list_by_bits(scope, counts) || (!scope.request.is_found_by_value() && !all_facets_match(filter));
}

bool has_orders_of_others(const scope& scope) {
    const list_request& request = scope.request;
    return request.own_type == own_type::shared && !request.all_tenants && !has_placement_filter(scope) &&
           !scope.vaults && !request.is_found_by_value();
}

bool compares_filters(const scope& scope) {
    return !has_orders_of_others(scope) && !(scope.enterprise_projects && scope.enterprise_projects->size() != 1) &&
           !(scope.vaults && scope.vaults->size() != 1);
}

bool compares_class(const scope& scope, const std::optional<tie_class>& only, sort_key first_key) {
    return !is_timeless(only) || !scope.request.all_tenants || first_key == sort_key::created_at;
}

std::optional<rare> rare_rows(const scope& scope, const row_counts& counts, const std::optional<tie_class>& only) {
    const list_request& request = scope.request;
    if (has_orders_of_others(scope)) return rare{rare_kind::shared, counts.listed};
    if (request.is_found_by_value()) return std::nullopt;
    if ((has_placement_filter(scope) || scope.vaults) && counts.every.empty()) return std::nullopt;

    const facet_filter filter = facet_filter_of(request);
    const std::uint64_t member_bits = filter.mask & facet::member_any;
    const std::vector<std::size_t> left = statuses_of(request, only);
    std::optional<rare> fewest;
    // `wanted`: what is in the kind's index of that which is asked for; `alone`: nothing else is asked for.
    const auto offer = [&](rare_kind kind, const facet_filter& wanted, bool alone) {
        if (counts.every.empty() && !alone) return;
        const std::uint64_t rows = rows_of(counts.every.empty() ? counts.facets : counts.every, wanted);
        if (!fewest || rows < fewest->rows) fewest = rare{kind, rows};
    };
    const bool no_bits = (filter.mask & ~facet::shared) == 0 && filter.any == 0 && filter.resource_type_set == 0;
    if (!left.empty() && std::find(left.begin(), left.end(), 0) == left.end()) { // 0: available
        facet_filter wanted;
        for (const std::size_t status : left)
            wanted.status_set |= std::uint64_t{1} << status;
        offer(rare_kind::status, wanted, no_bits);
    }
    if ((request.own_type == own_type::own || request.all_tenants) && (filter.any != 0 || member_bits != 0)) {
        facet_filter wanted;
        wanted.mask = member_bits | facet::shared;
        wanted.value = member_bits;
        wanted.any = filter.any;
        offer(rare_kind::members, wanted,
              request.statuses.empty() && filter.resource_type_set == 0 &&
                  (filter.mask & ~(facet::member_any | facet::shared)) == 0);
    }
    if (is_timeless(only)) {
        facet_filter wanted;
        wanted.mask = only->mask;
        wanted.value = only->value;
        offer(only->mask == facet::no_updated_at ? rare_kind::no_updated_at : rare_kind::no_protected_at, wanted,
              no_bits && left.empty());
    }
    return fewest;
}

bool rare_in_order(const scope& scope, const row_counts& counts, const std::optional<tie_class>& only) {
    const std::vector<sort_term> order = total_order(scope.request.sort);
    const std::size_t first = only && only->ties ? 1 : 0; // a class of ties is in the order of the other keys
    if (order[first].key != sort_key::created_at) return false;
    const auto found = rare_rows(scope, counts, only);
    if (!found) return false;
    if (found->kind == rare_kind::status) { // each status is a range of its index
        const std::vector<std::size_t> left = statuses_of(scope.request, only);
        return std::all_of(left.begin(), left.end(), [&](std::size_t status) { return status == left.front(); });
    }
    return is_timeless(found->kind);
}

bool nulls_in_order(const scope& scope, const row_counts& counts, const std::optional<tie_class>& only) {
    if (!is_timeless(only) || scope.request.has_range() || !compares_filters(scope)) return false;
    const auto found = rare_rows(scope, counts, only);
    if (!found || !is_timeless(found->kind) || rare_in_order(scope, counts, only)) return false;
    if (counts.every.empty()) return true; // nothing tells more
    // In the order of created_at thirty entries, filter and all, take the pages of one match here, which is in the
    // order of ids and looks at another page of the visibility map.
    constexpr std::uint64_t entries_for_match = 30;
    return rows_of(counts.facets, *only) * entries_for_match < rows_of(counts.every, *only);
}

bool can_skip_weeks(const scope& scope, const row_counts& counts, const std::optional<marker_place>& marker) {
    return scope.request.offset >= worth_a_statement && !marker && !scope.request.has_range() &&
           weeks_suffice(scope, counts) && scope.request.sort.front().key == sort_key::created_at;
}

bool can_seek_week(const scope& scope, const row_counts& counts, const std::optional<marker_place>& marker) {
    return may_seek_week(scope) && !marker && weeks_suffice(scope, counts) && counts.listed >= worth_a_statement;
}

bool counts_apart(const scope& scope, const row_counts& counts) {
    constexpr std::uint64_t large = 20'000; // backups of the list: fewer are soon walked
    const list_request& request = scope.request;
    return request.has_range() && not_null(request.sort.front().key) && !request.is_found_by_value() &&
           !has_orders_of_others(scope) && counts.indexed >= large;
}

bool finds_while_counting(const scope& scope) {
    const list_request& request = scope.request;
    // Without an order to go on in, what is found would be looked for twice where it is more.
    const bool ordered = !request.all_tenants || request.resource_name.empty();
    return request.has_substring() && !request.is_found_by_value() && ordered;
}

} // namespace catalog::query
