// This file is a list request after parsing: what is asked, in the terms of the catalog. No HTTP, no SQL.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace catalog::query {

enum class own_type { own, shared, all_granted };
enum class member_status { pending, accepted, rejected };
enum class sort_key { created_at, updated_at, name, status, protected_at, id };

struct sort_term {
    sort_key key = sort_key::created_at;
    bool ascending = false;

    friend bool operator==(const sort_term&, const sort_term&) = default;
};

// Who asks; the api layer has checked the token, the project and the roles.
struct caller {
    std::string project_id;
    std::string user_id;
};

struct list_request {
    bool all_tenants = false;
    std::optional<std::string> checkpoint_id; // UUIDs are in lower case
    std::optional<bool> dedicated_cloud;
    std::optional<std::string> end_time; // YYYY-MM-DDTHH:MM:SS.ffffff, UTC
    std::optional<std::string> start_time;
    std::optional<std::string> enterprise_project_id; // one id; nothing for none and for all_granted_eps
    std::optional<std::size_t> image_type;            // number in facet.hpp's image_types
    std::optional<bool> incremental;
    std::uint32_t limit = 1000;
    std::optional<std::string> marker;
    std::optional<query::member_status> member_status;
    std::string name; // empty = no filter
    std::uint32_t offset = 0;
    query::own_type own_type = query::own_type::own;
    std::optional<std::string> parent_id;
    std::string resource_az;
    std::optional<std::string> resource_id;
    std::string resource_name;
    std::vector<std::size_t> resource_types; // numbers in facet.hpp's resource_types
    bool show_replication = true;
    std::vector<sort_term> sort{{sort_key::created_at, false}}; // never empty, no key twice
    std::vector<std::size_t> statuses;                          // numbers in facet.hpp's statuses
    std::optional<std::uint32_t> used_percent;
    std::optional<std::string> vault_id;

    bool has_range() const { return start_time || end_time; }
    bool has_substring() const { return !name.empty() || !resource_name.empty(); }
    // An index finds few rows by a value that is asked for.
    bool is_found_by_value() const { return parent_id || resource_id || checkpoint_id; }
};

} // namespace catalog::query
