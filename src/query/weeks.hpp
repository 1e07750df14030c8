// This file reckons with the times of requests: it divides a range into whole weeks, whose backups are counted already,
// and the times before and behind them.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace catalog::query {

// Times as list_request has them: YYYY-MM-DDTHH:MM:SS.ffffff, UTC, years 0001 to 9999; nothing = unbounded.
struct time_range {
    std::optional<std::string> from; // both are within the range
    std::optional<std::string> to;
};

// Weeks begin where catalog.week_of says (migrations/deploy/week_counts.sql).
struct divided_range {
    std::optional<std::string> first_week;  // beginning of the first whole week; nothing where the range has no `from`
    std::optional<std::string> behind_last; // beginning of the week behind the last whole one; nothing without `to`
    std::optional<time_range> before;       // what is left of the range before the whole weeks
    std::optional<time_range> behind;       // and behind them
};

// Nothing where no whole week is known to be within the range. Pure; any thread.
std::optional<divided_range> divide_by_weeks(const time_range& range);

// A time as this program or PostgreSQL writes it (2026-03-01T10:20:30.120000, 2026-03-01 10:20:30.12+00, -infinity), in
// one form for all that sorts as the times do. Pure; any thread.
std::string comparable(std::string_view time);

// `time` moved by `by`, in the same form; nothing where that is not within the years 0001 to 9999. Pure; any thread.
std::optional<std::string> moved(const std::string& time, std::chrono::microseconds by);

} // namespace catalog::query
