// This file tests how a request's target is taken apart into project, backup and query.
#define BOOST_TEST_DYN_LINK
#include "api/service.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

BOOST_AUTO_TEST_SUITE(routes)

using catalog::errc;
using catalog::api::find_route;

namespace {

// "project|backup|query", "-" where there is no backup; or "nowhere".
std::string shape(std::string_view target) {
    const auto route = find_route(target);
    if (route.has_error()) {
        BOOST_TEST((route.error().code == errc::no_such_path), target);
        BOOST_TEST(!route.error().message.empty(), target);
        return "nowhere";
    }
    return route->project_id + "|" + route->backup_id.value_or("-") + "|" + std::string(route->query);
}

} // namespace

BOOST_AUTO_TEST_CASE(the_two_paths) {
    BOOST_TEST(shape("/v3/p/backups") == "p|-|");
    BOOST_TEST(shape("/v3/p/backups?") == "p|-|");
    BOOST_TEST(shape("/v3/p/backups?limit=1&name=a%20b") == "p|-|limit=1&name=a%20b");
    BOOST_TEST(shape("/v3/p/backups?name=a?b/c") == "p|-|name=a?b/c");
    BOOST_TEST(shape("/v3/p/backups/b1") == "p|b1|");
    BOOST_TEST(shape("/v3/p/backups/b1?x=/y") == "p|b1|x=/y");
    BOOST_TEST(shape("/v3/0605767b5780d5762fc5c0118072a564/backups/5606aab5-2dc2-4498-8144-dc848d099af5") ==
               "0605767b5780d5762fc5c0118072a564|5606aab5-2dc2-4498-8144-dc848d099af5|");
}

BOOST_AUTO_TEST_CASE(absolute_form) {
    BOOST_TEST(shape("http://example.org/v3/p/backups") == "p|-|");
    BOOST_TEST(shape("https://example.org:8443/v3/p/backups/b?q") == "p|b|q");
    BOOST_TEST(shape("http://[::1]:8080/v3/p/backups?limit=2") == "p|-|limit=2");
    BOOST_TEST(shape("HTTP://example.org/v3/p/backups") == "p|-|");
    BOOST_TEST(shape("hTtPs://example.org/v3/p/backups") == "p|-|");
    BOOST_TEST(shape("ftp://example.org/v3/p/backups") == "nowhere");
    BOOST_TEST(shape("http://example.org") == "nowhere");
    BOOST_TEST(shape("http://example.org/") == "nowhere");
    BOOST_TEST(shape("http:///v3/p/backups") == "p|-|");
    BOOST_TEST(shape("ftp://example.org/v3/p/backups") == "nowhere");
    BOOST_TEST(shape("http://http://h/v3/p/backups") == "nowhere"); // one authority only
}

BOOST_AUTO_TEST_CASE(a_query_is_no_path) {
    // The authority ends where the query begins (RFC 3986 section 3.2).
    BOOST_TEST(shape("http://example.org?a=/v3/p/backups") == "nowhere");
    BOOST_TEST(shape("/?/v3/p/backups") == "nowhere");
    BOOST_TEST(shape("/v3/p?/backups") == "nowhere");
}

BOOST_AUTO_TEST_CASE(segments_are_decoded_after_they_are_cut) {
    BOOST_TEST(shape("/v3/a%20b/backups") == "a b|-|");
    BOOST_TEST(shape("/v3/a+b/backups/c+d") == "a+b|c+d|"); // a plus is a blank in queries only
    BOOST_TEST(shape("/v3/a%2Fb/backups") == "a/b|-|");     // refused later, as a project id
    BOOST_TEST(shape("/v3/p/backups/a%2fb") == "p|a/b|");
    BOOST_TEST(shape("/v3/p/backups/%E5%A4%87") == "p|备|");
    BOOST_TEST(shape("/v3/p/backups/x%3Fy") == "p|x?y|");
    // What can't be decoded is still this path, with an id that no check accepts.
    BOOST_TEST(shape("/v3/%zz/backups") == "%|-|");
    BOOST_TEST(shape("/v3/p/backups/a%4") == "p|%|");
    BOOST_TEST(shape("/v3/p/backups?a=%zz") == "p|-|a=%zz");
}

BOOST_AUTO_TEST_CASE(other_paths) {
    for (const std::string_view target : {"",
                                          "/",
                                          "*",
                                          "v3/p/backups",
                                          "/v3",
                                          "/v3/",
                                          "/v3/p",
                                          "/v3/p/",
                                          "/v3//backups",
                                          "//v3/p/backups",
                                          "/v2/p/backups",
                                          "/V3/p/backups",
                                          "/v3/p/backup",
                                          "/v3/p/backupss",
                                          "/v3/p/Backups",
                                          "/v3/p/vaults",
                                          "/v3/p/backups/",
                                          "/v3/p/backups//",
                                          "/v3/p/backups/b/",
                                          "/v3/p/backups/b/members",
                                          "/v3/p/q/backups",
                                          "/prefix/v3/p/backups",
                                          "/v3/p//backups",
                                          "example.org:443"})
        BOOST_TEST(shape(target) == "nowhere", target);
}

BOOST_AUTO_TEST_CASE(lines_are_wanted_by_those_who_say_so) {
    for (const char* yes : {"application/x-ndjson", "Application/X-NDJSON", "application/x-ndjson;q=0.5, */*;q=0.1",
                            "text/html, application/x-ndjson", "application/json;q=0.5,application/x-ndjson;q=0.9",
                            "application/json, application/x-ndjson", " application/x-ndjson ; charset=utf-8"})
        BOOST_TEST(catalog::api::accepts_lines(yes), yes);
    for (const char* no :
         {"", "*/*", "application/*", "application/json", "application/x-ndjson;q=0",
          "application/json, application/x-ndjson;q=0.9", "x-ndjson", "application/x-ndjsonx", ",;q=,"})
        BOOST_TEST(!catalog::api::accepts_lines(no), no);
}

BOOST_AUTO_TEST_SUITE_END()
