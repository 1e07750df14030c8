// This file declares each setting of the program once: name, type, default, meaning. Parsing, `backup-catalog settings`
// and the documentation are made from the table.
#pragma once

#include "identity/keystone_identity.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace catalog::app {

struct settings {
    std::string database_url;
    std::string listen_address = "127.0.0.1";
    std::uint16_t listen_port = 8080;
    std::string tls_certificate; // empty: plain HTTP
    std::string tls_key;
    bool tls_only_1_3 = false;
    std::string admin_address; // empty: no admin address
    std::uint16_t admin_port = 0;
    bool console = true;
    std::string identity;
    std::string identity_file;
    identity::keystone_options keystone; // identity=keystone
    bool dedicated_cloud = false;
    bool ignore_unknown_parameters = false;
    std::string access_log = "stderr"; // off, stderr or a path
    std::uint64_t rate_limit = 0;
    std::uint64_t rate_burst = 100;
    std::uint64_t io_threads = 1;
    std::uint64_t max_page_size = 1000;
    std::uint64_t max_connections = 4096;
    std::uint64_t max_target_bytes = 16384;
    std::uint64_t max_header_bytes = 32768;
    std::uint64_t max_header_fields = 100;
    std::uint64_t max_body_bytes = 65536;
    std::uint64_t max_response_bytes = 67108864;
    std::uint64_t max_unsent_bytes = 268435456;
    std::chrono::milliseconds idle_timeout{60000};
    std::chrono::milliseconds receive_timeout{10000};
    std::chrono::milliseconds write_timeout{30000};
    std::chrono::milliseconds request_timeout{10000};
    std::uint64_t export_connections = 2;
    std::chrono::milliseconds export_timeout{3600000};
    std::chrono::milliseconds shutdown_timeout{10000};
    std::chrono::milliseconds shutdown_linger{500};
    std::uint64_t database_connections = 6;
    std::uint64_t database_queue = 2048;
    std::chrono::milliseconds database_wait{2000};
    bool prepared_statements = true;
    std::uint64_t prepared_statements_kept = 256;
    std::string database_standby_url; // empty: no standby is asked
    std::chrono::milliseconds database_standby_lag{1000};
};

// Which settings a subcommand takes.
// NOLINTNEXTLINE(readability-identifier-naming): without its underscore export is a keyword
enum class command : unsigned { serve = 1, import = 2, export_ = 4, explain = 8, verify = 16 };

struct setting {
    std::string_view name;
    std::string_view type;
    std::string_view default_value; // empty: none
    std::string_view meaning;
    unsigned commands; // bits of `command`
    // Stores a value; returns what is wrong with it, with what is allowed, or nothing.
    std::optional<std::string> (*store)(settings&, std::string_view);
    bool secret = false;       // its value is hidden from those who list processes
    bool flag_refused = false; // of a secret that may come from the environment and the INI file alone
};

// All settings, in the order of the documentation.
std::span<const setting> all_settings();

struct parsed_settings {
    settings values;
    std::vector<std::string> positional; // arguments that are not settings
    std::vector<std::string> faults;     // every fault of flags, environment and file; empty when all is well
    bool help = false;
};

// Overwrites the values of secret settings in the program's own arguments, which every user of the machine can read in
// /proc. Call it first of all, after the arguments were copied.
void hide_secrets(int argc, char** argv);

// Reads flags (`--name value`, `--name=value`), then the environment (BACKUP_CATALOG_NAME), then the INI file of
// `--config FILE`; the first that names a setting wins. Checks the requirements of `command`.
parsed_settings read_settings(std::span<const std::string_view> given, command command);

// The table as plain text with the given indentation, for `settings` and `--help`.
std::string settings_text(unsigned commands);

// The table as a JSON array of objects: name, environment, type, default (null: none), meaning, subcommands.
std::string settings_json();

// The table in Markdown; docs/operations.md contains it and a test compares the two.
std::string settings_markdown();

} // namespace catalog::app
