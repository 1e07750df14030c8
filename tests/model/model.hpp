// This file declares an independent model of the list contract: plain loops over records in memory, written from
// shared/contract/list-backups.md alone, so that the service and its tests don't share a misunderstanding.
#pragma once

#include <boost/json.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace model {

// Who asks. A caller without a known token is answered 401 before anything else is looked at.
struct caller {
    bool token_known = true;
    std::string user_id;
    std::string project_id;
    std::vector<std::string> roles;
};

// What the deployment decides: the two settings that change the meaning of a request.
struct deployment {
    bool dedicated_cloud = false;
    bool ignore_unknown_parameters = false;
};

// The query string's names and values in order, already form-decoded.
using parameters = std::vector<std::pair<std::string, std::string>>;

struct answer {
    int status = 200;
    // The contract's code; empty for 200 and for the project mismatch, whose body has none.
    std::string error_code;
    // For a 400: every parameter that is at fault. A service may name any of them, so a test accepts each.
    std::set<std::string> offending;
    // For a 200 of a list.
    std::int64_t count = 0;
    boost::json::array backups;
    // For a 200 of one backup.
    boost::json::object backup;
};

struct backup {
    std::string id;
    std::string project_id;
    std::string checkpoint_id;
    std::string vault_id;
    std::string resource_id;
    std::string provider_id;
    std::optional<std::string> parent_id;
    std::string enterprise_project_id;
    std::string name;
    std::string status;
    std::string image_type;
    std::string resource_type;
    std::string resource_name;
    std::optional<std::string> resource_az;
    // Microseconds since 1970, UTC.
    std::int64_t created_at = 0;
    std::optional<std::int64_t> updated_at;
    std::optional<std::int64_t> protected_at;
    std::optional<bool> incremental;
    bool dedicated_cloud = false;
    // Everything as the owner sees it in a list.
    boost::json::object rendered;
};

struct vault {
    std::string id;
    std::string project_id;
    std::int64_t size_gb = 0;
    std::int64_t used_mb = 0;
};

struct member {
    std::string id;
    std::string backup_id;
    std::string dest_project_id;
    std::string status;
    std::optional<std::string> vault_id;
    std::optional<std::int64_t> updated_at;
};

class catalog {
public:
    // Takes one record of the import format, or a whole saved response. Throws std::runtime_error for a record that
    // the import format doesn't allow: the tests feed only good ones here.
    void load(const boost::json::value& record);

    // Takes one record a line.
    void load_lines(std::string_view lines);

    // Forgets a backup; false where there is none.
    bool erase(std::string_view project_id, std::string_view id);

    answer list(const caller& who, std::string_view path_project_id, const parameters& query,
                const deployment& where = {}) const;

    answer show(const caller& who, std::string_view path_project_id, std::string_view backup_id) const;

    const std::map<std::string, backup>& backups() const { return backups_; }
    const std::map<std::string, vault>& vaults() const { return vaults_; }
    const std::map<std::string, member>& members() const { return members_; }

private:
    // A backup as one caller sees it.
    struct row {
        const backup* record = nullptr;
        std::optional<std::string> vault_id;
        // Whose vault that is, which matters for used_percent.
        std::string vault_project_id;
    };

    void load_backup(const boost::json::object& record, const std::string* parent_id);
    std::vector<const member*> members_of(const std::string& backup_id) const;
    std::vector<const member*> members_for(const std::string& backup_id, const std::string& project_id) const;
    row as_owner(const backup& record) const;
    row as_receiver(const backup& record, const std::vector<const member*>& shares,
                    const std::string& project_id) const;
    bool within_grants(const std::string& user_id, const backup& record) const;
    bool is_visible(const caller& who, const backup& record, bool all_tenants) const;
    boost::json::object render(const row& seen, bool show_replication) const;

    std::map<std::string, backup> backups_; // by id
    std::map<std::string, vault> vaults_;   // by project and id
    std::map<std::string, member> members_; // by id
    std::map<std::string, std::set<std::string>> grants_;
    // The members' ids by backup, so that a request doesn't cost backups times members.
    std::map<std::string, std::set<std::string>> members_by_backup_;
};

// The contract's text forms. Each returns nothing for text that the contract doesn't allow.
std::optional<std::int64_t> parse_timestamp(std::string_view text);
std::string render_timestamp(std::int64_t microseconds);
std::optional<std::string> parse_uuid(std::string_view text); // in lower case
std::optional<bool> parse_boolean(std::string_view text);
std::optional<std::int64_t> parse_integer(std::string_view text, std::int64_t low, std::int64_t high);
std::optional<std::size_t> count_characters(std::string_view text); // nothing for bad UTF-8 or NUL

// The values of the enumerated parameters, which the request generators need too.
const std::vector<std::string>& statuses();
const std::vector<std::string>& resource_types();
const std::vector<std::string>& parameter_names();

} // namespace model
