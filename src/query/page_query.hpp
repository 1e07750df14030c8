// This file turns a list request into the SQL of its page: a pure function from structs to a statement, text and
// parameters together. The text depends on the shape of the request (and on how its times lie to each other), never on
// its values, so that plans and prepared statements are shared; tests/golden pins every shape.
#pragma once

#include "db/statement.hpp"
#include "query/access_path.hpp"
#include "query/scope.hpp"

namespace catalog::query {

// The page's documents in order. Columns: document[, replication_document]; with `counts.with_page` also n, the total,
// and where the page is empty one row with nothing else.
db::statement page_statement(const scope& scope, const row_counts& counts, const access_path& path,
                             const std::optional<marker_place>& marker);

} // namespace catalog::query
