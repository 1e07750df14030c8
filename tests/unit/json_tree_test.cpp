// This file tests that JSON is read and written again without loss, line by line.
#define BOOST_TEST_DYN_LINK
#include "transfer/json_tree.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>
#include <vector>

BOOST_AUTO_TEST_SUITE(json_trees)

using namespace catalog::transfer;
using namespace std::string_literals;
using progress = json_reader::progress;
using kind = json_node::kind;

namespace {

// The document of one line, or "failed: …" or "incomplete".
std::string compact(std::string_view line) {
    json_reader reader;
    switch (reader.feed(line, 1)) {
    case progress::incomplete:
        return "incomplete";
    case progress::failed:
        BOOST_TEST(!reader.fault().empty());
        return "failed";
    case progress::complete:
        break;
    }
    std::string out;
    reader.take().write(out);
    return out;
}

json_node tree(std::string_view line) {
    json_reader reader;
    BOOST_REQUIRE((reader.feed(line, 1) == progress::complete));
    return reader.take();
}

std::string nested(std::size_t depth, std::string_view open, std::string_view close) {
    std::string text;
    for (std::size_t i = 0; i < depth; ++i)
        text += open;
    text += "1";
    for (std::size_t i = 0; i < depth; ++i)
        text += close;
    return text;
}

} // namespace

BOOST_AUTO_TEST_CASE(numbers_keep_their_text) {
    for (const std::string_view number : {"0",
                                          "-0",
                                          "1",
                                          "-1",
                                          "40.0",
                                          "40.00",
                                          "1e400",
                                          "1E400",
                                          "-1e400",
                                          "1e-400",
                                          "1E+2",
                                          "1e2",
                                          "0.1",
                                          "0.10",
                                          "-0.0",
                                          "123456789012345678901234567890",
                                          "-123456789012345678901234567890",
                                          "9223372036854775807",
                                          "9223372036854775808",
                                          "-9223372036854775808",
                                          "-9223372036854775809",
                                          "18446744073709551615",
                                          "18446744073709551616",
                                          "3.14159265358979323846264338327950288419716939937510",
                                          "0.000000000000000000000000000000000000000000001",
                                          "100000000000000000000000000000000000000000.5e-7"}) {
        const std::string text(number);
        BOOST_TEST(compact(text) == text);
        BOOST_TEST(compact("[" + text + "]") == "[" + text + "]");
        BOOST_TEST(compact("{\"n\":" + text + ",\"m\":" + text + "}") == "{\"n\":" + text + ",\"m\":" + text + "}");
    }
    const json_node node = tree("[40.0]");
    BOOST_REQUIRE(node.items.size() == 1U);
    BOOST_TEST((node.items[0].type == kind::number));
    BOOST_TEST(node.items[0].text == "40.0");
}

BOOST_AUTO_TEST_CASE(kinds) {
    const json_node node = tree(R"({"n":null,"t":true,"f":false,"d":1,"s":"x","a":[],"o":{}})");
    const auto type = [&](std::string_view name) { return node.find(name)->type; };
    BOOST_TEST((node.type == kind::object));
    BOOST_TEST((type("n") == kind::null));
    BOOST_TEST((type("t") == kind::boolean));
    BOOST_TEST((type("f") == kind::boolean));
    BOOST_TEST((type("d") == kind::number));
    BOOST_TEST((type("s") == kind::string));
    BOOST_TEST((type("a") == kind::array));
    BOOST_TEST((type("o") == kind::object));
    BOOST_TEST(node.find("t")->text == "true");
    BOOST_TEST(node.find("f")->text == "false");
    BOOST_TEST(node.find("s")->text == "x");
    BOOST_TEST(node.find("missing") == nullptr);
    BOOST_TEST(node.find("") == nullptr);
    BOOST_TEST(node.find("s")->find("x") == nullptr); // of what is no object
}

BOOST_AUTO_TEST_CASE(order_and_duplicates_stay) {
    BOOST_TEST(compact(R"({"z":1,"a":2,"m":3})") == R"({"z":1,"a":2,"m":3})");
    BOOST_TEST(compact(R"({"a":1,"b":2,"a":3})") == R"({"a":1,"b":2,"a":3})");
    const json_node node = tree(R"({"a":1,"b":2,"a":3})");
    BOOST_TEST(node.find("a")->text == "3"); // the last counts
    BOOST_TEST(node.members.size() == 3U);
    BOOST_TEST(compact(R"({"":{"":[{"":""}]}})") == R"({"":{"":[{"":""}]}})");
    BOOST_TEST(compact(R"([3,1,2,[],{},[[]],null,true,"x"])") == R"([3,1,2,[],{},[[]],null,true,"x"])");
}

BOOST_AUTO_TEST_CASE(a_member_after_a_container_keeps_its_name) {
    BOOST_TEST(compact(R"({"a":{"b":[{"c":1},2],"d":3},"e":4})") == R"({"a":{"b":[{"c":1},2],"d":3},"e":4})");
    BOOST_TEST(compact(R"([{"a":1},{"b":2},3])") == R"([{"a":1},{"b":2},3])");
}

BOOST_AUTO_TEST_CASE(white_space_goes) {
    BOOST_TEST(compact("  { \"a\" :\t[ 1 , 2 ] , \"b\" : { } }  \r") == R"({"a":[1,2],"b":{}})");
    BOOST_TEST(compact("\"  two  blanks \"") == "\"  two  blanks \"");
}

BOOST_AUTO_TEST_CASE(strings_mean_the_same) {
    for (const std::string& text :
         {R"("")"s, R"("\"\\\/\b\f\n\r\t")"s, R"("\u0000\u0001\u001f\u007f")"s, R"("\u00e9\u5907\ud83d\ude00")"s,
          "\"备份 😀\""s, "\"" + std::string(10000, 'x') + "\"", "\"" + std::string(9999, 'x') + "\\n😀\""}) {
        const json_node node = tree(text);
        const boost::json::string wanted = boost::json::parse(text).as_string();
        BOOST_TEST(node.text == std::string(wanted.data(), wanted.size()));
        BOOST_TEST((boost::json::parse(compact(text)) == boost::json::value(wanted)));
        const std::string as_key = "{" + text + ":1}";
        BOOST_REQUIRE(tree(as_key).members.size() == 1U);
        BOOST_TEST(tree(as_key).members[0].key == node.text);
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_json_fails) {
    for (const std::string& text : {"nul"s,
                                    "nulL"s,
                                    "True"s,
                                    "{a:1}"s,
                                    "{\"a\":1,}"s,
                                    "[1,]"s,
                                    "[1 2]"s,
                                    "{\"a\" 1}"s,
                                    "01"s,
                                    "+1"s,
                                    ".5"s,
                                    "1."s,
                                    "1e"s,
                                    "-"s,
                                    "NaN"s,
                                    "Infinity"s,
                                    "'x'"s,
                                    "\"a\tb\""s,
                                    "\"\\x\""s,
                                    "\"\\u12\""s,
                                    "\"\\ud800\""s,
                                    "\"\\udc00\""s,
                                    "\"\xff\""s,
                                    "\"\xed\xa0\x80\""s,
                                    "\"\xc0\x80\""s,
                                    "]"s,
                                    "}"s,
                                    ","s,
                                    "// c"s,
                                    "/* c */ 1"s,
                                    "[1]]"s,
                                    "{}}"s,
                                    "{} {}"s,
                                    "{},"s,
                                    "1 2"s,
                                    "\"a\" x"s,
                                    "null null"s,
                                    "\xEF\xBB\xBF{}"s,
                                    "\"open"s,
                                    "[}"s})
        BOOST_TEST(compact(text) == "failed", text);
}

BOOST_AUTO_TEST_CASE(garbage_after_the_document) {
    json_reader reader;
    BOOST_TEST((reader.feed("{} x", 1) == progress::failed));
    BOOST_TEST(reader.fault() == "something follows the JSON document");
    BOOST_TEST((reader.feed("{\"a\":1} \t\r", 2) == progress::complete));
    std::string out;
    reader.take().write(out);
    BOOST_TEST(out == R"({"a":1})");
}

BOOST_AUTO_TEST_CASE(documents_over_many_lines) {
    json_reader reader;
    const std::vector<std::string> lines{"{",    "  \"a\": [", "",    "    40.0,",        "    1e400",
                                         "  ],", "  \"b\"",    "  :", " {\"c\": \"x\"}\r"};
    std::uint64_t number = 10;
    for (const std::string& line : lines)
        BOOST_TEST((reader.feed(line, number++) == progress::incomplete), line);
    BOOST_TEST((reader.feed("}", number) == progress::complete));
    const json_node node = reader.take();
    std::string out;
    node.write(out);
    BOOST_TEST(out == R"({"a":[40.0,1e400],"b":{"c":"x"}})");
    BOOST_TEST(node.line == 10U);
    BOOST_TEST(node.find("a")->line == 11U);
    BOOST_TEST(node.find("a")->items.at(0).line == 13U);
    BOOST_TEST(node.find("b")->line == 18U);
    BOOST_TEST(node.find("b")->find("c")->line == 18U);
}

BOOST_AUTO_TEST_CASE(a_token_ends_with_its_line) {
    const auto second = [](std::string_view first, std::string_view rest) {
        json_reader reader;
        return reader.feed(first, 1) == progress::incomplete && reader.feed(rest, 2) != progress::failed;
    };
    BOOST_TEST(second("[1,", "2]"));
    BOOST_TEST(!second("[1", "2]"));     // 1 and 2, not 12
    BOOST_TEST(!second("[tr", "ue]"));   //
    BOOST_TEST(!second("[\"a", "b\"]")); // a string can't hold a line's end
    BOOST_TEST(!second("[1.", "5]"));
    BOOST_TEST(compact("12") == "12"); // a number alone is finished by its line's end
    BOOST_TEST(compact("-1.5e3") == "-1.5e3");
}

BOOST_AUTO_TEST_CASE(a_reader_goes_on_after_each_document) {
    json_reader reader;
    for (int i = 0; i < 3; ++i) {
        std::string out;
        BOOST_TEST((reader.feed("{\"a\":1}", 1) == progress::complete));
        reader.take().write(out);
        BOOST_TEST(out == "{\"a\":1}");
        BOOST_TEST((reader.feed("{\"a\":[1,{\"b\":\"c", 2) == progress::failed));
        BOOST_TEST((reader.feed("{\"a\":[1,{\"b\":", 3) == progress::incomplete));
        reader.reset();
        out.clear();
        BOOST_TEST((reader.feed("[7]", 4) == progress::complete));
        const json_node node = reader.take();
        node.write(out);
        BOOST_TEST(out == "[7]");
        BOOST_TEST(node.line == 4U);
        BOOST_TEST((reader.feed("{\"x\":1,}", 5) == progress::failed));
        BOOST_TEST((reader.feed("\"half", 5) == progress::failed));
        BOOST_TEST((reader.feed("[", 6) == progress::incomplete));
        BOOST_TEST((reader.feed("}", 7) == progress::failed));
    }
    BOOST_TEST((reader.feed("", 1) == progress::incomplete));
    BOOST_TEST((reader.feed("  ", 2) == progress::incomplete));
    BOOST_TEST((reader.feed("1", 3) == progress::complete));
    BOOST_TEST(reader.take().text == "1");
}

BOOST_AUTO_TEST_CASE(deep_nesting_is_a_fault_and_no_crash) {
    for (const std::size_t depth : {std::size_t{16}, json_reader::max_depth}) {
        BOOST_TEST(compact(nested(depth, "[", "]")) == nested(depth, "[", "]"));
        BOOST_TEST(compact(nested(depth, "{\"a\":", "}")) == nested(depth, "{\"a\":", "}"));
    }
    for (const std::size_t depth : {json_reader::max_depth + 1, std::size_t{10'000}, std::size_t{1'000'000}}) {
        BOOST_TEST(compact(nested(depth, "[", "]")) == "failed");
        BOOST_TEST(compact(nested(depth, "{\"a\":", "}")) == "failed");
        BOOST_TEST(compact(std::string(depth, '[')) == "failed");
    }
    // Nor one level a line.
    json_reader reader;
    auto state = progress::incomplete;
    for (std::uint64_t i = 1; i <= 100'000 && state == progress::incomplete; ++i)
        state = reader.feed("[", i);
    BOOST_TEST((state == progress::failed));
    BOOST_TEST((reader.feed("[1]", 1) == progress::complete));
}

BOOST_AUTO_TEST_CASE(a_large_document) {
    std::string text = "[";
    for (int i = 0; i < 20'000; ++i)
        text += (i > 0 ? "," : "") + ("{\"n\":"s + std::to_string(i) + ".0}");
    text += "]";
    BOOST_TEST((compact(text) == text));
}

BOOST_AUTO_TEST_SUITE_END()
