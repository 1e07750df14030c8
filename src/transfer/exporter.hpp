// This file writes the catalog as NDJSON that import takes back unchanged.
#pragma once

#include "db/session.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <ostream>
#include <string>

namespace catalog::transfer {

// Writes vaults, backups, members and grants, or one project's part, in one snapshot and constant memory. `progress` is
// called now and then with the number of records written and about how many there are (0: nobody knows). Returns the
// number of records; throws db::error, and std::runtime_error when `out` takes no more.
std::uint64_t export_catalog(db::session& session, const std::optional<std::string>& project, std::ostream& out,
                             const std::function<void(std::uint64_t written, std::uint64_t of)>& progress);

} // namespace catalog::transfer
