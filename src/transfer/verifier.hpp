// This file checks, and repairs, what the catalog keeps besides the records that were written: documents, facets,
// counters, sharing states, copies in receivers' lists.
#pragma once

#include "db/session.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace catalog::transfer {

// One place where the catalog says two things.
struct finding {
    std::string kind;      // "document", "facet_counts", "copy_missing", …
    std::string key;       // "backup ID of project ID"
    std::string is;        // what is stored, shortened to where it differs
    std::string should_be; // what follows from the records
};

struct verify_counts {
    std::uint64_t rows = 0, projects = 0;
    std::map<std::string, std::uint64_t> found; // by kind

    // The number of findings of all kinds.
    std::uint64_t all() const;
};

struct verify_events {
    std::function<void(const finding&)> found;
    // Called now and then with the number of rows that were checked and about how many there are (0: nobody knows).
    std::function<void(std::uint64_t rows, std::uint64_t of)> progress;
};

// Checks the catalog, or one project of it, in one snapshot, so that writers may go on, and in constant memory. Needs a
// role that sees every project. Returns what was checked and found; throws db::error. On the calling thread.
verify_counts verify_catalog(db::session& session, const std::optional<std::string>& project,
                             const verify_events& events);

// The same, but puts right what it finds, in one transaction a project, while writers may go on. Returns what it came
// across, which may be less than a check finds, since one repair may mend several findings; whether nothing is left a
// check afterwards says. Throws db::error: the project under way is then as it was, those before it are repaired.
verify_counts repair_catalog(db::session& session, const std::optional<std::string>& project,
                             const verify_events& events);

} // namespace catalog::transfer
