// This file checks the model itself against a few cases that were worked out by hand from the contract.
#define BOOST_TEST_DYN_LINK
#define BOOST_TEST_MODULE model
#include "model.hpp"

#include <boost/test/unit_test.hpp>

#include <optional>
#include <string>
#include <vector>

namespace json = boost::json;

namespace {

constexpr const char* here = "0605767b5780d5762fc5c0118072a564";
constexpr const char* there = "1715767b5780d5762fc5c0118072a565";

std::string id(int number) {
    const std::string digits = std::to_string(number);
    return "00000000-0000-4000-8000-" + std::string(12 - digits.size(), '0') + digits;
}

json::object backup(int number, const std::string& created_at, const json::object& more = {}) {
    json::object out{{"id", id(number)},
                     {"name", "backup-" + std::to_string(number)},
                     {"project_id", here},
                     {"checkpoint_id", id(1000 + number)},
                     {"vault_id", id(2000)},
                     {"resource_id", id(3000)},
                     {"resource_type", "OS::Nova::Server"},
                     {"created_at", created_at}};
    for (const auto& [name, value] : more)
        out[name] = value;
    return out;
}

json::object member(int number, int backup_number, const std::string& to, const std::string& status,
                    const std::optional<std::string>& vault_id, const std::string& updated_at) {
    const json::value vault = vault_id ? json::value(*vault_id) : json::value(nullptr);
    return {{"kind", "member"},
            {"id", id(5000 + number)},
            {"backup_id", id(backup_number)},
            {"dest_project_id", to},
            {"status", status},
            {"vault_id", vault},
            {"created_at", "2020-01-01T00:00:00.000000"},
            {"updated_at", updated_at}};
}

model::caller reader(const std::string& project = here, const std::string& user = "alice") {
    return {true, user, project, {"reader"}};
}

model::caller admin() {
    return {true, "root", here, {"admin"}};
}

// The numbers of the backups in an answer, in order.
std::vector<int> numbers(const model::answer& answer) {
    std::vector<int> out;
    for (const json::value& one : answer.backups)
        out.push_back(std::stoi(std::string(one.as_object().at("id").as_string()).substr(24)));
    return out;
}

void expect(const model::answer& answer, const std::vector<int>& wanted, std::int64_t count) {
    const std::vector<int> got = numbers(answer);
    BOOST_TEST(answer.status == 200);
    BOOST_TEST(got == wanted, boost::test_tools::per_element());
    BOOST_TEST(answer.count == count);
}

void expect_fault(const model::answer& answer, const std::string& parameter) {
    BOOST_TEST(answer.status == 400);
    BOOST_TEST(answer.error_code == "BackupService.9900");
    BOOST_TEST(answer.offending.contains(parameter));
}

} // namespace

BOOST_AUTO_TEST_CASE(timestamps_have_six_digits_and_no_zone) {
    BOOST_TEST(model::render_timestamp(*model::parse_timestamp("2020-02-21T07:00:54.065135")) ==
               "2020-02-21T07:00:54.065135");
    BOOST_TEST(model::render_timestamp(*model::parse_timestamp("2018-02-01T12:00:00Z")) ==
               "2018-02-01T12:00:00.000000");
    BOOST_TEST(model::render_timestamp(*model::parse_timestamp("1969-12-31T23:59:59.5")) ==
               "1969-12-31T23:59:59.500000");
    BOOST_TEST(*model::parse_timestamp("1970-01-02T00:00:00.000001") == 86'400'000'001);
    for (const auto* bad : {"", "2018-02-01", "2018-02-01 12:00:00", "2018-02-30T12:00:00", "2018-13-01T12:00:00",
                            "2018-02-01T24:00:00", "2018-02-01T12:00:00.", "2018-02-01T12:00:00.1234567",
                            "2018-02-01T12:00:00+00:00", "2018-02-01t12:00:00z", "2019-02-29T00:00:00"})
        BOOST_TEST(!model::parse_timestamp(bad), bad);
    BOOST_TEST(model::parse_timestamp("2020-02-29T00:00:00").has_value());
}

BOOST_AUTO_TEST_CASE(small_text_forms) {
    BOOST_TEST(*model::parse_uuid("B1C4AFD9-E7A6-4888-9010-C2BAC3AA7910") == "b1c4afd9-e7a6-4888-9010-c2bac3aa7910");
    BOOST_TEST(!model::parse_uuid("b1c4afd9e7a648889010c2bac3aa7910"));
    BOOST_TEST(!model::parse_uuid("{1c4afd9-e7a6-4888-9010-c2bac3aa7910"));
    BOOST_TEST(*model::parse_boolean("TrUe"));
    BOOST_TEST(!*model::parse_boolean("0"));
    BOOST_TEST(!model::parse_boolean("yes"));
    BOOST_TEST(*model::parse_integer("0007", 1, 1000) == 7);
    for (const auto* bad : {"", "+1", "-1", " 1", "1.0", "1e2", "0", "1001", "99999999999999999999999"})
        BOOST_TEST(!model::parse_integer(bad, 1, 1000), bad);
    BOOST_TEST(*model::count_characters("备份😀x") == 4u);
    BOOST_TEST(!model::count_characters("\xC0\x80"));
    BOOST_TEST(!model::count_characters("\xED\xA0\x80"));
    BOOST_TEST(!model::count_characters(std::string_view("a\0b", 3)));
}

BOOST_AUTO_TEST_CASE(a_list_shows_top_level_backups_newest_first) {
    model::catalog catalog;
    catalog.load(backup(1, "2020-01-01T00:00:00"));
    catalog.load(backup(2, "2020-01-03T00:00:00", {{"children", {backup(5, "2020-01-03T00:00:00")}}}));
    catalog.load(backup(3, "2020-01-02T00:00:00"));
    catalog.load(backup(4, "2020-01-02T00:00:00"));
    catalog.load(backup(6, "2020-01-09T00:00:00", {{"project_id", there}}));

    expect(catalog.list(reader(), here, {}), {2, 4, 3, 1}, 4);
    expect(catalog.list(reader(), here, {{"limit", "2"}}), {2, 4}, 4);
    expect(catalog.list(reader(), here, {{"limit", "2"}, {"marker", id(4)}}), {3, 1}, 4);
    expect(catalog.list(reader(), here, {{"offset", "1"}, {"marker", id(4)}}), {1}, 4);
    expect(catalog.list(reader(), here, {{"offset", "9"}}), {}, 4);
    expect(catalog.list(reader(), here, {{"sort", " created_at : asc "}}), {1, 3, 4, 2}, 4);
    expect(catalog.list(reader(), here, {{"sort", "created_at:asc,id:desc"}}), {1, 4, 3, 2}, 4);
    expect(catalog.list(reader(), here, {{"parent_id", id(2)}}), {5}, 1);
    // The marker's place counts, not whether it matches.
    expect(catalog.list(reader(), here, {{"name", "1"}, {"marker", id(4)}}), {1}, 1);
    expect(catalog.list(reader(), here, {{"name", "BACKUP"}}), {}, 0);
    expect(catalog.list(reader(), here, {{"start_time", "2020-01-02T00:00:00Z"}, {"end_time", "2020-01-02T00:00:00"}}),
           {4, 3}, 2);
}

BOOST_AUTO_TEST_CASE(nulls_sort_before_every_time) {
    model::catalog catalog;
    catalog.load(backup(1, "2020-01-01T00:00:00", {{"protected_at", "2020-01-01T00:00:00"}}));
    catalog.load(backup(2, "2020-01-01T00:00:00"));
    catalog.load(backup(3, "2020-01-01T00:00:00", {{"protected_at", "1960-01-01T00:00:00"}}));
    catalog.load(backup(4, "2020-01-01T00:00:00"));
    expect(catalog.list(reader(), here, {{"sort", "protected_at:asc"}}), {2, 4, 3, 1}, 4);
    expect(catalog.list(reader(), here, {{"sort", "protected_at"}}), {1, 3, 4, 2}, 4);
    expect(catalog.list(reader(), here, {{"sort", "protected_at"}, {"marker", id(4)}}), {2}, 4);
}

BOOST_AUTO_TEST_CASE(what_a_rendered_backup_holds) {
    model::catalog catalog;
    catalog.load(backup(1, "2020-01-01T00:00:00.5Z",
                        {{"extend_info", {{"incremental", true}, {"mine", json::array{1, "x"}}}},
                         {"replication_records", {{{"id", id(7)}, {"status", "success"}}}}}));
    catalog.load(backup(2, "2019-01-01T00:00:00", {{"extend_info", {{"incremental", true}}}, {"incremental", false}}));
    const json::array rows = catalog.list(reader(), here, {}).backups;
    const json::object& first = rows[0].as_object();
    BOOST_TEST(first.at("created_at").as_string() == "2020-01-01T00:00:00.500000");
    BOOST_TEST(first.at("updated_at").is_null());
    BOOST_TEST(first.at("incremental").as_bool());
    BOOST_TEST(first.at("enterprise_project_id").as_string() == "0");
    BOOST_TEST(first.at("provider_id").as_string() == "0daac4c5-6707-4851-97ba-169e36266b66");
    BOOST_TEST(first.at("version").as_int64() == 3);
    BOOST_TEST(first.at("replication_records").at(0).as_object().size() == 14u);
    BOOST_TEST(first.at("replication_records").at(0).at("extra_info").is_null());
    BOOST_TEST(first.size() == 25u);
    BOOST_TEST(!rows[1].at("incremental").as_bool());
    BOOST_TEST(!rows[1].at("extend_info").at("incremental").as_bool());
    expect(catalog.list(reader(), here, {{"incremental", "TRUE"}}), {1}, 1);
    BOOST_TEST(!catalog.list(reader(), here, {{"show_replication", "false"}})
                    .backups[0]
                    .as_object()
                    .contains("replication_records"));
}

BOOST_AUTO_TEST_CASE(shared_backups) {
    model::catalog catalog;
    const json::object child = backup(11, "2020-01-01T00:00:00");
    catalog.load(backup(1, "2020-01-01T00:00:00", {{"children", {child}}}));
    catalog.load(backup(2, "2020-01-02T00:00:00"));
    catalog.load(backup(3, "2020-01-03T00:00:00"));
    catalog.load(backup(4, "2020-01-04T00:00:00", {{"project_id", there}}));
    catalog.load(member(1, 1, there, "accepted", id(9001), "2020-01-01T00:00:00"));
    catalog.load(member(2, 1, there, "accepted", id(9002), "2020-01-02T00:00:00"));
    catalog.load(member(3, 1, there, "rejected", std::nullopt, "2020-01-03T00:00:00"));
    catalog.load(member(4, 2, there, "pending", std::nullopt, "2020-01-01T00:00:00"));
    catalog.load(member(5, 3, here, "accepted", id(9003), "2020-01-01T00:00:00"));
    const model::caller receiver = reader(there, "bob");

    expect(catalog.list(receiver, there, {}), {4}, 1);
    expect(catalog.list(receiver, there, {{"own_type", "shared"}}), {2, 1}, 2);
    expect(catalog.list(receiver, there, {{"own_type", "all_granted"}}), {4, 2, 1}, 3);
    expect(catalog.list(receiver, there, {{"own_type", "shared"}, {"member_status", "reject"}}), {1}, 1);
    expect(catalog.list(receiver, there, {{"own_type", "shared"}, {"vault_id", id(9002)}}), {1}, 1);
    expect(catalog.list(receiver, there, {{"own_type", "shared"}, {"vault_id", id(9001)}}), {}, 0);
    expect(catalog.list(receiver, there, {{"own_type", "shared"}, {"vault_id", id(2000)}}), {}, 0);
    // The owner sees all of its records, but nothing of its own is shared with itself.
    expect(catalog.list(reader(), here, {{"member_status", "pending"}}), {2}, 1);
    expect(catalog.list(reader(), here, {{"own_type", "shared"}}), {}, 0);
    expect(catalog.list(admin(), here, {{"own_type", "shared"}, {"all_tenants", "1"}}), {3, 2, 1}, 3);

    const json::array rows = catalog.list(receiver, there, {{"own_type", "shared"}}).backups;
    BOOST_TEST(rows[0].at("vault_id").is_null());
    BOOST_TEST(rows[1].at("vault_id").as_string() == id(9002));
    BOOST_TEST(rows[1].at("project_id").as_string() == here);

    const model::answer shown = catalog.show(receiver, there, id(1));
    BOOST_TEST(shown.status == 200);
    BOOST_TEST(shown.backup.at("children").at(0).at("vault_id").as_string() == id(9002));
    BOOST_TEST(catalog.show(receiver, there, id(11)).status == 404);
    BOOST_TEST(catalog.show(receiver, there, id(3)).status == 404);
    BOOST_TEST(catalog.show(reader(), here, id(11)).status == 200);
    BOOST_TEST(catalog.show(reader(), here, "backup-1").status == 400);

    expect_fault(catalog.list(receiver, there, {{"marker", id(3)}}), "marker");
    expect_fault(catalog.list(receiver, there, {{"marker", id(99)}}), "marker");
    expect(catalog.list(receiver, there, {{"own_type", "all_granted"}, {"marker", id(2)}}), {1}, 3);
    expect_fault(catalog.list(admin(), here, {{"marker", id(4)}}), "marker");
    expect(catalog.list(admin(), here, {{"marker", id(4)}, {"all_tenants", "true"}}), {3, 2, 1}, 4);
}

BOOST_AUTO_TEST_CASE(enterprise_projects) {
    model::catalog catalog;
    catalog.load(backup(1, "2020-01-01T00:00:00"));
    catalog.load(backup(2, "2020-01-02T00:00:00", {{"enterprise_project_id", "e1"}}));
    catalog.load(backup(3, "2020-01-03T00:00:00", {{"enterprise_project_id", "e2"}, {"project_id", there}}));
    catalog.load(
        json::object{{"kind", "enterprise_project_grant"}, {"user_id", "carol"}, {"enterprise_project_id", "e1"}});
    catalog.load(
        json::object{{"kind", "enterprise_project_grant"}, {"user_id", "root"}, {"enterprise_project_id", "e2"}});
    const model::caller carol = reader(here, "carol");

    expect(catalog.list(reader(), here, {{"enterprise_project_id", "0"}}), {1}, 1);
    expect(catalog.list(reader(), here, {{"enterprise_project_id", "all_granted_eps"}}), {2, 1}, 2);
    expect(catalog.list(reader(), here, {{"enterprise_project_id", "nobody's"}}), {}, 0);
    expect(catalog.list(carol, here, {}), {2}, 1);
    expect(catalog.list(carol, here, {{"enterprise_project_id", "all_granted_eps"}}), {2}, 1);
    BOOST_TEST(catalog.list(carol, here, {{"enterprise_project_id", "0"}}).status == 403);
    BOOST_TEST(catalog.show(carol, here, id(1)).status == 404);
    expect_fault(catalog.list(carol, here, {{"marker", id(1)}}), "marker");
    expect(catalog.list(admin(), here, {{"all_tenants", "true"}}), {3}, 1);
    expect_fault(catalog.list(carol, here, {{"enterprise_project_id", ""}}), "enterprise_project_id");
}

BOOST_AUTO_TEST_CASE(used_percent_is_of_the_vault_that_the_caller_sees) {
    model::catalog catalog;
    const auto vault = [](int number, const std::string& project, int size, int used) {
        return json::object{{"kind", "vault"}, {"id", id(number)}, {"project_id", project},
                            {"name", "v"},     {"size", size},     {"used", used}};
    };
    catalog.load(vault(2000, here, 10, 8192)); // exactly 80 %
    catalog.load(vault(2001, here, 0, 100));
    catalog.load(vault(9001, there, 10, 1024)); // exactly 10 %
    catalog.load(backup(1, "2020-01-01T00:00:00"));
    catalog.load(backup(2, "2020-01-02T00:00:00", {{"vault_id", id(2001)}}));
    catalog.load(backup(3, "2020-01-03T00:00:00", {{"vault_id", id(2002)}}));
    catalog.load(member(1, 1, there, "accepted", id(9001), "2020-01-01T00:00:00"));
    expect(catalog.list(reader(), here, {{"used_percent", "80"}}), {1}, 1);
    expect(catalog.list(reader(), here, {{"used_percent", "81"}}), {}, 0);
    expect(catalog.list(reader(there), there, {{"used_percent", "10"}, {"own_type", "shared"}}), {1}, 1);
    expect(catalog.list(reader(there), there, {{"used_percent", "11"}, {"own_type", "shared"}}), {}, 0);
}

BOOST_AUTO_TEST_CASE(dedicated_cloud_is_a_matter_of_the_deployment) {
    model::catalog catalog;
    catalog.load(backup(1, "2020-01-01T00:00:00", {{"dedicated_cloud", true}}));
    catalog.load(backup(2, "2020-01-02T00:00:00"));
    expect(catalog.list(reader(), here, {{"dec", "true"}}), {2, 1}, 2);
    expect(catalog.list(reader(), here, {{"dec", "true"}}, {true, false}), {1}, 1);
    expect(catalog.list(reader(), here, {{"dec", "false"}}, {true, false}), {2}, 1);
    expect(catalog.list(reader(), here, {}, {true, false}), {2, 1}, 2);
    expect_fault(catalog.list(reader(), here, {{"dec", "maybe"}}), "dec");
}

BOOST_AUTO_TEST_CASE(faults_are_answered_in_order) {
    model::catalog catalog;
    catalog.load(backup(1, "2020-01-01T00:00:00"));
    const model::caller stranger{false, "", "", {}};
    const model::caller auditor{true, "otto", here, {"auditor"}};
    BOOST_TEST(catalog.list(stranger, "bad!", {{"limit", "0"}}).status == 401);
    expect_fault(catalog.list(reader(), "bad!", {{"limit", "0"}}), "project_id");
    BOOST_TEST(catalog.list(auditor, there, {}).status == 401);
    BOOST_TEST(catalog.list(auditor, there, {}).error_code == "");
    BOOST_TEST(catalog.list(auditor, here, {{"limit", "0"}}).status == 403);
    expect_fault(catalog.list(reader(), here, {{"limit", "0"}, {"all_tenants", "true"}}), "limit");
    BOOST_TEST(catalog.list(reader(), here, {{"all_tenants", "true"}, {"marker", id(9)}}).status == 403);
    expect_fault(catalog.list(reader(), here, {{"marker", id(9)}}), "marker");

    const model::parameters bad[] = {{{"limit", "1"}, {"limit", "1"}},
                                     {{"sort", ""}},
                                     {{"sort", "id,"}},
                                     {{"sort", "id:"}},
                                     {{"sort", "id,id:asc"}},
                                     {{"sort", "id:ASC"}},
                                     {{"sort", "size"}},
                                     {{"status", ""}},
                                     {{"status", "Error"}},
                                     {{"own_type", "public"}},
                                     {{"unknown", "x"}},
                                     {{"all_tenants", "yes"}},
                                     {{"used_percent", "101"}},
                                     {{"offset", "-1"}},
                                     {{"offset", "2147483648"}}};
    for (const model::parameters& query : bad)
        expect_fault(catalog.list(reader(), here, query), query[0].first);
    expect(catalog.list(reader(), here, {{"status", "error"}, {"status", "available"}}), {1}, 1);
    expect(catalog.list(reader(), here, {{"name", ""}, {"resource_az", ""}}), {1}, 1);
    expect(catalog.list(reader(), here, {{"unknown", "x"}}, {false, true}), {1}, 1);
    expect_fault(
        catalog.list(reader(), here, {{"start_time", "2020-01-02T00:00:00"}, {"end_time", "2020-01-01T00:00:00"}}),
        "start_time");
}
