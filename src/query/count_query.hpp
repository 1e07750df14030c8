// This file declares the statements that count: of counters, and of rows where those are not enough. Pure functions, as
// page_statement (page_query.hpp).
#pragma once

#include "db/statement.hpp"
#include "query/scope.hpp"

namespace catalog::query {

// Ids of the vaults used to at least the request's used_percent (and equal to its vault_id). Columns: id.
db::statement vaults_statement(const scope& scope);

// Number of listed rows, and of those of every own_type; whether the project's weeks and parts are counted. Columns: n,
// indexed, by_week, by_part, vaults_by_week.
db::statement listed_statement(const scope& scope);

// Facets with their number of rows, as rows of arrays, which are null if there is nothing to tell. A facet may be there
// several times, in one or in several rows: the sum of its numbers is what counts, and may be none; one that has none
// may stand for the weeks of the whole list. Vaults, zones and enterprise projects are compared; the filters on the
// facets' lower bits may yet have to be. Columns: facets, numbers; where has_every_facet() also every, the facets'
// numbers in the whole list, or null if numbers are those; where knows_weeks() also begins_at, in every row the same:
// the first week of all that match, or of more, or what is behind the last one in a descending order. Needs
// `counts.by_week` and `by_part`.
db::statement facets_statement(const scope& scope, const row_counts& counts);

// Number of rows that match all filters, from the indexes and, for a time range, the counters of its whole weeks.
// Columns: n; where counts_apart() also apart; where finds_while_counting() also projects and ids, null for most_found
// matches and more. Needs all of `counts` but the total.
db::statement count_statement(const scope& scope, const row_counts& counts);

// How far the request's offset gets in whole weeks, or which week is the first with a match, read up to there. One row;
// none where nothing is counted. Columns: created_at where the list goes on behind those weeks, the number of matches
// in them. Only for a path that skips_weeks.
db::statement weeks_statement(const scope& scope);

} // namespace catalog::query
