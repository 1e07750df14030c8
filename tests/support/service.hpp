// This file declares the program under test as the tests use it: a running service, and its other subcommands.
#pragma once

#include "child_process.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace support {

struct token {
    std::string text;
    std::string user_id;
    std::string project_id;
    std::vector<std::string> roles;
    std::string expires_at = {}; // RFC 3339; empty for never
};

// The content of an identity file.
std::string identity_json(const std::vector<token>& tokens);

// `backup-catalog serve` on a port of its own choice, until stop() or the destructor.
class catalog_service {
public:
    struct options {
        std::string database_url;
        std::vector<token> tokens;
        std::vector<std::string> flags = {};    // more of them
        std::vector<std::string> identity = {}; // flags in the place of an identity file with the tokens
        int listening_socket = -1;              // handed over as a supervisor would; otherwise it listens itself
    };
    explicit catalog_service(const options& how);

    const std::string& base_url() const { return base_url_; }
    child_process& process() { return *process_; }

    // SIGTERM; throws with the service's log unless it ends with status 0 in time.
    void stop();

private:
    temporary_folder folder_;
    std::optional<child_process> process_;
    std::string base_url_;
};

// Runs `backup-catalog ARGUMENTS…` to its end.
finished run_catalog(const std::vector<std::string>& arguments, const std::string& input = {},
                     milliseconds limit = std::chrono::seconds(120));

// Imports records; throws with the program's complaints when it refuses them.
void import_records(const std::string& database_url, const std::string& lines);

} // namespace support
