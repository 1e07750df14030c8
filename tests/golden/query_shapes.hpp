// This file lists the shapes of list requests that the golden and plan tests go through.
#pragma once

#include "query/access_path.hpp"
#include "query/count_query.hpp"
#include "query/page_query.hpp"

#include <optional>
#include <string>
#include <vector>

namespace shapes {

// How many rows the counters say there are.
enum class selectivity { all, common, rare };

struct shape {
    std::string query; // as in a URL, without marker
    selectivity matches = selectivity::common;
    bool marker = false;
    bool by_week = false; // of a project whose weeks and parts are counted
};

std::vector<shape> all();

// The request of a shape for project `project`, as the reader would scope it, with made-up counts over 200,000 rows.
catalog::query::scope scope_of(const shape& shape, const std::string& project);
catalog::query::row_counts counts_of(const shape& shape);
std::optional<catalog::query::marker_place> marker_of(const shape& shape);

} // namespace shapes
