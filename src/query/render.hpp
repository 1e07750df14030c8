// This file turns rows into JSON: documents were rendered when they were written, and are only put together here.
#pragma once

#include "query/catalog_reader.hpp"

#include <string>

namespace catalog::query {

// `{"count": N, "backups": [ … ]}` (contract section 4).
std::string render_page(const list_page& page, bool show_replication);

// `{"backup": {…}}` with its children filled in.
std::string render_backup(const shown_backup& shown);

} // namespace catalog::query
