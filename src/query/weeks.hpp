// This file divides a time range into whole weeks, whose backups are counted already, and the times before and behind
// them.
#pragma once

#include <optional>
#include <string>

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

} // namespace catalog::query
