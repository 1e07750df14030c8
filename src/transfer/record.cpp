// This file checks records member by member; docs/import.md describes the format.
#include "transfer/record.hpp"

#include "util/resource_kinds.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <span>

namespace catalog::transfer {

const std::vector<std::string_view> backup_columns{"project_id",
                                                   "id",
                                                   "checkpoint_id",
                                                   "resource_id",
                                                   "provider_id",
                                                   "vault_id",
                                                   "parent_id",
                                                   "enterprise_project_id",
                                                   "name",
                                                   "description",
                                                   "status",
                                                   "image_type",
                                                   "resource_type",
                                                   "resource_name",
                                                   "resource_size",
                                                   "resource_az",
                                                   "dedicated_cloud",
                                                   "created_at",
                                                   "updated_at",
                                                   "protected_at",
                                                   "expired_at",
                                                   "incremental",
                                                   "version",
                                                   "extend_info"};
const std::vector<std::string_view> replication_columns{"project_id",
                                                        "backup_id",
                                                        "position",
                                                        "id",
                                                        "status",
                                                        "created_at",
                                                        "vault_id",
                                                        "source_backup_id",
                                                        "source_checkpoint_id",
                                                        "source_project_id",
                                                        "source_region",
                                                        "destination_backup_id",
                                                        "destination_checkpoint_id",
                                                        "destination_project_id",
                                                        "destination_region",
                                                        "destination_vault_id",
                                                        "extra_info"};
const std::vector<std::string_view> vault_columns{"project_id", "id", "name", "size", "used"};
const std::vector<std::string_view> member_columns{"id",       "backup_id",  "dest_project_id", "status",
                                                   "vault_id", "created_at", "updated_at"};
const std::vector<std::string_view> grant_columns{"user_id", "enterprise_project_id"};

namespace {

using kind = json_node::kind;
using names = std::span<const std::string_view>;

// The limits of one record, so that no single one can exhaust a page's memory.
constexpr std::size_t max_extend_info = 65'536;
constexpr std::size_t max_list = 1000;

constexpr std::array<std::string_view, 8> statuses{"available", "protecting",      "deleting",       "restoring",
                                                   "error",     "waiting_protect", "waiting_delete", "waiting_restore"};
constexpr std::array<std::string_view, 2> image_types{"backup", "replication"};
constexpr auto resource_types = [] {
    std::array<std::string_view, resource_kinds.size()> types{};
    std::transform(resource_kinds.begin(), resource_kinds.end(), types.begin(),
                   [](const resource_kind& one) { return one.type; });
    return types;
}();
constexpr std::array<std::string_view, 3> member_statuses{"pending", "accepted", "rejected"};
constexpr std::array<std::string_view, 5> replication_statuses{"replicating", "success", "fail", "skip",
                                                               "waiting_replicate"};
constexpr std::array<std::string_view, 3> restore_modes{"na", "snapshot", "backup"};
constexpr std::array<std::string_view, 8> extend_booleans{
    "auto_trigger",        "bootable",  "incremental", "support_lld",
    "contain_system_disk", "encrypted", "system_disk", "is_multi_az"};
constexpr auto consistency_members = std::to_array<std::string_view>(
    {"app_consistency", "app_consistency_status", "app_consistency_error_code", "app_consistency_error_message"});

std::string join(names words) {
    std::string out;
    for (const std::string_view word : words)
        out += (out.empty() ? "" : ", ") + std::string(word);
    return out;
}

// PostgreSQL's json type takes NUL in a string but can't look into such a value.
bool has_nul(const json_node& node) {
    const auto nul = [](const std::string& text) { return text.find('\0') != std::string::npos; };
    return nul(node.text) || std::any_of(node.items.begin(), node.items.end(), has_nul) ||
           std::any_of(node.members.begin(), node.members.end(),
                       [&](const json_node& member) { return nul(member.key) || has_nul(member); });
}

// With a line and "member: what is wrong", as report_fault.
using report_in_record = std::function<void(std::uint64_t line, const std::string& what)>;

// Reads the members of one JSON object and reports each that is wrong.
class object_reader {
public:
    object_reader(const json_node& object, std::string prefix, const report_in_record& report)
        : object_(object)
        , prefix_(std::move(prefix))
        , report_(report) {}

    bool clean() const { return clean_; }

    void fault(std::string_view member, const std::string& what) {
        clean_ = false;
        report_(object_.line, prefix_ + std::string(member) + ": " + what);
    }

    // The member if it is there and not null.
    const json_node* given(std::string_view member) {
        known_.push_back(member);
        const json_node* node = object_.find(member);
        return node && node->type != kind::null ? node : nullptr;
    }

    const json_node* needed(std::string_view member) {
        const json_node* node = given(member);
        if (!node) fault(member, "is required");
        return node;
    }

    field text(std::string_view member, std::size_t max, bool required, field fallback = std::nullopt) {
        const json_node* node = required ? needed(member) : given(member);
        if (!node) return fallback;
        if (node->type != kind::string)
            fault(member, "must be a string");
        else if (node->text.find('\0') != std::string::npos)
            fault(member, "must not contain the character NUL");
        else if (count_characters(node->text) > max)
            fault(member, "must have at most " + std::to_string(max) + " characters, has " +
                              std::to_string(count_characters(node->text)));
        else
            return node->text;
        return std::nullopt;
    }

    // An id that every index has beside longer texts (migrations/deploy/long_texts.sql).
    field enterprise_project(bool required, field fallback = std::nullopt) {
        constexpr std::size_t max = 255;
        constexpr std::string_view member = "enterprise_project_id";
        field id = text(member, max, required, std::move(fallback));
        if (id && id->empty())
            fault(member, "must not be empty; the default one is \"0\"");
        else if (id && id->size() > max)
            fault(member, "must have at most " + std::to_string(max) + " bytes, has " + std::to_string(id->size()));
        return id;
    }

    field uuid(std::string_view member, bool required) {
        const json_node* node = required ? needed(member) : given(member);
        if (!node) return std::nullopt;
        auto parsed = node->type == kind::string ? parse_uuid(node->text) : std::nullopt;
        if (!parsed) fault(member, "must be a UUID" + found(*node));
        return parsed;
    }

    field project_id(std::string_view member) {
        const json_node* node = needed(member);
        if (!node) return std::nullopt;
        if (node->type == kind::string && is_project_id(node->text)) return node->text;
        fault(member, "must be 1 to 64 letters, digits, '_' and '-'" + found(*node));
        return std::nullopt;
    }

    field time(std::string_view member, bool required) {
        const json_node* node = required ? needed(member) : given(member);
        if (!node) return std::nullopt;
        auto parsed = node->type == kind::string ? parse_time(node->text) : std::nullopt;
        if (!parsed) {
            fault(member, "must be a time such as 2026-11-24T08:30:00.123456" + found(*node));
            return std::nullopt;
        }
        return *parsed + "Z";
    }

    field choice(std::string_view member, names values, bool required, field fallback = std::nullopt) {
        const json_node* node = required ? needed(member) : given(member);
        if (!node) return fallback;
        if (node->type == kind::string && std::find(values.begin(), values.end(), node->text) != values.end())
            return node->text;
        fault(member, "must be one of " + join(values) + found(*node));
        return std::nullopt;
    }

    field integer(std::string_view member, std::uint64_t max, bool required, field fallback = std::nullopt) {
        const json_node* node = required ? needed(member) : given(member);
        if (!node) return fallback;
        const auto parsed = node->type == kind::number ? parse_number(node->text, max) : std::nullopt;
        if (parsed) return std::to_string(*parsed);
        fault(member, "must be an integer from 0 to " + std::to_string(max) + found(*node));
        return std::nullopt;
    }

    field boolean(std::string_view member, field fallback = std::nullopt) {
        const json_node* node = given(member);
        if (!node) return fallback;
        if (node->type == kind::boolean) return node->text;
        fault(member, "must be true or false" + found(*node));
        return std::nullopt;
    }

    const json_node* container(std::string_view member, kind type) {
        const json_node* node = given(member);
        if (!node) return nullptr;
        if (node->type == type) return node;
        fault(member, type == kind::array ? "must be an array" : "must be an object");
        return nullptr;
    }

    const json_node* list(std::string_view member) {
        const json_node* node = container(member, kind::array);
        if (node && node->items.size() > max_list) {
            fault(member, "must have at most " + std::to_string(max_list) + " elements");
            return nullptr;
        }
        return node;
    }

    void refuse_unknown_members() {
        for (const json_node& member : object_.members)
            if (std::find(known_.begin(), known_.end(), member.key) == known_.end())
                fault(shorten(member.key), "is not a member of this kind of record");
    }

private:
    static std::string found(const json_node& node) {
        if (node.type == kind::array || node.type == kind::object) return "";
        std::string text;
        node.write(text);
        return ", is " + shorten(text);
    }

    const json_node& object_;
    std::string prefix_;
    const report_in_record& report_;
    std::vector<std::string_view> known_;
    bool clean_ = true;
};

// extend_info as it is stored: compact, without `incremental`, which is a column and is put back when a document is
// rendered.
field read_extend_info(object_reader& backup, const std::string& prefix, field& incremental,
                       const report_in_record& report) {
    const json_node* node = backup.container("extend_info", kind::object);
    if (!node) return "{}";
    object_reader info(*node, prefix + "extend_info.", report);
    for (const std::string_view name : extend_booleans) {
        field value = info.boolean(name);
        if (name == "incremental" && !incremental) incremental = std::move(value);
    }
    info.text("snapshot_id", 255, false);
    info.text("architecture", 255, false);
    info.choice("supported_restore_mode", restore_modes, false);
    info.container("os_images_data", kind::array);
    info.integer("progress", 2147483647, false);
    if (has_nul(*node)) backup.fault("extend_info", "must not contain the character NUL");
    if (const json_node* consistency = info.container("app_consistency", kind::object)) {
        for (const json_node& member : consistency->members)
            if (std::find(consistency_members.begin(), consistency_members.end(), member.key) !=
                    consistency_members.end() &&
                member.type != kind::string && member.type != kind::null)
                info.fault("app_consistency." + shorten(member.key), "must be a string");
    }
    json_node stored = *node;
    std::erase_if(stored.members, [](const json_node& member) { return member.key == "incremental"; });
    std::string text;
    stored.write(text);
    if (text.size() > max_extend_info)
        backup.fault("extend_info", "must have at most " + std::to_string(max_extend_info) + " bytes");
    if (!info.clean()) return std::nullopt;
    return text;
}

std::optional<row> read_replication(const json_node& node, const std::string& prefix, const report_in_record& report) {
    if (node.type != kind::object) {
        report(node.line, prefix.substr(0, prefix.size() - 1) + ": must be an object");
        return std::nullopt;
    }
    object_reader record(node, prefix, report);
    row out(replication_columns.size());
    out[3] = record.uuid("id", true);
    out[4] = record.choice("status", replication_statuses, false);
    out[5] = record.time("created_at", false);
    // The ids of another region's service are kept as they came.
    for (std::size_t i = 6; i < 16; ++i)
        out[i] = record.text(replication_columns[i], 255, false);
    if (const json_node* extra = record.container("extra_info", kind::object)) {
        if (has_nul(*extra)) record.fault("extra_info", "must not contain the character NUL");
        std::string text;
        extra->write(text);
        if (text.size() > max_extend_info)
            record.fault("extra_info", "must have at most " + std::to_string(max_extend_info) + " bytes");
        out[16] = std::move(text);
    }
    record.refuse_unknown_members();
    return record.clean() ? std::optional(std::move(out)) : std::nullopt;
}

// What the backup that a child is nested in has; nothing where that is faulty.
struct nesting {
    field id, project;
};

// `parent`: of a child; nothing: it is in no other one.
void read_backup(const json_node& node, const std::string& prefix, const std::optional<nesting>& parent, records& out,
                 const report_in_record& report) {
    object_reader record(node, prefix, report);
    record.given("kind");
    backup_row backup;
    backup.line = node.line;
    field incremental = record.boolean("incremental");
    const field project = record.project_id("project_id");
    const field id = record.uuid("id", true);
    field parent_id = record.uuid("parent_id", false);
    if (parent && parent->project && project && *project != *parent->project)
        record.fault("project_id", "must be that of the backup that the child is nested in");
    if (parent && parent->id && parent_id && *parent_id != *parent->id)
        record.fault("parent_id", "must be the id of the backup that the child is nested in");
    if (parent && parent->id) parent_id = parent->id;
    if (id && parent_id == id) record.fault("parent_id", "must not be the backup's own id");
    const field resource_type = record.choice("resource_type", resource_types, true);
    field provider_id = record.uuid("provider_id", false);
    if (!provider_id && resource_type) provider_id = std::string(provider_of_type(*resource_type));
    field enterprise_project = record.enterprise_project(false, "0");
    field checkpoint = record.uuid("checkpoint_id", true);
    field resource = record.uuid("resource_id", true);
    field vault = record.uuid("vault_id", true);
    field name = record.text("name", 255, true);
    field description = record.text("description", 255, false);
    field status = record.choice("status", statuses, false, "available");
    field image_type = record.choice("image_type", image_types, false, "backup");
    field resource_name = record.text("resource_name", 255, false, "");
    field resource_size = record.integer("resource_size", 2147483647, false, "0");
    field zone = record.text("resource_az", 255, false);
    field dedicated = record.boolean("dedicated_cloud", "false");
    field created = record.time("created_at", true);
    field updated = record.time("updated_at", false);
    field protected_at = record.time("protected_at", false);
    field expired = record.time("expired_at", false);
    field version = record.integer("version", 2147483647, false, "3");
    std::size_t faults_in_lists = 0;
    const report_in_record count_and_report = [&](std::uint64_t line, const std::string& what) {
        ++faults_in_lists;
        report(line, what);
    };
    field extend_info = read_extend_info(record, prefix, incremental, count_and_report);
    if (const json_node* list = record.list("replication_records")) {
        for (std::size_t i = 0; i < list->items.size(); ++i) {
            auto read = read_replication(list->items[i], prefix + "replication_records[" + std::to_string(i) + "].",
                                         count_and_report);
            if (!read) continue;
            (*read)[0] = project;
            (*read)[1] = id;
            (*read)[2] = std::to_string(i);
            backup.replications.push_back(std::move(*read));
        }
    }
    const json_node* children = record.list("children");
    record.refuse_unknown_members();

    if (record.clean() && faults_in_lists == 0) {
        backup.fields = {project,       id,
                         checkpoint,    resource,
                         provider_id,   vault,
                         parent_id,     enterprise_project,
                         name,          description,
                         status,        image_type,
                         resource_type, resource_name,
                         resource_size, zone,
                         dedicated,     created,
                         updated,       protected_at,
                         expired,       incremental,
                         version,       extend_info};
        out.backups.push_back(std::move(backup));
    } else if (id) {
        out.faulty_ids.push_back(*id);
    }
    if (!children) return;
    for (std::size_t i = 0; i < children->items.size(); ++i) {
        const std::string child_prefix = prefix + "children[" + std::to_string(i) + "].";
        if (children->items[i].type != kind::object)
            report(children->items[i].line, child_prefix.substr(0, child_prefix.size() - 1) + ": must be an object");
        else if (parent)
            report(children->items[i].line, prefix + "children: a child has no children of its own");
        else
            read_backup(children->items[i], child_prefix, nesting{id, project}, out, report);
    }
}

void read_vault(const json_node& node, records& out, const report_in_record& report) {
    object_reader record(node, "", report);
    record.given("kind");
    row fields{record.project_id("project_id"), record.uuid("id", true), record.text("name", 255, false, ""),
               record.integer("size", 1'000'000'000'000, true), record.integer("used", 1'000'000'000'000'000, true)};
    record.refuse_unknown_members();
    if (record.clean()) out.vaults.emplace_back(std::move(fields), node.line);
}

void read_member(const json_node& node, records& out, const report_in_record& report) {
    object_reader record(node, "", report);
    record.given("kind");
    row fields{record.uuid("id", true),
               record.uuid("backup_id", true),
               record.project_id("dest_project_id"),
               record.choice("status", member_statuses, true),
               record.uuid("vault_id", false),
               record.time("created_at", false),
               record.time("updated_at", false)};
    record.refuse_unknown_members();
    if (record.clean()) out.members.emplace_back(std::move(fields), node.line);
}

void read_grant(const json_node& node, records& out, const report_in_record& report) {
    object_reader record(node, "", report);
    record.given("kind");
    row fields{record.text("user_id", 255, true), record.enterprise_project(true)};
    if (fields[0] && fields[0]->empty()) record.fault("user_id", "must not be empty");
    record.refuse_unknown_members();
    if (record.clean()) out.grants.emplace_back(std::move(fields), node.line);
}

} // namespace

void read_records(const json_node& document, records& out, const report_fault& report_of) {
    const report_in_record report = [&](std::uint64_t line, const std::string& what) {
        report_of(line, what, std::nullopt);
    };
    if (document.type != kind::object) {
        report(document.line, "record: must be a JSON object");
        return;
    }
    const json_node* record_kind = document.find("kind");
    if (record_kind && record_kind->type == kind::null) record_kind = nullptr;
    if (!record_kind) {
        if (const json_node* list = document.find("backups")) {
            if (list->type != kind::array) {
                report(document.line, "backups: must be an array");
                return;
            }
            for (std::size_t i = 0; i < list->items.size(); ++i) {
                // A page on one line has the same line number for all of them.
                const report_in_record report_place = [&](std::uint64_t line, const std::string& what) {
                    report_of(line, what + " (backups[" + std::to_string(i) + "])", i);
                };
                if (const json_node& backup = list->items[i]; backup.type == kind::object)
                    read_backup(backup, "", std::nullopt, out, report_place);
                else
                    report_place(backup.line, "backups: must hold objects");
            }
            return;
        }
        if (const json_node* shown = document.find("backup"); shown && shown->type == kind::object) {
            read_backup(*shown, "", std::nullopt, out, report);
            return;
        }
    }
    const std::string_view name = record_kind && record_kind->type == kind::string ? std::string_view(record_kind->text)
                                  : record_kind                                    ? std::string_view("?")
                                                                                   : std::string_view("backup");
    if (name == "backup")
        read_backup(document, "", std::nullopt, out, report);
    else if (name == "vault")
        read_vault(document, out, report);
    else if (name == "member")
        read_member(document, out, report);
    else if (name == "enterprise_project_grant")
        read_grant(document, out, report);
    else
        report(document.line, "kind: must be one of backup, vault, member, enterprise_project_grant");
}

} // namespace catalog::transfer
