// This file is what is known about a request beyond its answer: whom it served, what it cost, where its time went.
// Filled while the request is answered, read once it is over (access log, metrics, Server-Timing).
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace catalog {

// Where a request's time goes, in the order in which it goes there.
enum class stage : std::size_t {
    identity, // the token's check
    wait,     // for a connection to the database
    scope,    // begin, the caller's settings and grants, marker, vaults, number of listed rows
    count,    // the exact total under filters
    rows,     // the page's or the backup's rows
    render    // rows to JSON
};
inline constexpr std::array<std::string_view, 6> stage_names{"identity", "wait", "scope", "count", "rows", "render"};

struct request_record {
    // Names, never values: what comes from the request is only in here once it was checked.
    std::string_view route;               // its template, such as "/v3/{project_id}/backups"; empty: none found
    std::string parameters;               // known query parameters that were given, with commas
    std::string project_id;               // the token's
    std::string user_id;                  // the token's
    bool foreign_project = false;         // a valid token asked for another project
    std::optional<std::string> backup_id; // of one backup that was asked for
    std::string traceparent;              // the caller's trace (W3C Trace Context), checked; empty: none
    std::string access_path;              // how the page's rows were found
    std::optional<std::uint64_t> rows;    // backups in the answer
    std::array<std::chrono::nanoseconds, stage_names.size()> times{};

    // The trace's id, 32 hex digits; empty: none.
    std::string trace_id() const { return traceparent.empty() ? std::string() : traceparent.substr(3, 32); }

    std::chrono::nanoseconds& time(stage which) { return times[static_cast<std::size_t>(which)]; }
    std::chrono::nanoseconds time(stage which) const { return times[static_cast<std::size_t>(which)]; }
};

// Adds the time of its life to a stage. A null record measures nothing.
class stage_timer {
public:
    stage_timer(request_record* record, stage which)
        : record_(record)
        , which_(which)
        , since_(record ? std::chrono::steady_clock::now() : std::chrono::steady_clock::time_point()) {}
    ~stage_timer() {
        if (record_) record_->time(which_) += std::chrono::steady_clock::now() - since_;
    }
    stage_timer(const stage_timer&) = delete;
    stage_timer& operator=(const stage_timer&) = delete;

private:
    request_record* record_;
    stage which_;
    std::chrono::steady_clock::time_point since_;
};

} // namespace catalog
