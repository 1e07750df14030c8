// This file makes catalogs of any size: a layout of projects, policies and resources, and every backup from its number.
#include "generate/generator.hpp"

#include "generate/record.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

namespace catalog::generate {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t chunk_bytes = 262'144;    // what a sink gets at once
constexpr std::uint64_t most_days = 1096;       // three years
constexpr std::uint64_t least_slots = 256;      // a day, so that small catalogs cover fewer days, not fewer projects
constexpr microseconds last_day = 20'780 * day; // 2026-11-23
constexpr std::uint32_t ad_hoc = 0xffffffff;    // instead of a policy
constexpr std::uint32_t hot_slots = 9;          // 9 × 1,096 days: nearly 10,000 backups of one resource
constexpr std::uint32_t hot_projects = 6;

constexpr std::array zones{"br-iaas-odin1a"sv, "br-iaas-odin1b"sv, "br-iaas-odin1c"sv, "br-iaas-odin1d"sv};
constexpr std::string_view home_region = "br-iaas-odin1";
constexpr std::array other_regions{"br-iaas-odin2"sv, "cn-north-4"sv, "ap-southeast-3"sv};

constexpr std::array roles{"web"sv,      "api"sv,        "pg"sv,         "mysql"sv,   "redis"sv,      "k8s-worker"sv,
                           "kafka"sv,    "es-data"sv,    "k8s-master"sv, "jenkins"sv, "win-ad"sv,     "batch"sv,
                           "etl"sv,      "mongo"sv,      "gateway"sv,    "oa"sv,      "crm"sv,        "erp-app"sv,
                           "hadoop"sv,   "clickhouse"sv, "nfs"sv,        "mail"sv,    "vpn"sv,        "bastion"sv,
                           "gitlab"sv,   "harbor"sv,     "order"sv,      "pay"sv,     "财务数据库"sv, "订单服务"sv,
                           "人事系统"sv, "报表服务器"sv, "测试环境"sv,   "日志归档"sv};
constexpr std::array environments{"prod"sv, "prod"sv, "prod"sv, "prod"sv, "stg"sv, "test"sv, "dev"sv, "uat"sv};
constexpr std::array disk_sizes{40u, 40u, 40u, 60u, 80u, 100u, 100u, 200u, 500u, 1024u, 2048u};
constexpr std::array vault_sizes{100u, 200u, 500u, 1000u, 2000u, 5000u, 10'240u, 20'480u, 51'200u};
constexpr std::array vault_uses{"servers"sv, "disks"sv, "db"sv, "prod"sv, "test"sv, "archive"sv, "k8s"sv, "财务"sv};
constexpr std::array manual_names{
    "before-upgrade"sv,  "before os patch"sv, "before-migration"sv, "golden-image"sv, "quarter-close"sv,
    "release freeze"sv,  "升级前备份"sv,      "月末结账"sv,         "上线前"sv,       "100%_verified"sv,
    "do_not_delete"sv,   "C:\\ snapshot"sv,   "\"final\" copy"sv,   "ticket INC-"sv,  "🚀 go-live"sv,
    "before schema v"sv, "audit copy"sv,      "clone for test"sv,   "pre_deploy_"sv,  "handover"sv,
};
constexpr std::array manual_descriptions{
    ""sv,
    ""sv,
    ""sv,
    "Requested by the application owner."sv,
    "Taken before the maintenance window; delete after two weeks."sv,
    "变更单审批后手动备份"sv,
    "Copy for the yearly audit, keep."sv,
};
constexpr std::array<app_consistency, 3> agent_answers{{
    {"0", "0", "0", ""},
    {"1", "1", "0", ""},
    {"1", "0", "VSS_E_WRITERERROR", "The shadow copy service timed out; a crash-consistent backup was made."},
}};

struct project {
    std::string id;
    std::vector<std::string> enterprise_projects; // the first is "0"
    std::uint32_t vaults = 1;
    std::uint32_t resources_begin = 0;
    std::uint32_t resources_end = 0;
    bool dedicated = false;
};

struct policy {
    std::int64_t second_of_day = 0;
    std::uint32_t project = 0;
    std::uint16_t keep_days = 0; // 0: for ever
    std::uint8_t full_every = 0;
    std::uint8_t replicates_to = 0; // a region's number + 1; 0: doesn't replicate
};

struct resource {
    uuid id;
    uuid vault_id;
    std::string name;
    std::uint32_t size = 0;
    std::uint8_t enterprise_project = 0;
    std::uint8_t zone = 0;
    std::uint8_t volumes = 0; // how many children its backups have
    resource_type type = resource_type::server;
    bool is_replica = false;
    bool dedicated = false;
    bool encrypted = false;
    bool arm = false;
    bool bootable = false;
    bool consistent = false;
};

struct slot {
    std::int64_t second_of_day = 0;
    std::uint32_t policy = ad_hoc;
    std::uint32_t resource = 0;
    std::uint32_t position = 0; // in its policy's run
    std::uint8_t resources = 1; // 7: weekly, one for each day of the week
};

template <std::size_t N>
std::string_view pick(random_stream& r, const std::array<std::string_view, N>& from) {
    return from[r.below(static_cast<std::uint32_t>(N))];
}

void append_padded(std::string& out, std::uint32_t n) { // at least two digits
    if (n < 10) out.push_back('0');
    append_number(out, n);
}

std::string_view append_hex4(std::string& out, std::uint32_t bits) {
    for (int shift = 12; shift >= 0; shift -= 4)
        out.push_back("0123456789abcdef"[bits >> shift & 15]);
    return out;
}

std::string make_project_id(std::uint64_t seed, std::uint32_t rank) {
    if (rank == 0) return std::string(main_project_id);
    random_stream r(seed, family::project, rank);
    std::string id;
    append_uuid(id, make_uuid(r));
    std::erase(id, '-');
    return id;
}

uuid vault_id(std::uint64_t seed, std::uint32_t project_rank, std::uint32_t number) {
    random_stream r(seed, family::vault, std::uint64_t{project_rank} << 32 | number);
    return make_uuid(r);
}

resource_type pick_type(random_stream& r) {
    std::uint32_t const u = r.below(1000);
    if (u < 600) return resource_type::server;
    if (u < 920) return resource_type::volume;
    if (u < 950) return resource_type::turbo;
    if (u < 980) return resource_type::desktop;
    if (u < 990) return resource_type::bare_metal;
    return resource_type::native;
}

backup_status pick_status(random_stream& r) {
    std::uint32_t const u = r.below(100'000);
    if (u < 97'800) return backup_status::available;
    if (u < 99'300) return backup_status::error;
    constexpr std::array rare{backup_status::protecting,      backup_status::protecting,
                              backup_status::deleting,        backup_status::restoring,
                              backup_status::waiting_protect, backup_status::waiting_delete,
                              backup_status::waiting_restore};
    return rare[(u - 99'300) / 100];
}

replication_status pick_replication_status(random_stream& r) {
    std::uint32_t const u = r.below(1000);
    if (u < 955) return replication_status::success;
    if (u < 975) return replication_status::fail;
    if (u < 985) return replication_status::skip;
    if (u < 993) return replication_status::replicating;
    return replication_status::waiting_replicate;
}

// Collects lines and hands them on in big pieces.
class line_buffer {
public:
    explicit line_buffer(const line_sink& sink)
        : sink_(sink) {
        text_.reserve(chunk_bytes + 65'536);
    }
    std::string& text() { return text_; }
    void line_done() {
        if (text_.size() >= chunk_bytes) flush();
    }
    void flush() {
        if (text_.empty()) return;
        sink_(text_);
        text_.clear();
    }

private:
    const line_sink& sink_;
    std::string text_;
};

} // namespace

struct generator::layout {
    options settings;
    std::uint64_t days = 1;
    std::uint64_t slots_a_day = 1;
    std::vector<double> shares; // cumulative: where each project's part of [0, 1) ends
    std::vector<project> projects;
    std::vector<policy> policies;
    std::vector<resource> resources;
    std::vector<slot> slots; // by time of day

    explicit layout(const options& o);

    [[nodiscard]] std::uint32_t project_at(double share) const {
        const auto found = std::upper_bound(shares.begin(), shares.end(), share);
        return static_cast<std::uint32_t>(std::min<std::ptrdiff_t>(found - shares.begin(), std::ssize(shares) - 1));
    }
    [[nodiscard]] std::uint32_t random_project(random_stream& r) const {
        return project_at(static_cast<double>(r.next() >> 11) * 0x1p-53);
    }
    void check(std::uint64_t first, std::uint64_t last) const {
        if (first > last || last > settings.backups)
            throw std::out_of_range("generator: backups [first, last) are not within those of the catalog");
    }

    // What a backup's number alone decides: all that its members need to know of it.
    struct place {
        std::uint64_t number;
        std::uint64_t day_number;
        const slot* where;
        const policy* by; // null: manual
        std::uint32_t owner;
        const resource* what;
        backup_status status;
    };
    place locate(std::uint64_t number, random_stream& r) const;
    [[nodiscard]] uuid backup_id(std::uint64_t number) const {
        random_stream r(settings.seed, family::backup_ids, number);
        return make_uuid(r);
    }
    microseconds created_at(const place& p, random_stream& r) const;

    void append_backup(std::string& out, std::uint64_t number) const;
    void append_members(std::string& out, std::uint64_t number) const;
    void append_manual_name(std::string& name, const place& p, microseconds created, random_stream& r) const;

private:
    resource make_resource(std::uint32_t owner, random_stream& r) const;
    void add_planned_slots(std::uint32_t owner, std::uint64_t count);
    void add_slot(std::uint32_t owner, std::uint32_t by, std::uint32_t position, std::uint8_t resource_count,
                  random_stream& r);
};

generator::layout::layout(const options& o)
    : settings(o) {
    if (o.backups < 1 || o.backups > options::max_backups)
        throw std::invalid_argument("generator: backups must be 1 to 1000000000");
    if (o.projects < 1 || o.projects > options::max_projects)
        throw std::invalid_argument("generator: projects must be 1 to 1000000");
    if (!(o.zipf >= 0 && o.zipf <= 4)) throw std::invalid_argument("generator: zipf must be 0 to 4");

    days = std::clamp<std::uint64_t>(o.backups / least_slots, 1, most_days);
    slots_a_day = (o.backups + days - 1) / days;
    days = (o.backups + slots_a_day - 1) / slots_a_day; // the last one may be cut short

    double sum = 0;
    shares.reserve(o.projects);
    for (std::uint32_t rank = 0; rank < o.projects; ++rank)
        shares.push_back(sum += std::pow(rank + 1.0, -o.zipf));
    for (double& share : shares)
        share /= sum;

    std::uint64_t const unplanned = slots_a_day < 8 ? 0 : slots_a_day / 6;
    std::uint64_t const planned = slots_a_day - unplanned;
    projects.reserve(o.projects);
    slots.reserve(slots_a_day);
    std::uint64_t given = 0;
    for (std::uint32_t rank = 0; rank < o.projects; ++rank) {
        const auto until =
            std::min(planned, static_cast<std::uint64_t>(std::llround(shares[rank] * static_cast<double>(planned))));
        std::uint64_t const count = (rank + 1 == o.projects ? planned : until) - given;
        given += count;

        random_stream r(o.seed, family::project, rank + (std::uint64_t{1} << 32));
        project& p = projects.emplace_back();
        p.id = make_project_id(o.seed, rank);
        p.vaults = static_cast<std::uint32_t>(std::min<std::uint64_t>(1 + r.below(2) + count / 24, 48));
        p.enterprise_projects.emplace_back("0");
        const auto extra = rank == 0 ? 5 : std::min<std::uint64_t>(r.below(2) + count / 8, 5);
        for (std::uint64_t i = 0; i < extra; ++i)
            append_uuid(p.enterprise_projects.emplace_back(), make_uuid(r));
        p.dedicated = rank == 0 || r.percent(3);
        p.resources_begin = static_cast<std::uint32_t>(resources.size());
        add_planned_slots(rank, count);
        for (std::uint32_t i = count == 0 ? 1 + r.below(3) : 1; i > 0; --i) // some that no policy protects
            resources.push_back(make_resource(rank, r));
        p.resources_end = static_cast<std::uint32_t>(resources.size());
    }
    for (std::uint64_t i = 0; i < unplanned; ++i) {
        random_stream r(o.seed, family::slot, i);
        slot& s = slots.emplace_back();
        s.second_of_day = r.between(39'600, 79'200); // 11:00 to 22:00 UTC: people's working hours
    }
    std::stable_sort(slots.begin(), slots.end(),
                     [](const slot& a, const slot& b) { return a.second_of_day < b.second_of_day; });
}

resource generator::layout::make_resource(std::uint32_t owner, random_stream& r) const {
    const project& p = projects[owner];
    resource made;
    made.id = make_uuid(r);
    made.vault_id = vault_id(settings.seed, owner, std::min(r.below(p.vaults), r.below(p.vaults)));
    made.type = pick_type(r);
    made.size = disk_sizes[r.below(disk_sizes.size())];
    made.enterprise_project = static_cast<std::uint8_t>(
        r.percent(40) ? 0 : r.below(static_cast<std::uint32_t>(p.enterprise_projects.size())));
    made.zone = static_cast<std::uint8_t>(std::min(r.below(zones.size()), r.below(zones.size())));
    made.is_replica = r.percent(4);
    made.dedicated = p.dedicated && r.percent(25);
    made.encrypted = r.percent(12);
    made.arm = r.percent(9);
    made.bootable = r.percent(45);
    made.consistent = r.percent(60);
    switch (made.type) {
    case resource_type::turbo:
        made.name.append("sfs-turbo-");
        break;
    case resource_type::desktop:
        made.name.append("desktop-");
        break;
    case resource_type::bare_metal:
        made.name.append("bms-");
        break;
    case resource_type::native:
        made.name.append("idc-");
        break;
    default:
        break;
    }
    made.name.append(pick(r, roles)).append("-").append(pick(r, environments)).append("-");
    append_padded(made.name, 1 + r.below(40));
    if (made.type == resource_type::volume) {
        made.name.append("-volume-000");
        append_number(made.name, made.bootable ? 0 : 1 + r.below(4));
    }
    if (made.type == resource_type::server && r.percent(17)) {
        constexpr std::array counts{1, 1, 2, 2, 2, 2, 3, 3, 4, 5};
        made.volumes = static_cast<std::uint8_t>(counts[r.below(counts.size())]);
        made.size = 40 + 100 * (made.volumes - 1u);
    }
    return made;
}

void generator::layout::add_slot(std::uint32_t owner, std::uint32_t by, std::uint32_t position,
                                 std::uint8_t resource_count, random_stream& r) {
    slot& s = slots.emplace_back();
    s.second_of_day = policies[by].second_of_day;
    s.policy = by;
    s.position = position;
    s.resource = static_cast<std::uint32_t>(resources.size());
    s.resources = resource_count;
    for (std::uint8_t i = 0; i < resource_count; ++i)
        resources.push_back(make_resource(owner, r));
}

void generator::layout::add_planned_slots(std::uint32_t owner, std::uint64_t count) {
    random_stream r(settings.seed, family::policy, owner);
    const auto add_policy = [&](std::int64_t second_of_day) {
        constexpr std::array<std::uint16_t, 6> keeps{0, 0, 1825, 1825, 2555, 3650}; // all longer than the catalog
        policy& made = policies.emplace_back();
        made.second_of_day = second_of_day;
        made.project = owner;
        made.keep_days = keeps[r.below(keeps.size())];
        made.full_every = static_cast<std::uint8_t>(r.percent(60) ? 30 : 7);
        made.replicates_to = static_cast<std::uint8_t>(r.percent(40) ? 1 + r.below(other_regions.size()) : 0);
        return static_cast<std::uint32_t>(policies.size() - 1);
    };
    if (owner < hot_projects && count >= std::uint64_t{4} * hot_slots) {
        const auto hot = static_cast<std::uint32_t>(resources.size());
        resources.push_back(make_resource(owner, r));
        projects[owner].resources_begin = hot + 1; // no manual ones of it
        for (std::uint32_t i = 0; i < hot_slots; ++i) {
            slot s;
            s.policy = add_policy(i * 9600 + 900);
            s.second_of_day = policies[s.policy].second_of_day;
            s.resource = hot;
            slots.push_back(s);
        }
        count -= hot_slots;
    }
    while (count > 0) {
        constexpr std::array hours{0, 0, 1, 1, 2, 2, 3, 3, 4, 5, 12, 18, 20, 22, 22, 23};
        constexpr std::array quarters{0, 0, 0, 30, 15, 45};
        std::uint32_t const by =
            add_policy(hours[r.below(hours.size())] * 3600 + quarters[r.below(quarters.size())] * 60);
        const auto members = static_cast<std::uint32_t>(std::min<std::uint64_t>(count, 1 + r.below(36)));
        const bool weekly = r.percent(15);
        for (std::uint32_t i = 0; i < members; ++i)
            add_slot(owner, by, i, weekly ? 7 : 1, r);
        count -= members;
    }
}

generator::layout::place generator::layout::locate(std::uint64_t number, random_stream& r) const {
    place p{};
    p.number = number;
    p.day_number = number / slots_a_day;
    p.where = &slots[number % slots_a_day];
    p.status = pick_status(r);
    if (p.where->policy == ad_hoc) {
        p.owner = random_project(r);
        const project& owner = projects[p.owner];
        p.what = &resources[owner.resources_begin + r.below(owner.resources_end - owner.resources_begin)];
    } else {
        p.by = &policies[p.where->policy];
        p.owner = p.by->project;
        p.what = &resources[p.where->resource + p.day_number % p.where->resources];
    }
    return p;
}

microseconds generator::layout::created_at(const place& p, random_stream& r) const {
    const microseconds midnight = last_day - static_cast<microseconds>(days - 1 - p.day_number) * day;
    const microseconds planned = midnight + p.where->second_of_day * second;
    if (p.by == nullptr) return planned + r.between(0, 40 * second);
    // The whole run starts some seconds late; it makes its backups in batches, a batch's rows in one statement.
    random_stream run(settings.seed, family::policy_run, std::uint64_t{p.where->policy} << 16 | p.day_number);
    const microseconds start = planned + run.between(2 * second, 52 * second) + p.where->position / 12 * second;
    std::uint32_t const u = r.below(100);
    if (u < 50) return start;
    const microseconds same_second = start - start % second;
    if (u < 80) return same_second + r.between(0, second - 1);
    return same_second + r.between(0, 6 * second);
}

void generator::layout::append_manual_name(std::string& name, const place& p, microseconds created,
                                           random_stream& r) const {
    std::uint32_t const u = r.below(100);
    if (u < 45) {
        name.append("manualbk_");
        append_hex4(name, r.below(0x10000));
    } else if (u < 65) {
        name.append(p.what->name).append("-");
        std::string date;
        append_time(date, created);
        name.append(date, 0, 10);
    } else if (u < 90) {
        name.append(pick(r, manual_names)).append(" ");
        append_number(name, 1 + r.below(9));
        name.append(".");
        append_number(name, r.below(20));
        if (r.percent(50)) {
            name.append(".");
            append_number(name, r.below(10));
        }
    } else {
        name.append(pick(r, manual_names)).append("_").append(p.what->name);
    }
}

void generator::layout::append_backup(std::string& out, std::uint64_t number) const {
    random_stream r(settings.seed, family::backup, number);
    const place p = locate(number, r);
    const resource& what = *p.what;
    const project& owner = projects[p.owner];
    const bool is_volume = what.type == resource_type::volume;
    const bool available = p.status == backup_status::available;

    backup b;
    b.id = backup_id(number);
    b.checkpoint_id = make_uuid(r);
    b.vault_id = what.vault_id;
    b.resource_id = what.id;
    b.project_id = owner.id;
    b.enterprise_project_id = owner.enterprise_projects[what.enterprise_project];
    b.resource_name = what.name;
    b.resource_size = what.size;
    b.resource_az = what.type == resource_type::native ? std::string_view() : zones[what.zone];
    b.type = what.type;
    b.status = p.status;
    b.is_replica = what.is_replica;
    b.dedicated_cloud = what.dedicated;
    b.created_at = created_at(p, r);

    std::string name;
    if (p.by != nullptr) {
        name.append("autobk_");
        append_hex4(name, r.below(0x10000));
    } else {
        append_manual_name(name, p, b.created_at, r);
        b.description = pick(r, manual_descriptions);
    }
    b.name = name;
    b.null_description = p.by != nullptr && r.percent(20);

    // Chains: none are known of the first twentieth, which an older release made; then a full one begins each.
    std::uint64_t const unknown_until = days / 20;
    if (p.day_number < unknown_until) {
        b.incremental = tristate::unknown;
    } else if (p.by == nullptr) {
        b.incremental = r.percent(30) ? tristate::no : tristate::yes;
    } else {
        std::uint64_t const link = (p.day_number - unknown_until) / p.where->resources;
        b.incremental = link % p.by->full_every == 0 ? tristate::no : tristate::yes;
    }

    if (p.status == backup_status::waiting_protect) {
        b.progress = 0;
        b.incremental = tristate::unknown;
    } else if (p.status == backup_status::protecting) {
        b.updated_at = b.created_at + r.between(second, minute);
        b.progress = static_cast<int>(1 + r.below(99));
    } else {
        const bool failed = p.status == backup_status::error;
        if (!r.per_million(4'000)) b.updated_at = b.created_at + r.between(90 * second, 40 * minute);
        // To the second, because the storage reports no more: many ties.
        if (failed ? r.percent(35) : !r.per_million(8'000))
            b.protected_at = b.created_at - b.created_at % second + r.between(2, 60) * second;
        if (failed) b.progress = static_cast<int>(r.below(100));
    }
    if (p.by != nullptr && p.by->keep_days != 0)
        b.expired_at = b.created_at + p.by->keep_days * day - r.between(3000, 6000);
    else if (p.by == nullptr && r.percent(15))
        b.expired_at = b.created_at + 1461 * day;

    b.auto_trigger = p.by != nullptr;
    b.encrypted = what.encrypted;
    b.supported_restore_mode = available ? "backup" : p.status == backup_status::error ? "na" : "backup";
    if (what.arm) b.architecture = "aarch64";
    if (is_volume) {
        b.bootable = b.system_disk = what.bootable;
        if (available) b.snapshot_id = make_uuid(r);
    } else if (what.type != resource_type::turbo) {
        b.contain_system_disk = true;
        if (what.consistent) b.consistency = &agent_answers[r.percent(2) ? 2 : r.percent(80) ? 1 : 0];
    } else {
        b.is_multi_az = what.bootable;
        b.support_lld = false;
    }
    std::array<uuid, 1> image;
    if (available && what.type == resource_type::server && r.percent(3)) {
        image[0] = make_uuid(r);
        b.os_images = image;
        b.supported_restore_mode = "snapshot";
    }

    std::array<replication, 2> copies;
    if (p.by != nullptr && p.by->replicates_to != 0 && available) {
        std::size_t const count = r.percent(8) ? 2 : 1;
        std::string_view const partner = projects[(p.owner + 1) % projects.size()].id;
        for (std::size_t i = 0; i < count; ++i) {
            replication& copy = copies[i];
            copy.id = make_uuid(r);
            copy.status = pick_replication_status(r);
            copy.created_at = b.created_at + r.between(41 * minute, 90 * minute);
            copy.source_backup_id = b.id;
            copy.source_checkpoint_id = b.checkpoint_id;
            copy.source_project_id = owner.id;
            copy.source_region = home_region;
            copy.source_vault_id = b.vault_id;
            copy.destination_backup_id = make_uuid(r);
            copy.destination_checkpoint_id = make_uuid(r);
            copy.destination_project_id = partner;
            std::size_t const region = (p.by->replicates_to - 1u + i) % other_regions.size();
            copy.destination_region = other_regions[region];
            random_stream far(settings.seed, family::vault, (std::uint64_t{p.owner} << 8 | 0xf0 | region) | 1ull << 63);
            copy.destination_vault_id = make_uuid(far);
            if (copy.status == replication_status::fail) {
                copy.progress = static_cast<int>(r.below(100));
                copy.fail_code = "BackupService.6604";
                copy.fail_reason = "The destination vault has not enough space.";
            } else if (copy.status != replication_status::success) {
                copy.progress = copy.status == replication_status::replicating ? static_cast<int>(1 + r.below(99)) : 0;
            }
        }
        b.replications = std::span(copies).first(count);
    }

    std::array<backup, 5> volumes;
    std::array<std::string, 5> volume_names;
    for (std::uint8_t i = 0; i < what.volumes; ++i) {
        random_stream c(settings.seed, family::child, number << 3 | i);
        backup& child = volumes[i] = b;
        child.replications = {};
        child.os_images = {};
        child.consistency = nullptr;
        child.parent_id = b.id;
        child.id = make_uuid(c);
        random_stream volume(settings.seed, family::child, what.id.high ^ i);
        child.resource_id = make_uuid(volume);
        volume_names[i].append(what.name).append("-volume-000");
        append_number(volume_names[i], i);
        child.resource_name = volume_names[i];
        child.type = resource_type::volume;
        child.resource_size = i == 0 ? 40 : 100;
        child.bootable = child.system_disk = i == 0;
        child.contain_system_disk = false;
        if (available) child.snapshot_id = make_uuid(c);
        child.created_at = b.created_at + c.between(second, 9 * second);
        if (b.updated_at != no_time)
            child.updated_at = std::max(child.created_at, b.updated_at - c.between(0, 30 * second));
    }
    b.children = std::span(volumes).first(what.volumes);
    append_line(out, b);
}

void generator::layout::append_members(std::string& out, std::uint64_t number) const {
    random_stream share(settings.seed, family::share, number);
    if (!share.per_million(7'160)) return; // 0.7 % of all, because only available ones are shared
    random_stream r(settings.seed, family::backup, number);
    const place p = locate(number, r);
    if (p.status != backup_status::available) return;
    (void)make_uuid(r); // as append_backup: the checkpoint
    const microseconds created = created_at(p, r);

    std::array<std::uint32_t, 3> receivers{p.owner, p.owner, p.owner};
    std::uint32_t const u = share.below(100);
    std::size_t const wanted = u < 90 ? 1 : u < 97 ? 2 : 3;
    for (std::size_t i = 0; i < wanted; ++i) {
        // Most are shared with the largest project; a try that hits the owner or an earlier receiver is dropped.
        std::uint32_t receiver = share.percent(60) ? 0 : random_project(share);
        if (i == 0 && receiver == p.owner) receiver = (p.owner + 1 + share.below(7)) % settings.projects;
        if (receiver == p.owner ||
            std::find(receivers.begin(), receivers.begin() + i, receiver) != receivers.begin() + i)
            continue;
        receivers[i] = receiver;
        member m;
        m.id = make_uuid(share);
        m.backup_id = backup_id(number);
        m.dest_project_id = projects[receiver].id;
        std::uint32_t const s = share.below(100);
        m.status = s < 70 ? share_status::accepted : s < 90 ? share_status::pending : share_status::rejected;
        m.created_at = m.updated_at = created + share.between(20 * minute, 30 * hour);
        if (m.status != share_status::pending) m.updated_at += share.between(minute, 50 * minute);
        if (m.status == share_status::accepted)
            m.vault_id = vault_id(settings.seed, receiver, share.below(projects[receiver].vaults));
        append_line(out, m);
    }
}

generator::generator(const options& o)
    : layout_(std::make_unique<const layout>(o)) {}
generator::~generator() = default;
generator::generator(generator&&) noexcept = default;
generator& generator::operator=(generator&&) noexcept = default;

void generator::write(std::uint64_t first, std::uint64_t last, const line_sink& sink) const {
    layout_->check(first, last);
    line_buffer lines(sink);
    for (std::uint64_t i = first; i < last; ++i) {
        layout_->append_backup(lines.text(), i);
        lines.line_done();
    }
    lines.flush();
}

void generator::write_vaults(const line_sink& sink) const {
    line_buffer lines(sink);
    std::string name;
    for (std::uint32_t rank = 0; rank < layout_->projects.size(); ++rank) {
        const project& owner = layout_->projects[rank];
        for (std::uint32_t number = 0; number < owner.vaults; ++number) {
            random_stream r(layout_->settings.seed, family::vault, std::uint64_t{rank} << 32 | number);
            vault v;
            v.id = make_uuid(r);
            v.project_id = owner.id;
            name.assign("vault-");
            if (r.percent(40)) {
                append_hex4(name, r.below(0x10000));
            } else {
                name.append(pick(r, vault_uses)).append("-");
                append_padded(name, number + 1);
            }
            v.name = name;
            v.size_gb = vault_sizes[r.below(vault_sizes.size())];
            const auto per_mille = static_cast<std::uint64_t>(r.between(30, 985));
            v.used_mb = v.size_gb * 1024 * per_mille / 1000;
            append_line(lines.text(), v);
            lines.line_done();
        }
    }
    lines.flush();
}

void generator::write_members(std::uint64_t first, std::uint64_t last, const line_sink& sink) const {
    layout_->check(first, last);
    if (!layout_->settings.shares || layout_->settings.projects == 1) return;
    line_buffer lines(sink);
    for (std::uint64_t i = first; i < last; ++i) {
        layout_->append_members(lines.text(), i);
        lines.line_done();
    }
    lines.flush();
}

void generator::write_members(const line_sink& sink) const {
    write_members(0, layout_->settings.backups, sink);
}

void generator::write_grants(const line_sink& sink) const {
    std::string text;
    const auto& of_largest = layout_->projects.front().enterprise_projects;
    for (std::size_t i = 1; i < of_largest.size() && i <= 2; ++i)
        append_grant_line(text, granted_user_id, of_largest[i]);
    if (!text.empty()) sink(text);
}

std::string_view generator::project_id(std::uint32_t rank) const {
    return layout_->projects.at(rank).id;
}

} // namespace catalog::generate
