// This file tests what is added to the URL of a database: where several hosts are named, the current one is wanted.
#define BOOST_TEST_DYN_LINK
#include "db/session.hpp"
#include "db/write_position.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <tuple>

BOOST_AUTO_TEST_SUITE(session_url)

using namespace catalog::db;
using namespace std::chrono_literals;

namespace {

session_options options_of(const std::string& url) {
    session_options out;
    out.url = url;
    return out;
}

bool has(const std::string& url, const std::string& part) {
    return (" " + complete_url(options_of(url))).find(" " + part + " ") != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_CASE(of_several_hosts_the_primary_is_wanted) {
    for (const char* const url : {"postgresql://reader@one,two/catalog", "host=one,two dbname=catalog",
                                  "hostaddr=127.0.0.1,127.0.0.2 dbname=catalog", "host=/tmp/one,/tmp/two"}) {
        BOOST_TEST(has(url, "target_session_attrs='primary'"), url);
        BOOST_TEST(has(url, "connect_timeout='2'"), url);
    }
    for (const char* const url : {"postgresql://reader@one/catalog", "host=/tmp/one dbname='a,b'", "dbname=catalog"}) {
        BOOST_TEST(has(url, "target_session_attrs='any'"), url);
        BOOST_TEST(has(url, "connect_timeout='5'"), url);
    }
}

BOOST_AUTO_TEST_CASE(a_standby_is_wanted_where_one_is_asked_for) {
    session_options options = options_of("postgresql://reader@one/catalog");
    options.standby = true;
    BOOST_TEST(complete_url(options).find("target_session_attrs='standby'") != std::string::npos);
    options.url += "?target_session_attrs=prefer-standby";
    BOOST_TEST(complete_url(options).find("target_session_attrs='prefer-standby'") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(logins_are_compared) {
    const std::string url = "postgresql://reader@one,two/catalog";
    BOOST_TEST(same_login(url, "host=three user=reader dbname=catalog password=x"));
    BOOST_TEST(!same_login(url, "postgresql://owner@one/catalog"));
    BOOST_TEST(!same_login(url, "postgresql://one/catalog"));
    BOOST_TEST(!same_login(url, "postgresql://reader@one/other"));
}

BOOST_AUTO_TEST_CASE(what_a_standby_must_have_replayed_is_as_old_as_is_allowed) {
    const write_position::clock::time_point start{};
    write_position written(1s);
    BOOST_TEST(!written.required(start).has_value());
    for (int i = 0; i <= 8; ++i)
        written.note(start + i * 250ms, std::to_string(i));
    BOOST_TEST(written.required(start + 2000ms).value() == "4");
    BOOST_TEST(written.required(start + 2001ms).value() == "5");
    BOOST_TEST(written.required(start + 3000ms).value() == "8");
    BOOST_TEST(!written.required(start + 3001ms).has_value()); // the primary is silent: nobody knows
}

BOOST_AUTO_TEST_CASE(what_the_url_names_itself_stands) {
    const std::string url = "postgresql://one,two/catalog?target_session_attrs=prefer-standby&connect_timeout=9";
    BOOST_TEST(has(url, "target_session_attrs='prefer-standby'"));
    BOOST_TEST(has(url, "connect_timeout='9'"));
    BOOST_TEST(!has(url, "target_session_attrs='primary'"));
    BOOST_TEST(has("client_encoding=LATIN1 application_name=mine", "client_encoding='UTF8'"));
    BOOST_TEST(has("password='it\\'s'", "password='it\\'s'"));
}

BOOST_AUTO_TEST_CASE(hosts_can_be_tried_from_another_one_on) {
    const std::string url = "postgresql://one:1,two:2,three:3/catalog";
    BOOST_TEST(host_count(url) == 3U);
    BOOST_TEST(host_count("postgresql://one/catalog?application_name=a,b") == 1U);
    BOOST_TEST(has(url, "host='one,two,three'"));
    for (const auto& [first, hosts, ports] : {std::tuple(1U, "host='two,three,one'", "port='2,3,1'"),
                                              std::tuple(2U, "host='three,one,two'", "port='3,1,2'")}) {
        const std::string complete = " " + complete_url(options_of(url), first);
        BOOST_TEST(complete.find(std::string(" ") + hosts + " ") != std::string::npos, complete);
        BOOST_TEST(complete.find(std::string(" ") + ports + " ") != std::string::npos, complete);
    }
    BOOST_TEST(complete_url(options_of("host=one,two port=5"), 1).find("port='5'") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_primary_on_an_older_timeline_is_a_former_one) {
    primary_history seen;
    BOOST_TEST(seen.admit("7001", 1));
    BOOST_TEST(!seen.is_superseded("7001", 1));
    BOOST_TEST(seen.admit("7001", 3));
    BOOST_TEST(seen.is_superseded("7001", 1));
    BOOST_TEST(!seen.is_superseded("7001", 3));
    BOOST_TEST(!seen.admit("7001", 2));
    BOOST_TEST(seen.admit("7001", 3));
    BOOST_TEST(seen.admit("7002", 1)); // another cluster, restored from a dump
    BOOST_TEST(!seen.is_superseded("7001", 1));
}

BOOST_AUTO_TEST_CASE(what_libpq_does_not_understand_is_refused) {
    BOOST_CHECK_THROW(complete_url(options_of("postgresql://one/?no_such_option=1")), error);
}

BOOST_AUTO_TEST_SUITE_END()
