// This file implements the arithmetic of weeks and times.
#include "query/weeks.hpp"

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdio>

namespace catalog::query {

namespace {

using std::chrono::microseconds;

constexpr microseconds week = std::chrono::days(7);
constexpr microseconds tick{1}; // PostgreSQL's resolution of time (chapter 8.5)

std::chrono::sys_days first_day() {
    return std::chrono::year(1) / std::chrono::January / 1;
}

// Since 0001-01-01, a Monday.
microseconds parse(std::string_view time) {
    const auto number = [time](std::size_t at, std::size_t digits) {
        int value = 0;
        std::from_chars(time.data() + at, time.data() + at + digits, value);
        return value;
    };
    const std::chrono::sys_days day = std::chrono::year(number(0, 4)) /
                                      std::chrono::month(static_cast<unsigned>(number(5, 2))) /
                                      std::chrono::day(static_cast<unsigned>(number(8, 2)));
    return (day - first_day()) + std::chrono::hours(number(11, 2)) + std::chrono::minutes(number(14, 2)) +
           std::chrono::seconds(number(17, 2)) + microseconds(number(20, 6));
}

const microseconds year_10000 =
    std::chrono::sys_days(std::chrono::year(10000) / std::chrono::January / 1) - first_day();

std::string format(microseconds time) {
    const auto days = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(first_day() + days);
    const std::chrono::hh_mm_ss clock(time - days);
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06d", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
    return text.data();
}

} // namespace

std::optional<divided_range> divide_by_weeks(const time_range& range) {
    if (!range.from && !range.to) return std::nullopt;
    const std::optional<microseconds> from = range.from ? std::optional(parse(*range.from)) : std::nullopt;
    const std::optional<microseconds> to = range.to ? std::optional(parse(*range.to)) : std::nullopt;
    divided_range out;
    std::optional<microseconds> first;
    if (from) {
        first = (*from + week - tick) / week * week;
        if (*first >= year_10000) return std::nullopt;
        out.first_week = format(*first);
        if (*from < *first) out.before = time_range{range.from, format(*first - tick)};
    }
    if (to) {
        const microseconds behind = (*to + tick) / week * week;
        if (behind <= first.value_or(microseconds::zero())) return std::nullopt;
        out.behind_last = format(behind);
        if (behind <= *to) out.behind = time_range{out.behind_last, range.to};
    }
    return out;
}

std::string comparable(std::string_view time) {
    constexpr std::size_t seconds = 19;
    constexpr std::size_t micros = 26;
    if (time.starts_with('-')) return {};   // -infinity
    if (time.find('-') > 4) return "later"; // than the year 9999
    std::string out(time.substr(0, time.find('+')));
    if (out.size() > 10) out[10] = ' ';
    if (out.size() == seconds) out += '.';
    out.resize(micros, '0');
    return out;
}

std::optional<std::string> moved(const std::string& time, microseconds by) {
    const microseconds to = parse(time) + by;
    if (to < microseconds::zero() || to >= year_10000) return std::nullopt;
    return format(to);
}

} // namespace catalog::query
