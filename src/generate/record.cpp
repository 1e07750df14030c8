// This file appends records as NDJSON: plain appends to one string, because a line costs about a microsecond that way.
#include "generate/record.hpp"

#include "util/resource_kinds.hpp"

#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>

namespace catalog::generate {
namespace {

constexpr auto hex_pairs = [] {
    std::array<char, 512> table{};
    for (std::size_t i = 0; i < 256; ++i) {
        table[2 * i] = "0123456789abcdef"[i >> 4];
        table[2 * i + 1] = "0123456789abcdef"[i & 15];
    }
    return table;
}();

constexpr auto decimal_pairs = [] {
    std::array<char, 200> table{};
    for (std::size_t i = 0; i < 100; ++i) {
        table[2 * i] = static_cast<char>('0' + i / 10);
        table[2 * i + 1] = static_cast<char>('0' + i % 10);
    }
    return table;
}();

char* put_hex(char* to, std::uint64_t bits, int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8, to += 2)
        std::memcpy(to, &hex_pairs[2 * (bits >> shift & 0xff)], 2);
    return to;
}

void put_decimal(char* to, std::int64_t below_hundred) {
    std::memcpy(to, &decimal_pairs[static_cast<std::size_t>(2 * below_hundred)], 2);
}

void append_bool(std::string& out, bool value) {
    out.append(value ? "true" : "false");
}

void append_quoted(std::string& out, uuid id) {
    out.push_back('"');
    append_uuid(out, id);
    out.push_back('"');
}

void append_uuid_or_null(std::string& out, uuid id) {
    if (id.nil())
        out.append("null");
    else
        append_quoted(out, id);
}

void append_time_or_null(std::string& out, microseconds t) {
    if (t == no_time) {
        out.append("null");
        return;
    }
    out.push_back('"');
    append_time(out, t);
    out.push_back('"');
}

void append_consistency(std::string& out, const app_consistency& c) {
    out.append(R"(,"app_consistency":{"app_consistency":)");
    append_text(out, c.consistency);
    out.append(R"(,"app_consistency_status":)");
    append_text(out, c.status);
    out.append(R"(,"app_consistency_error_code":)");
    append_text(out, c.error_code);
    out.append(R"(,"app_consistency_error_message":)");
    append_text(out, c.error_message);
    out.push_back('}');
}

void append_extend_info(std::string& out, const backup& b) {
    out.append(R"({"auto_trigger":)");
    append_bool(out, b.auto_trigger);
    out.append(R"(,"supported_restore_mode":)");
    append_text(out, b.supported_restore_mode);
    out.append(R"(,"support_lld":)");
    append_bool(out, b.support_lld);
    if (b.incremental != tristate::unknown) {
        out.append(R"(,"incremental":)");
        append_bool(out, b.incremental == tristate::yes);
    }
    out.append(R"(,"progress":)");
    append_number(out, static_cast<std::uint64_t>(b.progress));
    if (!b.snapshot_id.nil()) {
        out.append(R"(,"snapshot_id":)");
        append_quoted(out, b.snapshot_id);
    }
    out.append(R"(,"encrypted":)");
    append_bool(out, b.encrypted);
    out.append(R"(,"system_disk":)");
    append_bool(out, b.system_disk);
    const bool machine = b.type != resource_type::volume && b.type != resource_type::turbo;
    if (machine) {
        out.append(R"(,"contain_system_disk":)");
        append_bool(out, b.contain_system_disk);
        out.append(R"(,"architecture":)");
        append_text(out, b.architecture);
        out.append(R"(,"os_images_data":[)");
        for (std::size_t i = 0; i < b.os_images.size(); ++i) {
            if (i != 0) out.push_back(',');
            append_quoted(out, b.os_images[i]);
        }
        out.push_back(']');
    } else {
        out.append(R"(,"bootable":)");
        append_bool(out, b.bootable);
    }
    out.append(R"(,"is_multi_az":)");
    append_bool(out, b.is_multi_az);
    if (b.consistency != nullptr) append_consistency(out, *b.consistency);
    out.push_back('}');
}

void append_replication(std::string& out, const replication& r) {
    out.append(R"({"id":)");
    append_quoted(out, r.id);
    out.append(R"(,"status":)");
    append_text(out, name_of(r.status));
    out.append(R"(,"created_at":)");
    append_time_or_null(out, r.created_at);
    out.append(R"(,"vault_id":)");
    append_quoted(out, r.source_vault_id);
    out.append(R"(,"source_backup_id":)");
    append_quoted(out, r.source_backup_id);
    out.append(R"(,"source_checkpoint_id":)");
    append_quoted(out, r.source_checkpoint_id);
    out.append(R"(,"source_project_id":)");
    append_text(out, r.source_project_id);
    out.append(R"(,"source_region":)");
    append_text(out, r.source_region);
    out.append(R"(,"destination_backup_id":)");
    append_quoted(out, r.destination_backup_id);
    out.append(R"(,"destination_checkpoint_id":)");
    append_quoted(out, r.destination_checkpoint_id);
    out.append(R"(,"destination_project_id":)");
    append_text(out, r.destination_project_id);
    out.append(R"(,"destination_region":)");
    append_text(out, r.destination_region);
    out.append(R"(,"destination_vault_id":)");
    append_quoted(out, r.destination_vault_id);
    out.append(R"(,"extra_info":{"progress":)");
    append_number(out, static_cast<std::uint64_t>(r.progress));
    out.append(R"(,"fail_code":)");
    append_text(out, r.fail_code);
    out.append(R"(,"fail_reason":)");
    append_text(out, r.fail_reason);
    out.append(R"(,"auto_trigger":)");
    append_bool(out, r.auto_trigger);
    out.append(R"(,"destination_vault_id":)");
    append_quoted(out, r.destination_vault_id);
    out.append("}}");
}

// Everything of a backup after its opening brace, the closing one included.
void append_backup(std::string& out, const backup& b) {
    out.append(R"("id":)");
    append_quoted(out, b.id);
    out.append(R"(,"project_id":)");
    append_text(out, b.project_id);
    out.append(R"(,"name":)");
    append_text(out, b.name);
    out.append(R"(,"description":)");
    if (b.null_description)
        out.append("null");
    else
        append_text(out, b.description);
    out.append(R"(,"status":)");
    append_text(out, name_of(b.status));
    out.append(b.is_replica ? R"(,"image_type":"replication","resource_type":)"
                            : R"(,"image_type":"backup","resource_type":)");
    append_text(out, name_of(b.type));
    out.append(R"(,"resource_id":)");
    append_quoted(out, b.resource_id);
    out.append(R"(,"resource_name":)");
    append_text(out, b.resource_name);
    out.append(R"(,"resource_size":)");
    append_number(out, b.resource_size);
    out.append(R"(,"resource_az":)");
    if (b.resource_az.empty())
        out.append("null");
    else
        append_text(out, b.resource_az);
    out.append(R"(,"checkpoint_id":)");
    append_quoted(out, b.checkpoint_id);
    out.append(R"(,"vault_id":)");
    append_quoted(out, b.vault_id);
    out.append(R"(,"parent_id":)");
    append_uuid_or_null(out, b.parent_id);
    out.append(R"(,"provider_id":)");
    append_quoted(out, provider_of(b.type));
    out.append(R"(,"enterprise_project_id":)");
    append_text(out, b.enterprise_project_id);
    out.append(R"(,"created_at":)");
    append_time_or_null(out, b.created_at);
    out.append(R"(,"updated_at":)");
    append_time_or_null(out, b.updated_at);
    out.append(R"(,"protected_at":)");
    append_time_or_null(out, b.protected_at);
    out.append(R"(,"expired_at":)");
    append_time_or_null(out, b.expired_at);
    out.append(R"(,"incremental":)");
    if (b.incremental == tristate::unknown)
        out.append("null");
    else
        append_bool(out, b.incremental == tristate::yes);
    out.append(R"(,"version":3)");
    if (b.dedicated_cloud) out.append(R"(,"dedicated_cloud":true)");
    out.append(R"(,"extend_info":)");
    append_extend_info(out, b);
    out.append(R"(,"replication_records":[)");
    for (std::size_t i = 0; i < b.replications.size(); ++i) {
        if (i != 0) out.push_back(',');
        append_replication(out, b.replications[i]);
    }
    out.append(R"(],"children":[)");
    for (std::size_t i = 0; i < b.children.size(); ++i) {
        out.append(i != 0 ? ",{" : "{");
        append_backup(out, b.children[i]);
    }
    out.append("]}");
}

} // namespace

std::string_view name_of(resource_type t) noexcept {
    switch (t) {
    case resource_type::server:
        return "OS::Nova::Server";
    case resource_type::volume:
        return "OS::Cinder::Volume";
    case resource_type::turbo:
        return "OS::Sfs::Turbo";
    case resource_type::desktop:
        return "OS::Workspace::DesktopV2";
    case resource_type::bare_metal:
        return "OS::Ironic::BareMetalServer";
    case resource_type::native:
        return "OS::Native::Server";
    }
    return {};
}

std::string_view name_of(backup_status s) noexcept {
    switch (s) {
    case backup_status::available:
        return "available";
    case backup_status::protecting:
        return "protecting";
    case backup_status::deleting:
        return "deleting";
    case backup_status::restoring:
        return "restoring";
    case backup_status::error:
        return "error";
    case backup_status::waiting_protect:
        return "waiting_protect";
    case backup_status::waiting_delete:
        return "waiting_delete";
    case backup_status::waiting_restore:
        return "waiting_restore";
    }
    return {};
}

std::string_view name_of(replication_status s) noexcept {
    switch (s) {
    case replication_status::success:
        return "success";
    case replication_status::replicating:
        return "replicating";
    case replication_status::fail:
        return "fail";
    case replication_status::skip:
        return "skip";
    case replication_status::waiting_replicate:
        return "waiting_replicate";
    }
    return {};
}

std::string_view name_of(share_status s) noexcept {
    switch (s) {
    case share_status::pending:
        return "pending";
    case share_status::accepted:
        return "accepted";
    case share_status::rejected:
        return "rejected";
    }
    return {};
}

uuid provider_of(resource_type t) noexcept {
    static const auto ids = [] {
        std::array<uuid, resource_kinds.size()> by_type{};
        for (std::size_t i = 0; i < by_type.size(); ++i)
            by_type[i] = parse_uuid(provider_of_type(name_of(static_cast<resource_type>(i))));
        return by_type;
    }();
    return ids[static_cast<std::size_t>(t)];
}

void append_text(std::string& out, std::string_view text) {
    out.push_back('"');
    std::size_t copied = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c != '"' && c != '\\' && static_cast<unsigned char>(c) >= 0x20) continue;
        out.append(text, copied, i - copied);
        copied = i + 1;
        if (static_cast<unsigned char>(c) >= 0x20) {
            out.push_back('\\');
            out.push_back(c);
        } else {
            out.append("\\u00");
            out.append(&hex_pairs[std::size_t{2} * static_cast<unsigned char>(c)], 2);
        }
    }
    out.append(text, copied, text.size() - copied);
    out.push_back('"');
}

void append_uuid(std::string& out, uuid id) {
    std::array<char, 36> text{};
    char* to = put_hex(text.data(), id.high >> 32, 4);
    *to++ = '-';
    to = put_hex(to, id.high >> 16, 2);
    *to++ = '-';
    to = put_hex(to, id.high, 2);
    *to++ = '-';
    to = put_hex(to, id.low >> 48, 2);
    *to++ = '-';
    put_hex(to, id.low, 6);
    out.append(text.data(), text.size());
}

void append_time(std::string& out, microseconds t) {
    std::int64_t const days = t / day;
    std::int64_t rest = t % day;
    // Howard Hinnant's civil_from_days, for days not before 1970.
    std::int64_t const shifted = days + 719468;
    std::int64_t const era = shifted / 146097;
    std::int64_t const of_era = shifted % 146097;
    std::int64_t const year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    std::int64_t const of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    std::int64_t const m = (5 * of_year + 2) / 153;
    std::int64_t const month = m < 10 ? m + 3 : m - 9;
    std::int64_t const year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);

    std::array<char, 26> text{'0', '0', '0', '0', '-', '0', '0', '-', '0', '0', 'T', '0', '0',
                              ':', '0', '0', ':', '0', '0', '.', '0', '0', '0', '0', '0', '0'};
    put_decimal(text.data(), year / 100);
    put_decimal(&text[2], year % 100);
    put_decimal(&text[5], month);
    put_decimal(&text[8], of_year - (153 * m + 2) / 5 + 1);
    put_decimal(&text[11], rest / hour);
    rest %= hour;
    put_decimal(&text[14], rest / minute);
    rest %= minute;
    put_decimal(&text[17], rest / second);
    rest %= second;
    put_decimal(&text[20], rest / 10'000);
    put_decimal(&text[22], rest / 100 % 100);
    put_decimal(&text[24], rest % 100);
    out.append(text.data(), text.size());
}

void append_number(std::string& out, std::uint64_t n) {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), n).ptr;
    out.append(digits.data(), end);
}

void append_line(std::string& out, const backup& b) {
    out.append(R"({"kind":"backup",)");
    append_backup(out, b);
    out.push_back('\n');
}

void append_line(std::string& out, const vault& v) {
    out.append(R"({"kind":"vault","id":)");
    append_quoted(out, v.id);
    out.append(R"(,"project_id":)");
    append_text(out, v.project_id);
    out.append(R"(,"name":)");
    append_text(out, v.name);
    out.append(R"(,"size":)");
    append_number(out, v.size_gb);
    out.append(R"(,"used":)");
    append_number(out, v.used_mb);
    out.append("}\n");
}

void append_line(std::string& out, const member& m) {
    out.append(R"({"kind":"member","id":)");
    append_quoted(out, m.id);
    out.append(R"(,"backup_id":)");
    append_quoted(out, m.backup_id);
    out.append(R"(,"dest_project_id":)");
    append_text(out, m.dest_project_id);
    out.append(R"(,"status":)");
    append_text(out, name_of(m.status));
    out.append(R"(,"vault_id":)");
    append_uuid_or_null(out, m.vault_id);
    out.append(R"(,"created_at":)");
    append_time_or_null(out, m.created_at);
    out.append(R"(,"updated_at":)");
    append_time_or_null(out, m.updated_at);
    out.append("}\n");
}

void append_grant_line(std::string& out, std::string_view user_id, std::string_view enterprise_project_id) {
    out.append(R"({"kind":"enterprise_project_grant","user_id":)");
    append_text(out, user_id);
    out.append(R"(,"enterprise_project_id":)");
    append_text(out, enterprise_project_id);
    out.append("}\n");
}

} // namespace catalog::generate
