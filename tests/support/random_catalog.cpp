// This file makes random catalogs.
#include "random_catalog.hpp"

#include "model.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <optional>

namespace support {

namespace json = boost::json;

namespace {

std::string repeat(const std::string& text, std::size_t times) {
    std::string out;
    while (times-- > 0)
        out += text;
    return out;
}

// Names that a pattern, a quoting rule, a collation or a length counted in bytes gets wrong.
std::vector<std::string> tricky_names() {
    return {"",
            "backup",
            "Backup",
            "BACKUP",
            "backup-1",
            "backup_1",
            "backup 1",
            "backup%1",
            "100%",
            "%",
            "_",
            "\\",
            "a\\b",
            "a\\%b",
            "a_b",
            "aXb",
            "it's",
            "''",
            "\"quoted\"",
            "${x} $1 :name ?",
            "a+b c&d=e#f",
            "<b>&amp;</b>",
            " leading and trailing ",
            "tab\tand\nline",
            "\x01\x7f",
            "autobk_b629",
            "备份",
            "备份-自动",
            "バックアップ",
            "é",
            "e\u0301",
            "É",
            "z",
            "Z",
            "ß",
            "😀",
            "backup 😀😀",
            "\uFFFD\uFFFF",
            "\u2028",
            "[1]{2}(3)*.^$|",
            "null",
            repeat("备", 255),
            repeat("😀", 255),
            repeat("x", 255)};
}

class builder {
public:
    builder(std::uint64_t seed, const catalog_size& size)
        : choose_(seed)
        , size_(size) {}

    random_catalog build();

private:
    struct project {
        std::string id;
        std::vector<std::string> vaults;
    };
    struct made {
        std::string id;
        std::size_t owner = 0;
    };

    std::string instant();
    std::string instant_text();
    json::value nullable_instant(unsigned null_share);
    void set_nullable(json::object& record, const char* name, const json::value& value);
    json::object backup(std::size_t owner, bool is_child);
    json::object extend_info();
    json::array replications(const std::string& project_id);
    void add_vaults();
    void add_backups(std::size_t owner, std::size_t count);
    void add_shares();
    void add_grants();
    std::string maybe_upper(std::string uuid);

    chooser choose_;
    catalog_size size_;
    random_catalog out_;
    std::vector<json::object> records_;
    std::vector<project> projects_;
    std::vector<made> shareable_;
    std::vector<std::string> instants_;
};

// Few instants, so that many backups tie; some a microsecond apart, some long ago.
std::string builder::instant() {
    if (instants_.empty()) {
        instants_ = {"2020-02-21T07:00:54.065135", "2020-02-21T07:00:54.065136", "2020-02-21T07:00:54.000000",
                     "2020-02-21T23:59:59.999999", "2020-02-22T00:00:00.000000", "2020-02-29T12:00:00.100000",
                     "1999-12-31T16:00:00.000000", "2024-03-31T01:30:00.000000", "2024-03-31T02:30:00.000000",
                     "2031-01-01T00:00:00.000000", "1969-12-31T23:59:59.999999"};
    }
    return choose_.one_of(instants_);
}

// The forms that the import format takes for one instant.
std::string builder::instant_text() {
    std::string text = instant();
    if (choose_.percent(30)) {
        while (text.ends_with('0'))
            text.pop_back();
        if (text.ends_with('.')) text.pop_back();
    }
    if (choose_.percent(30)) text += 'Z';
    return text;
}

json::value builder::nullable_instant(unsigned null_share) {
    return choose_.percent(null_share) ? json::value(nullptr) : json::value(instant_text());
}

// A null is written as null or left out, which must be the same.
void builder::set_nullable(json::object& record, const char* name, const json::value& value) {
    if (!value.is_null() || choose_.percent(50)) record[name] = value;
}

std::string builder::maybe_upper(std::string uuid) {
    if (choose_.percent(5))
        for (char& c : uuid)
            if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
    return uuid;
}

json::object builder::extend_info() {
    json::object out;
    if (choose_.percent(40)) out["auto_trigger"] = choose_.percent(50);
    if (choose_.percent(30)) out["bootable"] = choose_.percent(50);
    if (choose_.percent(30)) out["incremental"] = choose_.percent(50);
    if (choose_.percent(30)) out["snapshot_id"] = choose_.uuid();
    if (choose_.percent(30)) out["support_lld"] = choose_.percent(50);
    if (choose_.percent(30)) out["supported_restore_mode"] = choose_.one_of<std::string>({"na", "snapshot", "backup"});
    if (choose_.percent(10))
        out["os_images_data"] = json::array{json::object{{"image_id", choose_.uuid()}}, json::object{}};
    if (choose_.percent(30)) out["contain_system_disk"] = choose_.percent(50);
    if (choose_.percent(30)) out["encrypted"] = choose_.percent(50);
    if (choose_.percent(30)) out["system_disk"] = choose_.percent(50);
    if (choose_.percent(20)) out["is_multi_az"] = choose_.percent(50);
    if (choose_.percent(30)) out["architecture"] = choose_.one_of<std::string>({"x86_64", "aarch64"});
    if (choose_.percent(30)) out["progress"] = choose_.below(101);
    if (choose_.percent(20))
        out["app_consistency"] = json::object{{"app_consistency", "0"},
                                              {"app_consistency_status", "0"},
                                              {"app_consistency_error_code", "0"},
                                              {"app_consistency_error_message", choose_.one_of(out_.names)}};
    // Keys that nobody knows pass through as they are.
    if (choose_.percent(10))
        out["x-vendor 😀\"\\"] = json::array{nullptr, 1, -7, 1.5, "\u2028", json::object{{"deep", json::array{}}}};
    return out;
}

json::array builder::replications(const std::string& project_id) {
    json::array out;
    if (choose_.percent(75)) return out;
    for (std::size_t count = 1 + choose_.below(3); count > 0; --count) {
        json::object record{
            {"id", choose_.uuid()},
            {"status", choose_.one_of<std::string>({"replicating", "success", "fail", "skip", "waiting_replicate"})}};
        if (choose_.percent(60)) {
            record["created_at"] = instant();
            record["vault_id"] = choose_.uuid();
            record["source_backup_id"] = choose_.uuid();
            record["source_checkpoint_id"] = choose_.uuid();
            record["source_project_id"] = project_id;
            record["source_region"] = "region-1";
            record["destination_backup_id"] = choose_.uuid();
            record["destination_checkpoint_id"] = choose_.uuid();
            record["destination_project_id"] = out_.projects[1];
            record["destination_region"] = "区域-2";
            record["destination_vault_id"] = choose_.uuid();
            record["extra_info"] = json::object{{"progress", choose_.below(101)},
                                                {"fail_code", ""},
                                                {"fail_reason", choose_.one_of(out_.names)},
                                                {"auto_trigger", choose_.percent(50)},
                                                {"destination_vault_id", choose_.uuid()}};
        } else if (choose_.percent(50)) {
            record["created_at"] = nullptr;
            record["extra_info"] = nullptr;
            record["source_region"] = "";
        }
        out.push_back(record);
    }
    return out;
}

json::object builder::backup(std::size_t owner, bool is_child) {
    json::object record;
    const std::string id = choose_.uuid();
    const std::string created_at = instant();
    const std::string type = choose_.percent(60)
                                 ? choose_.one_of<std::string>({"OS::Cinder::Volume", "OS::Nova::Server"})
                                 : choose_.one_of(model::resource_types());
    record["id"] = maybe_upper(id);
    record["project_id"] = projects_[owner].id;
    record["checkpoint_id"] = maybe_upper(choose_.one_of(out_.checkpoints));
    record["vault_id"] = maybe_upper(choose_.one_of(projects_[owner].vaults));
    record["resource_id"] = maybe_upper(choose_.one_of(out_.resources));
    record["resource_type"] = type;
    record["name"] = choose_.one_of(out_.names);
    record["created_at"] = created_at;
    const bool has_default_provider = type == "OS::Cinder::Volume" || type == "OS::Nova::Server";
    if (!has_default_provider || choose_.percent(50)) record["provider_id"] = choose_.uuid();
    if (choose_.percent(70)) record["status"] = choose_.percent(50) ? "available" : choose_.one_of(model::statuses());
    if (choose_.percent(50)) record["image_type"] = choose_.one_of<std::string>({"backup", "replication"});
    if (choose_.percent(80)) record["resource_name"] = choose_.one_of(out_.resource_names);
    if (choose_.percent(80)) record["resource_size"] = choose_.below(40000);
    if (choose_.percent(70)) record["enterprise_project_id"] = choose_.one_of(out_.enterprise_projects);
    if (choose_.percent(30)) record["version"] = 1 + choose_.below(4);
    if (choose_.percent(70)) record["extend_info"] = extend_info();
    if (choose_.percent(30)) record["dedicated_cloud"] = choose_.percent(60);
    if (choose_.percent(30)) record["kind"] = "backup";
    set_nullable(record, "resource_az",
                 choose_.percent(25) ? json::value(nullptr) : json::value(choose_.one_of(out_.zones)));
    set_nullable(record, "description",
                 choose_.percent(30) ? json::value(nullptr) : json::value(choose_.one_of(out_.names)));
    set_nullable(record, "updated_at", nullable_instant(30));
    set_nullable(record, "protected_at", nullable_instant(50));
    set_nullable(record, "expired_at", nullable_instant(50));
    set_nullable(record, "incremental", choose_.percent(60) ? json::value(nullptr) : json::value(choose_.percent(50)));
    const json::array copies = replications(projects_[owner].id);
    if (!copies.empty() || choose_.percent(30)) record["replication_records"] = copies;

    random_catalog::found_by finder{projects_[owner].id, {}};
    for (const auto* name : {"checkpoint_id", "vault_id", "resource_id", "resource_type", "name", "resource_name",
                             "resource_az", "status", "image_type", "enterprise_project_id"})
        if (const auto* const value = record.if_contains(name); value != nullptr && value->is_string())
            finder.values[name] = std::string(value->get_string());
    finder.values["start_time"] = finder.values["end_time"] = created_at;
    finder.values["marker"] = id;
    out_.finders.push_back(finder);
    out_.created_at.push_back(created_at);
    (is_child ? out_.children : out_.backups).push_back(id);
    shareable_.push_back({id, owner});
    return record;
}

void builder::add_vaults() {
    for (const std::string& id_of_project : out_.projects) {
        project one{id_of_project, {}};
        // Exactly 80 %, a bit less, empty, more than full, and of size 0, which no percentage is of.
        const std::vector<std::pair<int, int>> sizes{{10, 8192}, {10, 8191}, {100, 0}, {1, 2048}, {0, 512}, {7, 72}};
        for (const auto& [size, used] : sizes) {
            const std::string id = choose_.uuid();
            one.vaults.push_back(id);
            records_.push_back({{"kind", "vault"},
                                {"id", maybe_upper(id)},
                                {"project_id", one.id},
                                {"name", choose_.one_of(out_.names)},
                                {"size", size},
                                {"used", used}});
        }
        one.vaults.push_back(choose_.uuid()); // one that the catalog doesn't know
        out_.vaults.insert(out_.vaults.end(), one.vaults.begin(), one.vaults.end());
        projects_.push_back(one);
    }
}

void builder::add_backups(std::size_t owner, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        json::object record = backup(owner, false);
        if (choose_.percent(15)) {
            const std::string parent = out_.backups.back();
            out_.parents.push_back(parent);
            json::array nested;
            for (std::size_t children = 1 + choose_.below(4); children > 0; --children) {
                json::object child = backup(owner, true);
                // A child comes inside its parent or as a record of its own.
                if (choose_.percent(50)) {
                    child.erase("kind");
                    if (choose_.percent(50)) child["parent_id"] = parent;
                    nested.push_back(child);
                } else {
                    child["parent_id"] = maybe_upper(parent);
                    records_.push_back(child);
                }
            }
            record["children"] = nested;
        } else if (choose_.percent(30)) {
            record["children"] = json::array();
        }
        records_.push_back(record);
    }
}

void builder::add_shares() {
    int minute = 0;
    for (const made& one : shareable_) {
        if (!choose_.percent(30)) continue;
        for (std::size_t count = 1 + choose_.below(3); count > 0; --count) {
            const std::size_t to = choose_.below(projects_.size());
            if (to == one.owner) continue;
            const std::string status = choose_.one_of<std::string>({"pending", "accepted", "accepted", "rejected"});
            // Every record has its own updated_at: which of two accepted ones changed last must be known.
            ++minute;
            const std::string updated_at =
                model::render_timestamp(*model::parse_timestamp("2020-03-01T00:00:00") + minute * 60'000'000LL);
            json::object record{{"kind", "member"},
                                {"id", choose_.uuid()},
                                {"backup_id", maybe_upper(one.id)},
                                {"dest_project_id", projects_[to].id},
                                {"status", status},
                                {"created_at", "2020-03-01T00:00:00.000000"},
                                {"updated_at", updated_at}};
            if (status == "accepted")
                record["vault_id"] = choose_.one_of(projects_[to].vaults);
            else if (choose_.percent(50))
                record["vault_id"] = nullptr;
            records_.push_back(record);
        }
    }
}

void builder::add_grants() {
    const auto grant = [&](const char* user, std::size_t enterprise_project) {
        records_.push_back({{"kind", "enterprise_project_grant"},
                            {"user_id", user},
                            {"enterprise_project_id", out_.enterprise_projects.at(enterprise_project)}});
    };
    grant("carol", 0);
    grant("carol", 1);
    grant("dave", 3);
    grant("erin", 1);
    grant("erin", 2);
    out_.restricted_users = {"carol", "dave", "erin"};
    for (std::size_t i = 0; i < size_.more_grants; ++i) {
        const std::string user = "grantee-" + std::to_string(i);
        // From one to all of them; now and then one that no backup is in.
        std::vector<std::string> granted = out_.enterprise_projects;
        granted.push_back(choose_.uuid());
        choose_.shuffle(granted);
        granted.resize(1 + choose_.below(granted.size()));
        for (const std::string& one : granted)
            records_.push_back(
                {{"kind", "enterprise_project_grant"}, {"user_id", user}, {"enterprise_project_id", one}});
        out_.restricted_users.push_back(user);
    }
}

random_catalog builder::build() {
    out_.projects = {"0605767b5780d5762fc5c0118072a564", "1715767b5780d5762fc5c0118072a565", "Third_Project-3",
                     "3f35767b5780d5762fc5c0118072a567"};
    for (std::size_t i = 0; i < size_.more_projects; ++i)
        out_.projects.push_back("more-project-" + std::to_string(i));
    out_.enterprise_projects = {"0", choose_.uuid(), choose_.uuid(), choose_.uuid()};
    out_.names = tricky_names();
    out_.resource_names = {"", "test001-02", "qsy_000", "qsyX000", "服务器 1", "ecs-100%", "disk\\1", "Disk", "disk"};
    out_.zones = {"", "br-iaas-odin1a", "BR-IAAS-ODIN1A", "可用区一", "az%", std::string(255, 'a')};
    for (int i = 0; i < 12; ++i)
        out_.checkpoints.push_back(choose_.uuid());
    for (int i = 0; i < 15; ++i)
        out_.resources.push_back(choose_.uuid());
    add_vaults();
    add_backups(0, size_.first);
    add_backups(1, size_.second);
    add_backups(2, size_.third);
    for (std::size_t i = 0; i < size_.more_projects; ++i)
        add_backups(4 + i, 1 + choose_.below(30));
    if (size_.shares) add_shares();
    add_grants();
    // One import takes its records in any order.
    choose_.shuffle(records_);
    for (const json::object& record : records_)
        out_.lines += json::serialize(record) + "\n";
    return std::move(out_);
}

} // namespace

std::string chooser::uuid() {
    static const char* const digits = "0123456789abcdef";
    std::string out = "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx";
    for (char& c : out)
        if (c == 'x') c = digits[below(16)];
    return out;
}

random_catalog make_random_catalog(std::uint64_t seed, const catalog_size& size) {
    return builder(seed, size).build();
}

} // namespace support
