// This file answers what needs no token and no database: the API's description and the console.
#pragma once

#include "api/message.hpp"

#include <optional>
#include <string_view>

namespace catalog::api {

struct page {
    std::string_view route; // its name in logs and metrics
    response content;       // to GET and HEAD
};

// The page of a request's target in origin form (a query makes no difference), or nothing. `console`: whether there is
// one. Pure, any thread.
std::optional<page> find_page(std::string_view target, bool console);

} // namespace catalog::api
