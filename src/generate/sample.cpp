// This file makes the sample catalog from its tables: every run of every policy, chains, replications and shares.
#include "generate/generator.hpp"
#include "generate/record.hpp"
#include "generate/sample_tables.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <map>
#include <span>
#include <utility>
#include <vector>

namespace catalog::generate {
namespace {

using namespace sample_tables;

struct machine {
    const machine_row* row = nullptr;
    std::string name;
    std::string zone; // empty: null
    uuid id;
    std::vector<uuid> volume_ids;
    std::vector<std::string> volume_names;
    std::uint32_t size = 0;
    [[nodiscard]] bool has(flag f) const { return (row->flags & f) != 0; }
};

// A backup that is to be made, before its chain is known.
struct plan {
    microseconds created_at;
    std::size_t machine_index;
    const policy_row* by = nullptr; // null: manual
    const manual_row* written = nullptr;
    int run = 0; // of the policy, 0 = the latest
    tristate incremental = tristate::unknown;
};

struct shareable {
    uuid id;
    project_number owner;
    microseconds created_at;
};

class sample_writer {
public:
    sample_writer();
    void write(const line_sink& sink);

private:
    uuid new_id() { return make_uuid(random_); }
    void add_machines();
    void add_vault_ids();
    void plan_policies();
    void plan_manuals();
    void link_chains();
    void append_backup(const plan& p);
    replication make_replication(const backup& b, bool arrived, vault_number kept_in);
    void append_vaults();
    void append_shares();

    random_stream random_{sample_seed, family::sample, 0};
    std::vector<machine> machines_;
    std::array<uuid, vault_count> vault_ids_{};
    std::map<vault_number, uuid> far_vault_ids_;
    std::vector<plan> plans_;
    std::vector<shareable> shareables_;
    std::string text_;
};

sample_writer::sample_writer() {
    add_vault_ids();
    add_machines();
    plan_policies();
    plan_manuals();
    link_chains();
}

void sample_writer::add_vault_ids() {
    for (std::size_t i = 0; i < vaults.size(); ++i) {
        vault_ids_[i] = vaults[i].id.empty() ? new_id() : parse_uuid(vaults[i].id);
        far_vault_ids_[static_cast<vault_number>(i)] = new_id();
    }
}

void sample_writer::add_machines() {
    for (const machine_row& row : machines) {
        for (int i = 1; i <= row.count; ++i) {
            machine& m = machines_.emplace_back();
            m.row = &row;
            m.name = row.name;
            if (m.name.back() == '#') {
                m.name.pop_back();
                if (i < 10) m.name.push_back('0');
                append_number(m.name, static_cast<std::uint64_t>(i));
            }
            if ((row.flags & no_zone) == 0) {
                m.zone = (row.flags & incoming) != 0 ? far_region : home_region;
                m.zone.push_back(static_cast<char>('a' + (row.zone - 'a' + i - 1) % 3));
            }
            m.id = new_id();
            if (m.name == "test001-02") m.id = parse_uuid("1a503932-ee8f-4dd5-8248-8dfb57e584c5");
            if (m.name == "qsy_000") m.id = parse_uuid("54f7ccbc-072f-4ec5-a7b7-b24dabdb4539");
            for (std::size_t d = 0; d < row.disks.size() && row.disks[d] != 0; ++d) {
                m.size += row.disks[d];
                m.volume_ids.push_back(new_id());
                m.volume_names.emplace_back(m.name).append("-volume-000");
                append_number(m.volume_names.back(), d);
            }
        }
    }
    // A disk that is protected alone and also with its server is one resource under one id and name.
    for (machine& disk : machines_) {
        if (disk.row->type != volume) continue;
        for (machine& m : machines_) {
            if (m.row->type != server || m.row->owner != disk.row->owner) continue;
            std::size_t d = m.volume_names.size();
            if (disk.name == "pg-primary-data01" && m.name == "pg-primary") d = 1;
            if (disk.name == "pg-primary-wal" && m.name == "pg-primary") d = 3;
            for (std::size_t i = 0; i < m.volume_names.size(); ++i)
                if (m.volume_names[i] == disk.name) d = i;
            if (d == m.volume_names.size()) continue;
            m.volume_names[d] = disk.name;
            m.volume_ids[d] = disk.id;
        }
    }
}

// When the policy ran, the latest first.
std::vector<microseconds> runs_of(const policy_row& p) {
    std::vector<microseconds> runs;
    const auto today = std::chrono::sys_days(std::chrono::days(now / day));
    const auto add = [&](std::chrono::sys_days date, int hours) {
        microseconds const t = date.time_since_epoch().count() * day + hours * hour + p.minutes * minute;
        if (t < now && std::ssize(runs) < p.keep_runs) runs.push_back(t);
    };
    std::chrono::year_month month =
        std::chrono::year_month_day(today).year() / std::chrono::year_month_day(today).month();
    for (auto date = today; std::ssize(runs) < p.keep_runs; date -= std::chrono::days(1)) {
        switch (p.every) {
        case period::six_hours:
            for (int hours = 18; hours >= 0; hours -= 6)
                add(date, hours);
            break;
        case period::daily:
            add(date, p.hours);
            break;
        case period::weekly:
            if (std::chrono::weekday(date).c_encoding() == p.weekday) add(date, p.hours);
            break;
        case period::monthly:
            add(std::chrono::sys_days(month / std::chrono::day(1)), p.hours);
            month -= std::chrono::months(1);
            break;
        }
    }
    return runs;
}

void sample_writer::plan_policies() {
    for (std::size_t number = 0; number < policies.size(); ++number) {
        const policy_row& by = policies[number];
        const std::vector<microseconds> runs = runs_of(by);
        for (std::size_t run = 0; run < runs.size(); ++run) {
            // A run starts some seconds after its time and takes its resources in small batches.
            microseconds start = runs[run] + random_.between(2 * second, 54 * second) + random_.between(0, second - 1);
            for (std::size_t i = 0; i < machines_.size(); ++i) {
                const auto& of_machine = machines_[i].row->by;
                const auto end = std::find(of_machine.begin(), of_machine.end(), none);
                if (std::find(of_machine.begin(), end, static_cast<std::int8_t>(number)) == end) continue;
                if (random_.per_million(4'000)) continue; // the machine was just being rebuilt
                plans_.push_back({start, i, &by, nullptr, static_cast<int>(run)});
                std::uint32_t const u = random_.below(100);
                if (u < 60) start += random_.between(2'000, 400'000);
                if (u >= 85) start += random_.between(second, 3 * second);
            }
        }
    }
}

void sample_writer::plan_manuals() {
    for (const manual_row& m : manuals) {
        for (std::size_t i = 0; i < machines_.size(); ++i)
            if (machines_[i].row->owner == m.owner && machines_[i].name == m.machine)
                plans_.push_back({m.created_at + random_.between(0, second - 1), i, nullptr, &m});
    }
    for (std::size_t owner = 0; owner < projects.size(); ++owner) {
        std::vector<std::size_t> candidates;
        for (std::size_t i = 0; i < machines_.size(); ++i)
            if (machines_[i].row->owner == owner && !machines_[i].has(golden)) candidates.push_back(i);
        for (std::uint32_t made = 0; made < projects[owner].extra_manual;) {
            std::int64_t const lately = std::min(random_.between(1, 520), random_.between(1, 520));
            const auto date = std::chrono::sys_days(std::chrono::days(now / day - lately));
            std::size_t const machine_index = candidates[random_.below(static_cast<std::uint32_t>(candidates.size()))];
            const microseconds time = random_.between(11 * hour, 21 * hour);
            if (std::chrono::weekday(date).c_encoding() % 6 == 0) continue; // nobody works
            plans_.push_back({date.time_since_epoch().count() * day + time, machine_index});
            ++made;
        }
    }
}

void sample_writer::link_chains() {
    std::stable_sort(plans_.begin(), plans_.end(), [](const plan& a, const plan& b) {
        return std::pair(a.machine_index, a.created_at) < std::pair(b.machine_index, b.created_at);
    });
    std::size_t of_machine = machines_.size();
    bool begun = false;
    for (plan& p : plans_) {
        if (p.machine_index != of_machine) begun = false;
        of_machine = p.machine_index;
        if (p.created_at < chains_known) continue;
        const bool full = !begun || (p.by != nullptr && p.run % p.by->full_every == p.by->full_every - 1);
        p.incremental = full ? tristate::no : tristate::yes;
        begun = true;
    }
    std::stable_sort(plans_.begin(), plans_.end(),
                     [](const plan& a, const plan& b) { return a.created_at < b.created_at; });
}

replication sample_writer::make_replication(const backup& b, bool arrived, vault_number kept_in) {
    replication r;
    r.id = new_id();
    r.auto_trigger = b.auto_trigger;
    if (arrived) { // this backup is the copy
        r.created_at = b.created_at;
        r.source_backup_id = new_id();
        r.source_checkpoint_id = new_id();
        r.source_project_id = far_project_id;
        r.source_region = far_region;
        r.source_vault_id = far_vault_ids_.at(kept_in);
        r.destination_backup_id = b.id;
        r.destination_checkpoint_id = b.checkpoint_id;
        r.destination_project_id = b.project_id;
        r.destination_region = home_region;
        r.destination_vault_id = b.vault_id;
        return r;
    }
    r.created_at = b.updated_at + random_.between(20 * second, 4 * minute);
    r.source_backup_id = b.id;
    r.source_checkpoint_id = b.checkpoint_id;
    r.source_project_id = b.project_id;
    r.source_region = home_region;
    r.source_vault_id = b.vault_id;
    r.destination_backup_id = new_id();
    r.destination_checkpoint_id = new_id();
    r.destination_project_id = far_project_id;
    r.destination_region = far_region;
    r.destination_vault_id = far_vault_ids_.at(kept_in);
    std::uint32_t const u = random_.below(100);
    if (now - b.created_at < day) {
        r.status = u < 60 ? replication_status::replicating : replication_status::waiting_replicate;
        r.progress = u < 60 ? static_cast<int>(random_.between(12, 94)) : 0;
    } else if (u < 4) {
        r.status = replication_status::fail;
        r.progress = static_cast<int>(random_.between(3, 88));
        r.fail_code = "BackupService.6604";
        r.fail_reason = "The destination vault has not enough space.";
    } else if (u < 6) {
        r.status = replication_status::skip;
        r.progress = 0;
    }
    return r;
}

constexpr std::array<app_consistency, 3> agent_answers{{
    {"1", "1", "0", ""},
    {"1", "0", "VSS_E_WRITERERROR", "The shadow copy service timed out; a crash-consistent backup was made."},
    {"0", "0", "0", ""},
}};

void sample_writer::append_backup(const plan& p) {
    const machine& m = machines_[p.machine_index];
    const machine_row& row = *m.row;
    backup b;
    b.id = new_id();
    b.checkpoint_id = new_id();
    b.vault_id = vault_ids_[row.kept_in];
    b.resource_id = m.id;
    b.project_id = projects[row.owner].id;
    b.enterprise_project_id = enterprise_projects[row.enterprise];
    b.resource_name = m.name;
    b.resource_az = m.zone;
    b.resource_size = m.size;
    b.type = row.type;
    b.is_replica = m.has(incoming);
    b.dedicated_cloud = m.has(dedicated);
    b.created_at = p.created_at;
    b.incremental = p.incremental; // unknown again below where nothing has been read yet

    std::string name;
    if (p.written != nullptr) {
        name = p.written->name;
        b.description = p.written->description;
        b.status = p.written->status;
        if (p.written->keep_days != 0) b.expired_at = p.created_at + p.written->keep_days * day;
    } else {
        std::uint32_t const bits = random_.below(0x10000);
        name = p.by != nullptr ? "autobk_" : "manualbk_";
        for (int shift = 12; shift >= 0; shift -= 4)
            name.push_back("0123456789abcdef"[bits >> shift & 15]);
        b.null_description = p.created_at < chains_known;
        if (p.by != nullptr) {
            if (p.by->keep_days != 0)
                b.expired_at = p.created_at + p.by->keep_days * day - random_.between(3'800, 5'900);
            const bool full_vault = row.kept_in == v_finance && p.created_at / day == vault_full_night / day;
            const bool incident = m.zone.ends_with('b') && std::abs(p.created_at - storage_incident) < 2 * hour &&
                                  !b.is_replica && random_.percent(35);
            if (full_vault || incident || random_.per_million(7'000)) b.status = backup_status::error;
        } else if (random_.per_million(25'000)) {
            b.status = backup_status::error;
        }
        if (b.expired_at != no_time && b.expired_at < now && b.status == available) b.status = deleting;
    }
    b.name = name;
    const bool ready = b.status != backup_status::error && b.status != protecting && b.status != waiting_protect;

    std::int64_t const gigabytes = std::min<std::int64_t>(m.size, 1500);
    const microseconds lasted =
        random_.between(70 * second, 6 * minute) + gigabytes * (p.incremental == tristate::yes ? second / 10 : second);
    switch (b.status) {
    case waiting_protect:
        b.progress = 0;
        break;
    case protecting:
        b.progress = static_cast<int>(random_.between(4, 91));
        b.updated_at = b.created_at + random_.between(second, 50 * second);
        break;
    case backup_status::error:
        b.progress = static_cast<int>(random_.between(0, 92));
        b.updated_at = b.created_at + lasted / 3;
        b.supported_restore_mode = "na";
        break;
    case deleting:
    case restoring:
    case waiting_delete:
    case waiting_restore:
        b.updated_at = now - random_.between(20 * second, 25 * minute);
        break;
    case available:
        b.updated_at = std::min(b.created_at + lasted, now - second);
        break;
    }
    if (ready) b.protected_at = b.created_at + random_.between(4 * second, 70 * second);
    if (b.status == available && p.created_at < at(2025, 1, 1)) b.updated_at = no_time; // moved from an older service

    b.auto_trigger = p.by != nullptr;
    b.encrypted = m.has(encrypted);
    if (m.has(arm)) b.architecture = "aarch64";
    std::array<uuid, 2> images;
    switch (row.type) {
    case volume:
        b.bootable = b.system_disk = m.has(system_volume);
        if (ready) b.snapshot_id = new_id();
        break;
    case turbo:
        b.is_multi_az = m.has(multi_az);
        b.support_lld = false;
        break;
    case bare_metal:
    case native:
        b.support_lld = false;
        [[fallthrough]];
    case server:
    case desktop:
        b.contain_system_disk = true;
        if (m.has(agent)) b.consistency = &agent_answers[m.has(windows) && random_.percent(6) ? 1 : 0];
        if (m.has(windows) && !m.has(agent)) b.consistency = &agent_answers[2];
        if (m.has(golden)) {
            images = {new_id(), new_id()};
            b.os_images = std::span(images).first(random_.percent(50) ? 1 : 2);
            b.supported_restore_mode = "snapshot";
        }
        break;
    }

    replication copy;
    if (b.is_replica || (p.by != nullptr && p.by->replicates && b.status == available && b.updated_at != no_time)) {
        copy = make_replication(b, b.is_replica, row.kept_in);
        b.replications = std::span(&copy, 1);
    }

    std::vector<backup> children;
    if (row.type == server && b.status != waiting_protect) { // its disks become known when it begins
        for (std::size_t d = 0; d < m.volume_ids.size(); ++d) {
            backup& child = children.emplace_back(b);
            child.parent_id = b.id;
            child.id = new_id();
            child.resource_id = m.volume_ids[d];
            child.resource_name = m.volume_names[d];
            child.resource_size = row.disks[d];
            child.type = volume;
            child.bootable = child.system_disk = d == 0;
            child.contain_system_disk = false;
            child.consistency = nullptr;
            child.os_images = {};
            child.replications = {};
            child.created_at = b.created_at + static_cast<std::int64_t>(d + 1) * random_.between(150'000, 900'000);
            if (ready) child.snapshot_id = new_id();
            if (b.updated_at != no_time)
                child.updated_at = std::max(child.created_at, b.updated_at - random_.between(second, 20 * second));
        }
        b.children = children;
    }
    append_line(text_, b);
    if (b.status == available)
        shareables_.push_back({b.id, row.owner, b.updated_at == no_time ? b.created_at : b.updated_at});
}

void sample_writer::append_vaults() {
    for (std::size_t i = 0; i < vaults.size(); ++i) {
        std::uint64_t protects = 0;
        for (const machine& m : machines_)
            if (m.row->kept_in == i) protects += m.size;
        vault v;
        v.id = vault_ids_[i];
        v.project_id = projects[vaults[i].owner].id;
        v.name = vaults[i].name;
        v.size_gb = std::max<std::uint64_t>(100, (protects * 3 / 2 + 99) / 100 * 100); // sold in hundreds
        v.used_mb = v.size_gb * 1024 * vaults[i].used_per_mille / 1000;
        append_line(text_, v);
    }
}

void sample_writer::append_shares() {
    // Who shares how much of what it has, with whom; where accepted copies are kept.
    struct share_row {
        project_number from, to;
        std::uint32_t per_million;
        vault_number kept_in;
    };
    constexpr std::array rows{
        share_row{production, staging, 17'000, v_from_production},
        share_row{production, archive, 9'000, v_long_term},
        share_row{production, research, 4'000, v_research},
        share_row{production, shop, 5'000, v_shop},
        share_row{staging, production, 55'000, v_servers},
        share_row{shop, production, 45'000, v_databases},
        share_row{shop, archive, 25'000, v_long_term},
        share_row{research, production, 45'000, v_images},
        share_row{research, staging, 20'000, v_staging},
        share_row{archive, production, 60'000, v_incoming},
    };
    for (const share_row& row : rows) {
        std::uint32_t shared = 0;
        for (const shareable& s : shareables_) {
            if (s.owner != row.from || !random_.per_million(row.per_million)) continue;
            member m;
            m.id = new_id();
            m.backup_id = s.id;
            m.dest_project_id = projects[row.to].id;
            // The first three are one of each; then most are accepted.
            std::uint32_t const u = shared++ < 3 ? 30 * shared : random_.below(100);
            m.status = u < 65 && u != 30 ? share_status::accepted
                       : u < 88          ? share_status::pending
                                         : share_status::rejected;
            m.created_at = m.updated_at = std::min(s.created_at + random_.between(10 * minute, 3 * day), now - hour);
            if (m.status != share_status::pending)
                m.updated_at = std::min(m.created_at + random_.between(minute, 20 * hour), now - minute);
            if (m.status == share_status::accepted) m.vault_id = vault_ids_[row.kept_in];
            append_line(text_, m);
        }
    }
}

void sample_writer::write(const line_sink& sink) {
    append_vaults();
    append_grant_line(text_, granted_user_id, enterprise_projects[finance]);
    append_grant_line(text_, granted_user_id, enterprise_projects[office]);
    for (std::string_view const example : {second_example, first_example})
        text_.append(example).push_back('\n');
    for (const plan& p : plans_) {
        append_backup(p);
        if (text_.size() >= 262'144) {
            sink(text_);
            text_.clear();
        }
    }
    append_shares();
    sink(text_);
}

} // namespace

void write_sample(const line_sink& sink) {
    sample_writer().write(sink);
}

} // namespace catalog::generate
