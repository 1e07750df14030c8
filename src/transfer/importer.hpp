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
    std::uint64_t bytes = 0; // read so far
};

class importer {
public:
    static constexpr std::size_t max_faults = 100; // reported; more are only counted

    // Begins the run's transaction. `progress` is called now and then on the reading thread. The session is not used by
    // others until the importer is gone.
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
    // `FILE:LINE: member: what is wrong`, in the order of the sources; at most max_faults of them.
    std::vector<std::string> faults() const;
    std::uint64_t fault_count() const;

private:
    class implementation;
    std::unique_ptr<implementation> implementation_;
};

} // namespace catalog::transfer
