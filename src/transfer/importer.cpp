// This file implements the import: one thread reads and checks, another talks to PostgreSQL, a short queue between.
#include "transfer/importer.hpp"

#include "transfer/json_tree.hpp"
#include "transfer/record.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <iterator>
#include <mutex>
#include <optional>
#include <set>
#include <sql/statements.hpp>
#include <thread>
#include <unordered_map>
#include <utility>

namespace catalog::transfer {

namespace {

constexpr std::size_t batch_rows = 10'000;
constexpr std::size_t max_waiting_batches = 2;
constexpr std::size_t max_document_bytes = std::size_t{256} << 20U;
constexpr std::size_t max_faults_of_record = 20;
constexpr std::chrono::milliseconds between_progress{200};
constexpr unsigned line_bits = 40;

std::vector<std::string_view> with(std::vector<std::string_view> columns,
                                   std::initializer_list<std::string_view> more) {
    columns.insert(columns.end(), more);
    return columns;
}

struct batch {
    std::vector<row> backups;      // backup_columns, origin
    std::vector<row> replications; // replication_columns
    std::vector<row> vaults, members, grants;
    std::vector<std::string> faulty_ids;                      // of backups that are left out
    std::uint64_t bytes = 0;                                  // read when it was full
    std::unordered_map<std::string, std::size_t> place_of_id; // in backups
    std::vector<std::vector<row>> replications_of;            // of each backup; flattened when the batch is sent

    std::size_t size() const { return backups.size() + vaults.size() + members.size() + grants.size(); }
};

} // namespace

class importer::implementation {
public:
    implementation(db::session& session, std::function<void(const import_progress&)> progress)
        : session_(session)
        , progress_(std::move(progress)) {
        session_.begin(false);
        // Each staged row looks up its few partners by index, however large the catalog is.
        session_.run_once(
            db::statement("SET LOCAL work_mem = '256MB'; SET LOCAL temp_buffers = '64MB'; SET LOCAL jit = off; "
                          "SET LOCAL enable_seqscan = off; "
                          "SET LOCAL enable_mergejoin = off; SET LOCAL enable_bitmapscan = off"));
        session_.run_once(db::statement(sql::import_tables));
        writer_ = std::thread([this] { write_batches(); });
        if (progress_) ticker_ = std::thread([this] { show_progress(); });
    }

    ~implementation() {
        stop_writer();
        stop_ticker();
        if (!committed_) session_.rollback();
    }

    void read(std::istream& in, const std::string& name) {
        sources_.push_back(name);
        std::deque<std::pair<std::uint64_t, std::string>> pending; // lines of the document under way
        std::size_t pending_bytes = 0;
        json_reader reader;
        std::string line;
        std::uint64_t number = 0;
        bool first = true;
        const auto give_up = [&] { return enough_faults(); };
        while (!give_up() && std::getline(in, line)) {
            ++number;
            bytes_ += line.size() + 1;
            if (first && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
            first = false;
            if (pending.empty() && line.find_first_not_of(" \t\r") == std::string::npos) continue;
            pending_bytes += line.size();
            pending.emplace_back(number, line);
            std::size_t fed = pending.size() - 1;
            while (fed < pending.size() && !give_up()) {
                const auto state = reader.feed(pending[fed].second, pending[fed].first);
                ++fed;
                if (state == json_reader::progress::incomplete && pending_bytes <= max_document_bytes) continue;
                const std::uint64_t begin = pending.front().first;
                if (state == json_reader::progress::complete) {
                    take(reader.take());
                    pending.erase(pending.begin(), pending.begin() + static_cast<std::ptrdiff_t>(fed));
                } else if (pretty_printed(pending.front().second)) {
                    // The rest of a document over many lines can't be told from new records.
                    fault(begin, "record: is not valid JSON (line " + std::to_string(pending[fed - 1].first) +
                                     "): " + reader.fault());
                    return;
                } else {
                    fault(begin, "record: is not valid JSON: " +
                                     (fed > 1 ? std::string("it does not end on its line") : reader.fault()));
                    reader.reset();
                    pending.pop_front(); // what follows it is read again, as records of their own
                }
                fed = 0;
                pending_bytes = 0;
                for (const auto& [n, text] : pending)
                    pending_bytes += text.size();
            }
        }
        if (!pending.empty() && !give_up()) fault(pending.front().first, "record: is not valid JSON: it does not end");
        if (in.bad()) fault(number, "record: cannot be read");
    }

    bool finish() {
        send();
        stop_writer();
        rethrow();
        const bool merged = merge();
        stop_ticker();
        return merged;
    }

    const import_counts& counts() const { return counts_; }

    std::vector<std::string> faults() const {
        const std::lock_guard lock(mutex_);
        std::vector<std::pair<std::int64_t, std::string>> sorted = faults_;
        std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
        std::vector<std::string> out;
        out.reserve(sorted.size());
        for (const auto& [origin, what] : sorted)
            out.push_back(sources_.at(static_cast<std::size_t>(origin >> line_bits)) + ":" +
                          std::to_string(origin & ((std::int64_t{1} << line_bits) - 1)) + ": " + what);
        return out;
    }

    import_fault_counts fault_counts() const {
        const std::lock_guard lock(mutex_);
        return fault_counts_;
    }

private:
    // What is left when every batch is written, up to the commit. With faults, those that the database alone can tell.
    bool merge() {
        if (enough_faults()) return false;
        run(sql::import_estimates);
        run("ANALYZE stage_members (id, backup_id)");
        if (!faultless()) report_taken(run(sql::import_checked_ids));
        const db::rows orphans = run(sql::import_orphan_members);
        for (std::size_t i = 0; i < orphans.size(); ++i)
            fault_at(std::stoll(std::string(orphans.text(i, 0))),
                     "backup_id: no such backup, neither in the catalog nor in this import");
        if (!faultless()) return false;
        run(sql::import_vaults);
        run(sql::import_moved_members);
        run(sql::import_members);
        run(sql::import_grants);
        run(sql::import_finish);
        run(sql::fold_counts);
        session_.commit();
        committed_ = true;
        return true;
    }

    bool faultless() const { return fault_counts().faults == 0; }
    bool enough_faults() const { return fault_counts().more; }

    // A document that spreads over lines begins with a line that opens something and says no more.
    static bool pretty_printed(const std::string& line) {
        const std::size_t last = line.find_last_not_of(" \t\r");
        return last != std::string::npos && (line[last] == '{' || line[last] == '[' || line[last] == ',');
    }

    std::int64_t origin(std::uint64_t line) const {
        return static_cast<std::int64_t>((sources_.size() - 1) << line_bits | line);
    }

    void fault(std::uint64_t line, const std::string& what, std::optional<std::size_t> item = std::nullopt) {
        fault_at(origin(line), what, item);
    }

    // The faults of a record come one after the other. `item`: of a saved response, whose backups may share a line.
    void fault_at(std::int64_t origin, const std::string& what, std::optional<std::size_t> item = std::nullopt) {
        const std::lock_guard lock(mutex_);
        if (fault_counts_.more) return;
        const std::pair record(origin, item);
        if (record != faulty_record_) {
            if (fault_counts_.records == max_faulty_records) {
                fault_counts_.more = true;
                return;
            }
            ++fault_counts_.records;
            faulty_record_ = record;
            faults_of_record_ = 0;
        }
        ++fault_counts_.faults;
        if (++faults_of_record_ <= max_faults_of_record) faults_.emplace_back(origin, what);
    }

    void take(const json_node& document) {
        records found;
        read_records(document, found,
                     [this](std::uint64_t line, const std::string& what, auto item) { fault(line, what, item); });
        for (backup_row& backup : found.backups)
            take_backup(std::move(backup));
        const auto take_rows = [&](auto& from, std::vector<row>& to) {
            for (auto& [fields, line] : from) {
                fields.emplace_back(std::to_string(origin(line)));
                to.push_back(std::move(fields));
            }
        };
        take_rows(found.vaults, batch_.vaults);
        take_rows(found.members, batch_.members);
        take_rows(found.grants, batch_.grants);
        std::move(found.faulty_ids.begin(), found.faulty_ids.end(), std::back_inserter(batch_.faulty_ids));
        if (batch_.size() >= batch_rows) send();
    }

    void take_backup(backup_row backup) {
        const std::string project = *backup.fields[0];
        const std::string id = *backup.fields[1];
        backup.fields.emplace_back(std::to_string(origin(backup.line)));
        const auto [place, fresh] = batch_.place_of_id.try_emplace(id, batch_.backups.size());
        if (fresh) {
            batch_.backups.push_back(std::move(backup.fields));
            batch_.replications_of.push_back(std::move(backup.replications));
            return;
        }
        row& earlier = batch_.backups[place->second];
        if (*earlier[0] != project) {
            fault(backup.line, "id: " + taken);
            return;
        }
        earlier = std::move(backup.fields); // the last of several records of one backup counts
        batch_.replications_of[place->second] = std::move(backup.replications);
    }

    // Hands the batch to the writing thread; waits while that is behind.
    void send() {
        rethrow();
        for (auto& rows : batch_.replications_of)
            for (row& fields : rows)
                batch_.replications.push_back(std::move(fields));
        batch full = std::move(batch_);
        batch_ = {};
        full.bytes = bytes_;
        if (full.size() == 0 && full.faulty_ids.empty()) return;
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return waiting_.size() < max_waiting_batches || failure_; });
        waiting_.push_back(std::move(full));
        changed_.notify_all();
    }

    void show_progress() {
        std::unique_lock lock(mutex_);
        while (!tick_.wait_for(lock, between_progress, [this] { return no_ticks_; })) {
            const import_progress reached{counts_, written_bytes_};
            lock.unlock();
            progress_(reached);
            lock.lock();
        }
    }

    void stop_ticker() {
        {
            const std::lock_guard lock(mutex_);
            no_ticks_ = true;
        }
        tick_.notify_all();
        if (ticker_.joinable()) ticker_.join();
    }

    void stop_writer() {
        {
            const std::lock_guard lock(mutex_);
            no_more_ = true;
        }
        changed_.notify_all();
        if (writer_.joinable()) writer_.join();
    }

    void rethrow() {
        const std::lock_guard lock(mutex_);
        if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    }

    void write_batches() {
        for (;;) {
            batch next;
            {
                std::unique_lock lock(mutex_);
                changed_.wait(lock, [this] { return no_more_ || !waiting_.empty(); });
                if (waiting_.empty()) return;
                next = std::move(waiting_.front());
                waiting_.pop_front();
            }
            changed_.notify_all();
            try {
                write(next);
            } catch (const std::exception&) {
                const std::lock_guard lock(mutex_);
                failure_ = std::current_exception();
                waiting_.clear();
                changed_.notify_all();
                return;
            }
        }
    }

    void write(const batch& rows) {
        if (enough_faults()) return;
        bool inserted = false;
        if (faultless() && !rows.backups.empty()) {
            session_.copy_in("stage_backups", with(backup_columns, {"origin"}), rows.backups);
            session_.copy_in("stage_replication_records", replication_columns, rows.replications);
            if (!updating_) inserted = insert_new(rows.backups.size());
            if (!inserted) {
                updating_ = true;
                inserted = insert_or_update();
            }
            run("TRUNCATE stage_backups, stage_replication_records");
        }
        if (!inserted) check(rows);
        session_.copy_in("stage_vaults", with(vault_columns, {"origin"}), rows.vaults);
        session_.copy_in("stage_members", with(member_columns, {"origin"}), rows.members);
        session_.copy_in("stage_grants", with(grant_columns, {"origin"}), rows.grants);
        const std::lock_guard lock(mutex_);
        counts_.backups += rows.backups.size();
        counts_.vaults += rows.vaults.size();
        counts_.members += rows.members.size();
        counts_.grants += rows.grants.size();
        written_bytes_ = rows.bytes;
    }

    // Of a run that will not be committed: whose the ids are is all that is still to be found out.
    void check(const batch& rows) {
        std::vector<row> ids;
        ids.reserve(rows.backups.size() + rows.faulty_ids.size());
        for (const row& fields : rows.backups)
            ids.push_back({fields[1], fields[0], fields.back()});
        for (const std::string& id : rows.faulty_ids)
            ids.push_back({id, std::nullopt, std::nullopt});
        static const std::vector<std::string_view> columns{"id", "project_id", "origin"};
        session_.copy_in("stage_checked", columns, ids);
    }

    // Most runs bring new backups only, for which looking up what is there already would cost a tenth. False if a
    // backup is there already; then some may have been inserted, which insert_or_update() does again. (No savepoint:
    // PostgreSQL keeps what a subtransaction's triggers needed, 30 MB a batch, until the import ends.)
    bool insert_new(std::size_t staged) {
        run(std::string(sql::import_replications) + " ON CONFLICT DO NOTHING");
        // One look-up a row: who has the id in any project has it in this one (shared backups have their owner's).
        return run(std::string(sql::import_backups) + " ON CONFLICT (id) WHERE owner_project_id IS NULL DO NOTHING")
                   .affected() == staged;
    }

    // False if a staged id belongs to another project's backup, which is reported.
    bool insert_or_update() {
        run("ANALYZE stage_backups (id)");
        if (report_taken(run(sql::import_taken_ids))) return false;
        run(sql::import_old_replications);
        run(sql::import_replications);
        run(std::string(sql::import_backups) + " " + std::string(sql::import_conflict));
        return true;
    }

    // Each once, however often they are found. True if there are any.
    bool report_taken(const db::rows& conflicts) {
        for (std::size_t i = 0; i < conflicts.size(); ++i) {
            const std::int64_t origin = std::stoll(std::string(conflicts.text(i, 0)));
            if (taken_.insert(origin).second) fault_at(origin, "id: " + taken);
        }
        return !conflicts.empty();
    }

    // Never prepared: the tables grow from batch to batch, and a plan made for empty ones is wrong by then.
    db::rows run(std::string_view text) { return session_.run_once(db::statement(text)); }

    static inline const std::string taken = "is the id of a backup of another project";

    db::session& session_;
    std::function<void(const import_progress&)> progress_;
    std::vector<std::string> sources_;
    std::uint64_t bytes_ = 0;
    batch batch_;
    bool committed_ = false;
    std::set<std::int64_t> taken_; // origins that were reported
    bool updating_ = false;        // the run has met a backup that was there already; the writing thread's own

    mutable std::mutex mutex_; // guards what follows
    std::condition_variable changed_;
    std::deque<batch> waiting_;
    bool no_more_ = false;
    std::exception_ptr failure_;
    import_counts counts_;
    std::uint64_t written_bytes_ = 0; // of the sources, up to the end of the last batch that was written
    std::vector<std::pair<std::int64_t, std::string>> faults_;
    import_fault_counts fault_counts_;
    std::pair<std::int64_t, std::optional<std::size_t>> faulty_record_{-1, std::nullopt}; // the last one
    std::size_t faults_of_record_ = 0;
    std::condition_variable tick_;
    bool no_ticks_ = false;

    std::thread writer_;
    std::thread ticker_;
};

importer::importer(db::session& session, std::function<void(const import_progress&)> progress)
    : implementation_(std::make_unique<implementation>(session, std::move(progress))) {}
importer::~importer() = default;

void importer::read(std::istream& in, const std::string& name) {
    implementation_->read(in, name);
}
bool importer::finish() {
    return implementation_->finish();
}
const import_counts& importer::counts() const {
    return implementation_->counts();
}
std::vector<std::string> importer::faults() const {
    return implementation_->faults();
}
import_fault_counts importer::fault_counts() const {
    return implementation_->fault_counts();
}

} // namespace catalog::transfer
