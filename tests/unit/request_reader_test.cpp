// This file tests what the request reader lets in and what it refuses, whole and byte by byte.
#define BOOST_TEST_DYN_LINK
#include "http/request_reader.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>
#include <vector>

BOOST_AUTO_TEST_SUITE(request_reader)

using catalog::http::request_limits;
using reader = catalog::http::request_reader;
using progress = reader::progress;

namespace {

struct seen {
    std::vector<std::string> requests; // "METHOD TARGET", with " close" where the connection ends after it
    unsigned refused = 0;
    std::string message;
    std::size_t left = 0; // bytes not taken
};

// Reads everything that `bytes` holds, of which `piece` more arrive at a time.
seen read_all(const std::string& bytes, std::size_t piece, const request_limits& limits = {}) {
    reader one(limits);
    seen out;
    std::size_t begin = 0;
    std::size_t end = 0;
    for (;;) {
        std::size_t taken = 0;
        const auto got = one.read(std::string_view(bytes).substr(begin, end - begin), taken);
        begin += taken;
        BOOST_REQUIRE(begin <= end);
        if (got == progress::refused) {
            out.refused = one.refusal().status;
            out.message = one.refusal().message;
            break;
        }
        if (got == progress::complete) {
            const auto& head = one.head();
            out.requests.push_back(std::string(head.method) + " " + std::string(head.target) +
                                   (head.keep_alive ? "" : " close"));
            one.reset();
            continue;
        }
        BOOST_REQUIRE(end - begin <= one.max_unread());
        if (end == bytes.size()) break;
        end = std::min(bytes.size(), end + piece);
    }
    out.left = bytes.size() - begin;
    return out;
}

seen read_both_ways(const std::string& bytes, const request_limits& limits = {}) {
    seen whole = read_all(bytes, bytes.size(), limits);
    const seen pieces = read_all(bytes, 1, limits);
    BOOST_TEST(whole.requests == pieces.requests, boost::test_tools::per_element());
    BOOST_TEST(whole.refused == pieces.refused);
    return whole;
}

void expect(const std::string& bytes, const std::vector<std::string>& requests) {
    BOOST_TEST_CONTEXT(bytes) {
        const seen got = read_both_ways(bytes);
        BOOST_TEST(got.refused == 0U, got.message);
        BOOST_TEST(got.requests == requests, boost::test_tools::per_element());
        BOOST_TEST(got.left == 0U);
    }
}

void expect_refused(const std::string& bytes, unsigned status, const request_limits& limits = {}) {
    BOOST_TEST_CONTEXT(bytes.substr(0, 200)) {
        const seen got = read_both_ways(bytes, limits);
        BOOST_TEST(got.refused == status, got.message);
        BOOST_TEST((got.refused == 0 || !got.message.empty()));
    }
}

std::string get(const std::string& fields, const std::string& line = "GET /a HTTP/1.1") {
    return line + "\r\nHost: x\r\n" + fields + "\r\n";
}

} // namespace

BOOST_AUTO_TEST_CASE(what_is_let_in) {
    expect(get(""), {"GET /a"});
    expect("\r\n" + get(""), {"GET /a"}); // RFC 9112 section 2.2
    expect(get("Connection: close\r\n"), {"GET /a close"});
    expect("GET /a HTTP/1.0\r\n\r\n", {"GET /a close"});
    expect("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", {"GET /a"});
    expect("GET http://h/a HTTP/1.1\r\nHost: x\r\n\r\n", {"GET http://h/a"});
    expect("GET HTTPS://h:1/a HTTP/1.1\r\nHost:\r\n\r\n", {"GET HTTPS://h:1/a"});
    expect("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", {"OPTIONS *"});
    expect("CONNECT h:443 HTTP/1.1\r\nHost: x\r\n\r\n", {"CONNECT h:443 close"});
    expect(get("Content-Length: 3\r\n") + "abc" + get(""), {"GET /a", "GET /a"});
    expect(get("Transfer-Encoding: chunked\r\n") + "3;x=y\r\nabc\r\n0\r\nX-Trailer: z\r\n\r\n" + get(""),
           {"GET /a", "GET /a"});
    expect(get("") + get("", "HEAD /b HTTP/1.1") + get("", "PURGE /c HTTP/1.1"), {"GET /a", "HEAD /b", "PURGE /c"});
    expect(get("Host2: [::1]:80\r\nX: \t\xe5\xa4\x87 \r\n"), {"GET /a"});
    expect(get("Content-Length: 0\r\n"), {"GET /a"});
}

BOOST_AUTO_TEST_CASE(message_framing_that_two_parties_may_read_differently) {
    expect_refused(get("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n", 400);
    expect_refused(get("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n") + "0\r\n\r\n", 400);
    expect_refused(get("Content-Length: 3\r\nContent-Length: 3\r\n") + "abc", 400);
    expect_refused(get("Content-Length: 3\r\nContent-Length: 4\r\n") + "abcd", 400);
    for (const auto* bad : {"3, 3", "+3", "-3", "0x3", "3 3", "3x", "", "99999999999999999999999999"})
        expect_refused(get(std::string("Content-Length: ") + bad + "\r\n") + "abc", 400);
    for (const auto* bad : {"gzip", "gzip, chunked", "chunked, chunked", "identity", "x", "chunked;q=1", "\"chunked\""})
        expect_refused(get(std::string("Transfer-Encoding: ") + bad + "\r\n") + "0\r\n\r\n", 400);
    expect_refused(get("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n", 400);
    expect_refused(get("Transfer-Encoding: chunked\r\n", "GET /a HTTP/1.0") + "0\r\n\r\n", 400);
    for (const auto* bad : {"zz\r\n", "-1\r\n", "3\nabc\r\n0\r\n\r\n", "3\r\nabcd\r\n0\r\n\r\n", "3\r\nabc0\r\n\r\n",
                            "fffffffffffffffff\r\n", "0x3\r\nabc\r\n0\r\n\r\n", " 3\r\nabc\r\n0\r\n\r\n"})
        expect_refused(get("Transfer-Encoding: chunked\r\n") + bad + get(""), 400);
}

BOOST_AUTO_TEST_CASE(a_trailer_changes_nothing) {
    reader one(request_limits{});
    const std::string bytes =
        get("Transfer-Encoding: chunked\r\n") + "0\r\nX-Auth-Token: t\r\nConnection: close\r\n\r\n";
    std::size_t taken = 0;
    BOOST_TEST((one.read(bytes, taken) == progress::complete));
    BOOST_TEST(!one.head().token.has_value());
    BOOST_TEST(one.head().keep_alive);
}

// Found by fuzzing: Beast took the chunk's size off the body's limit each time it looked for the end of the quoted
// string, so that the answer depended on the pieces.
BOOST_AUTO_TEST_CASE(quoted_strings_of_chunks_end_on_their_line) {
    const std::string head = get("Transfer-Encoding: chunked\r\n");
    for (const auto* bad : {"3;x=\"y\r\nabc\r\n0\r\n\r\n", "3;x=\"y\r\nabc\r\n0;z=\"\r\n\r\n",
                            "3;x=\"\\\"\r\nabc\r\n0\r\n\r\n", "0;x=\"y\r\nX: \"\r\n\r\n", "7;x=\"y\r\nabcd\r\n\r\n"})
        expect_refused(head + bad, 400);
    request_limits limits;
    limits.max_body_bytes = 64;
    expect_refused(head + "7;x=\"yHTTP/1.1\xff\bHost: x$\r\nTranncod\r\nabcd\r\n\r\n", 400, limits);
    expect(head + "3;x=\"y;\\\"z\"\r\nabc\r\n0;a=\"b\"\r\n\r\n" + get(""), {"GET /a", "GET /a"});
}

// Found by fuzzing: Beast asserted that the last chunk's line and the end of the trailer arrive together.
BOOST_AUTO_TEST_CASE(the_last_chunk_in_pieces) {
    const std::string bytes = get("Transfer-Encoding: chunked\r\n") + "2\r\nab\r\n0\r\nX-T: z\r\n\r\n" + get("");
    for (std::size_t piece = 1; piece < bytes.size(); ++piece)
        BOOST_TEST(read_all(bytes, piece).requests.size() == 2U);
}

BOOST_AUTO_TEST_CASE(lines_that_do_not_end_as_they_must) {
    expect_refused("GET /a HTTP/1.1\nHost: x\n\n", 400);
    expect_refused("GET /a HTTP/1.1\r\nHost: x\nX-A: b\r\n\r\n", 400);
    expect_refused("GET /a HTTP/1.1\r\nHost: x\rX-A: b\r\n\r\n", 400);
    expect_refused("GET /a HTTP/1.1\r\nHost: x\r\r\n\r\n", 400);
    expect_refused("GET /a HTTP/1.1\r\nHost: x\r\n\n", 400);
    expect_refused("\r\n\r\n" + get(""), 400);
    expect_refused("\nGET /a HTTP/1.1\r\n\r\n", 400);
}

BOOST_AUTO_TEST_CASE(headers_that_are_none) {
    expect_refused(get("X-A: b\r\n folded\r\n"), 400);
    expect_refused(get("X-A: b\r\n\tfolded\r\n"), 400);
    expect_refused("GET /a HTTP/1.1\r\n Host: x\r\n\r\n", 400);
    for (const auto* bad : {"no colon", ": no name", "Blank : x", "Bl ank: x", "B\xc3\xa4: x", "N(o: x", "\"q\": x"})
        expect_refused(get(std::string(bad) + "\r\n"), 400);
    for (const char bad : {'\0', '\x01', '\x0b', '\x7f', '\x1b'})
        expect_refused(get(std::string("X-A: b") + bad + "c\r\n"), 400);
    expect_refused("GET /a HTTP/1.1\r\n\r\n", 400); // no Host
    expect_refused(get("Host: y\r\n"), 400);        // two
    expect_refused(get("Host: x\r\n"), 400);        // twice the same
    expect_refused("GET /a HTTP/1.0\r\nHost: x\r\nHost: x\r\n\r\n", 400);
    for (const auto* bad : {"a b", "a/b", "u@h", "a\\b", "a?b", "\xe5\xa4\x87"})
        expect_refused(std::string("GET /a HTTP/1.1\r\nHost: ") + bad + "\r\n\r\n", 400);
    expect_refused(get("X-Auth-Token: a\r\nx-auth-token: b\r\n"), 400);
    expect_refused(get("Expect: 200-ok\r\n"), 417);
}

BOOST_AUTO_TEST_CASE(request_lines_that_are_none) {
    for (const auto* bad : {"GET",
                            "GET /a",
                            "GET  /a HTTP/1.1",
                            "GET /a  HTTP/1.1",
                            "GET\t/a HTTP/1.1",
                            " GET /a HTTP/1.1",
                            "GET /a b HTTP/1.1",
                            "GET /a HTTP/1.1 ",
                            "GET /a http/1.1",
                            "GET /a HTTP/1",
                            "GET /a HTTP/1.10",
                            "GET /a FTP/1.1",
                            "G(T /a HTTP/1.1",
                            "GET a HTTP/1.1",
                            "GET * HTTP/1.1",
                            "GET h:80 HTTP/1.1",
                            "GET ftp://h/a HTTP/1.1",
                            "GET http:///a HTTP/1.1",
                            "GET http://u@h/a HTTP/1.1",
                            "GET http:/a HTTP/1.1",
                            "CONNECT h HTTP/1.1",
                            "GET /a#b HTTP/1.1",
                            "POST ?a HTTP/1.1",
                            "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJ /a HTTP/1.1"})
        expect_refused(get("", bad), 400);
    for (const auto* other : {"GET /a HTTP/2.0", "GET /a HTTP/0.9", "GET /a HTTP/1.2", "PRI * HTTP/2.0"})
        expect_refused(get("", other), 505);
}

BOOST_AUTO_TEST_CASE(bounds_are_where_they_are_said) {
    request_limits limits;
    limits.max_target_bytes = 300;
    limits.max_header_bytes = 1024;
    limits.max_header_fields = 8;
    limits.max_body_bytes = 10;
    const std::string longest = "GET /" + std::string(299, 'a') + " HTTP/1.1";
    BOOST_TEST(read_both_ways(get("", longest), limits).requests.size() == 1U);
    expect_refused(get("", "GET /" + std::string(300, 'a') + " HTTP/1.1"), 414, limits);
    expect_refused("GET /" + std::string(5000, 'a'), 414, limits);
    const std::string empty = get("X: \r\n");
    BOOST_TEST(read_both_ways(get("X: " + std::string(1024 - empty.size(), 'a') + "\r\n"), limits).requests.size() ==
               1U);
    expect_refused(get("X: " + std::string(1025 - empty.size(), 'a') + "\r\n"), 431, limits);
    expect_refused(get("X: " + std::string(9000, 'a')), 431, limits);
    const auto fields = [](int n) {
        std::string out;
        for (int i = 0; i < n; ++i)
            out += "X: y\r\n";
        return out;
    };
    BOOST_TEST(read_both_ways(get(fields(7)), limits).requests.size() == 1U);
    expect_refused(get(fields(8)), 431, limits);
    BOOST_TEST(read_both_ways(get("Content-Length: 10\r\n") + std::string(10, 'b'), limits).requests.size() == 1U);
    expect_refused(get("Content-Length: 11\r\n"), 413, limits);
    expect_refused(get("Transfer-Encoding: chunked\r\n") + "b\r\n12345678901\r\n0\r\n\r\n", 413, limits);
    // The lines around chunks have a bound as well.
    std::string lines = get("Transfer-Encoding: chunked\r\n");
    for (int i = 0; i < 9; ++i)
        lines += "1;" + std::string(500, 'x') + "\r\na\r\n";
    expect_refused(lines, 413, limits);
    expect_refused(get("Transfer-Encoding: chunked\r\n") + "1;" + std::string(9000, 'x'), 413, limits);
    expect_refused(get("Transfer-Encoding: chunked\r\n") + "0\r\nX: " + std::string(9000, 'x'), 413, limits);
}

BOOST_AUTO_TEST_CASE(who_waits_for_a_continue) {
    std::size_t taken = 0;
    {
        reader one(request_limits{});
        const std::string head = get("Expect: 100-Continue\r\nContent-Length: 2\r\n");
        BOOST_TEST((one.read(head, taken) == progress::needs_more));
        BOOST_TEST(one.wants_continue());
        BOOST_TEST(!one.wants_continue()); // once
        BOOST_TEST((one.read("ab", taken) == progress::complete));
    }
    for (const std::string& none :
         {get("Expect: 100-continue\r\nContent-Length: 2\r\n") + "a", get("Expect: 100-continue\r\n"),
          get("Expect: 100-continue\r\nContent-Length: 2\r\n", "GET /a HTTP/1.0")}) {
        reader one(request_limits{});
        one.read(none, taken);
        BOOST_TEST(!one.wants_continue(), none);
    }
}

BOOST_AUTO_TEST_SUITE_END()
