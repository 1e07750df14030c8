// This file tests the checks and conversions of text that requests and records are made of.
#define BOOST_TEST_DYN_LINK
#include "util/text.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

BOOST_AUTO_TEST_SUITE(text)

using namespace catalog;
using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

// UTF-8 by the definition, for any number up to 0x1FFFFF in any length: also what is not allowed.
std::string encode(std::uint32_t c, std::size_t length) {
    if (length == 1) return {static_cast<char>(c)};
    std::string out(length, '\0');
    for (std::size_t i = length - 1; i > 0; --i, c >>= 6U)
        out[i] = static_cast<char>(0x80U | (c & 0x3FU));
    const std::uint32_t lead[] = {0, 0, 0xC0U, 0xE0U, 0xF0U};
    out[0] = static_cast<char>(lead[length] | c);
    return out;
}

std::size_t shortest(std::uint32_t c) {
    return c < 0x80U ? 1 : c < 0x800U ? 2 : c < 0x10000U ? 3 : 4;
}

std::string time_of(std::string_view text) {
    return parse_time(text).value_or("refused");
}

std::string json_of(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

} // namespace

BOOST_AUTO_TEST_CASE(every_character_is_utf8_in_its_shortest_form_only) {
    std::size_t accepted = 0;
    std::size_t wrong = 0;
    for (std::uint32_t c = 0; c <= 0x1FFFFFU; ++c) {
        const bool character = c != 0 && c <= 0x10FFFFU && (c < 0xD800U || c > 0xDFFFU);
        for (std::size_t length = shortest(c); length <= 4; ++length) {
            const bool clean = is_clean_utf8(encode(c, length));
            if (clean) ++accepted;
            if (clean != (character && length == shortest(c))) ++wrong;
        }
    }
    BOOST_TEST(wrong == 0U);
    BOOST_TEST(accepted == 0x110000U - 0x800U - 1U);
}

BOOST_AUTO_TEST_CASE(broken_utf8_is_found_anywhere) {
    BOOST_TEST(is_clean_utf8(""));
    BOOST_TEST(is_clean_utf8("a\x7f"));
    BOOST_TEST(is_clean_utf8("备份 é 😀"));
    const std::vector<std::string> broken{"\0"s,
                                          "\x80"s,             // a tail without lead
                                          "\xBF"s,             //
                                          "\xC0\x80"s,         // overlong NUL
                                          "\xC1\xBF"s,         // overlong DEL
                                          "\xE0\x9F\xBF"s,     // overlong
                                          "\xF0\x8F\xBF\xBF"s, // overlong
                                          "\xED\xA0\x80"s,     // surrogate
                                          "\xED\xBF\xBF"s,     // surrogate
                                          "\xF4\x90\x80\x80"s, // beyond U+10FFFF
                                          "\xF5\x80\x80\x80"s, "\xF8\x88\x80\x80\x80"s, "\xFE"s, "\xFF"s,
                                          // truncated, and with a wrong byte in the place of a tail
                                          "\xC3"s, "\xE4\xBD"s, "\xE4"s, "\xF0\x9F\x98"s, "\xF0\x9F"s, "\xF0"s, "\xC3(",
                                          "\xE4\xBD(", "\xE4(\xA0", "\xF0\x9F\x98(", "\xF0\x28\x8C\xBC",
                                          "\xC3\xC3\xA9"};
    int number = 0;
    for (const std::string& bad : broken) {
        BOOST_TEST_CONTEXT("number " << number++) {
            BOOST_TEST(!is_clean_utf8(bad));
            BOOST_TEST(!is_clean_utf8("before" + bad));
            BOOST_TEST(!is_clean_utf8(bad + "after"));
            BOOST_TEST(!is_clean_utf8("前" + bad + "後"));
        }
    }
}

BOOST_AUTO_TEST_CASE(characters_are_code_points) {
    BOOST_TEST(count_characters("") == 0U);
    BOOST_TEST(count_characters("abc") == 3U);
    BOOST_TEST(count_characters("é") == 1U);
    BOOST_TEST(count_characters("备份") == 2U);
    BOOST_TEST(count_characters("a😀é备") == 4U);
    BOOST_TEST(count_characters("e\u0301") == 2U); // a combining mark counts
}

BOOST_AUTO_TEST_CASE(uuids_are_lowered_and_nothing_else_passes) {
    BOOST_TEST(parse_uuid("5606aab5-2dc2-4498-8144-dc848d099af5").value() == "5606aab5-2dc2-4498-8144-dc848d099af5");
    BOOST_TEST(parse_uuid("5606AAB5-2dC2-4498-8144-DC848D099AF5").value() == "5606aab5-2dc2-4498-8144-dc848d099af5");
    BOOST_TEST(parse_uuid("ABCDEFab-cdef-0123-4567-89ABCDEFabcd").value() == "abcdefab-cdef-0123-4567-89abcdefabcd");
    for (const std::string_view bad : {"", "5606aab52dc244988144dc848d099af5", "{5606aab5-2dc2-4498-8144-dc848d099af5}",
                                       "5606aab5-2dc2-4498-8144-dc848d099af", "5606aab5-2dc2-4498-8144-dc848d099af50",
                                       " 5606aab5-2dc2-4498-8144-dc848d099af5", "5606aab5-2dc2-4498-8144-dc848d099afg",
                                       "5606aab5-2dc2-4498-8144-dc848d099aG5", "5606aab5-2dc2-4498-8144_dc848d099af5",
                                       "5606aab52-dc2-4498-8144-dc848d099af5", "5606aab5-2dc2-4498-81440-c848d099af5",
                                       "5606aab5-2dc2-4498-8144-dc848d09-af5", "5606aab5 2dc2 4498 8144 dc848d099af5",
                                       "5606aab5-2dc2-4498-8144-dc848d099aé"})
        BOOST_TEST(!parse_uuid(bad).has_value(), bad);
}

BOOST_AUTO_TEST_CASE(project_ids) {
    BOOST_TEST(is_project_id("0605767b5780d5762fc5c0118072a564"));
    BOOST_TEST(is_project_id("a"));
    BOOST_TEST(is_project_id("azAZ09_-"));
    BOOST_TEST(is_project_id(std::string(64, 'x')));
    BOOST_TEST(!is_project_id(std::string(65, 'x')));
    for (const std::string_view bad :
         {""sv, "a b"sv, "a/b"sv, "a.b"sv, "%"sv, "é"sv, "a\0"sv, "`"sv, "{"sv, "@"sv, "["sv, ":"sv, "a,b"sv})
        BOOST_TEST(!is_project_id(bad), bad);
}

BOOST_AUTO_TEST_CASE(numbers_are_digits_up_to_their_bound) {
    BOOST_TEST(parse_number("0", 0).value() == 0U);
    BOOST_TEST(!parse_number("1", 0).has_value());
    BOOST_TEST(parse_number("10", 10).value() == 10U);
    BOOST_TEST(!parse_number("11", 10).has_value());
    BOOST_TEST(parse_number("5", 5).value() == 5U);
    BOOST_TEST(!parse_number("6", 5).has_value());
    BOOST_TEST(!parse_number("100", 99).has_value());
    BOOST_TEST(parse_number("000000000000000000000000000007", 9).value() == 7U);
    BOOST_TEST(parse_number("2147483647", 2147483647).value() == 2147483647U);
    BOOST_TEST(!parse_number("2147483648", 2147483647).has_value());
    BOOST_TEST(parse_number("18446744073709551615", UINT64_MAX).value() == UINT64_MAX);
    BOOST_TEST(!parse_number("18446744073709551616", UINT64_MAX).has_value());
    BOOST_TEST(!parse_number("18446744073709551625", UINT64_MAX).has_value());
    BOOST_TEST(!parse_number("184467440737095516150", UINT64_MAX).has_value());
    for (const std::string_view bad : {""sv, "-1"sv, "+1"sv, " 1"sv, "1 "sv, "1.0"sv, "1e2"sv, "0x1"sv, "1,0"sv, "１"sv,
                                       "1\0"sv, "a"sv, "/"sv, ":"sv})
        BOOST_TEST(!parse_number(bad, 1000).has_value(), bad);
    // Each bound against plain arithmetic.
    for (std::uint64_t max = 0; max < 130; ++max)
        for (std::uint64_t n = 0; n < 140; ++n)
            if (parse_number(std::to_string(n), max).has_value() != (n <= max))
                BOOST_ERROR(std::to_string(n) + " against " + std::to_string(max));
}

BOOST_AUTO_TEST_CASE(percent_decoding) {
    BOOST_TEST(percent_decode("", true).value() == "");
    BOOST_TEST(percent_decode("a+b", true).value() == "a b");
    BOOST_TEST(percent_decode("a+b", false).value() == "a+b");
    BOOST_TEST(percent_decode("a%2Bb", true).value() == "a+b");
    BOOST_TEST(percent_decode("%41%5a%5A%7e", false).value() == "AZZ~");
    BOOST_TEST(percent_decode("%25%32%35", true).value() == "%25"); // once only
    BOOST_TEST(percent_decode("%E5%A4%87%e4%bb%bd", true).value() == "备份");
    BOOST_TEST(percent_decode("%00x", true).value() == "\0x"s);
    BOOST_TEST(percent_decode("%ff", true).value() == "\xff");
    for (unsigned byte = 0; byte < 256; ++byte) {
        constexpr std::string_view hex = "0123456789abcdef";
        const std::string coded{'%', hex[byte >> 4U], hex[byte & 15U]};
        if (percent_decode(coded, true) != std::string(1, static_cast<char>(byte))) BOOST_ERROR(coded);
    }
    for (const std::string_view bad :
         {"%", "%4", "a%", "a%4", "%%", "%4g", "%g4", "%+1", "% 1", "%-1", "%0x", "%u0041"})
        BOOST_TEST(!percent_decode(bad, true).has_value(), bad);
}

BOOST_AUTO_TEST_CASE(times_are_normalised) {
    BOOST_TEST(time_of("2026-11-24T08:30:00") == "2026-11-24T08:30:00.000000");
    BOOST_TEST(time_of("2026-11-24T08:30:00Z") == "2026-11-24T08:30:00.000000");
    const std::string digits = "1234567";
    for (std::size_t n = 0; n <= 7; ++n) {
        const std::string text = "2026-11-24T08:30:59." + digits.substr(0, n);
        const bool good = n >= 1 && n <= 6;
        const std::string wanted =
            good ? "2026-11-24T08:30:59." + digits.substr(0, n) + std::string(6 - n, '0') : "refused";
        BOOST_TEST(time_of(text) == wanted, text);
        BOOST_TEST(time_of(text + "Z") == wanted, text + "Z");
    }
    BOOST_TEST(time_of("2026-11-24T00:00:00.000000Z") == "2026-11-24T00:00:00.000000");
    BOOST_TEST(time_of("2026-11-24T23:59:59.999999") == "2026-11-24T23:59:59.999999");
    BOOST_TEST(time_of("0001-01-01T00:00:00") == "0001-01-01T00:00:00.000000");
    BOOST_TEST(time_of("9999-12-31T23:59:59.999999Z") == "9999-12-31T23:59:59.999999");
}

BOOST_AUTO_TEST_CASE(only_days_that_exist_are_times) {
    const auto day = [](std::string_view date) { return parse_time(std::string(date) + "T12:00:00").has_value(); };
    for (const std::string_view leap : {"2024-02-29", "2000-02-29", "2400-02-29", "0004-02-29", "1996-02-29"})
        BOOST_TEST(day(leap), leap);
    for (const std::string_view plain :
         {"2023-02-29", "1900-02-29", "2100-02-29", "2200-02-29", "2026-02-29", "2024-02-30"})
        BOOST_TEST(!day(plain), plain);
    const int last[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (int month = 1; month <= 12; ++month) {
        const std::string prefix = "2026-" + std::string(month < 10 ? "0" : "") + std::to_string(month) + "-";
        BOOST_TEST(day(prefix + std::to_string(last[month - 1])), prefix);
        BOOST_TEST(!day(prefix + std::to_string(last[month - 1] + 1)), prefix);
        BOOST_TEST(day(prefix + "01"), prefix);
        BOOST_TEST(!day(prefix + "00"), prefix);
    }
    for (const std::string_view bad : {"2026-00-10", "2026-13-10", "0000-01-01"})
        BOOST_TEST(!day(bad), bad);
}

BOOST_AUTO_TEST_CASE(other_forms_are_no_times) {
    for (const std::string_view bad : {"",
                                       "Z",
                                       "2026-11-24",
                                       "2026-11-24T24:00:00",
                                       "2026-11-24T23:60:00",
                                       "2026-11-24T23:59:60",
                                       "2026-11-24T23:59:60Z",
                                       "2026-11-24T99:00:00",
                                       "2026-11-24T08:30",
                                       "2026-11-24T08:30:00.",
                                       "2026-11-24T08:30:00.Z",
                                       "2026-11-24T08:30:00,5",
                                       "2026-11-24T08:30:00ZZ",
                                       "2026-11-24T08:30:00.1ZZ",
                                       "2026-11-24T08:30:00.12345ZZ",
                                       "2026-11-24T08:30:00z",
                                       "2026-11-24t08:30:00",
                                       "2026-11-24 08:30:00",
                                       "2026-11-24T08:30:00+00:00",
                                       "2026-11-24T08:30:00.1+01",
                                       "2026-11-24T8:30:00",
                                       "26-11-24T08:30:00",
                                       "12026-11-24T08:30:00",
                                       "-026-11-24T08:30:00",
                                       "2026/11/24T08:30:00",
                                       "2026-11-24T08-30-00",
                                       "20261124T083000",
                                       " 2026-11-24T08:30:00",
                                       "2026-11-24T08:30:00 ",
                                       "2026-11-24T08:30:0a",
                                       "2026-11-24T08:30:00.1a",
                                       "2026-11-24T08:30:00.-1",
                                       "2026-11-24T-8:30:00",
                                       "1795509000",
                                       "2026-W48-2T08:30:00",
                                       "infinity"})
        BOOST_TEST(time_of(bad) == "refused", bad);
    BOOST_TEST(time_of("2026-11-24T08:30:00\0"sv) == "refused");
    BOOST_TEST(time_of("2026-11-24T08:30:00.1\0"sv) == "refused");
}

BOOST_AUTO_TEST_CASE(later_times_compare_greater) {
    const std::vector<std::string> ascending{
        "0001-01-01T00:00:00",     "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000001",
        "2026-01-01T00:00:00.1",   "2026-01-01T00:00:01",  "2026-01-01T00:01:00Z",
        "2026-01-01T01:00:00.09Z", "2026-02-01T00:00:00",  "9999-12-31T23:59:59.9"};
    for (std::size_t i = 1; i < ascending.size(); ++i)
        BOOST_TEST(time_of(ascending[i - 1]) < time_of(ascending[i]));
    BOOST_TEST(time_of("2026-01-01T00:00:00.5Z") == time_of("2026-01-01T00:00:00.500"));
}

BOOST_AUTO_TEST_CASE(json_strings_are_read_back_as_they_were) {
    std::string all;
    for (char c = 0; c >= 0 && c < 0x7f; ++c) {
        const std::string one(1, c);
        all += one;
        BOOST_TEST(boost::json::parse(json_of(one)).as_string() == one, static_cast<int>(c));
    }
    for (const std::string& text : {all, all + all, "备份 😀 é"s, ""s, "\""s, "\\"s, "\\\""s, "a\nb"s, "\x7f"s, "\0\0"s,
                                    "end\\"s, "\tx"s, "</script>"s}) {
        const std::string written = json_of(text);
        BOOST_TEST(boost::json::parse(written).as_string() == text);
        for (const char c : written)
            BOOST_TEST(!(c >= 0 && c < 0x20), "a bare control character");
    }
    BOOST_TEST(json_of("a\"b\\c\n\x01\x1f") == R"("a\"b\\c\n\u0001\u001f")");
    BOOST_TEST(json_of("\b\f\r\t") == R"("\b\f\r\t")");
    BOOST_TEST(json_of("é/") == "\"é/\""); // nothing is escaped that need not be
    std::string appended = "before ";
    append_json_string(appended, "x");
    BOOST_TEST(appended == "before \"x\"");
}

BOOST_AUTO_TEST_CASE(ids_are_hex_and_differ) {
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const std::string id = random_hex_id();
        BOOST_REQUIRE(id.size() == 32U);
        BOOST_REQUIRE(id.find_first_not_of("0123456789abcdef") == std::string::npos);
        seen.insert(id);
        seen.insert(id.substr(0, 16) == id.substr(16) ? "halves are equal" : id);
    }
    BOOST_TEST(seen.size() == 1000U);
    BOOST_TEST(!seen.contains("halves are equal"));
}

BOOST_AUTO_TEST_CASE(shortened_at_a_character) {
    BOOST_TEST(shorten("", 0) == "");
    BOOST_TEST(shorten("abc", 3) == "abc");
    BOOST_TEST(shorten("abcd", 3) == "abc…");
    BOOST_TEST(shorten("abc", 0) == "…");
    BOOST_TEST(shorten(std::string(64, 'x')) == std::string(64, 'x'));
    BOOST_TEST(shorten(std::string(65, 'x')) == std::string(64, 'x') + "…");
    // é is 2 bytes, 备 3, 😀 4: cut anywhere, what is left is whole characters from the beginning, as many as fit.
    const std::string text = "aé备😀b";
    const std::vector<std::string> wanted{"…",     "a…",    "a…",    "aé…",   "aé…",    "aé…",
                                          "aé备…", "aé备…", "aé备…", "aé备…", "aé备😀…", "aé备😀b"};
    for (std::size_t max = 0; max < wanted.size(); ++max) {
        BOOST_TEST(shorten(text, max) == wanted[max], max);
        BOOST_TEST(is_clean_utf8(shorten(text, max)));
    }
    // What is no text comes out as text all the same, wherever it is broken.
    for (const std::string& bad : {"\x80\x80\x80"s, "ok\xff"s, "\xC3"s, "a\0b"s, std::string(100, 'x') + "\xff"})
        BOOST_TEST(shorten(bad, 2) == "(not UTF-8)");
}

BOOST_AUTO_TEST_SUITE_END()
