// This file finds the files that were built into the program.
#pragma once

#include <optional>
#include <string_view>

namespace catalog::api {

// The content of a file under src/api, such as "console/console.js"; nothing if there is none. Pure.
std::optional<std::string_view> find_embedded_file(std::string_view name);

// The same for a file that must be there; throws std::logic_error.
std::string_view embedded_file(std::string_view name);

} // namespace catalog::api
