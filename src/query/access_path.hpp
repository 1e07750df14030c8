// This file chooses how a page's rows are found, from the counters: adding indexes does not save the worst case,
// choosing among them does (docs/architecture.md, "Access paths").
#pragma once

#include "query/list_query.hpp"

namespace catalog::query {

// The cheapest way to the page. Pure. `counts` must hold all four numbers.
access_path choose_access_path(const scope& scope, const row_counts& counts, const std::optional<marker_place>& marker);

// Name of an access for logs and `explain`.
std::string_view name_of(access access);

} // namespace catalog::query
