// This file tests the token bucket by its own clock.
#define BOOST_TEST_DYN_LINK
#include "api/rate_limiter.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

BOOST_AUTO_TEST_SUITE(rate_limiter)

using namespace std::chrono_literals;
using catalog::api::rate_limit;
using limiter = catalog::api::rate_limiter;

namespace {
const auto start = limiter::clock::time_point() + 1h;
} // namespace

BOOST_AUTO_TEST_CASE(no_limit_remembers_nobody) {
    limiter none(rate_limit{});
    for (int i = 0; i < 1000; ++i)
        BOOST_TEST(!none.refuse("a", start).has_value());
    BOOST_TEST(none.projects() == 0U);
}

BOOST_AUTO_TEST_CASE(a_burst_then_the_rate) {
    limiter one(rate_limit{2, 3, 10});
    for (int i = 0; i < 3; ++i)
        BOOST_TEST(!one.refuse("a", start).has_value());
    BOOST_TEST(one.refuse("a", start).value_or(0) == 1U);
    BOOST_TEST(!one.refuse("b", start).has_value()); // nobody pays for another
    BOOST_TEST(!one.refuse("a", start + 500ms).has_value());
    BOOST_TEST(one.refuse("a", start + 501ms).has_value());
    // Quiet for long: a full burst, and no more.
    for (int i = 0; i < 3; ++i)
        BOOST_TEST(!one.refuse("a", start + 1h).has_value());
    BOOST_TEST(one.refuse("a", start + 1h).has_value());
    // Over ten seconds: what the rate allows.
    int allowed = 0;
    for (int i = 1; i <= 10'000; ++i)
        allowed += one.refuse("a", start + 1h + i * 1ms) ? 0 : 1;
    BOOST_TEST(allowed >= 19);
    BOOST_TEST(allowed <= 20);
}

BOOST_AUTO_TEST_CASE(being_refused_costs_nothing_more) {
    limiter one(rate_limit{1, 1, 10});
    BOOST_TEST(!one.refuse("a", start).has_value());
    for (int i = 0; i < 100; ++i)
        BOOST_TEST(one.refuse("a", start + 1ms).has_value());
    BOOST_TEST(!one.refuse("a", start + 1s).has_value());
}

BOOST_AUTO_TEST_CASE(memory_is_bounded_and_the_quietest_goes) {
    limiter few(rate_limit{1, 1, 3});
    for (const auto* project : {"a", "b", "c"})
        BOOST_TEST(!few.refuse(project, start).has_value());
    BOOST_TEST(few.refuse("a", start).has_value()); // and is now the latest
    BOOST_TEST(!few.refuse("d", start).has_value());
    BOOST_TEST(few.projects() == 3U);
    BOOST_TEST(few.refuse("a", start).has_value());
    BOOST_TEST(!few.refuse("b", start).has_value()); // was forgotten
    for (int i = 0; i < 1000; ++i)
        few.refuse("p" + std::to_string(i), start);
    BOOST_TEST(few.projects() == 3U);
}

BOOST_AUTO_TEST_SUITE_END()
