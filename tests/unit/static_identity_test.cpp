// This file tests the identity file: good tokens, each fault of a file, expiry, roles, and RFC 3339 times.
#define BOOST_TEST_DYN_LINK
#include "files.hpp"
#include "identity/static_identity.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

BOOST_AUTO_TEST_SUITE(static_identity)

using namespace catalog;
using namespace catalog::identity;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

result<principal> verify(verifier& verifier, const std::string& token) {
    boost::asio::io_context context;
    auto answer = boost::asio::co_spawn(context, verifier.verify(token), boost::asio::use_future);
    context.run();
    return answer.get();
}

std::unique_ptr<verifier> load(std::string_view content) {
    const unit::temporary_file file(content);
    std::string faults;
    auto loaded = load_static_identity(file.path(), faults);
    BOOST_TEST(faults == "");
    BOOST_REQUIRE(loaded);
    return loaded;
}

// The lines of the faults without "identity-file: 'FILE'", which each must have.
std::vector<std::string> faults_of(std::string_view content) {
    const unit::temporary_file file(content);
    std::string faults;
    const auto loaded = load_static_identity(file.path(), faults);
    BOOST_TEST(!loaded, content);
    BOOST_TEST(faults.ends_with('\n'), content);
    const std::string prefix = "identity-file: '" + file.path() + "'";
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < faults.size();) {
        const std::size_t end = faults.find('\n', at);
        const std::string line = faults.substr(at, end - at);
        BOOST_TEST(line.starts_with(prefix), line);
        lines.push_back(line.substr(std::min(line.size(), prefix.size())));
        at = end + 1;
    }
    return lines;
}

std::string only_fault(std::string_view content) {
    const std::vector<std::string> faults = faults_of(content);
    BOOST_TEST(faults.size() == 1U, content);
    return faults.empty() ? "" : faults.front();
}

// A file with one token whose members are these.
std::string file_of(std::string_view members) {
    return R"({"tokens": [{)" + std::string(members) + "}]}";
}

const std::string needed = R"("token": "t", "user_id": "u", "project_id": "p", "roles": ["reader"])";

std::string refusal(const result<principal>& answer) {
    if (answer.has_value()) return "accepted";
    BOOST_TEST((answer.error().code == errc::unauthenticated));
    return answer.error().message;
}

std::optional<std::chrono::microseconds> since_epoch(std::string_view text) {
    const auto time = parse_rfc3339(text);
    return time ? std::optional(time->time_since_epoch()) : std::nullopt;
}

} // namespace

BOOST_AUTO_TEST_CASE(the_contracts_example) {
    const auto verifier = load(
        R"({"tokens": [{"token": "dev-token", "user_id": "alice", "project_id": "0605767b5780d5762fc5c0118072a564", "roles": ["reader"]},
            {"token": "ops-token", "user_id": "root",  "project_id": "0605767b5780d5762fc5c0118072a565", "roles": ["admin"]}]})");
    const auto alice = verify(*verifier, "dev-token");
    BOOST_REQUIRE(alice.has_value());
    BOOST_TEST(alice->user_id == "alice");
    BOOST_TEST(alice->project_id == "0605767b5780d5762fc5c0118072a564");
    BOOST_TEST(alice->may_read());
    BOOST_TEST(!alice->may_administrate());
    const auto root = verify(*verifier, "ops-token");
    BOOST_REQUIRE(root.has_value());
    BOOST_TEST(root->user_id == "root");
    BOOST_TEST(root->project_id == "0605767b5780d5762fc5c0118072a565");
    BOOST_TEST(root->may_read());
    BOOST_TEST(root->may_administrate());
    for (const std::string& token : {"dev-toke"s, "dev-token "s, "DEV-TOKEN"s, "alice"s, "x"s, "dev-token\0"s + "x"})
        BOOST_TEST(refusal(verify(*verifier, token)) == "the token is unknown");
}

BOOST_AUTO_TEST_CASE(roles) {
    const auto rights = [](std::vector<std::string> list) {
        principal who{"u", "p", std::move(list)};
        who.level = access_of(who.roles, role_names{});
        return std::string(who.may_read() ? "r" : "-") + (who.may_administrate() ? "a" : "-");
    };
    BOOST_TEST(rights({}) == "--");
    BOOST_TEST(rights({"reader"}) == "r-");
    BOOST_TEST(rights({"admin"}) == "ra");
    BOOST_TEST(rights({"auditor"}) == "--");
    BOOST_TEST(rights({"auditor", "reader"}) == "r-");
    BOOST_TEST(rights({"reader", "admin"}) == "ra");
    BOOST_TEST(rights({"Reader", "ADMIN", "administrator", "reader ", ""}) == "--");
    const auto verifier =
        load(file_of(R"("token": "t", "user_id": "u", "project_id": "p", "roles": ["x", "reader", "x"])"));
    const std::vector<std::string> wanted{"x", "reader", "x"};
    BOOST_TEST(verify(*verifier, "t")->roles == wanted, boost::test_tools::per_element());
    // Someone without a role is known and may do nothing.
    const auto nobody = load(file_of(R"("token": "t", "user_id": "u", "project_id": "p", "roles": [])"));
    BOOST_TEST(verify(*nobody, "t").has_value());
    BOOST_TEST(!verify(*nobody, "t")->may_read());
}

BOOST_AUTO_TEST_CASE(expiry) {
    const auto with = [](std::string_view time) {
        return load(file_of(needed + R"(, "expires_at": ")" + std::string(time) + "\""));
    };
    for (const std::string_view past :
         {"2020-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "1969-12-31T23:59:59.999999+00:00"})
        BOOST_TEST(refusal(verify(*with(past), "t")) == "the token has expired", past);
    for (const std::string_view future :
         {"2999-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2999-01-01T00:00:00+05:30"})
        BOOST_TEST(verify(*with(future), "t").has_value(), future);
    // The zone counts: noon in a zone two hours ahead or behind, an hour from now at most.
    const auto wall = [](std::chrono::system_clock::time_point time) {
        const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
        char text[32];
        std::tm parts{};
        ::gmtime_r(&seconds, &parts);
        std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
        return std::string(text);
    };
    const auto now = std::chrono::system_clock::now();
    BOOST_TEST(verify(*with(wall(now + 1h) + "Z"), "t").has_value());
    BOOST_TEST(refusal(verify(*with(wall(now + 1h) + "+02:00"), "t")) == "the token has expired");
    BOOST_TEST(verify(*with(wall(now - 1h) + "-02:00"), "t").has_value());
    BOOST_TEST(refusal(verify(*with(wall(now - 1h) + "Z"), "t")) == "the token has expired");
    // Among several tokens only the expired one is refused.
    const auto two = load(R"({"tokens": [{"token": "old", "user_id": "u", "project_id": "p", "roles": [], "expires_at":
        "2020-01-01T00:00:00Z"}, {"token": "new", "user_id": "u", "project_id": "p", "roles": []}]})");
    BOOST_TEST(refusal(verify(*two, "old")) == "the token has expired");
    BOOST_TEST(verify(*two, "new").has_value());
}

BOOST_AUTO_TEST_CASE(files_that_are_none) {
    std::string faults;
    BOOST_TEST(!load_static_identity("/does/not/exist.json", faults));
    BOOST_TEST(faults == "identity-file: cannot read '/does/not/exist.json'\n");
    faults.clear();
    BOOST_TEST(!load_static_identity("/tmp", faults));
    BOOST_TEST(faults == "identity-file: cannot read '/tmp'\n");
    std::string earlier = "something else\n";
    BOOST_TEST(!load_static_identity("/does/not/exist.json", earlier));
    BOOST_TEST(earlier.starts_with("something else\nidentity-file: "));
}

BOOST_AUTO_TEST_CASE(documents_that_are_none) {
    for (const std::string_view content :
         {"{", "tokens", "{\"tokens\": []} x", "{\"tokens\": [],}", " ", "{\"tokens\": [\"\xff\"]}"})
        BOOST_TEST(only_fault(content).starts_with(" is not JSON: "), content);
    for (const std::string_view content : {"{}", "[]", "null", "\"tokens\"", R"({"tokens": {}})", R"({"tokens": null})",
                                           R"({"token": []})", R"([{"tokens": []}])"})
        BOOST_TEST(only_fault(content) == R"( must be {"tokens": [ … ]})", content);
    load(R"({"tokens": []})"); // nobody may enter, which is not wrong
}

BOOST_AUTO_TEST_CASE(faults_of_an_entry) {
    for (const std::string_view entry : {"1", "null", "\"t\"", "[]"})
        BOOST_TEST(only_fault(R"({"tokens": [)" + std::string(entry) + "]}") == ": tokens[0].must be an object", entry);
    struct row {
        std::string members, fault;
    };
    const std::string roles = R"("roles": ["reader"])";
    const std::vector<row> rows{
        {R"("user_id": "u", "project_id": "p", )" + roles, "token: must be a string that is not empty"},
        {R"("token": "", "user_id": "u", "project_id": "p", )" + roles, "token: must be a string that is not empty"},
        {R"("token": 1, "user_id": "u", "project_id": "p", )" + roles, "token: must be a string that is not empty"},
        {R"("token": "t", "project_id": "p", )" + roles, "user_id: must be a string that is not empty"},
        {R"("token": "t", "user_id": null, "project_id": "p", )" + roles,
         "user_id: must be a string that is not empty"},
        {R"("token": "t", "user_id": "", "project_id": "p", )" + roles, "user_id: must be a string that is not empty"},
        {R"("token": "t", "user_id": "u", )" + roles, "project_id: must be a string that is not empty"},
        {R"("token": "t", "user_id": "u", "project_id": "a b", )" + roles, "project_id: must be 1 to 64 characters"},
        {R"("token": "t", "user_id": "u", "project_id": ")" + std::string(65, 'p') + "\", " + roles,
         "project_id: must be 1 to 64 characters"},
        {R"("token": "t", "user_id": "u", "project_id": "p")", "roles: must be an array of strings"},
        {R"("token": "t", "user_id": "u", "project_id": "p", "roles": "reader")", "roles: must be an array of strings"},
        {R"("token": "t", "user_id": "u", "project_id": "p", "roles": ["reader", 1])",
         "roles: must be an array of strings"},
        {R"("token": "t", "user_id": "u", "project_id": "p", "roles": null)", "roles: must be an array of strings"},
        {needed + R"(, "expires_at": "tomorrow")", "expires_at: must be a time as "},
        {needed + R"(, "expires_at": "2027-01-31T00:00:00")", "expires_at: must be a time as "}, // no zone
        {needed + R"(, "expires_at": 1795509000)", "expires_at: must be a time as "},
        {needed + R"(, "expires": "2027-01-31T00:00:00Z")", "expires: unknown member; known: "},
    };
    for (const row& row : rows)
        BOOST_TEST(only_fault(file_of(row.members)).starts_with(": tokens[0]." + row.fault), row.members);
}

BOOST_AUTO_TEST_CASE(the_faults_of_all_entries) {
    const std::vector<std::string> faults = faults_of(
        R"({"tokens": [{"token": "a", "user_id": "u", "project_id": "p", "roles": []}, 7, {"token": "b", "user_id": "u",
            "project_id": "p"}, {"token": "a", "user_id": "other", "project_id": "p", "roles": []}]})");
    const std::vector<std::string> wanted{": tokens[1].must be an object",
                                          ": tokens[2].roles: must be an array of strings",
                                          ": tokens[3].token: is listed twice"};
    BOOST_TEST(faults == wanted, boost::test_tools::per_element());
}

// "Every fault", says the header: also the second one of an entry.
BOOST_AUTO_TEST_CASE(all_faults_of_one_entry) {
    const std::vector<std::string> faults = faults_of(file_of(R"("user_id": "", "project_id": "a b", "x": 1)"));
    const std::vector<std::string> starts{"token: ", "user_id: ", "project_id: ", "roles: ", "x: "};
    BOOST_TEST(faults.size() == starts.size());
    for (const std::string& start : starts)
        BOOST_TEST(std::any_of(faults.begin(), faults.end(),
                               [&](const std::string& fault) { return fault.starts_with(": tokens[0]." + start); }),
                   start);
}

BOOST_AUTO_TEST_CASE(faults_never_show_a_token) {
    for (const std::string& fault : faults_of(
             R"({"tokens": [{"token": "secret", "user_id": "u", "project_id": "p", "roles": []},
                            {"token": "secret", "user_id": "u", "project_id": "p", "roles": []},
                            {"token": "secret", "user_id": 1, "project_id": "p", "roles": []}]})"))
        BOOST_TEST(fault.find("secret") == std::string::npos, fault);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_read_again) {
    const auto entry = [](const std::string& token, const std::string& project) {
        return file_of("\"token\": \"" + token + "\", \"user_id\": \"u\", \"project_id\": \"" + project +
                       "\", \"roles\": [\"reader\"]");
    };
    const unit::temporary_file file(entry("first", "p"));
    std::string faults;
    const auto verifier = load_static_identity(file.path(), faults);
    BOOST_REQUIRE(verifier);
    BOOST_TEST(verifier->size() == 1U);
    const auto replace = [&](const std::string& content) { std::ofstream(file.path()) << content; };
    replace(entry("second", "q"));
    BOOST_TEST(verify(*verifier, "first").has_value()); // until it is told
    BOOST_TEST(verifier->load(faults));
    BOOST_TEST(faults == "");
    BOOST_TEST(refusal(verify(*verifier, "first")) == "the token is unknown");
    BOOST_TEST(verify(*verifier, "second")->project_id == "q");
    // A faulty file changes nothing, not even by its good part.
    for (const std::string& bad : {std::string("{"), std::string("[]"), std::string(),
                                   R"({"tokens": [{"token": "third", "user_id": "u", "project_id": "p", "roles": []},
                                                  {"token": "fourth"}]})"s}) {
        replace(bad);
        faults.clear();
        BOOST_TEST(!verifier->load(faults), bad);
        BOOST_TEST(faults.starts_with("identity-file: "), faults);
        BOOST_TEST(faults.find("'" + file.path() + "'") != std::string::npos, faults);
        BOOST_TEST(verify(*verifier, "second").has_value());
        BOOST_TEST(refusal(verify(*verifier, "third")) == "the token is unknown");
        BOOST_TEST(verifier->size() == 1U);
    }
    replace(R"({"tokens": []})");
    BOOST_TEST(verifier->load(faults = ""));
    BOOST_TEST(verifier->size() == 0U);
    BOOST_TEST(refusal(verify(*verifier, "second")) == "the token is unknown");
}

BOOST_AUTO_TEST_CASE(rfc3339_times) {
    BOOST_TEST((since_epoch("1970-01-01T00:00:00Z") == 0us));
    BOOST_TEST((since_epoch("1970-01-01T00:00:00.000001Z") == 1us));
    BOOST_TEST((since_epoch("1970-01-01T00:00:00.5Z") == 500000us));
    BOOST_TEST((since_epoch("1970-01-02T03:04:05Z") == 24h + 3h + 4min + 5s));
    BOOST_TEST((since_epoch("2000-03-01T00:00:00Z") == 951868800s)); // behind a leap day
    BOOST_TEST((since_epoch("2027-01-31T00:00:00Z") == 1801353600s));
    BOOST_TEST((since_epoch("1969-12-31T23:59:59Z") == -1s));
    BOOST_TEST((since_epoch("1970-01-01T05:30:00+05:30") == 0us));
    BOOST_TEST((since_epoch("1969-12-31T20:30:00-03:30") == 0us));
    BOOST_TEST((since_epoch("1970-01-01T00:00:00+00:00") == 0us));
    BOOST_TEST((since_epoch("1970-01-01T00:00:00-00:00") == 0us));
    BOOST_TEST((since_epoch("1970-01-01T00:00:00.25-01:00") == 1h + 250ms));
    BOOST_TEST((since_epoch("1970-01-01T23:59:00+23:59") == 0us));
    BOOST_TEST((since_epoch("1970-01-01t00:00:01z") == 1s)); // section 5.6: may be lower case
    BOOST_TEST((since_epoch("1970-01-01T00:00:00.1234567Z") == 123456us));
    BOOST_TEST((since_epoch("1970-01-01T00:00:00.999999999999+00:00") == 999999us));
    BOOST_TEST(since_epoch("0001-01-01T00:00:00Z").has_value());
    BOOST_TEST((since_epoch("9999-12-31T23:59:59Z") == 253402300799s));
    for (const std::string_view bad : {"",
                                       "Z",
                                       "+00:00",
                                       "2027-01-31T00:00:00",
                                       "2027-01-31T00:00:00ZZ",
                                       "2027-01-31T00:00:00Z+00:00",
                                       "2027-01-31T00:00:00+00:00Z",
                                       "2027-01-31T00:00:00+0000",
                                       "2027-01-31T00:00:00+00",
                                       "2027-01-31T00:00:00+24:00",
                                       "2027-01-31T00:00:00+00:60",
                                       "2027-01-31T00:00:00+0a:00",
                                       "2027-01-31T00:00:00+00-00",
                                       "2027-01-31",
                                       "2027-02-29T00:00:00Z",
                                       "2027-01-31T24:00:00Z",
                                       "2027-01-31T00:00:00.Z",
                                       "2027-01-31T00:00+00:00",
                                       "2027-01-31T00:00:00 Z",
                                       "2027-01-31T00:00:00 +00:00",
                                       "2027-01-31T00:00:00.+00:00"})
        BOOST_TEST(!since_epoch(bad).has_value(), bad);
}

BOOST_AUTO_TEST_SUITE_END()
