// This file turns rows into JSON: documents were rendered when they were written, and are only put together here.
#pragma once

#include "query/catalog_reader.hpp"

#include <string>

namespace catalog::query {

// The largest size of a page's body, in bytes: at most 64 more than it will have.
std::size_t page_bytes(const list_page& page, bool show_replication);

// `{"count": N, "backups": [ … ]}` (contract section 4); `bytes` is what page_bytes says.
std::string render_page(const list_page& page, bool show_replication, std::size_t bytes);

// One backup a line, without the count.
std::string render_lines(const db::rows& rows, bool show_replication);

// `{"backup": {…}}` with its children filled in.
std::string render_backup(const shown_backup& shown);

// The largest size of its body, in bytes; a little more than it will have.
std::size_t backup_bytes(const shown_backup& shown);

} // namespace catalog::query
