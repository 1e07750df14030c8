// This file is what the subcommands share at their start: settings with their faults, and the checks of the database.
#pragma once

#include "app/settings.hpp"
#include "db/session.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace catalog::app {

// The schema version that this program knows (catalog.schema_version() in migrations/).
inline constexpr int known_schema_version = 1;

// How many arguments beside its settings a subcommand takes, and what to say where it is given another number.
struct taken_arguments {
    std::size_t least;
    std::size_t most;
    std::string_view allowed;
};

// Reads the settings of a subcommand. On --help prints `usage` and the settings; on faults, also of the other
// arguments, prints all of them. Returns nothing then, and the exit status in `status`.
std::optional<parsed_settings> start_settings(std::span<const std::string_view> arguments, command command,
                                              std::string_view name, std::string_view usage,
                                              const taken_arguments& taken, int& status);

enum class needed_role {
    reader, // must be bound by row-level security
    any     // whoever may do what the subcommand does
};

// Connects to the database and checks schema version and role. Returns what is wrong, in one line, or nothing and the
// session. `status` becomes 2 for a wrong schema or role, 1 for a database that is away.
std::optional<db::session> connect_checked(const db::session_options& options, needed_role role, std::string& fault,
                                           int& status);

// Writes an event that names the tables, views and indexes of sql/schema.sql that the database lacks: migrations that
// are still to come, indexes that are aside (docs/dba.md). Writes nothing where all are there. Throws db::error.
void tell_missing_relations(db::session& session);

// The session of a subcommand that handles every project's records (import, export, verify), or nothing, with a message
// on standard error and the exit status in `status`. `name` is the subcommand's; `writes` is whether it needs to write.
std::optional<db::session> open_unrestricted(const settings& s, std::string_view name, bool writes, int& status);

// Takes `--project ID` (or `--project=ID`) out of a subcommand's arguments: the others are appended to `rest`. Returns
// false, with a message on standard error, if ID is not a project id.
bool take_project(std::span<const std::string_view> arguments, std::string_view name,
                  std::vector<std::string_view>& rest, std::optional<std::string>& project);

// A message on one line. (Once its URL is parsed, libpq names hosts and users in errors, never passwords.)
std::string one_line(std::string_view message);

} // namespace catalog::app
