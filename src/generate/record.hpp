// This file has the records of the import format as plain structs, and the functions that append them as NDJSON lines.
#pragma once

#include "generate/random.hpp"

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

namespace catalog::generate {

/// The 128 bits of a UUID.
struct uuid {
    std::uint64_t high = 0;
    std::uint64_t low = 0;

    /// Whether this is the nil UUID, which stands for null where a field may be null.
    [[nodiscard]] constexpr bool nil() const noexcept { return high == 0 && low == 0; }
    friend constexpr bool operator==(const uuid&, const uuid&) = default;
};

/// A random UUID (version 4) from the stream's next two numbers.
constexpr uuid make_uuid(random_stream& r) noexcept {
    std::uint64_t const high = r.next();
    std::uint64_t const low = r.next();
    return {(high & 0xffffffffffff0fffu) | 0x4000u, (low & 0x3fffffffffffffffu) | 0x8000000000000000u};
}

/// The UUID that the 32 hex digits of `text` spell, dashes skipped. For literals: nothing is checked.
constexpr uuid parse_uuid(std::string_view text) noexcept {
    uuid result;
    int digits = 0;
    for (const char c : text) {
        if (c == '-') continue;
        const auto value = static_cast<std::uint64_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
        std::uint64_t& half = digits++ < 16 ? result.high : result.low;
        half = half << 4 | value;
    }
    return result;
}

/// Microseconds since 1970-01-01T00:00:00 UTC.
using microseconds = std::int64_t;

inline constexpr microseconds no_time = std::numeric_limits<microseconds>::min(); ///< stands for null
inline constexpr microseconds second = 1'000'000;
inline constexpr microseconds minute = 60 * second;
inline constexpr microseconds hour = 60 * minute;
inline constexpr microseconds day = 24 * hour;

enum class resource_type : std::uint8_t { server, volume, turbo, desktop, bare_metal, native };
enum class backup_status : std::uint8_t {
    available,
    protecting,
    deleting,
    restoring,
    error,
    waiting_protect,
    waiting_delete,
    waiting_restore,
};
enum class replication_status : std::uint8_t { success, replicating, fail, skip, waiting_replicate };
enum class share_status : std::uint8_t { pending, accepted, rejected };
enum class tristate : std::uint8_t { no, yes, unknown };

/// The names by which the contract knows the values above.
std::string_view name_of(resource_type t) noexcept;
std::string_view name_of(backup_status s) noexcept;
std::string_view name_of(replication_status s) noexcept;
std::string_view name_of(share_status s) noexcept;

/// The provider_id of a kind of protected object; servers and volumes have those of the reference document.
uuid provider_of(resource_type t) noexcept;

/// What the agent inside a server said about the applications' consistency: four strings, as in the reference.
struct app_consistency {
    std::string_view consistency = "0";
    std::string_view status = "0";
    std::string_view error_code = "0";
    std::string_view error_message;
};

struct replication {
    uuid id;
    replication_status status = replication_status::success;
    microseconds created_at = 0;
    uuid source_backup_id;
    uuid source_checkpoint_id;
    std::string_view source_project_id;
    std::string_view source_region;
    uuid source_vault_id;
    uuid destination_backup_id;
    uuid destination_checkpoint_id;
    std::string_view destination_project_id;
    std::string_view destination_region;
    uuid destination_vault_id;
    int progress = 100;
    bool auto_trigger = true;
    std::string_view fail_code;
    std::string_view fail_reason;
};

/// One backup. Texts are views: what they refer to must outlive the struct. Nothing is validated here.
struct backup {
    uuid id;
    uuid checkpoint_id;
    uuid vault_id;
    uuid parent_id; ///< nil: top level
    uuid resource_id;
    std::string_view project_id;
    std::string_view enterprise_project_id = "0";
    std::string_view name;
    std::string_view description;
    std::string_view resource_name;
    std::string_view resource_az; ///< empty: null
    std::uint32_t resource_size = 0;
    resource_type type = resource_type::server;
    backup_status status = backup_status::available;
    tristate incremental = tristate::unknown;
    bool null_description = false;
    bool is_replica = false;
    bool dedicated_cloud = false;
    microseconds created_at = 0;
    microseconds updated_at = no_time;
    microseconds protected_at = no_time;
    microseconds expired_at = no_time;

    // extend_info
    bool auto_trigger = true;
    bool support_lld = true;
    bool bootable = false;
    bool system_disk = false;
    bool contain_system_disk = false;
    bool encrypted = false;
    bool is_multi_az = false;
    int progress = 100;
    uuid snapshot_id; ///< nil: left out
    std::string_view supported_restore_mode = "backup";
    std::string_view architecture = "x86_64";
    std::span<const uuid> os_images;
    const app_consistency* consistency = nullptr; ///< null: left out

    std::span<const replication> replications;
    std::span<const backup> children;
};

struct vault {
    uuid id;
    std::string_view project_id;
    std::string_view name;
    std::uint64_t size_gb = 0;
    std::uint64_t used_mb = 0;
};

struct member {
    uuid id;
    uuid backup_id;
    std::string_view dest_project_id;
    share_status status = share_status::pending;
    uuid vault_id; ///< nil until accepted
    microseconds created_at = 0;
    microseconds updated_at = 0;
};

/// Appends the text as a JSON string; it must be UTF-8.
void append_text(std::string& out, std::string_view text);
/// Appends 36 characters, lower case, without quotes.
void append_uuid(std::string& out, uuid id);
/// Appends `YYYY-MM-DDTHH:MM:SS.ffffff` without quotes; the time must be in the years 1970 to 9999.
void append_time(std::string& out, microseconds t);
/// Appends decimal digits.
void append_number(std::string& out, std::uint64_t n);

/// Append one record as one line, its newline included.
void append_line(std::string& out, const backup& b);
void append_line(std::string& out, const vault& v);
void append_line(std::string& out, const member& m);
void append_grant_line(std::string& out, std::string_view user_id, std::string_view enterprise_project_id);

} // namespace catalog::generate
