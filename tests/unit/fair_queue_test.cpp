// This file checks the queue in which owners take turns.
#define BOOST_TEST_DYN_LINK
#include "db/fair_queue.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(fair_queue)

namespace {

struct first_letter {
    std::string_view operator()(const std::string& entry) const { return std::string_view(entry).substr(0, 1); }
};
using queue = catalog::db::fair_queue<std::string, first_letter>;

queue filled(std::initializer_list<const char*> entries) {
    queue out;
    for (const char* entry : entries)
        out.push(entry);
    return out;
}

std::string drained(queue& from) {
    std::string out;
    while (!from.empty())
        out += from.pop() + " ";
    return out;
}

} // namespace

BOOST_AUTO_TEST_CASE(one_owner_is_first_in_first_out) {
    queue q = filled({"a1", "a2", "a3"});
    BOOST_TEST(q.size() == 3U);
    BOOST_TEST(drained(q) == "a1 a2 a3 ");
    BOOST_TEST(q.empty());
}

BOOST_AUTO_TEST_CASE(owners_take_turns) {
    queue q = filled({"a1", "a2", "a3", "b1", "c1", "b2"});
    BOOST_TEST(q.pop() == "a1");
    q.push("a4"); // an owner that comes again keeps its place behind the others
    BOOST_TEST(drained(q) == "b1 c1 a2 b2 a3 a4 ");
}

BOOST_AUTO_TEST_CASE(room_is_made_at_the_cost_of_who_has_most) {
    queue q = filled({"a1", "a2", "a3", "b1", "b2"});
    BOOST_TEST(q.make_room("c").value() == "a3");
    BOOST_TEST(q.size() == 4U);
    BOOST_TEST(!q.make_room("b").has_value()); // has as many as the one that has most
    BOOST_TEST(!q.make_room("a").has_value());
    BOOST_TEST(q.make_room("c").has_value());
    BOOST_TEST(q.size() == 3U);
    BOOST_TEST(!queue().make_room("a").has_value());
    queue ones = filled({"a1", "b1"}); // nobody is pushed out altogether
    BOOST_TEST(!ones.make_room("c").has_value());
}

BOOST_AUTO_TEST_CASE(entries_are_taken_out_by_a_condition) {
    queue q = filled({"a1", "b1", "a2", "c1", "a3"});
    const auto taken = q.take_if([](const std::string& entry) { return entry.back() == '1'; });
    BOOST_TEST(taken.size() == 3U);
    BOOST_TEST(q.size() == 2U);
    q.push("b2");
    BOOST_TEST(drained(q) == "a2 b2 a3 ");
}

BOOST_AUTO_TEST_SUITE_END()
