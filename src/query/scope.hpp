// This file declares what a list request asks for, what is known of its rows, and what follows from the two: which
// counters and indexes can serve it. Pure.
#pragma once

#include "query/list_request.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace catalog::query {

// A list request with all that had to be asked of the database before its rows can be.
struct scope {
    list_request request;
    std::string project_id;                                      // the caller's; unused with all_tenants
    std::optional<std::vector<std::string>> enterprise_projects; // nothing = unrestricted
    std::optional<std::vector<std::string>> vaults; // nothing = any; ids that vault_id and used_percent leave
};

// How many rows there are, from the counters (and count_statement where they are not enough).
struct row_counts {
    struct facet_count {
        std::int64_t facet = 0;
        std::uint64_t n = 0;
    };
    // Those that match; empty when the request has no facet filter. Lower 20 bits alone where has_whole_facets() is
    // false.
    std::vector<facet_count> facets;
    std::vector<facet_count> every;  // of the whole list, by lower bits; empty unless has_every_facet()
    std::uint64_t listed = 0;        // top-level rows of the project's list, before any filter but own_type
    std::uint64_t indexed = 0;       // those of every own_type, which the indexes hold
    std::uint64_t facet_matches = 0; // rows that match the facet and vault filters
    std::uint64_t total = 0;         // rows that match every filter: the answer's `count`
    bool by_week = false; // the project's weeks are counted (migrations/deploy/week_counts.sql), or all projects'
    bool by_part = false; // and its vaults and zones by lower bits (part_counts.sql)
    bool vaults_by_week = false; // and the weeks of its vaults (vault_weeks.sql)
    bool with_page = false;      // the page's statement counts: total and facets are not known before
    // All matches, where there are few and counting looked at the rows anyway: see finds_while_counting().
    struct found_rows {
        std::string projects, ids; // arrays of the same length, as PostgreSQL writes them
    };
    std::optional<found_rows> found = std::nullopt;
    // Backups whose time that sorts is far from created_at, in all weeks, up to most_apart; nothing where it is not
    // known.
    std::optional<std::uint64_t> apart = std::nullopt;
    // No match was created before it, or in a descending order of created_at none at it or after it; nothing where that
    // is not known.
    std::optional<std::string> begins_at = std::nullopt;
};

// The marker's value of each sort key, as PostgreSQL writes it.
struct marker_place {
    std::string created_at, updated_order, protected_order, name, status, id;
};

// The filters on low-cardinality columns, as conditions on the facet's bits.
struct facet_filter {
    std::uint64_t mask = 0; // facet & mask = value
    std::uint64_t value = 0;
    std::uint64_t any = 0; // facet & any <> 0, where not 0
    std::uint64_t status_set = 0;
    std::uint64_t resource_type_set = 0;

    bool holds(std::int64_t facet) const;
};

facet_filter facet_filter_of(const list_request& request);

// The request's order with `id` at its end (contract section 2).
std::vector<sort_term> total_order(const std::vector<sort_term>& sort);

// Rows that tie on the order's first key and can be told by their facet (`facet & mask = value`): those of one status,
// or those whose time is null. A page is read class by class, each in the order of the remaining keys; walking all rows
// and sorting them would visit them all.
struct tie_class {
    std::uint64_t mask = 0;
    std::uint64_t value = 0;
    bool ties = false; // all its rows have the same first key, which therefore drops out of their order
    std::string_view name;

    bool holds(std::int64_t facet) const { return (static_cast<std::uint64_t>(facet) & mask) == value; }
};

// The classes of an order, first ones first; none where its first key does not tie in bulk. `order` is total.
std::vector<tie_class> tie_classes(const std::vector<sort_term>& order);

// The class of the rows that have the time; nothing where the key is no time that may be null.
std::optional<tie_class> not_null(sort_key key);

// The classes of the rows without the time and with it, in the order's direction. The key is a time that may be null.
std::vector<tie_class> null_classes(const sort_term& first);

// Backups are apart whose updated_at or protected_at is farther than this from created_at, on either side: each order
// of the two has an index of them (migrations/deploy/apart_times.sql).
inline constexpr std::chrono::hours apart_by{24};

// So many are counted, to know whether they are few.
inline constexpr std::uint64_t most_apart = 2'000;

// The statuses that the filter leaves, of which the class may be one; none if it leaves all.
std::vector<std::size_t> statuses_of(const list_request& request, const std::optional<tie_class>& only);

// True if the class is that of backups without the time that sorts.
bool is_timeless(const std::optional<tie_class>& only);

// True if a zone or enterprise projects are asked for: what the facet's upper bits are a hash of.
bool has_placement_filter(const scope& scope);

// True if no filter but own_type looks at the facet.
bool all_facets_match(const facet_filter& filter);

// True if the counters alone answer `count`.
bool counters_suffice(const scope& scope);

// True if the way to the page finds all matches and needs to know nothing before: then it may count them as well.
bool can_count_with_page(const scope& scope);

// True if the number of listed rows is the answer: no filter but own_type.
bool is_unfiltered(const scope& scope);

// True if row_counts::facets has whole facets. Over all projects, and in a large one, there are too many: then it has
// their lower bits alone, unless the filters leave the facets of some enterprise projects, or parts that are not
// counted.
bool has_whole_facets(const scope& scope, const row_counts& counts);

// True if facets_statement tells the facets of the whole list, too, that of a large project or of all, because what few
// backups are may be the way to the page: rare_rows.
bool has_every_facet(const scope& scope, const row_counts& counts);

// True if facets_statement tells in which week the matching facets begin, or end in a descending order, which the order
// of created_at may use: those of the whole list where the request asks for a part of it (zone, enterprise project,
// vaults), which begins no earlier and ends no later. Not for one rare status: what has_every_facet tells of it serves
// it better.
bool knows_weeks(const scope& scope, const row_counts& counts);

// True if the counters of weeks tell the request's matches from the others.
bool weeks_suffice(const scope& scope, const row_counts& counts);

// True if the facets are those of a large project's whole list, by their lower bits: of the row of all its weeks.
bool counts_list_by_bits(const scope& scope, const row_counts& counts);

// True if the list is of others' backups, which have indexes of the orders for themselves, and nothing else finds them.
bool has_orders_of_others(const scope& scope);

// True if the indexes of the orders compare the list's filters: they have them in columns of their own, all but those
// of others' backups (migrations/deploy/enterprise_orders.sql); of several enterprise projects or vaults they can't.
bool compares_filters(const scope& scope);

// True if the index of the order by this key, in a branch, compares the class as well. Over all tenants that of
// created_at alone has the other times.
bool compares_class(const scope& scope, const std::optional<tie_class>& only, sort_key first_key);

// Number of the counted rows that `only` holds, which is a facet_filter or a tie_class.
template <class Facets>
std::uint64_t rows_of(const std::vector<row_counts::facet_count>& counted, const Facets& only) {
    std::uint64_t rows = 0;
    for (const row_counts::facet_count& entry : counted)
        if (only.holds(entry.facet)) rows += entry.n;
    return rows;
}

// What few backups are, and which therefore has an index of its own (migrations/deploy/rare_rows.sql, over
// all projects all_tenants_rare_rows.sql).
enum class rare_kind {
    status,  // not available
    members, // shared with other projects
    shared,  // of other projects
    no_updated_at,
    no_protected_at,
};

// A kind that all matches (of the class) are of, and the rows in its index; the one with the fewest. Nothing where no
// kind fits, or where it is not known that its index has few others: then the facets of the matches tell more.
struct rare {
    rare_kind kind;
    std::uint64_t rows;
};

std::optional<rare> rare_rows(const scope& scope, const row_counts& counts, const std::optional<tie_class>& only);

// True if the index of that kind has the matches (of the class) in the order of the first key that the list asks for,
// so that a page is read from it without the rest; equal times are sorted on the way.
bool rare_in_order(const scope& scope, const row_counts& counts, const std::optional<tie_class>& only);

// True if backups without the time that sorts (the class) are found by it in the index of its order, where filters are
// compared; where many match, within a time range, or where filters are not compared there, they have an index in the
// order of created_at.
bool nulls_in_order(const scope& scope, const row_counts& counts, const std::optional<tie_class>& only);

// Entries of an index, 0.2 ms, that weeks are skipped for.
inline constexpr std::uint32_t worth_a_statement = 2'000;

// True if weeks can be skipped on the way to the request's offset: weeks_statement tells which.
bool can_skip_weeks(const scope& scope, const row_counts& counts, const std::optional<marker_place>& marker);

// What is filtered by often comes and goes with time; a project's facets_statement tells its first week.
bool may_seek_week(const scope& scope);

// True if weeks_statement can tell the first week with a match, or the last: over all projects, in the order of
// created_at. (A large project's facets_statement tells it: knows_weeks.)
bool can_seek_week(const scope& scope, const row_counts& counts, const std::optional<marker_place>& marker);

// True if count_statement tells how many backups are apart: in the order of another time than that of the range.
bool counts_apart(const scope& scope, const row_counts& counts);

// True if count_statement tells the keys of the matches, too, where they are fewer than most_found: it looks at the
// text of all rows, which the page would have to do again.
bool finds_while_counting(const scope& scope);

inline constexpr std::uint64_t most_found = 2'000;

} // namespace catalog::query
