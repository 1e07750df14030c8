// This file bounds how old the data of a standby may be, by what the primary had written when. No clock of a server and
// no activity of the primary has a part in it.
#pragma once

#include "db/session.hpp"

#include <chrono>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace catalog::db {

// What the primary had written at the moments when it was asked, of the last `bound`. Any thread.
class write_position {
public:
    using clock = std::chrono::steady_clock;

    explicit write_position(std::chrono::milliseconds bound)
        : bound_(bound) {}

    // Takes the answer of a primary that was asked then.
    void note(clock::time_point asked, std::string position);

    // The position that a standby must have replayed so that it lacks nothing that was committed at `now` - bound: the
    // oldest of a later moment. Nothing if the primary has not answered since.
    std::optional<std::string> required(clock::time_point now) const;

private:
    std::chrono::milliseconds bound_;
    mutable std::mutex mutex_;
    std::deque<std::pair<clock::time_point, std::string>> noted_; // the oldest first
};

// Asks the primary; throws db::error. Nothing if the server is a standby.
std::optional<std::string> ask_write_position(session& session);

// Returns if the session's server is a standby that has replayed the position. Throws db::error: of failure::conflict
// if it has not yet; of failure::connection if it was promoted, so that another server is looked for.
void require_replayed(session& session, const std::string& position);

} // namespace catalog::db
