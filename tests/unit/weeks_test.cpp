// This file tests how a time range is divided into whole weeks and what is left of it.
#define BOOST_TEST_DYN_LINK
#include "query/weeks.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

BOOST_AUTO_TEST_SUITE(weeks)

using namespace catalog::query;

namespace {

std::string text(const std::optional<std::string>& time) {
    return time.value_or("…");
}

std::string text(const std::optional<time_range>& range) {
    return range ? text(range->from) + " to " + text(range->to) : "nothing";
}

// "before | first week, week behind the last | behind", or "none".
std::string divided(const std::optional<std::string>& from, const std::optional<std::string>& to) {
    const auto out = divide_by_weeks({from, to});
    if (!out) return "none";
    return text(out->before) + " | " + text(out->first_week) + ", " + text(out->behind_last) + " | " +
           text(out->behind);
}

} // namespace

// 2026-01-05 is a Monday.
BOOST_AUTO_TEST_CASE(a_range_is_whole_weeks_and_what_is_left) {
    BOOST_TEST(divided("2026-01-01T00:00:00.000000", "2026-02-01T00:00:00.000000") ==
               "2026-01-01T00:00:00.000000 to 2026-01-04T23:59:59.999999 | "
               "2026-01-05T00:00:00.000000, 2026-01-26T00:00:00.000000 | "
               "2026-01-26T00:00:00.000000 to 2026-02-01T00:00:00.000000");
    BOOST_TEST(divided("2026-01-05T00:00:00.000000", "2026-01-25T23:59:59.999999") ==
               "nothing | 2026-01-05T00:00:00.000000, 2026-01-26T00:00:00.000000 | nothing");
    BOOST_TEST(divided("2026-01-05T00:00:00.000001", "2026-01-26T00:00:00.000000") ==
               "2026-01-05T00:00:00.000001 to 2026-01-11T23:59:59.999999 | "
               "2026-01-12T00:00:00.000000, 2026-01-26T00:00:00.000000 | "
               "2026-01-26T00:00:00.000000 to 2026-01-26T00:00:00.000000");
    BOOST_TEST(divided("2026-01-04T23:59:59.999999", "2026-01-11T23:59:59.999999") ==
               "2026-01-04T23:59:59.999999 to 2026-01-04T23:59:59.999999 | "
               "2026-01-05T00:00:00.000000, 2026-01-12T00:00:00.000000 | nothing");
}

BOOST_AUTO_TEST_CASE(open_ends_have_nothing_left) {
    BOOST_TEST(divided("2026-01-01T12:30:59.500000", std::nullopt) ==
               "2026-01-01T12:30:59.500000 to 2026-01-04T23:59:59.999999 | 2026-01-05T00:00:00.000000, … | nothing");
    BOOST_TEST(divided(std::nullopt, "2024-02-29T12:00:00.000000") ==
               "nothing | …, 2024-02-26T00:00:00.000000 | 2024-02-26T00:00:00.000000 to 2024-02-29T12:00:00.000000");
    BOOST_TEST(divided(std::nullopt, std::nullopt) == "none");
}

BOOST_AUTO_TEST_CASE(ranges_without_a_whole_week) {
    BOOST_TEST(divided("2026-01-05T00:00:00.000001", "2026-01-18T23:59:59.999998") == "none");
    BOOST_TEST(divided("2026-01-06T00:00:00.000000", "2026-01-06T00:00:00.000000") == "none");
    BOOST_TEST(divided("2026-03-01T00:00:00.000000", "2026-01-01T00:00:00.000000") == "none");
    BOOST_TEST(divided(std::nullopt, "0001-01-07T23:59:59.999998") == "none");
}

BOOST_AUTO_TEST_CASE(the_first_and_the_last_week_there_are) {
    BOOST_TEST(divided("0001-01-01T00:00:00.000000", "0001-01-07T23:59:59.999999") ==
               "nothing | 0001-01-01T00:00:00.000000, 0001-01-08T00:00:00.000000 | nothing");
    BOOST_TEST(divided(std::nullopt, "9999-12-31T23:59:59.999999") ==
               "nothing | …, 9999-12-27T00:00:00.000000 | 9999-12-27T00:00:00.000000 to 9999-12-31T23:59:59.999999");
    BOOST_TEST(divided("9999-12-27T00:00:00.000000", std::nullopt) ==
               "nothing | 9999-12-27T00:00:00.000000, … | nothing");
    BOOST_TEST(divided("9999-12-27T00:00:00.000001", std::nullopt) == "none");
}

BOOST_AUTO_TEST_CASE(times_are_moved_within_the_years_there_are) {
    using namespace std::chrono_literals;
    BOOST_TEST(moved("2024-02-28T23:00:00.000001", 24h).value() == "2024-02-29T23:00:00.000001");
    BOOST_TEST(moved("2026-01-01T00:00:00.000000", -1us).value() == "2025-12-31T23:59:59.999999");
    BOOST_TEST(moved("0001-01-01T00:00:00.000000", 0us).value() == "0001-01-01T00:00:00.000000");
    BOOST_TEST(!moved("0001-01-01T23:59:59.999999", -24h).has_value());
    BOOST_TEST(moved("9999-12-30T23:59:59.999999", 24h).value() == "9999-12-31T23:59:59.999999");
    BOOST_TEST(!moved("9999-12-31T00:00:00.000000", 24h).has_value());
}

BOOST_AUTO_TEST_CASE(times_of_both_forms_compare) {
    const std::vector<std::string> ascending{comparable("-infinity"),
                                             comparable("0001-01-01 00:00:00+00"),
                                             comparable("2026-03-01T10:20:30.000000"),
                                             comparable("2026-03-01 10:20:30.12+00"),
                                             comparable("2026-03-01T10:20:30.120001"),
                                             comparable("9999-12-31 23:59:59.999999+00")};
    BOOST_TEST(std::is_sorted(ascending.begin(), ascending.end()));
    BOOST_TEST((std::set<std::string>(ascending.begin(), ascending.end())).size() == ascending.size());
    BOOST_TEST(comparable("2026-03-01T10:20:30.120000") == comparable("2026-03-01 10:20:30.12+00"));
    BOOST_TEST(comparable("2026-03-01T10:20:30.000000") == comparable("2026-03-01 10:20:30+00"));
}

BOOST_AUTO_TEST_SUITE_END()
