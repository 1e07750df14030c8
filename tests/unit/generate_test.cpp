// This file tests the data generator: the same bytes every time, records that keep the contract, and the shape it
// claims.
#define BOOST_TEST_DYN_LINK
#include "generate/command.hpp"
#include "generate/generator.hpp"
#include "generate/record.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <csignal>
#include <cstdint>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace json = boost::json;
using namespace catalog::generate;

namespace {

std::uint64_t fnv1a(std::string_view text) {
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    return hash;
}

template <class Write>
std::string collect(Write write) {
    std::string text;
    write([&](std::string_view lines) {
        BOOST_REQUIRE(lines.ends_with('\n'));
        text.append(lines);
    });
    return text;
}

std::string slice(const generator& g, std::uint64_t first, std::uint64_t last) {
    return collect([&](const line_sink& sink) { g.write(first, last, sink); });
}

std::string members(const generator& g, std::uint64_t first, std::uint64_t last) {
    return collect([&](const line_sink& sink) { g.write_members(first, last, sink); });
}

std::vector<json::object> parse_lines(std::string_view text) {
    std::vector<json::object> records;
    while (!text.empty()) {
        const auto end = text.find('\n');
        records.push_back(json::parse(json::string_view(text.data(), end)).as_object());
        text.remove_prefix(end + 1);
    }
    return records;
}

std::string text_of(const json::object& record, const char* member) {
    const auto& text = record.at(member).as_string();
    return {text.data(), text.size()};
}

// What a record says of itself, "" where absent or null.
std::string text_or_empty(const json::object& record, const char* member) {
    const auto* value = record.if_contains(member);
    return value != nullptr && value->is_string() ? text_of(record, member) : std::string();
}

bool is_uuid(std::string_view text) {
    if (text.size() != 36) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        const bool hex = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
        if (dash ? text[i] != '-' : !hex) return false;
    }
    return true;
}

bool is_timestamp(std::string_view text) {
    constexpr std::string_view shape = "0000-00-00T00:00:00.000000";
    if (text.size() != shape.size()) return false;
    for (std::size_t i = 0; i < text.size(); ++i)
        if (shape[i] == '0' ? std::isdigit(static_cast<unsigned char>(text[i])) == 0 : text[i] != shape[i])
            return false;
    return text.substr(5, 2) >= "01" && text.substr(5, 2) <= "12" && text.substr(8, 2) >= "01" &&
           text.substr(8, 2) <= "31" && text.substr(11, 2) < "24";
}

std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

const std::set<std::string> statuses{"available", "protecting",      "deleting",       "restoring",
                                     "error",     "waiting_protect", "waiting_delete", "waiting_restore"};
const std::set<std::string> types{"OS::Nova::Server",         "OS::Cinder::Volume",          "OS::Sfs::Turbo",
                                  "OS::Workspace::DesktopV2", "OS::Ironic::BareMetalServer", "OS::Native::Server"};

// Everything that the lines say, read once.
struct catalog_read {
    std::vector<json::object> backups; // top level
    std::vector<json::object> vaults, members, grants;
    std::map<std::string, json::object> vault_by_id, backup_by_id;

    explicit catalog_read(std::string_view text) {
        for (json::object& record : parse_lines(text)) {
            std::string const kind = record.contains("kind") ? text_of(record, "kind") : "backup";
            if (kind == "backup") {
                BOOST_TEST(backup_by_id.emplace(text_of(record, "id"), record).second, "two backups with one id");
                backups.push_back(std::move(record));
            } else if (kind == "vault") {
                BOOST_TEST(vault_by_id.emplace(text_of(record, "id"), record).second, "two vaults with one id");
                vaults.push_back(std::move(record));
            } else if (kind == "member") {
                members.push_back(std::move(record));
            } else {
                BOOST_TEST(kind == "enterprise_project_grant");
                grants.push_back(std::move(record));
            }
        }
    }

    [[nodiscard]] std::map<std::string, int> count(const char* member) const {
        std::map<std::string, int> counts;
        for (const json::object& b : backups)
            ++counts[text_of(b, member)];
        return counts;
    }
};

void check_backup(const json::object& b) {
    BOOST_TEST_CONTEXT(json::serialize(b)) {
        for (const char* member : {"id", "checkpoint_id", "vault_id", "resource_id", "provider_id"})
            BOOST_TEST(is_uuid(text_of(b, member)));
        BOOST_TEST(is_timestamp(text_of(b, "created_at")));
        for (const char* member : {"updated_at", "protected_at", "expired_at"}) {
            std::string const time = text_or_empty(b, member);
            if (time.empty()) continue;
            BOOST_TEST(is_timestamp(time));
            if (std::string_view(member) == "updated_at") BOOST_TEST(time >= text_of(b, "created_at"));
        }
        std::string const project = text_of(b, "project_id");
        BOOST_TEST(project.size() == 32u);
        BOOST_TEST(statuses.count(text_of(b, "status")) == 1u);
        BOOST_TEST(types.count(text_of(b, "resource_type")) == 1u);
        std::string const image_type = text_of(b, "image_type");
        BOOST_TEST((image_type == "backup" || image_type == "replication"));
        BOOST_TEST(b.at("resource_size").is_int64());
        for (const char* member : {"name", "resource_name", "resource_az", "description"})
            BOOST_TEST(characters(text_or_empty(b, member)) <= 255u);
        const json::object& info = b.at("extend_info").as_object();
        for (const char* member : {"auto_trigger", "bootable", "incremental", "support_lld", "contain_system_disk",
                                   "encrypted", "system_disk", "is_multi_az"})
            if (info.contains(member)) BOOST_TEST(info.at(member).is_bool());
        if (info.contains("progress")) BOOST_TEST(info.at("progress").is_int64());
        if (info.contains("app_consistency")) BOOST_TEST(info.at("app_consistency").as_object().size() == 4u);
        if (b.contains("incremental") && b.at("incremental").is_bool())
            BOOST_TEST((info.at("incremental") == b.at("incremental")));
        if (text_of(b, "status") == "waiting_protect") {
            BOOST_TEST(b.at("protected_at").is_null());
            BOOST_TEST(b.at("updated_at").is_null());
        }
        for (const json::value& value : b.at("replication_records").as_array()) {
            const json::object& r = value.as_object();
            for (const char* member : {"id", "vault_id", "source_backup_id", "source_checkpoint_id",
                                       "destination_backup_id", "destination_checkpoint_id", "destination_vault_id"})
                BOOST_TEST(is_uuid(text_of(r, member)));
            BOOST_TEST(is_timestamp(text_of(r, "created_at")));
            BOOST_TEST(r.at("extra_info").as_object().at("progress").is_int64());
            const bool is_source = text_of(r, "source_backup_id") == text_of(b, "id");
            const bool is_copy = text_of(r, "destination_backup_id") == text_of(b, "id");
            BOOST_TEST((is_source || is_copy));
        }
    }
}

// Checks what must hold in every catalog.
void check_catalog(const catalog_read& c) {
    std::set<std::string> ids;
    for (const json::object& b : c.backups) {
        check_backup(b);
        BOOST_TEST(ids.insert(text_of(b, "id")).second);
        BOOST_TEST(text_or_empty(b, "parent_id").empty());
        const auto vault = c.vault_by_id.find(text_of(b, "vault_id"));
        BOOST_REQUIRE((vault != c.vault_by_id.end()));
        BOOST_TEST(text_of(vault->second, "project_id") == text_of(b, "project_id"));
        const auto& children = b.at("children").as_array();
        BOOST_TEST(children.size() <= 5u);
        if (!children.empty()) BOOST_TEST(text_of(b, "resource_type") == "OS::Nova::Server");
        std::int64_t size = 0;
        for (const json::value& value : children) {
            const json::object& child = value.as_object();
            check_backup(child);
            BOOST_TEST(ids.insert(text_of(child, "id")).second);
            BOOST_TEST(text_of(child, "parent_id") == text_of(b, "id"));
            BOOST_TEST(text_of(child, "resource_type") == "OS::Cinder::Volume");
            for (const char* member :
                 {"project_id", "vault_id", "checkpoint_id", "enterprise_project_id", "status", "image_type", "name"})
                BOOST_TEST(text_of(child, member) == text_of(b, member));
            BOOST_TEST(text_of(child, "created_at") >= text_of(b, "created_at"));
            BOOST_TEST(child.at("children").as_array().empty());
            size += child.at("resource_size").as_int64();
        }
        if (!children.empty()) BOOST_TEST(size == b.at("resource_size").as_int64());
    }
    for (const json::object& v : c.vaults) {
        BOOST_TEST(is_uuid(text_of(v, "id")));
        BOOST_TEST(v.at("size").as_int64() > 0);
        BOOST_TEST(v.at("used").as_int64() <= v.at("size").as_int64() * 1024);
    }
    std::set<std::string> pairs;
    for (const json::object& m : c.members) {
        BOOST_TEST(is_uuid(text_of(m, "id")));
        BOOST_TEST(ids.insert(text_of(m, "id")).second);
        const auto shared = c.backup_by_id.find(text_of(m, "backup_id"));
        BOOST_REQUIRE((shared != c.backup_by_id.end()));
        std::string const receiver = text_of(m, "dest_project_id");
        BOOST_TEST(receiver != text_of(shared->second, "project_id"));
        BOOST_TEST(pairs.insert(text_of(m, "backup_id") + receiver).second);
        BOOST_TEST(is_timestamp(text_of(m, "created_at")));
        BOOST_TEST(text_of(m, "created_at") >= text_of(shared->second, "created_at"));
        BOOST_TEST(text_of(m, "updated_at") >= text_of(m, "created_at"));
        BOOST_TEST((text_of(m, "status") == "accepted") == !m.at("vault_id").is_null());
        if (!m.at("vault_id").is_null()) {
            const auto vault = c.vault_by_id.find(text_of(m, "vault_id"));
            BOOST_REQUIRE((vault != c.vault_by_id.end()));
            BOOST_TEST(text_of(vault->second, "project_id") == receiver);
        }
    }
    std::set<std::string> enterprise_projects;
    for (const json::object& b : c.backups)
        enterprise_projects.insert(text_or_empty(b, "enterprise_project_id"));
    for (const json::object& g : c.grants) {
        BOOST_TEST(text_of(g, "user_id") == granted_user_id);
        BOOST_TEST(enterprise_projects.count(text_of(g, "enterprise_project_id")) == 1u);
    }
}

std::string whole(const options& o) {
    const generator g(o);
    std::string text = collect([&](const line_sink& sink) {
        g.write_vaults(sink);
        g.write_grants(sink);
        g.write(0, o.backups, sink);
        g.write_members(sink);
    });
    return text;
}

struct outcome {
    int status;
    std::string out, err;
};

outcome command(const std::vector<std::string_view>& args) {
    std::ostringstream out, err;
    const int status = run(args, out, err);
    return {status, out.str(), err.str()};
}

// The two backups of ListBackups.zh.md's example response, copied from it.
constexpr std::string_view reference_example = R"([
		{
			"provider_id":"0daac4c5-6707-4851-97ba-169e36266b66",
			"checkpoint_id":"1fced58b-2a31-4851-bcbb-96216f83ce99",
			"updated_at":"2020-02-21T07:07:25.113761",
			"vault_id":"cca85ea5-00a4-418d-9222-bd83985bc515",
			"id":"b1c4afd9-e7a6-4888-9010-c2bac3aa7910",
			"resource_az":"br-iaas-odin1a",
			"image_type":"backup",
			"resource_id":"1a503932-ee8f-4dd5-8248-8dfb57e584c5",
			"resource_size":40,
			"children":[
				
			],
			"extend_info":{
				"auto_trigger":true,
				"supported_restore_mode":"backup",
				"contain_system_disk":true,
				"support_lld":true,
				"architecture":"x86_64",
				"system_disk":false,
				"app_consistency":{
					"app_consistency_error_code":"0",
					"app_consistency_status":"0",
					"app_consistency_error_message":"",
					"app_consistency":"0"
				}
			},
			"project_id":"0605767b5780d5762fc5c0118072a564",
			"status":"available",
			"resource_name":"test001-02",
			"description":"",
			"expired_at":"2020-05-21T07:00:54.060493",
			"replication_records":[
				
			],
			"name":"autobk_b629",
			"created_at":"2020-02-21T07:00:54.065135",
			"resource_type":"OS::Nova::Server"
		},
		{
			"provider_id":"d1603440-187d-4516-af25-121250c7cc97",
			"checkpoint_id":"f64c351f-769f-4c04-8806-fd90a59e9b12",
			"updated_at":"2020-02-21T07:09:37.767084",
			"vault_id":"79bd9daa-884f-4f84-b8fe-235d58cd927d",
			"id":"5606aab5-2dc2-4498-8144-dc848d099af5",
			"resource_az":"br-iaas-odin1a",
			"image_type":"backup",
			"resource_id":"54f7ccbc-072f-4ec5-a7b7-b24dabdb4539",
			"resource_size":40,
			"children":[
				
			],
			"extend_info":{
				"auto_trigger":true,
				"snapshot_id":"e3def9a8-e4b4-4c12-b132-f4ba8ce9a34f",
				"bootable":true,
				"progress":100,
				"support_lld":true,
				"encrypted":false,
				"system_disk":false
			},
			"project_id":"0605767b5780d5762fc5c0118072a564",
			"status":"available",
			"resource_name":"qsy_000",
			"description":"",
			"expired_at":"2020-03-22T07:00:34.877896",
			"replication_records":[
				
			],
			"name":"autobk_6809",
			"created_at":"2020-02-21T07:00:34.882174",
			"resource_type":"OS::Cinder::Volume"
		}
])";

const std::string& sample_text() {
    static std::string const text = collect([](const line_sink& sink) { write_sample(sink); });
    return text;
}

const catalog_read& sample() {
    static const catalog_read read(sample_text());
    return read;
}

} // namespace

BOOST_AUTO_TEST_SUITE(generate)

BOOST_AUTO_TEST_CASE(texts_times_and_uuids_are_appended_as_json) {
    std::string out;
    append_text(out, "a\"b\\c\n\x01 财务 🚀");
    BOOST_TEST(out == R"("a\"b\\c\u000a\u0001 财务 🚀")");
    out.clear();
    append_time(out, 0);
    BOOST_TEST(out == "1970-01-01T00:00:00.000000");
    out.clear();
    append_time(out, 1709251199 * second + 999999); // the end of a leap day
    BOOST_TEST(out == "2024-02-29T23:59:59.999999");
    out.clear();
    append_time(out, 4102444800 * second + 1234);
    BOOST_TEST(out == "2100-01-01T00:00:00.001234");
    out.clear();
    append_uuid(out, parse_uuid("0DAAC4C5-6707-4851-97ba-169e36266b66"));
    BOOST_TEST(out == "0daac4c5-6707-4851-97ba-169e36266b66");
    random_stream r(1, family::backup, 7);
    out.clear();
    append_uuid(out, make_uuid(r));
    BOOST_TEST(is_uuid(out));
    BOOST_TEST(out[14] == '4');
    BOOST_TEST((out[19] == '8' || out[19] == '9' || out[19] == 'a' || out[19] == 'b'));
}

BOOST_AUTO_TEST_CASE(random_streams_are_even_and_independent) {
    random_stream first(1, family::backup, 0), again(1, family::backup, 0), next(1, family::backup, 1);
    random_stream other_seed(2, family::backup, 0), other_family(1, family::share, 0);
    std::uint64_t const value = first.next();
    BOOST_TEST(value == again.next());
    BOOST_TEST(value != next.next());
    BOOST_TEST(value != other_seed.next());
    BOOST_TEST(value != other_family.next());
    std::array<int, 10> counts{};
    for (int i = 0; i < 100'000; ++i)
        ++counts[first.below(10)];
    for (const int count : counts)
        BOOST_TEST(std::abs(count - 10'000) < 400);
    for (int i = 0; i < 1000; ++i) {
        std::int64_t const n = first.between(-5, 40 * hour);
        BOOST_TEST((n >= -5 && n <= 40 * hour));
    }
}

// A change of the sample changes what newcomers, documentation and other tests see: change the hash knowingly.
BOOST_AUTO_TEST_CASE(sample_is_pinned) {
    BOOST_TEST(sample_text() == collect([](const line_sink& sink) { write_sample(sink); }));
    BOOST_TEST(fnv1a(sample_text()) == 11252781344807672669u);
}

BOOST_AUTO_TEST_CASE(sample_keeps_the_contract) {
    check_catalog(sample());
}

BOOST_AUTO_TEST_CASE(sample_has_the_reference_examples) {
    json::value const examples = json::parse(json::string_view(reference_example));
    for (const json::value& example : examples.as_array()) {
        const auto found = sample().backup_by_id.find(text_of(example.as_object(), "id"));
        BOOST_REQUIRE((found != sample().backup_by_id.end()));
        BOOST_TEST((found->second == example.as_object())); // member for member, none added
    }
}

BOOST_AUTO_TEST_CASE(sample_shows_everything_there_is) {
    const catalog_read& c = sample();
    BOOST_TEST(c.backups.size() > 2'800u);
    BOOST_TEST(c.backups.size() < 3'200u);
    const auto projects = c.count("project_id");
    BOOST_TEST(projects.size() == 5u);
    for (const char* id :
         {"0605767b5780d5762fc5c0118072a564", "5f1c0e8f3b0d4d6f9a2b7c1e4d8a9b03", "9b2d6c4a8e7f4b1c8d3e5f6a7b8c9d0e"})
        BOOST_TEST(projects.count(id) == 1u);
    BOOST_TEST(std::abs(projects.at(std::string(main_project_id)) - 2'000) < 60);

    const auto by_status = c.count("status");
    for (const std::string& status : statuses)
        BOOST_TEST((by_status.count(status) == 1 && by_status.at(status) >= 3), status);
    BOOST_TEST(by_status.at("error") < 60);
    const auto by_type = c.count("resource_type");
    for (const std::string& type : types)
        BOOST_TEST((by_type.count(type) == 1 && by_type.at(type) >= 10), type);
    const auto by_image = c.count("image_type");
    BOOST_TEST(by_image.at("replication") >= 50);

    std::set<std::string> copies, children, zones, enterprise_projects;
    std::string names;
    int nulls = 0, dedicated = 0, incremental[3] = {0, 0, 0};
    for (const json::object& b : c.backups) {
        for (const json::value& r : b.at("replication_records").as_array())
            copies.insert(text_of(r.as_object(), "status"));
        children.insert(std::to_string(b.at("children").as_array().size()));
        zones.insert(text_or_empty(b, "resource_az"));
        enterprise_projects.insert(text_or_empty(b, "enterprise_project_id"));
        names += text_of(b, "name");
        nulls += b.contains("updated_at") && b.at("updated_at").is_null();
        dedicated += b.contains("dedicated_cloud") && b.at("dedicated_cloud").as_bool();
        if (!b.contains("incremental")) continue;
        ++incremental[b.at("incremental").is_null() ? 2 : b.at("incremental").as_bool() ? 1 : 0];
    }
    BOOST_TEST(copies.size() == 5u);
    BOOST_TEST(children.size() == 6u); // none, and 1 to 5
    BOOST_TEST(zones.size() >= 5u);
    BOOST_TEST(enterprise_projects.size() >= 4u);
    BOOST_TEST(nulls > 10);
    BOOST_TEST(dedicated > 50);
    for (const int count : incremental)
        BOOST_TEST(count > 100);
    for (const char* part : {"%", "_", "\\", "\"", "'", "🚀", "月末结账", "before-upgrade 2.4.1", "manualbk_"})
        BOOST_TEST(names.find(part) != std::string::npos, part);

    double lowest = 100, highest = 0;
    for (const json::object& v : c.vaults) {
        const double percent = v.at("used").to_number<double>() / v.at("size").to_number<double>() / 10.24;
        lowest = std::min(lowest, percent);
        highest = std::max(highest, percent);
    }
    BOOST_TEST((lowest > 2 && lowest < 4));
    BOOST_TEST((highest > 97 && highest < 99));

    std::map<std::string, std::set<std::string>> received;
    for (const json::object& m : c.members)
        received[text_of(m, "dest_project_id")].insert(text_of(m, "status"));
    BOOST_TEST(received.size() == 5u);
    for (const auto& [project, kinds] : received)
        BOOST_TEST(kinds.size() == 3u, project);
    BOOST_TEST(c.grants.size() == 2u);
}

BOOST_AUTO_TEST_CASE(sample_is_in_the_order_of_creation_and_ends_in_november) {
    std::string last;
    for (const json::object& b : sample().backups) {
        BOOST_TEST(last <= text_of(b, "created_at"));
        last = text_of(b, "created_at");
    }
    BOOST_TEST(last.starts_with("2026-11-23T09:"));
}

BOOST_AUTO_TEST_CASE(sample_chains_begin_with_a_full_backup) {
    std::set<std::string> begun;
    for (const json::object& b : sample().backups) {
        if (!b.contains("incremental") || b.at("incremental").is_null()) continue;
        if (!b.at("incremental").as_bool())
            begun.insert(text_of(b, "resource_id"));
        else
            BOOST_TEST(begun.count(text_of(b, "resource_id")) == 1u);
    }
}

BOOST_AUTO_TEST_CASE(same_options_same_bytes) {
    options o;
    o.backups = 3'000;
    o.projects = 40;
    BOOST_TEST(fnv1a(whole(o)) == fnv1a(whole(o)));
    BOOST_TEST(fnv1a(whole(o)) == 4411743723584879667u); // on x86-64; std::pow elsewhere may move a slot
    options other = o;
    other.seed = 2;
    BOOST_TEST(fnv1a(whole(o)) != fnv1a(whole(other)));
}

BOOST_AUTO_TEST_CASE(slices_make_up_the_whole) {
    options o;
    o.backups = 5'000;
    o.projects = 30;
    const generator g(o);
    const generator later(o); // another process
    std::string const all = slice(g, 0, 5'000);
    for (std::uint64_t const cut : {0u, 1u, 255u, 256u, 2'500u, 4'999u, 5'000u}) {
        BOOST_TEST(fnv1a(slice(g, 0, cut) + slice(later, cut, 5'000)) == fnv1a(all));
        BOOST_TEST(fnv1a(members(g, 0, cut) + members(later, cut, 5'000)) == fnv1a(members(g, 0, 5'000)));
    }
    BOOST_TEST(slice(g, 77, 77).empty());
    BOOST_CHECK_THROW(slice(g, 2, 1), std::out_of_range);
    BOOST_CHECK_THROW(slice(g, 0, 5'001), std::out_of_range);
    BOOST_CHECK_THROW(members(g, 0, 5'001), std::out_of_range);
}

BOOST_AUTO_TEST_CASE(generated_catalogs_keep_the_contract) {
    for (const auto& [backups, projects] :
         std::vector<std::pair<std::uint64_t, std::uint32_t>>{{1, 1}, {7, 2}, {300, 1}, {1'000, 300}, {20'000, 50}}) {
        options o;
        o.backups = backups;
        o.projects = projects;
        const catalog_read c(whole(o));
        BOOST_TEST(c.backups.size() == backups);
        const std::map<std::string, int> by_project = c.count("project_id");
        BOOST_TEST(by_project.size() <= projects);
        if (backups < 1'000) {
            // Grants may name enterprise projects that so few backups don't reach.
            catalog_read small = c;
            small.grants.clear();
            check_catalog(small);
        } else {
            check_catalog(c);
        }
    }
}

BOOST_AUTO_TEST_CASE(generated_shape_is_as_described) {
    options o;
    o.backups = 120'000;
    const generator g(o);
    std::map<std::string, int> by_project, by_status, by_resource, by_second;
    int children = 0;
    std::size_t bytes = 0;
    std::string const text = slice(g, 0, o.backups);
    for (std::size_t at = 0; at < text.size();) { // a parse of each would take half a minute under sanitizers
        const auto end = text.find('\n', at);
        std::string_view const line(text.data() + at, end - at);
        const auto member = [&](std::string_view name) {
            auto const from = line.find(name) + name.size();
            return std::string(line.substr(from, line.find('"', from) - from));
        };
        ++by_project[member(R"("project_id":")")];
        ++by_status[member(R"("status":")")];
        ++by_resource[member(R"("resource_id":")")];
        ++by_second[member(R"("created_at":")").substr(0, 19)];
        children += line.find(R"("parent_id":")") != std::string_view::npos;
        bytes += line.size();
        at = end + 1;
    }
    const auto share = [&](int count) { return 100.0 * count / static_cast<double>(o.backups); };
    BOOST_TEST(std::abs(share(by_project.at(std::string(main_project_id))) - 20) < 1);
    BOOST_TEST(by_project.size() > 1'300u);
    BOOST_TEST(std::abs(share(by_status.at("available")) - 97.8) < 0.3);
    BOOST_TEST(std::abs(share(by_status.at("error")) - 1.5) < 0.2);
    BOOST_TEST(by_status.size() == statuses.size());
    BOOST_TEST((share(children) > 5 && share(children) < 15));
    BOOST_TEST(by_second.size() < o.backups * 7 / 10);
    const double mean = static_cast<double>(bytes) / static_cast<double>(o.backups);
    BOOST_TEST((mean > 1'200 && mean < 2'000));
    std::string const shares = members(g, 0, o.backups);
    BOOST_TEST(std::abs(share(static_cast<int>(std::count(shares.begin(), shares.end(), '\n'))) - 0.75) < 0.12);
    BOOST_TEST(g.project_id(0) == main_project_id);
}

BOOST_AUTO_TEST_CASE(zipf_decides_the_largest_projects_share) {
    const auto largest = [](double zipf, std::uint32_t projects) {
        options o;
        o.backups = 20'000;
        o.projects = projects;
        o.zipf = zipf;
        std::string const text = slice(generator(o), 0, o.backups);
        std::string const needle = R"(,"project_id":")" + std::string(main_project_id) + R"(","name":)";
        std::size_t count = 0;
        for (std::size_t at = text.find(needle); at != std::string::npos; at = text.find(needle, text.find('\n', at)))
            ++count;
        return static_cast<double>(count) / static_cast<double>(o.backups);
    };
    BOOST_TEST(std::abs(largest(0, 10) - 0.1) < 0.02);
    BOOST_TEST(std::abs(largest(1, 10) - 0.341) < 0.02);
    BOOST_TEST(std::abs(largest(1, 2'000) - 0.122) < 0.02);
    BOOST_TEST(largest(4, 2'000) > 0.9);
}

BOOST_AUTO_TEST_CASE(options_outside_their_ranges_throw) {
    const auto made = [](auto change) {
        options o;
        change(o);
        generator const g(o);
    };
    BOOST_CHECK_THROW(made([](options& o) { o.backups = 0; }), std::invalid_argument);
    BOOST_CHECK_THROW(made([](options& o) { o.backups = options::max_backups + 1; }), std::invalid_argument);
    BOOST_CHECK_THROW(made([](options& o) { o.projects = 0; }), std::invalid_argument);
    BOOST_CHECK_THROW(made([](options& o) { o.zipf = -1; }), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(command_writes_what_the_generator_makes) {
    options o;
    o.backups = 2'000;
    o.projects = 20;
    const outcome all = command({"--backups", "2000", "--projects=20"});
    BOOST_TEST(all.status == 0);
    BOOST_TEST(all.err == "");
    BOOST_TEST(fnv1a(all.out) == fnv1a(whole(o)));

    const outcome first = command({"--backups", "2000", "--projects", "20", "--last", "1200"});
    const outcome second = command({"--backups", "2000", "--projects", "20", "--first", "1200"});
    const auto lines = [](const std::string& text) {
        std::multiset<std::string> set;
        std::istringstream in(text);
        for (std::string line; std::getline(in, line);)
            set.insert(line);
        return set;
    };
    BOOST_TEST((lines(first.out + second.out) == lines(all.out)));

    const outcome sample_run = command({"--sample"});
    BOOST_TEST(sample_run.status == 0);
    BOOST_TEST(fnv1a(sample_run.out) == fnv1a(sample_text()));

    const outcome alone = command({"--backups", "2000", "--no-shares"});
    BOOST_TEST(alone.out.find(R"("kind":"member")") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(command_teaches_and_refuses) {
    const outcome help = command({"--help"});
    BOOST_TEST(help.status == 0);
    for (const char* part : {"--sample", "--backups", "--projects", "--seed", "--zipf", "--first", "--last",
                             "--no-shares", "Examples:", "Exit status"})
        BOOST_TEST(help.out.find(part) != std::string::npos, part);

    struct bad {
        std::vector<std::string_view> args;
        std::vector<std::string_view> parts;
    };
    const std::vector<bad> cases{
        {{"--backups", "ten"}, {"--backups:", "\"ten\" is not a whole number", "1 to 1000000000"}},
        {{"--backups", "0"}, {"--backups:", "\"0\" is out of range"}},
        {{"--backups=-5"}, {"--backups:", "not a whole number"}},
        {{"--backups"}, {"--backups:", "needs a value"}},
        {{"--backups", "--sample"}, {"--backups:", "needs a value"}},
        {{"--projects", "1000001"}, {"--projects:", "out of range", "1 to 1000000"}},
        {{"--seed", "18446744073709551616"}, {"--seed:", "out of range"}},
        {{"--zipf", "nan"}, {"--zipf:", "0 to 4"}},
        {{"--zipf", "1,5"}, {"--zipf:", "not a number"}},
        {{"--last", "200001"}, {"--last:", "too large", "--backups"}},
        {{"--first", "5", "--last", "4"}, {"--first:", "too large", "0 to 4"}},
        {{"--sample", "--seed", "3"}, {"--seed:", "--sample"}},
        {{"--sample=yes"}, {"--sample:", "takes no value"}},
        {{"--seed", "1", "--seed", "2"}, {"--seed:", "twice"}},
        {{"--rows", "5"}, {"--rows:", "not an option", "--backups"}},
        {{"5"}, {"5:", "not an option"}},
        {{"--backups", "x", "--zipf", "y"}, {"--backups:", "--zipf:"}}, // all at once
    };
    for (const bad& b : cases) {
        const outcome o = command(b.args);
        BOOST_TEST(o.status == 2);
        BOOST_TEST(o.out == "");
        for (std::string_view const part : b.parts)
            BOOST_TEST(o.err.find(part) != std::string::npos, o.err << " lacks " << part);
    }
}

BOOST_AUTO_TEST_CASE(command_ends_when_its_output_is_lost) {
    const std::vector<std::string_view> many{"--backups", "100000"};
    const std::vector<std::string_view> few{"--backups", "1", "--projects", "1"}; // fails only at the last flush
    for (const std::vector<std::string_view>& args : {many, few}) {
        std::ostringstream err;
        std::ofstream full("/dev/full", std::ios::binary);
        BOOST_REQUIRE(full);
        BOOST_TEST(run(args, full, err) == 1);
        BOOST_TEST(err.str() == "backup-catalog generate: cannot write the output\n");
        // Quietly when the reader has enough.
        std::array<int, 2> ends{};
        BOOST_REQUIRE(pipe(ends.data()) == 0);
        std::ofstream left("/proc/self/fd/" + std::to_string(ends[1]), std::ios::binary);
        BOOST_REQUIRE(left);
        close(ends[0]);
        std::ostringstream nothing;
        BOOST_TEST(run(args, left, nothing) == 1);
        BOOST_TEST(nothing.str() == "");
        auto* const before = std::signal(SIGPIPE, SIG_IGN); // of what the stream's end writes
        left.close();
        std::signal(SIGPIPE, before);
        close(ends[1]);
    }
}

BOOST_AUTO_TEST_SUITE_END()
