// This file chooses how a page's rows are found, from the counters: adding indexes does not save the worst case,
// choosing among them does (docs/architecture.md, "Access paths").
#pragma once

#include "query/row_writer.hpp"
#include "query/scope.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace catalog::query {

// What page_statement shall write; made by choose_access_path.
struct access_path {
    std::vector<branch> branches; // none: nothing can match, no statement is needed
    bool one_stage = false;       // documents straight from the walk, for when (nearly) every row walked matches
    std::uint64_t offset = 0;     // what is left of the request's offset after whole branches and weeks were skipped
    bool skips_weeks = false;     // weeks_statement tells where the walk begins
    std::optional<std::string> begins_at = std::nullopt; // created_at; behind it in a descending order
    std::string reason;                                  // for `explain`
};

// The cheapest way to the page. Pure. `counts` must hold all four numbers.
access_path choose_access_path(const scope& scope, const row_counts& counts, const std::optional<marker_place>& marker);

// Name of an access for logs and `explain`.
std::string_view name_of(access access);

} // namespace catalog::query
