// This file loads records into the catalog: one run is one transaction, and a run with a fault changes nothing.
#pragma once

#include "db/session.hpp"

#include <cstdint>
#include <functional>
#include <istream>
#include <memory>
#include <string>
#include <vector>

namespace catalog::transfer {

struct import_counts {
    std::uint64_t backups = 0, vaults = 0, members = 0, grants = 0;

    std::uint64_t all() const { return backups + vaults + members + grants; }
};

struct import_progress {
    import_counts staged;    // handed to PostgreSQL so far
    std::uint64_t bytes = 0; // of the sources, that hold them
};

struct import_fault_counts {
    std::uint64_t faults = 0, records = 0; // faulty records
    bool more = false;                     // there are more of them, which were not looked for any more
};

class importer {
public:
    static constexpr std::size_t max_faulty_records = 100; // after which a run ends

    // Begins the run's transaction. `progress`, if there is one, is called some times a second on a thread of its own
    // until finish() returns. The session is not used by others until the importer is gone.
    importer(db::session& session, std::function<void(const import_progress&)> progress);
    // Rolls back unless finish() was reached.
    ~importer();
    importer(const importer&) = delete;
    importer& operator=(const importer&) = delete;

    // Reads one source of NDJSON (or saved responses); `name` is what faults call it. May be called several times.
    // Throws db::error.
    void read(std::istream& in, const std::string& name);

    // Merges what is left and commits, if there is no fault. Returns true if the run was committed. Throws db::error.
    bool finish();

    const import_counts& counts() const;
    // `FILE:LINE: member: what is wrong`, in the order of the sources, of at most max_faulty_records records; of each
    // the first 20.
    std::vector<std::string> faults() const;
    import_fault_counts fault_counts() const;

private:
    class implementation;
    std::unique_ptr<implementation> implementation_;
};

} // namespace catalog::transfer
