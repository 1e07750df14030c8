// This file tests statements: text and parameters stay together, and arrays are quoted as PostgreSQL reads them.
#define BOOST_TEST_DYN_LINK
#include "db/statement.hpp"

#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

BOOST_AUTO_TEST_SUITE(statements)

using namespace catalog::db;
using namespace std::string_literals;

namespace {

// Reads an array literal by PostgreSQL's rules (section "Array Input and Output Syntax"), but takes quoted elements
// only, so that NULL, blanks and commas can't be mistaken.
std::vector<std::string> read_array(std::string_view text) {
    std::vector<std::string> out;
    std::size_t at = 0;
    const auto take = [&](char wanted) {
        if (at >= text.size() || text[at] != wanted) throw std::runtime_error("expected " + std::string(1, wanted));
        ++at;
    };
    take('{');
    while (at < text.size() && text[at] != '}') {
        if (!out.empty()) take(',');
        take('"');
        std::string element;
        while (at < text.size() && text[at] != '"') {
            if (text[at] == '\\') ++at;
            if (at < text.size()) element += text[at++];
        }
        take('"');
        out.push_back(element);
    }
    take('}');
    if (at != text.size()) throw std::runtime_error("something follows");
    return out;
}

} // namespace

BOOST_AUTO_TEST_CASE(arrays_are_read_back_as_they_were) {
    const std::vector<std::vector<std::string>> arrays{
        {},
        {""},
        {"", ""},
        {"a", "b", "c"},
        {"NULL", "null"},
        {"a,b", "{c}", "d e", " f "},
        {"\"", "\\", "\\\"", "\"\"", "\\\\", "end\\"},
        {"'", "$1", ";--", "\n", "\t"},
        {"备份", "😀", "é"},
        {"a\",\"b", "\",\"", "}"},
    };
    for (const auto& array : arrays) {
        const std::string literal = array_literal(array);
        BOOST_TEST_CONTEXT(literal) {
            const std::vector<std::string> read = read_array(literal);
            BOOST_TEST(read == array, boost::test_tools::per_element());
        }
    }
}

BOOST_AUTO_TEST_CASE(array_text) {
    BOOST_TEST(array_literal(std::vector<std::string>{}) == "{}");
    BOOST_TEST(array_literal(std::vector<std::string>{""}) == R"({""})");
    BOOST_TEST(array_literal(std::vector<std::string_view>{"a", "b"}) == R"({"a","b"})");
    BOOST_TEST(array_literal(std::vector<std::string>{R"(a"b\c)"}) == R"({"a\"b\\c"})");
}

BOOST_AUTO_TEST_CASE(values_go_to_the_parameters) {
    statement s("SELECT ");
    s.param("1; DROP TABLE x", "text").sql(", ").param("$1", "bigint");
    BOOST_TEST(s.text() == "SELECT $1::text, $2::bigint");
    const std::size_t third = s.add_param("three");
    const std::size_t fourth = s.add_null();
    BOOST_TEST(third == 3U);
    BOOST_TEST(fourth == 4U);
    BOOST_TEST(s.text() == "SELECT $1::text, $2::bigint");
    s.sql(", ").placeholder(fourth, "uuid").sql(", ").placeholder(third, "text").sql(", ").placeholder(third, "text");
    BOOST_TEST(s.text() == "SELECT $1::text, $2::bigint, $4::uuid, $3::text, $3::text");
    BOOST_REQUIRE(s.params().size() == 4U);
    BOOST_TEST(s.params()[0].value() == "1; DROP TABLE x");
    BOOST_TEST(s.params()[1].value() == "$1");
    BOOST_TEST(s.params()[2].value() == "three");
    BOOST_TEST(!s.params()[3].has_value());
    for (int i = 5; i <= 12; ++i)
        s.add_param("");
    BOOST_TEST(s.sql(" ").placeholder(12, "text").text().ends_with(" $12::text"));
}

BOOST_AUTO_TEST_SUITE_END()
