// This file tests the import format member by member: what is taken, what it becomes, and what is refused why.
#define BOOST_TEST_DYN_LINK
#include "files.hpp"
#include "transfer/json_tree.hpp"
#include "transfer/record.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

BOOST_AUTO_TEST_SUITE(import_records)

using namespace catalog::transfer;
using namespace std::string_literals;

namespace {

// Members of an object with their values as JSON text.
using members = std::vector<std::pair<std::string, std::string>>;

const std::string id = "5606aab5-2dc2-4498-8144-dc848d099af5";
const std::string other = "11111111-2222-4333-8444-555555555555";

std::string in_quotes(std::string_view text) {
    return boost::json::serialize(boost::json::value(boost::json::string_view(text.data(), text.size())));
}

std::string object(const members& list) {
    std::string out;
    for (const auto& [name, value] : list)
        out += (out.empty() ? "{" : ",") + in_quotes(name) + ":" + value;
    return out.empty() ? "{}" : out + "}";
}

// The list with a member set, added or (value "") removed.
members with(members list, const std::string& name, const std::string& value) {
    const auto found = std::find_if(list.begin(), list.end(), [&](const auto& member) { return member.first == name; });
    if (value.empty()) {
        if (found != list.end()) list.erase(found);
    } else if (found != list.end()) {
        found->second = value;
    } else {
        list.emplace_back(name, value);
    }
    return list;
}

// What a backup must have, and nothing else.
const members backup{{"id", in_quotes(id)},
                     {"name", "\"n\""},
                     {"project_id", "\"p\""},
                     {"checkpoint_id", "\"1fced58b-2a31-4851-bcbb-96216f83ce99\""},
                     {"vault_id", "\"cca85ea5-00a4-418d-9222-bd83985bc515\""},
                     {"resource_id", "\"1a503932-ee8f-4dd5-8248-8dfb57e584c5\""},
                     {"resource_type", "\"OS::Nova::Server\""},
                     {"created_at", "\"2020-02-21T07:00:54\""}};
const members vault{{"kind", "\"vault\""}, {"id", in_quotes(id)}, {"project_id", "\"p\""},
                    {"name", "\"v\""},     {"size", "100"},       {"used", "5"}};
const members member{{"kind", "\"member\""},
                     {"id", in_quotes(id)},
                     {"backup_id", in_quotes(other)},
                     {"dest_project_id", "\"q\""},
                     {"status", "\"pending\""},
                     {"vault_id", "null"},
                     {"created_at", "\"2020-02-21T07:00:54.5Z\""},
                     {"updated_at", "\"2020-02-22T07:00:54\""}};
const members grant{{"kind", "\"enterprise_project_grant\""}, {"user_id", "\"u\""}, {"enterprise_project_id", "\"e\""}};

struct outcome {
    records taken;
    std::vector<std::string> faults; // "line: what"
};

outcome read_lines(const std::string& text) {
    json_reader reader;
    std::istringstream in(text);
    std::string line;
    auto state = json_reader::progress::incomplete;
    for (std::uint64_t number = 1; std::getline(in, line); ++number) {
        state = reader.feed(line, number);
        BOOST_REQUIRE_MESSAGE((state != json_reader::progress::failed), reader.fault() + ": " + line.substr(0, 200));
    }
    BOOST_REQUIRE((state == json_reader::progress::complete));
    outcome out;
    read_records(reader.take(), out.taken, [&](std::uint64_t at, const std::string& what, auto) {
        out.faults.push_back(std::to_string(at) + ": " + what);
    });
    return out;
}

outcome read(const members& record) {
    return read_lines(object(record));
}

std::size_t count(const records& taken) {
    return taken.backups.size() + taken.vaults.size() + taken.members.size() + taken.grants.size();
}

std::string joined(const std::vector<std::string>& texts) {
    std::string out;
    for (const std::string& text : texts)
        out += text + "\n";
    return out;
}

// One record that must be good, as its row.
row good(const members& record) {
    outcome out = read(record);
    BOOST_TEST_INFO(joined(out.faults) << object(record).substr(0, 500));
    BOOST_REQUIRE(out.faults.empty());
    BOOST_REQUIRE(count(out.taken) == 1U);
    if (!out.taken.backups.empty()) return out.taken.backups[0].fields;
    if (!out.taken.vaults.empty()) return out.taken.vaults[0].first;
    if (!out.taken.members.empty()) return out.taken.members[0].first;
    return out.taken.grants[0].first;
}

// One record with one fault, which begins thus; nothing of it is taken.
void refused(const members& record, const std::string& fault) {
    const outcome out = read(record);
    BOOST_TEST_CONTEXT(object(record).substr(0, 500)) {
        BOOST_TEST(count(out.taken) == 0U);
        BOOST_TEST(out.faults.size() == 1U, joined(out.faults));
        if (!out.faults.empty())
            BOOST_TEST(out.faults[0].starts_with("1: " + fault), out.faults[0] << " is not " << fault);
    }
}

std::string shown(const field& value) {
    return value ? *value : "(null)";
}

std::string column(const row& fields, const std::vector<std::string_view>& columns, std::string_view name) {
    BOOST_REQUIRE(fields.size() == columns.size());
    const auto found = std::find(columns.begin(), columns.end(), name);
    BOOST_REQUIRE(found != columns.end());
    return shown(fields[static_cast<std::size_t>(found - columns.begin())]);
}

std::string backup_column(const members& record, std::string_view name) {
    return column(good(record), backup_columns, name);
}

std::string characters(std::size_t n) {
    std::string out;
    for (std::size_t i = 0; i < n; ++i)
        out += "备";
    return out;
}

// Kinds of values and what is wrong with them.
const std::vector<std::string> not_strings{"1", "true", "[]", "{}", "[\"x\"]"};

void check_uuid(const members& record, const std::string& name, const std::vector<std::string_view>& columns) {
    const auto value_of = [&](const std::string& json) {
        return column(good(with(record, name, json)), columns, name);
    };
    BOOST_TEST(value_of("\"AAAAAAAA-bbbb-4CCC-8ddd-eeeeeeeeeeeE\"") == "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee");
    for (const std::string& bad :
         {"\"\""s, "\"x\""s, "\"5606aab52dc244988144dc848d099af5\""s, "1"s, "true"s, "[]"s, "{}"s})
        refused(with(record, name, bad), name + ": must be a UUID");
    refused(with(record, name, "\"" + std::string(100, 'x') + "\""), name + ": must be a UUID, is ");
}

// `longest`: that is taken.
void check_text(const members& record, const std::string& name, const std::vector<std::string_view>& columns,
                const std::string& longest = characters(255)) {
    const auto value_of = [&](const std::string& json) {
        return column(good(with(record, name, json)), columns, name);
    };
    for (const std::string& text : {"x"s, " "s, "a\"\\\n\tb"s, "备份 😀"s, longest, std::string(255, 'y')})
        BOOST_TEST(value_of(in_quotes(text)) == text);
    refused(with(record, name, in_quotes(characters(256))), name + ": must have at most 255 characters, has 256");
    refused(with(record, name, in_quotes(std::string(1000, 'y'))),
            name + ": must have at most 255 characters, has 1000");
    refused(with(record, name, "\"a\\u0000b\""), name + ": must not contain the character NUL");
    for (const std::string& bad : not_strings)
        refused(with(record, name, bad), name + ": must be a string");
}

void check_enterprise_project(const members& record, const std::vector<std::string_view>& columns) {
    const std::string name = "enterprise_project_id";
    const std::string longest = characters(85); // of three bytes each
    check_text(record, name, columns, longest);
    refused(with(record, name, in_quotes(longest + "x")), name + ": must have at most 255 bytes, has 256");
}

void check_time(const members& record, const std::string& name, const std::vector<std::string_view>& columns) {
    const auto value_of = [&](const std::string& json) {
        return column(good(with(record, name, json)), columns, name);
    };
    BOOST_TEST(value_of("\"2020-02-29T07:00:54\"") == "2020-02-29T07:00:54.000000Z");
    BOOST_TEST(value_of("\"2020-02-29T07:00:54.12Z\"") == "2020-02-29T07:00:54.120000Z");
    for (const std::string& bad :
         {"\"\""s, "\"2020-02-30T07:00:54\""s, "\"2020-02-29\""s, "\"2020-02-29T07:00:54.1234567\""s,
          "\"2020-02-29T07:00:54+00:00\""s, "\"2020-02-29 07:00:54\""s, "1582959654"s, "true"s, "[]"s, "{}"s})
        refused(with(record, name, bad), name + ": must be a time such as ");
}

void check_choice(const members& record, const std::string& name, const std::vector<std::string_view>& columns,
                  const std::vector<std::string>& values) {
    std::string allowed;
    for (const std::string& value : values) {
        BOOST_TEST(column(good(with(record, name, in_quotes(value))), columns, name) == value);
        allowed += (allowed.empty() ? "" : ", ") + value;
    }
    for (const std::string& bad : {"\"\""s, "\"nothing\""s, in_quotes(values[0] + " "), "1"s, "true"s, "[]"s, "{}"s})
        refused(with(record, name, bad), name + ": must be one of " + allowed);
}

void check_integer(const members& record, const std::string& name, const std::vector<std::string_view>& columns,
                   std::uint64_t max) {
    for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{1}, max - 1, max})
        BOOST_TEST(column(good(with(record, name, std::to_string(value))), columns, name) == std::to_string(value));
    for (const std::string& bad : {std::to_string(max + 1), "-1"s, "40.0"s, "4e1"s, "1e400"s,
                                   "99999999999999999999999999"s, "\"40\""s, "\"\""s, "true"s, "[]"s, "{}"s})
        refused(with(record, name, bad), name + ": must be an integer from 0 to " + std::to_string(max));
}

void check_boolean(const members& record, const std::string& name, const std::vector<std::string_view>& columns) {
    BOOST_TEST(column(good(with(record, name, "true")), columns, name) == "true");
    BOOST_TEST(column(good(with(record, name, "false")), columns, name) == "false");
    for (const std::string& bad : {"\"true\""s, "1"s, "0"s, "\"\""s, "[]"s, "{}"s})
        refused(with(record, name, bad), name + ": must be true or false");
}

void check_project(const members& record, const std::string& name, const std::vector<std::string_view>& columns) {
    for (const std::string& text : {"p"s, "0605767b5780d5762fc5c0118072a564"s, "a_B-9"s, std::string(64, 'x')})
        BOOST_TEST(column(good(with(record, name, in_quotes(text))), columns, name) == text);
    for (const std::string& bad :
         {"\"\""s, "\"a b\""s, "\"a/b\""s, in_quotes(std::string(65, 'x')), "1"s, "true"s, "[]"s, "{}"s})
        refused(with(record, name, bad), name + ": must be 1 to 64 letters, digits, '_' and '-'");
}

void check_required(const members& record, const std::string& name) {
    refused(with(record, name, ""), name + ": is required");
    refused(with(record, name, "null"), name + ": is required");
}

// Where it is absent or null the column becomes `value`.
void check_default(const members& record, const std::string& name, const std::vector<std::string_view>& columns,
                   const std::string& value) {
    BOOST_TEST(column(good(with(record, name, "")), columns, name) == value, name);
    BOOST_TEST(column(good(with(record, name, "null")), columns, name) == value, name);
}

std::string extend_info(const std::string& json) {
    return backup_column(with(backup, "extend_info", json), "extend_info");
}

const std::vector<std::string> resource_types{
    "OS::Cinder::Volume",          "OS::Nova::Server",  "OS::Sfs::Turbo", "OS::Workspace::DesktopV2",
    "OS::Ironic::BareMetalServer", "OS::Native::Server"};

} // namespace

BOOST_AUTO_TEST_CASE(a_backup_with_what_it_must_have) {
    const row fields = good(backup);
    const auto value = [&](std::string_view name) { return column(fields, backup_columns, name); };
    BOOST_TEST(value("id") == id);
    BOOST_TEST(value("name") == "n");
    BOOST_TEST(value("project_id") == "p");
    BOOST_TEST(value("checkpoint_id") == "1fced58b-2a31-4851-bcbb-96216f83ce99");
    BOOST_TEST(value("vault_id") == "cca85ea5-00a4-418d-9222-bd83985bc515");
    BOOST_TEST(value("resource_id") == "1a503932-ee8f-4dd5-8248-8dfb57e584c5");
    BOOST_TEST(value("resource_type") == "OS::Nova::Server");
    BOOST_TEST(value("created_at") == "2020-02-21T07:00:54.000000Z");
    // The contract's defaults.
    BOOST_TEST(value("status") == "available");
    BOOST_TEST(value("image_type") == "backup");
    BOOST_TEST(value("provider_id") == "0daac4c5-6707-4851-97ba-169e36266b66");
    BOOST_TEST(value("resource_name") == "");
    BOOST_TEST(value("resource_size") == "0");
    BOOST_TEST(value("enterprise_project_id") == "0");
    BOOST_TEST(value("version") == "3");
    BOOST_TEST(value("extend_info") == "{}");
    BOOST_TEST(value("dedicated_cloud") == "false");
    for (const std::string_view null :
         {"parent_id", "description", "resource_az", "updated_at", "protected_at", "expired_at", "incremental"})
        BOOST_TEST(value(null) == "(null)", null);
    BOOST_TEST(read(backup).taken.backups.at(0).replications.empty());
    BOOST_TEST((good(with(backup, "kind", "\"backup\"")) == fields));
}

BOOST_AUTO_TEST_CASE(each_member_of_a_backup) {
    for (const std::string name :
         {"id", "name", "project_id", "checkpoint_id", "vault_id", "resource_id", "resource_type", "created_at"})
        check_required(backup, name);
    for (const std::string name : {"id", "checkpoint_id", "vault_id", "resource_id", "provider_id", "parent_id"})
        check_uuid(backup, name, backup_columns);
    for (const std::string name : {"name", "description", "resource_name", "resource_az"})
        check_text(backup, name, backup_columns);
    for (const std::string name : {"name", "description", "resource_name", "resource_az"})
        BOOST_TEST(backup_column(with(backup, name, "\"\""), name) == "", name);
    refused(with(backup, "enterprise_project_id", "\"\""), "enterprise_project_id: must not be empty");
    check_enterprise_project(backup, backup_columns);
    for (const std::string name : {"created_at", "updated_at", "protected_at", "expired_at"})
        check_time(backup, name, backup_columns);
    check_project(backup, "project_id", backup_columns);
    check_choice(backup, "status", backup_columns,
                 {"available", "protecting", "deleting", "restoring", "error", "waiting_protect", "waiting_delete",
                  "waiting_restore"});
    check_choice(backup, "image_type", backup_columns, {"backup", "replication"});
    check_choice(backup, "resource_type", backup_columns, resource_types);
    check_integer(backup, "resource_size", backup_columns, 2147483647);
    check_integer(backup, "version", backup_columns, 2147483647);
    check_boolean(backup, "incremental", backup_columns);
    check_boolean(backup, "dedicated_cloud", backup_columns);

    check_default(backup, "status", backup_columns, "available");
    check_default(backup, "image_type", backup_columns, "backup");
    check_default(backup, "resource_name", backup_columns, "");
    check_default(backup, "resource_size", backup_columns, "0");
    check_default(backup, "enterprise_project_id", backup_columns, "0");
    check_default(backup, "version", backup_columns, "3");
    check_default(backup, "extend_info", backup_columns, "{}");
    check_default(backup, "dedicated_cloud", backup_columns, "false");
    for (const std::string name :
         {"parent_id", "description", "resource_az", "updated_at", "protected_at", "expired_at", "incremental"})
        check_default(backup, name, backup_columns, "(null)");

    for (const std::string name : {"x", "Name", "", "name ", "origin", "count", "shared"})
        refused(with(backup, name, "1"), name + ": is not a member of this kind of record");
    refused(with(backup, std::string(500, 'm'), "1"), std::string(64, 'm') + "…: is not a member");
    refused(with(backup, "parent_id", in_quotes(id)), "parent_id: must not be the backup's own id");
    BOOST_TEST(backup_column(with(backup, "parent_id", in_quotes(other)), "parent_id") == other);
}

BOOST_AUTO_TEST_CASE(the_provider_follows_the_resource_type) {
    const std::vector<std::pair<std::string, std::string>> known{
        {"OS::Cinder::Volume", "d1603440-187d-4516-af25-121250c7cc97"}, // both as the reference's example shows them
        {"OS::Nova::Server", "0daac4c5-6707-4851-97ba-169e36266b66"}};
    std::vector<std::string> providers;
    for (const std::string& type : resource_types) {
        const members record = with(backup, "resource_type", in_quotes(type));
        const std::string provider = backup_column(record, "provider_id");
        BOOST_TEST(provider.size() == 36U, type);
        BOOST_TEST(backup_column(with(record, "provider_id", "null"), "provider_id") == provider);
        BOOST_TEST(backup_column(with(record, "provider_id", in_quotes(other)), "provider_id") == other);
        for (const auto& [name, wanted] : known)
            if (name == type) BOOST_TEST(provider == wanted);
        // It can be imported again: it is a UUID.
        BOOST_TEST(backup_column(with(record, "provider_id", in_quotes(provider)), "provider_id") == provider);
        providers.push_back(provider);
    }
    std::sort(providers.begin(), providers.end());
    BOOST_TEST((std::unique(providers.begin(), providers.end()) == providers.end()));
    BOOST_TEST(providers.size() == 6U);
}

BOOST_AUTO_TEST_CASE(every_fault_of_a_record_is_reported) {
    const outcome out = read_lines(R"({"id": "x", "name": 1, "status": "gone", "resource_size": -1, "y": null,
        "project_id": "p", "resource_type": "OS::Nova::Server", "created_at": "now", "extend_info": {"bootable": 1},
        "replication_records": [{"id": 1}, 2], "children": [3]})");
    BOOST_TEST(count(out.taken) == 0U);
    for (const std::string start :
         {"id: must be a UUID, is \"x\"", "name: must be a string", "status: must be one of ",
          "resource_size: must be an integer", "y: is not a member", "created_at: must be a time",
          "checkpoint_id: is required", "vault_id: is required", "resource_id: is required",
          "extend_info.bootable: must be true or false", "replication_records[0].id: must be a UUID",
          "replication_records[1]: must be an object", "children[0]: must be an object"})
        BOOST_TEST(
            std::any_of(out.faults.begin(), out.faults.end(),
                        [&](const std::string& fault) { return fault.substr(fault.find(' ') + 1).starts_with(start); }),
            "missing: " << start);
    BOOST_TEST(out.faults.size() == 13U, joined(out.faults));
}

BOOST_AUTO_TEST_CASE(extend_info_passes_through) {
    for (
        const std::string& json :
        {"{}"s, R"({"auto_trigger":true,"bootable":false,"snapshot_id":"s","support_lld":true})"s,
         R"({"supported_restore_mode":"na"})"s, R"({"supported_restore_mode":"snapshot"})"s,
         R"({"supported_restore_mode":"backup"})"s, R"({"os_images_data":[{"image_id":"x"},1,null]})"s,
         R"({"contain_system_disk":true,"encrypted":false,"system_disk":true,"is_multi_az":false})"s,
         R"({"architecture":"x86_64","progress":100})"s, R"({"progress":0})"s, R"({"progress":2147483647})"s,
         R"({"app_consistency":{"app_consistency":"0","app_consistency_status":"1","app_consistency_error_code":"0","app_consistency_error_message":""}})"s,
         R"({"app_consistency":{"app_consistency":null,"agent":5,"more":{"x":[1]}}})"s,
         R"({"bootable":null,"progress":null,"os_images_data":null})"s,
         // Unknown keys, whatever they hold, in their order and as they are written.
         R"({"z":40.0,"a":1e400,"n":123456789012345678901234567890,"deep":{"x":[1,{"y":[]}]},"b":1.10})"s,
         R"({"备份":"é😀\"\\\n"})"s, R"({"":""})"s}) {
        BOOST_TEST(extend_info(json) == json);
    }
    BOOST_TEST(extend_info(R"( { "b" : [ 1 , 2 ] , "a" : { } } )") == R"({"b":[1,2],"a":{}})");
}

BOOST_AUTO_TEST_CASE(extend_info_is_checked) {
    const auto bad = [](const std::string& json, const std::string& fault) {
        refused(with(backup, "extend_info", json), "extend_info" + fault);
    };
    for (const std::string& json : {"1"s, "\"{}\""s, "[]"s, "true"s})
        bad(json, ": must be an object");
    for (const std::string name : {"auto_trigger", "bootable", "incremental", "support_lld", "contain_system_disk",
                                   "encrypted", "system_disk", "is_multi_az"})
        for (const std::string value : {"1", "\"true\"", "\"\"", "[]", "{}"})
            bad("{\"" + name + "\":" + value + "}", "." + name + ": must be true or false");
    for (const std::string name : {"snapshot_id", "architecture"}) {
        bad("{\"" + name + "\":1}", "." + name + ": must be a string");
        bad("{\"" + name + "\":" + in_quotes(characters(256)) + "}", "." + name + ": must have at most 255 characters");
    }
    for (const std::string value : {"\"all\"", "\"\"", "1", "[]"})
        bad(R"({"supported_restore_mode":)" + value + "}",
            ".supported_restore_mode: must be one of na, snapshot, backup");
    for (const std::string value : {"{}", "\"x\"", "1"})
        bad(R"({"os_images_data":)" + value + "}", ".os_images_data: must be an array");
    for (const std::string value : {"-1", "1.5", "\"100\"", "2147483648", "true"})
        bad(R"({"progress":)" + value + "}", ".progress: must be an integer from 0 to 2147483647");
    for (const std::string value : {"[]", "\"0\"", "1"})
        bad(R"({"app_consistency":)" + value + "}", ".app_consistency: must be an object");
    bad(R"({"app_consistency":{"app_consistency_status":0}})",
        ".app_consistency.app_consistency_status: must be a string");
    // 64 KiB of it.
    const auto of_size = [](std::size_t bytes) { return "{\"x\":\"" + std::string(bytes - 8, 'y') + "\"}"; };
    BOOST_TEST(extend_info(of_size(65'536)).size() == 65'536U);
    bad(of_size(65'537), "");
}

// As everywhere else: a NUL can't be stored, so its line is a fault and no failure of the whole run.
BOOST_AUTO_TEST_CASE(extend_info_holds_no_nul) {
    refused(with(backup, "extend_info", R"({"x":"\u0000"})"), "extend_info");
    refused(with(backup, "extend_info", R"({"a\u0000b":1})"), "extend_info");
    refused(with(backup, "extend_info", R"({"a":[1,{"b":["x\u0000"]}]})"), "extend_info");
    BOOST_TEST(extend_info(R"({"x":"\\u0000"})") == R"({"x":"\\u0000"})"); // a backslash and five characters
}

BOOST_AUTO_TEST_CASE(the_size_of_extend_info_is_reported_under_its_name) {
    refused(with(backup, "extend_info", "{\"x\":\"" + std::string(70'000, 'y') + "\"}"),
            "extend_info: must have at most 65536 bytes");
}

BOOST_AUTO_TEST_CASE(incremental_is_one_value_in_two_places) {
    const auto both = [](const std::string& top, const std::string& inner) {
        const members record =
            with(with(backup, "incremental", top), "extend_info",
                 inner.empty() ? R"({"a":1,"b":2})" : R"({"a":1,"incremental":)" + inner + R"(,"b":2})");
        // It is stored once, as the column.
        BOOST_TEST(backup_column(record, "extend_info") == R"({"a":1,"b":2})");
        return backup_column(record, "incremental");
    };
    BOOST_TEST(both("", "") == "(null)");
    BOOST_TEST(both("true", "") == "true");
    BOOST_TEST(both("false", "") == "false");
    BOOST_TEST(both("", "true") == "true");
    BOOST_TEST(both("", "false") == "false");
    BOOST_TEST(both("null", "true") == "true");
    BOOST_TEST(both("null", "null") == "(null)");
    BOOST_TEST(both("false", "null") == "false");
    BOOST_TEST(both("true", "true") == "true");
    BOOST_TEST(both("true", "false") == "true"); // the member itself counts
    BOOST_TEST(both("false", "true") == "false");
    refused(with(with(backup, "incremental", "true"), "extend_info", R"({"incremental":1})"),
            "extend_info.incremental: must be true or false");
    BOOST_TEST(extend_info(R"({"incremental":true,"incremental":false,"x":{"incremental":1}})") ==
               R"({"x":{"incremental":1}})");
}

BOOST_AUTO_TEST_CASE(replication_records) {
    const members record{{"id", in_quotes(other)},
                         {"status", "\"success\""},
                         {"created_at", "\"2020-02-21T07:00:54\""},
                         {"vault_id", "\"v\""},
                         {"source_backup_id", "\"sb\""},
                         {"source_checkpoint_id", "\"sc\""},
                         {"source_project_id", "\"sp\""},
                         {"source_region", "\"sr\""},
                         {"destination_backup_id", "\"db\""},
                         {"destination_checkpoint_id", "\"dc\""},
                         {"destination_project_id", "\"dp\""},
                         {"destination_region", "\"dr\""},
                         {"destination_vault_id", "\"dv\""},
                         {"extra_info", R"({"progress":40.0,"fail_code":"","x":[1]})"}};
    const auto of = [](const std::vector<members>& list) {
        std::string out;
        for (const members& one : list)
            out += (out.empty() ? "" : ",") + object(one);
        return with(backup, "replication_records", "[" + out + "]");
    };
    const outcome out = read(of({record, {{"id", in_quotes(id)}}}));
    BOOST_REQUIRE(out.faults.empty());
    const auto& rows = out.taken.backups.at(0).replications;
    BOOST_REQUIRE(rows.size() == 2U);
    const auto value = [&](std::size_t i, std::string_view name) { return column(rows[i], replication_columns, name); };
    BOOST_TEST(value(0, "project_id") == "p");
    BOOST_TEST(value(0, "backup_id") == id);
    BOOST_TEST(value(0, "position") == "0");
    BOOST_TEST(value(0, "id") == other);
    BOOST_TEST(value(0, "created_at") == "2020-02-21T07:00:54.000000Z");
    for (const auto& [name, json] : record)
        if (name != "created_at" && name != "extra_info") BOOST_TEST(in_quotes(value(0, name)) == json, name);
    BOOST_TEST(value(0, "extra_info") == R"({"progress":40.0,"fail_code":"","x":[1]})");
    BOOST_TEST(value(1, "position") == "1");
    BOOST_TEST(value(1, "id") == id);
    for (const std::string_view name : replication_columns)
        if (name != "project_id" && name != "backup_id" && name != "position" && name != "id")
            BOOST_TEST(value(1, name) == "(null)", name);

    const std::string place = "replication_records[0].";
    refused(of({with(record, "id", "")}), place + "id: is required");
    refused(of({with(record, "id", "\"x\"")}), place + "id: must be a UUID");
    for (const std::string status : {"replicating", "success", "fail", "skip", "waiting_replicate"})
        BOOST_TEST(column(read(of({with(record, "status", in_quotes(status))})).taken.backups.at(0).replications.at(0),
                          replication_columns, "status") == status);
    refused(of({with(record, "status", "\"done\"")}), place + "status: must be one of ");
    refused(of({with(record, "created_at", "\"\"")}), place + "created_at: must be a time");
    for (const auto& [name, json] : record) {
        if (name == "id" || name == "status" || name == "created_at" || name == "extra_info") continue;
        refused(of({with(record, name, "1")}), place + name + ": must be a string");
        refused(of({with(record, name, in_quotes(characters(256)))}),
                place + name + ": must have at most 255 characters");
    }
    refused(of({with(record, "extra_info", "[]")}), place + "extra_info: must be an object");
    refused(of({with(record, "extra_info", "{\"x\":\"" + std::string(70'000, 'y') + "\"}")}),
            place + "extra_info: must have at most 65536 bytes");
    refused(of({with(record, "extra_info", R"({"x":["\u0000"]})")}),
            place + "extra_info: must not contain the character NUL");
    refused(of({with(record, "x", "1")}), place + "x: is not a member");
    refused(of({record, with(record, "status", "1")}), "replication_records[1].status: must be one of ");
    refused(with(backup, "replication_records", "{}"), "replication_records: must be an array");
    refused(with(backup, "replication_records", "[1]"), "replication_records[0]: must be an object");
    BOOST_TEST(read(with(backup, "replication_records", "null")).faults.empty());
    // A thousand of them and no more.
    const members minimal{{"id", in_quotes(id)}};
    BOOST_TEST(read(of(std::vector<members>(1000, minimal))).taken.backups.at(0).replications.size() == 1000U);
    refused(of(std::vector<members>(1001, minimal)), "replication_records: must have at most 1000 elements");
}

BOOST_AUTO_TEST_CASE(children_are_nested) {
    const auto numbered = [](int n) { return "00000000-0000-4000-8000-00000000000" + std::to_string(n); };
    const auto child = [&](int n, members list = backup) {
        return with(std::move(list), "id", in_quotes(numbered(n)));
    };
    const auto parent = [](const std::vector<members>& children) {
        std::string list;
        for (const members& one : children)
            list += (list.empty() ? "" : ",") + object(one);
        return with(backup, "children", "[" + list + "]");
    };
    BOOST_TEST(read(parent({})).taken.backups.size() == 1U);
    const outcome out =
        read(parent({child(1), with(child(2), "parent_id", in_quotes(id)), with(child(3), "children", "[]")}));
    BOOST_TEST(out.faults.empty(), joined(out.faults));
    BOOST_REQUIRE(out.taken.backups.size() == 4U);
    for (std::size_t i = 0; i < 4; ++i) {
        const row& fields = out.taken.backups[i].fields;
        BOOST_TEST(column(fields, backup_columns, "id") == (i == 0 ? id : numbered(static_cast<int>(i))));
        BOOST_TEST(column(fields, backup_columns, "parent_id") ==
                   (i == 0 ? "(null)" : id)); // children follow their parent
    }
    const auto faults = [&](const members& record) {
        std::vector<std::string> found = read(record).faults;
        BOOST_TEST(found.size() == 1U, joined(found));
        return found.empty() ? "" : found[0];
    };
    BOOST_TEST(faults(parent({child(1), with(child(2), "name", "1")})) == "1: children[1].name: must be a string");
    BOOST_TEST(faults(parent({with(child(1), "parent_id", in_quotes(other))}))
                   .starts_with("1: children[0].parent_id: must be the id of the backup that the child is nested in"));
    BOOST_TEST(faults(parent({with(child(1), "project_id", "\"another\"")})) ==
               "1: children[0].project_id: must be that of the backup that the child is nested in");
    BOOST_TEST(faults(parent({backup})).starts_with("1: children[0].parent_id: must not be the backup's own id"));
    BOOST_TEST(faults(parent({with(child(1), "children", "[" + object(child(2)) + "]")}))
                   .starts_with("1: children[0].children: a child has no children of its own"));
    BOOST_TEST(faults(parent({with(child(1), "extend_info", R"({"bootable":1})")}))
                   .starts_with("1: children[0].extend_info.bootable: must be true or false"));
    BOOST_TEST(faults(parent({with(child(1), "replication_records", R"([{"id":1}])")}))
                   .starts_with("1: children[0].replication_records[0].id: must be a UUID"));
    refused(with(backup, "children", "{}"), "children: must be an array");
    refused(with(backup, "children", "\"\""), "children: must be an array");
    BOOST_TEST(faults(with(backup, "children", "[null]")) == "1: children[0]: must be an object");
    BOOST_TEST(read(with(backup, "children", "null")).taken.backups.size() == 1U);
    std::string many = object(child(1));
    for (int i = 0; i < 1000; ++i)
        many += "," + object(child(1));
    refused(with(backup, "children", "[" + many + "]"), "children: must have at most 1000 elements");
    // The parent's fault does not hide the child's.
    const outcome two = read(with(parent({with(child(1), "status", "1")}), "status", "1"));
    BOOST_TEST(two.faults.size() == 2U, joined(two.faults));
}

// Also where the parent's own id is not known.
BOOST_AUTO_TEST_CASE(children_of_children_of_a_faulty_parent) {
    const members grandchild = with(backup, "id", in_quotes(other));
    const members child = with(with(backup, "id", in_quotes("00000000-0000-4000-8000-000000000001")), "children",
                               "[" + object(grandchild) + "]");
    const outcome out = read(with(with(backup, "id", "1"), "children", "[" + object(child) + "]"));
    BOOST_TEST(std::any_of(out.faults.begin(), out.faults.end(),
                           [](const std::string& fault) {
                               return fault.find("a child has no children of its own") != std::string::npos;
                           }),
               joined(out.faults));
}

BOOST_AUTO_TEST_CASE(vaults) {
    const row fields = good(vault);
    const row wanted{"p", id, "v", "100", "5"};
    BOOST_TEST((fields == wanted));
    const std::vector<std::string_view> columns{"project_id", "id", "name", "size", "used"};
    BOOST_TEST(vault_columns == columns, boost::test_tools::per_element());
    for (const std::string name : {"id", "project_id", "size", "used"})
        check_required(vault, name);
    check_uuid(vault, "id", vault_columns);
    check_project(vault, "project_id", vault_columns);
    check_text(vault, "name", vault_columns);
    check_default(vault, "name", vault_columns, "");
    for (const std::string name : {"size", "used"}) {
        BOOST_TEST(column(good(with(vault, name, "0")), vault_columns, name) == "0");
        BOOST_TEST(column(good(with(vault, name, "1000000000000")), vault_columns, name) == "1000000000000");
        for (const std::string bad : {"-1", "1.5", "\"1\"", "1000000000000001", "99999999999999999999", "[]"})
            refused(with(vault, name, bad), name + ": must be an integer from 0 to ");
    }
    for (const std::string name : {"x", "status", "vault_id"})
        refused(with(vault, name, "1"), name + ": is not a member");
    // used * 100 and size * 1024 * 100 (a request's used_percent) must fit into 64 bits.
    BOOST_TEST(shown(good(with(vault, "used", "1000000000000000"))[4]) == "1000000000000000");
}

BOOST_AUTO_TEST_CASE(members_of_shared_backups) {
    const row fields = good(member);
    const row wanted{
        id, other, "q", "pending", std::nullopt, "2020-02-21T07:00:54.500000Z", "2020-02-22T07:00:54.000000Z"};
    BOOST_TEST((fields == wanted));
    for (const std::string name : {"id", "backup_id", "dest_project_id", "status"})
        check_required(member, name);
    for (const std::string name : {"id", "backup_id", "vault_id"})
        check_uuid(member, name, member_columns);
    check_project(member, "dest_project_id", member_columns);
    check_choice(member, "status", member_columns, {"pending", "accepted", "rejected"});
    refused(with(member, "status", "\"accept\""), "status: must be one of "); // what the query calls them
    for (const std::string name : {"created_at", "updated_at"})
        check_time(member, name, member_columns);
    for (const std::string name : {"vault_id", "created_at", "updated_at"})
        check_default(member, name, member_columns, "(null)");
    for (const std::string name : {"x", "project_id", "name"})
        refused(with(member, name, "1"), name + ": is not a member");
}

BOOST_AUTO_TEST_CASE(enterprise_project_grants) {
    const row wanted{"u", "e"};
    BOOST_TEST((good(grant) == wanted));
    for (const std::string name : {"user_id", "enterprise_project_id"}) {
        check_required(grant, name);
        refused(with(grant, name, "\"\""), name + ": must not be empty");
    }
    check_text(grant, "user_id", grant_columns);
    check_enterprise_project(grant, grant_columns);
    refused(with(grant, "x", "1"), "x: is not a member");
}

BOOST_AUTO_TEST_CASE(kinds_of_records) {
    for (const std::string kind : {"\"backups\"", "\"Vault\"", "\"\"", "1", "[]", "{}", "true"})
        refused(with(backup, "kind", kind), "kind: must be one of backup, vault, member, enterprise_project_grant");
    BOOST_TEST((good(with(backup, "kind", "null")) == good(backup)));
    for (const std::string document : {"1", "\"x\"", "null", "true", "[]", "[{}]"}) {
        const outcome out = read_lines(document);
        BOOST_TEST(count(out.taken) == 0U);
        BOOST_REQUIRE(out.faults.size() == 1U);
        BOOST_TEST(out.faults[0] == "1: record: must be a JSON object");
    }
    BOOST_TEST(!read_lines("{}").faults.empty());
    // The members of one kind are not another's.
    BOOST_TEST(!read(with(vault, "kind", "")).faults.empty());
    BOOST_TEST(!read(with(backup, "kind", "\"vault\"")).faults.empty());
    // Of equal names the last counts.
    members twice = backup;
    twice.emplace_back("name", "\"second\"");
    BOOST_TEST(backup_column(twice, "name") == "second");
}

BOOST_AUTO_TEST_CASE(saved_responses) {
    const std::string one = object(backup);
    const std::string two = object(with(backup, "id", in_quotes(other)));
    outcome out = read_lines("{\"count\":7,\"backups\":[" + one + "," + two + "]}");
    BOOST_TEST(out.faults.empty(), joined(out.faults));
    BOOST_REQUIRE(out.taken.backups.size() == 2U);
    BOOST_TEST(column(out.taken.backups[0].fields, backup_columns, "id") == id);
    BOOST_TEST(column(out.taken.backups[1].fields, backup_columns, "id") == other);
    BOOST_TEST(read_lines("{\"backups\":[],\"count\":0}").faults.empty());
    BOOST_TEST(count(read_lines("{\"backups\":[],\"count\":0}").taken) == 0U);
    out = read_lines("{\"backup\":" + object(with(backup, "children", "[" + two + "]")) + "}");
    BOOST_TEST(out.faults.empty(), joined(out.faults));
    BOOST_TEST(out.taken.backups.size() == 2U);
    // A faulty backup of a page is left out alone; its line is its own.
    out = read_lines("{\"count\":2,\"backups\":[\n" + one + ",\n{\"id\":1},\n" + two + ",\n5]}");
    BOOST_TEST(out.taken.backups.size() == 2U);
    BOOST_TEST(out.taken.backups.at(0).line == 2U);
    BOOST_TEST(out.taken.backups.at(1).line == 4U);
    BOOST_TEST(out.faults.size() == 9U, joined(out.faults));
    for (const std::string& fault : out.faults)
        BOOST_TEST(((fault.starts_with("3: ") && fault.ends_with(" (backups[1])")) ||
                    fault == "5: backups: must hold objects (backups[3])"),
                   fault);
    BOOST_TEST(std::count(out.faults.begin(), out.faults.end(), "3: id: must be a UUID, is 1 (backups[1])") == 1);
    for (const std::string document : {R"({"backups":{}})", R"({"backups":null})"})
        BOOST_TEST(joined(read_lines(document).faults) == "1: backups: must be an array\n");
    BOOST_TEST(!read_lines(R"({"backup":[]})").faults.empty());
}

BOOST_AUTO_TEST_CASE(the_references_example) {
    const std::string text = unit::source_file("tests/data/reference_example.json");
    const outcome out = read_lines(text);
    BOOST_TEST(out.faults.empty(), joined(out.faults));
    const boost::json::array wanted = boost::json::parse(text).as_object().at("backups").as_array();
    BOOST_REQUIRE(out.taken.backups.size() == wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const boost::json::object& json = wanted[i].as_object();
        const row& fields = out.taken.backups[i].fields;
        for (const auto& [key, value] : json) {
            if (key == "children" || key == "replication_records") continue;
            const std::string got = column(fields, backup_columns, std::string_view(key.data(), key.size()));
            if (key == "extend_info")
                BOOST_TEST((boost::json::parse(got) == value), got);
            else if (key.ends_with("_at"))
                BOOST_TEST(got == std::string(value.as_string()) + "Z");
            else
                BOOST_TEST(got == (value.is_string() ? std::string(value.as_string()) : boost::json::serialize(value)),
                           key);
        }
    }
}

BOOST_AUTO_TEST_CASE(lines_of_faults) {
    const outcome out =
        read_lines("{\n\"children\": [\n {\"id\": 1,\n \"x\": 2}\n],\n\"replication_records\": [\n{\"id\": 2}\n]}");
    for (const std::string& fault : out.faults) {
        const std::string line = fault.find("children[0]") != std::string::npos              ? "3: "
                                 : fault.find("replication_records[0]") != std::string::npos ? "7: "
                                                                                             : "1: ";
        BOOST_TEST(fault.starts_with(line), fault);
    }
    BOOST_TEST(out.faults.size() > 10U);
    BOOST_TEST(std::count(out.faults.begin(), out.faults.end(),
                          "3: children[0].x: is not a member of this kind of record") == 1);
}

BOOST_AUTO_TEST_SUITE_END()
