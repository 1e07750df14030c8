// This file holds the embedded files.
#include "api/embedded.hpp"

#include <embedded/files.hpp>
#include <stdexcept>
#include <string>

namespace catalog::api {

std::optional<std::string_view> find_embedded_file(std::string_view name) {
    for (const embedded::file& file : embedded::files)
        if (file.name == name) return file.content;
    return std::nullopt;
}

std::string_view embedded_file(std::string_view name) {
    if (const auto found = find_embedded_file(name)) return *found;
    throw std::logic_error("not built in: " + std::string(name));
}

} // namespace catalog::api
