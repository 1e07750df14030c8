// This file tests the query parameters of the list call: every parameter of the table with every class of value, and
// the table itself against the contract.
#define BOOST_TEST_DYN_LINK
#include "api/list_parameters.hpp"
#include "query/facet.hpp"
#include "util/text.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

BOOST_AUTO_TEST_SUITE(list_parameters_of_the_call)

using namespace catalog;
using namespace catalog::api;
using namespace std::string_literals;
using catalog::query::list_request;

namespace {

const std::string uuid = "5606aab5-2dc2-4498-8144-dc848d099af5";
const parse_options everything{.dedicated_cloud = true, .ignore_unknown = false, .max_limit = 1000};

std::string encode(std::string_view text) {
    std::ostringstream out;
    out << std::hex << std::uppercase;
    for (const char c : text) {
        if (std::isalnum(static_cast<unsigned char>(c)) != 0)
            out << c;
        else
            out << '%' << (static_cast<unsigned char>(c) >> 4U) << (static_cast<unsigned char>(c) & 15U);
    }
    return out.str();
}

// The request of a query that must be good.
list_request good(std::string_view query, const parse_options& options = everything) {
    auto parsed = parse_list_request(query, options);
    BOOST_TEST_INFO(query);
    if (parsed.has_error()) BOOST_TEST_INFO(parsed.error().message);
    BOOST_REQUIRE(parsed.has_value());
    return *parsed;
}

// The message of a query that must be refused; it is for JSON, so it must be clean text.
std::string refused(std::string_view query, const parse_options& options = everything) {
    const auto parsed = parse_list_request(query, options);
    BOOST_TEST_INFO("accepted: " << query);
    BOOST_REQUIRE(parsed.has_error());
    BOOST_TEST((parsed.error().code == errc::bad_parameter), query);
    std::string message = parsed.error().message;
    BOOST_TEST(is_clean_utf8(message), query);
    BOOST_TEST(message.size() < 2000U, query);
    return message;
}

// A refusal that names the parameter at its beginning, says `fault`, and ends with what is allowed.
void check_refused(const parameter& p, const std::string& query, std::string_view fault,
                   const parse_options& options = everything) {
    parameter limited = p;
    if (p.name == "limit") limited.max = options.max_limit;
    const std::string message = refused(query, options);
    BOOST_TEST_CONTEXT(query << ": " << message) {
        BOOST_TEST(message.starts_with(std::string(p.name) + ": "));
        BOOST_TEST(message.find(fault) != std::string::npos, "it should say: " << fault);
        BOOST_TEST(message.ends_with("; allowed: " + allowed_values(limited)));
    }
}

const parameter& named(std::string_view name) {
    for (const parameter& p : list_parameters())
        if (p.name == name) return p;
    throw std::logic_error("no parameter " + std::string(name));
}

std::string text_of(const std::optional<std::string>& value) {
    return value ? *value : "none";
}
std::string text_of(const std::optional<bool>& value) {
    return !value ? "none" : *value ? "true" : "false";
}
template <class Number>
std::string text_of(const std::optional<Number>& value) {
    return value ? std::to_string(*value) : "none";
}
std::string text_of(const std::vector<std::size_t>& values) {
    std::string out;
    for (const std::size_t value : values)
        out += std::to_string(value) + ";";
    return out;
}
std::string text_of(const std::vector<query::sort_term>& terms) {
    constexpr std::string_view keys[] = {"created_at", "updated_at", "name", "status", "protected_at", "id"};
    std::string out;
    for (const query::sort_term& term : terms)
        out += (out.empty() ? "" : ",") + std::string(keys[static_cast<std::size_t>(term.key)]) +
               (term.ascending ? ":asc" : ":desc");
    return out;
}

// Every field of a request as text, under the name of the parameter that fills it.
std::map<std::string, std::string> fields(const list_request& r) {
    return {
        {"all_tenants", r.all_tenants ? "true" : "false"},
        {"checkpoint_id", text_of(r.checkpoint_id)},
        {"dec", text_of(r.dedicated_cloud)},
        {"end_time", text_of(r.end_time)},
        {"enterprise_project_id", text_of(r.enterprise_project_id)},
        {"image_type", text_of(r.image_type)},
        {"incremental", text_of(r.incremental)},
        {"limit", std::to_string(r.limit)},
        {"marker", text_of(r.marker)},
        {"member_status", r.member_status ? std::to_string(static_cast<int>(*r.member_status)) : std::string("none")},
        {"name", r.name},
        {"offset", std::to_string(r.offset)},
        {"own_type", std::to_string(static_cast<int>(r.own_type))},
        {"parent_id", text_of(r.parent_id)},
        {"resource_az", r.resource_az},
        {"resource_id", text_of(r.resource_id)},
        {"resource_name", r.resource_name},
        {"resource_type", text_of(r.resource_types)},
        {"show_replication", r.show_replication ? "true" : "false"},
        {"sort", text_of(r.sort)},
        {"start_time", text_of(r.start_time)},
        {"status", text_of(r.statuses)},
        {"used_percent", text_of(r.used_percent)},
        {"vault_id", text_of(r.vault_id)}};
}

// The field that the query fills, after a check that it fills no other.
std::string filled(const parameter& p, std::string_view query, const parse_options& options = everything) {
    const auto before = fields(good("", options));
    auto after = fields(good(query, options));
    std::string value = after.at(std::string(p.name));
    for (const auto& [name, text] : after)
        if (name != p.name) BOOST_TEST(text == before.at(name), query << " changes " << name);
    return value;
}

std::string assign(const parameter& p, std::string_view value) {
    return std::string(p.name) + "=" + encode(value);
}

// One value that the parameter takes.
std::string some_value(const parameter& p) {
    switch (p.kind) {
    case parameter_kind::boolean:
        return "true";
    case parameter_kind::uuid:
        return uuid;
    case parameter_kind::timestamp:
        return "2026-11-24T08:30:00";
    case parameter_kind::integer:
        return std::to_string(p.max);
    case parameter_kind::text:
        return "text";
    case parameter_kind::enumeration:
        return std::string(p.values.back());
    case parameter_kind::sort:
        return "name:asc";
    }
    return "";
}

std::string sort_of(std::string_view value) {
    return text_of(good(assign(named("sort"), value)).sort);
}

} // namespace

BOOST_AUTO_TEST_CASE(the_table_is_the_contracts) {
    using enum parameter_kind;
    struct row {
        std::string name;
        parameter_kind kind;
        std::string default_value{};
        bool repeatable = false;
        bool empty_is_none = false;
        std::uint64_t min = 0, max = 0;
    };
    const std::vector<row> contract{
        {"all_tenants", boolean, "false"},
        {"checkpoint_id", uuid},
        {"dec", boolean},
        {"end_time", timestamp},
        {"enterprise_project_id", text, "", false, false, 0, 255},
        {"image_type", enumeration},
        {"incremental", boolean},
        {"limit", integer, "1000", false, false, 1, 1000},
        {"marker", uuid},
        {"member_status", enumeration},
        {"name", text, "", false, true, 0, 255},
        {"offset", integer, "0", false, false, 0, 2147483647},
        {"own_type", enumeration, "private"},
        {"parent_id", uuid},
        {"resource_az", text, "", false, true, 0, 255},
        {"resource_id", uuid},
        {"resource_name", text, "", false, true, 0, 255},
        {"resource_type", enumeration, "", true},
        {"show_replication", boolean, "true"},
        {"sort", sort, "created_at:desc", false, false, 0, 255},
        {"start_time", timestamp},
        {"status", enumeration, "", true},
        {"used_percent", integer, "", false, false, 1, 100},
        {"vault_id", uuid},
    };
    const auto table = list_parameters();
    BOOST_REQUIRE(table.size() == contract.size());
    for (std::size_t i = 0; i < table.size(); ++i) {
        BOOST_TEST_CONTEXT(contract[i].name) {
            BOOST_TEST(table[i].name == contract[i].name);
            BOOST_TEST((table[i].kind == contract[i].kind));
            BOOST_TEST(table[i].default_value == contract[i].default_value);
            BOOST_TEST(table[i].repeatable == contract[i].repeatable);
            BOOST_TEST(table[i].empty_is_none == contract[i].empty_is_none);
            BOOST_TEST(table[i].min == contract[i].min);
            BOOST_TEST(table[i].max == contract[i].max);
            BOOST_TEST(!table[i].meaning.empty());
        }
    }
    const auto check_values = [](std::string_view name, std::vector<std::string> wanted) {
        const auto span = named(name).values;
        std::vector<std::string> got(span.begin(), span.end());
        std::sort(got.begin(), got.end());
        std::sort(wanted.begin(), wanted.end());
        BOOST_TEST(got == wanted, boost::test_tools::per_element());
    };
    check_values("image_type", {"backup", "replication"});
    check_values("member_status", {"pending", "accept", "reject", "accepted", "rejected"});
    check_values("own_type", {"private", "shared", "all_granted"});
    check_values("resource_type", {"OS::Cinder::Volume", "OS::Nova::Server", "OS::Sfs::Turbo",
                                   "OS::Workspace::DesktopV2", "OS::Ironic::BareMetalServer", "OS::Native::Server"});
    check_values("status", {"available", "protecting", "deleting", "restoring", "error", "waiting_protect",
                            "waiting_delete", "waiting_restore"});
}

BOOST_AUTO_TEST_CASE(no_parameter_means_the_defaults) {
    for (const std::string_view query : {"", "&", "&&&"}) {
        const auto request = fields(good(query));
        for (const parameter& p : list_parameters()) {
            const std::string value = request.at(std::string(p.name));
            if (p.name == "own_type")
                BOOST_TEST(value == std::to_string(static_cast<int>(query::own_type::own)));
            else if (!p.default_value.empty())
                BOOST_TEST(value == p.default_value, p.name);
            else
                BOOST_TEST((value.empty() || value == "none"), p.name << " is " << value);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_parameter_fills_its_own_field) {
    for (const parameter& p : list_parameters()) {
        switch (p.kind) {
        case parameter_kind::boolean:
            for (const std::string_view yes : {"true", "TRUE", "True", "tRuE", "1"})
                BOOST_TEST(filled(p, assign(p, yes)) == "true", p.name << yes);
            for (const std::string_view no : {"false", "FALSE", "False", "fAlSe", "0"})
                BOOST_TEST(filled(p, assign(p, no)) == "false", p.name << no);
            break;
        case parameter_kind::uuid:
            BOOST_TEST(filled(p, assign(p, uuid)) == uuid);
            BOOST_TEST(filled(p, assign(p, "5606AAB5-2DC2-4498-8144-DC848D099AF5")) == uuid);
            break;
        case parameter_kind::timestamp:
            BOOST_TEST(filled(p, assign(p, "2026-11-24T08:30:00")) == "2026-11-24T08:30:00.000000");
            BOOST_TEST(filled(p, assign(p, "2026-11-24T08:30:00.12Z")) == "2026-11-24T08:30:00.120000");
            BOOST_TEST(filled(p, std::string(p.name) + "=2026-11-24T08:30:00Z") == "2026-11-24T08:30:00.000000");
            break;
        case parameter_kind::integer:
            for (const std::uint64_t n : {p.min, p.min + 1, (p.min + p.max) / 2, p.max - 1, p.max})
                BOOST_TEST(filled(p, assign(p, std::to_string(n))) == std::to_string(n), p.name);
            BOOST_TEST(filled(p, assign(p, "00" + std::to_string(p.min))) == std::to_string(p.min));
            break;
        case parameter_kind::text:
            for (const std::string& text :
                 {"a"s, "%_\\"s, " "s, "a&b=c+d"s, "备份😀"s, "' OR 1"s, std::string(255, 'x')})
                BOOST_TEST(filled(p, assign(p, text)) == text, p.name);
            {
                std::string longest;
                for (int i = 0; i < 255; ++i)
                    longest += "备";
                BOOST_TEST(filled(p, assign(p, longest)) == longest); // characters, not bytes
            }
            break;
        case parameter_kind::enumeration:
            for (const std::string_view value : p.values)
                BOOST_TEST(!filled(p, assign(p, value)).empty(), p.name);
            break;
        case parameter_kind::sort:
            BOOST_TEST(filled(p, assign(p, "name:asc,status")) == "name:asc,status:desc");
            break;
        }
    }
}

BOOST_AUTO_TEST_CASE(enumerations_mean_what_they_say) {
    const auto number = [](std::string_view name, std::string_view value) {
        return filled(named(name), assign(named(name), value));
    };
    BOOST_TEST(number("own_type", "private") == std::to_string(static_cast<int>(query::own_type::own)));
    BOOST_TEST(number("own_type", "shared") == std::to_string(static_cast<int>(query::own_type::shared)));
    BOOST_TEST(number("own_type", "all_granted") == std::to_string(static_cast<int>(query::own_type::all_granted)));
    const auto state = [](query::member_status status) { return std::to_string(static_cast<int>(status)); };
    BOOST_TEST(number("member_status", "pending") == state(query::member_status::pending));
    BOOST_TEST(number("member_status", "accept") == state(query::member_status::accepted));
    BOOST_TEST(number("member_status", "accepted") == state(query::member_status::accepted));
    BOOST_TEST(number("member_status", "reject") == state(query::member_status::rejected));
    BOOST_TEST(number("member_status", "rejected") == state(query::member_status::rejected));
    for (const parameter& p : list_parameters()) {
        if (p.name != "status" && p.name != "resource_type" && p.name != "image_type") continue;
        for (const std::string_view value : p.values) {
            const auto place = p.name == "status"       ? query::index_of(query::statuses, value)
                               : p.name == "image_type" ? query::index_of(query::image_types, value)
                                                        : query::index_of(query::resource_types, value);
            BOOST_REQUIRE(place.has_value());
            BOOST_TEST(number(p.name, value) == std::to_string(*place) + (p.repeatable ? ";" : ""));
        }
    }
    BOOST_TEST(number("enterprise_project_id", "all_granted_eps") == "none");
    BOOST_TEST(number("enterprise_project_id", "0") == "0");
    BOOST_TEST(number("enterprise_project_id", "ALL_GRANTED_EPS") == "ALL_GRANTED_EPS");
}

BOOST_AUTO_TEST_CASE(bad_values_are_refused) {
    for (const parameter& p : list_parameters()) {
        switch (p.kind) {
        case parameter_kind::boolean:
            for (const std::string_view bad :
                 {"yes", "no", "2", "t", "on", " true", "true ", "01", "-1", "null", "truе"})
                check_refused(p, assign(p, bad), "'" + std::string(bad) + "' is not a boolean");
            break;
        case parameter_kind::uuid:
            for (const std::string_view bad :
                 {"5606aab52dc244988144dc848d099af5", "x", "5606aab5-2dc2-4498-8144-dc848d099afg",
                  "5606aab5-2dc2-4498-8144-dc848d099af", " 5606aab5-2dc2-4498-8144-dc848d099af5"})
                check_refused(p, assign(p, bad), "'" + std::string(bad) + "' is not a UUID");
            break;
        case parameter_kind::timestamp:
            for (const std::string_view bad :
                 {"2026-11-24", "2026-02-29T00:00:00", "2026-11-24T24:00:00", "2026-11-24T08:30:00.1234567",
                  "2026-11-24T08:30:00+01:00", "2026-11-24T08:30:00.", "0000-01-01T00:00:00", "now"})
                check_refused(p, assign(p, bad), "'" + std::string(bad) + "' is not a time");
            check_refused(p, std::string(p.name) + "=2026-11-24T08:30:00+00:00", "is not a time"); // + is a blank
            break;
        case parameter_kind::integer:
            for (const std::string_view bad : {"-1", "+1", "1.0", "1e2", "0x1", " 1", "one", "1 ", "１"})
                check_refused(p, assign(p, bad), "'" + std::string(bad) + "' is not an integer");
            if (p.min > 0) check_refused(p, assign(p, std::to_string(p.min - 1)), "is out of range");
            check_refused(p, assign(p, std::to_string(p.max + 1)),
                          "'" + std::to_string(p.max + 1) + "' is out of range");
            for (const std::string_view huge : {"4294967297", "9223372036854775808", "18446744073709551615",
                                                "18446744073709551617", "99999999999999999999999999999"})
                check_refused(p, assign(p, huge), "is out of range");
            break;
        case parameter_kind::text:
            check_refused(p, assign(p, std::string(256, 'x')), "is 256 characters long");
            check_refused(p, assign(p, std::string(254, 'x') + "备份"), "is 256 characters long");
            break;
        case parameter_kind::enumeration:
            for (const std::string_view bad : {"nothing", " ", "0"})
                check_refused(p, assign(p, bad), "unknown value '" + std::string(bad) + "'");
            for (const std::string_view value : p.values) {
                std::string other_case(value);
                for (char& c : other_case)
                    c = static_cast<char>(std::islower(static_cast<unsigned char>(c)) != 0
                                              ? std::toupper(static_cast<unsigned char>(c))
                                              : std::tolower(static_cast<unsigned char>(c)));
                check_refused(p, assign(p, other_case), "unknown value");
                check_refused(p, assign(p, std::string(value) + ","), "unknown value");
                check_refused(p, assign(p, value.substr(0, value.size() - 1)), "unknown value");
            }
            break;
        case parameter_kind::sort:
            check_refused(p, assign(p, "size"), "unknown key 'size'");
            break;
        }
        check_refused(p, std::string(p.name) + "=%ff", "not percent-encoded UTF-8");
        check_refused(p, std::string(p.name) + "=a%00b", "not percent-encoded UTF-8");
        check_refused(p, std::string(p.name) + "=a%4", "not percent-encoded UTF-8");
        check_refused(p, std::string(p.name) + "=a%zz", "not percent-encoded UTF-8");
        check_refused(p, std::string(p.name) + "=\xff", "not percent-encoded UTF-8");
    }
}

BOOST_AUTO_TEST_CASE(an_empty_value) {
    for (const parameter& p : list_parameters()) {
        for (const std::string& query : {std::string(p.name) + "=", std::string(p.name)}) {
            const bool is_filter = p.name != "name" && p.name != "resource_name" && p.name != "resource_az";
            if (is_filter)
                check_refused(p, query, "is empty");
            else
                BOOST_TEST(filled(p, query).empty(), query);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_repeated_parameter) {
    for (const parameter& p : list_parameters()) {
        const std::string once = assign(p, some_value(p));
        if (p.name == "status" || p.name == "resource_type") {
            BOOST_TEST(filled(p, assign(p, p.values[2]) + "&" + assign(p, p.values[0])) == "2;0;");
            check_refused(p, once + "&" + std::string(p.name) + "=", "is empty");
            check_refused(p, once + "&" + assign(p, "nothing"), "unknown value");
            continue;
        }
        check_refused(p, once + "&" + once, "is given more than once");
        // Also with something between them, and where its name is written another way.
        std::string written = once;
        written.replace(0, 1, encode(" ").substr(0, 1) + (std::ostringstream() << std::hex << int{once[0]}).str());
        check_refused(p, once + "&status=available&" + written, "is given more than once");
        if (p.empty_is_none) check_refused(p, std::string(p.name) + "=&" + once, "is given more than once");
    }
}

BOOST_AUTO_TEST_CASE(sort_grammar) {
    const parameter& p = named("sort");
    BOOST_TEST(sort_of("name") == "name:desc");
    BOOST_TEST(sort_of("name:asc") == "name:asc");
    BOOST_TEST(sort_of("name:desc") == "name:desc");
    BOOST_TEST(sort_of("created_at:asc,updated_at,name:asc,status:desc,protected_at:asc,id") ==
               "created_at:asc,updated_at:desc,name:asc,status:desc,protected_at:asc,id:desc");
    BOOST_TEST(sort_of("  name : asc  ,\tstatus :desc ") == "name:asc,status:desc");
    BOOST_TEST(sort_of("id:asc,name") == "id:asc,name:desc");
    BOOST_TEST(text_of(good("sort=name:asc,+status").sort) == "name:asc,status:desc");
    // 255 characters are taken, one more is not, whatever the rest is.
    BOOST_TEST(sort_of("name" + std::string(251, ' ')) == "name:desc");
    check_refused(p, assign(p, "name" + std::string(252, ' ')), "is 256 characters long");
    struct row {
        std::string value, fault;
    };
    for (const auto& [value, fault] : std::vector<row>{{",", "empty element"},
                                                       {"name,", "empty element"},
                                                       {",name", "empty element"},
                                                       {"name,,status", "empty element"},
                                                       {"name, ,status", "empty element"},
                                                       {" ", "empty element"},
                                                       {"Name", "unknown key 'Name'"},
                                                       {"name asc", "unknown key 'name asc'"},
                                                       {"-name", "unknown key '-name'"},
                                                       {":asc", "unknown key ''"},
                                                       {"resource_size", "unknown key"},
                                                       {"name;status", "unknown key"},
                                                       {"name:", "unknown direction ''"},
                                                       {"name:ASC", "unknown direction 'ASC'"},
                                                       {"name:up", "unknown direction 'up' of key 'name'"},
                                                       {"name:asc:desc", "unknown direction 'asc:desc'"},
                                                       {"name,name", "key 'name' is given twice"},
                                                       {"name:asc,status,name:desc", "key 'name' is given twice"}})
        check_refused(p, assign(p, value), fault);
}

BOOST_AUTO_TEST_CASE(start_is_not_after_end) {
    const list_request r = good("start_time=2026-01-01T00:00:00Z&end_time=2026-01-01T00:00:00.000000");
    BOOST_TEST(*r.start_time == *r.end_time);
    good("end_time=2026-01-01T00:00:01&start_time=2026-01-01T00:00:00.999999Z");
    for (const std::string_view query : {"start_time=2026-01-01T00:00:00.000001&end_time=2026-01-01T00:00:00",
                                         "end_time=2025-12-31T23:59:59.999999Z&start_time=2026-01-01T00:00:00Z"}) {
        const std::string message = refused(query);
        BOOST_TEST(message.starts_with("start_time: "));
        BOOST_TEST(message.find("is later than end_time") != std::string::npos);
        BOOST_TEST(message.find("; allowed: ") != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(unknown_parameters) {
    for (const std::string_view name : {"x", "Limit", "LIMIT", "limit ", " limit", "nam", "names", "", "project_id"}) {
        const std::string query = encode(name) + "=1";
        const std::string message = refused(query);
        const std::string what =
            name.empty() ? "query: a parameter without a name" : std::string(name) + ": unknown parameter";
        BOOST_TEST(message.starts_with(what + "; allowed: "), message);
        for (const parameter& p : list_parameters())
            BOOST_TEST(message.find(p.name) != std::string::npos, p.name);
        parse_options lenient = everything;
        lenient.ignore_unknown = true;
        BOOST_TEST((fields(good(query, lenient)) == fields(good(""))));
        BOOST_TEST(good(query + "&" + query + "&offset=7", lenient).offset == 7U);
        // Even what is ignored must be text.
        refused(encode(name) + "=%ff", lenient);
    }
    parse_options lenient = everything;
    lenient.ignore_unknown = true;
    check_refused(named("limit"), "x=1&limit=0", "is out of range", lenient);
    BOOST_TEST(refused(encode(std::string(5000, 'n')) + "=1").size() < 1000U); // a long name does not come back whole
}

BOOST_AUTO_TEST_CASE(one_backup_has_no_parameters) {
    const auto refused_with = [](std::string_view query, bool ignore_unknown) {
        parse_options options = everything;
        options.ignore_unknown = ignore_unknown;
        const auto fault = catalog::api::check_show_query(query, options);
        return fault ? fault->message : std::string();
    };
    for (const std::string_view nothing : {"", "&", "&&"})
        BOOST_TEST(refused_with(nothing, false).empty());
    BOOST_TEST(refused_with("limit=1", false) == "limit: unknown parameter; allowed: none when one backup is shown");
    BOOST_TEST(refused_with("limit=1&foo", true).empty());
    for (const std::string_view no_text : {"foo=%ff", "%00=1", "foo=%zz"})
        for (const bool ignore : {false, true})
            BOOST_TEST(refused_with(no_text, ignore).find("not percent-encoded UTF-8") != std::string::npos, no_text);
}

BOOST_AUTO_TEST_CASE(form_decoding) {
    BOOST_TEST(good("name=a+b").name == "a b");
    BOOST_TEST(good("name=a%2Bb").name == "a+b");
    BOOST_TEST(good("name=a=b=c").name == "a=b=c");
    BOOST_TEST(good("name=a%26offset%3D5").name == "a&offset=5");
    BOOST_TEST(good("name=a%26offset%3D5").offset == 0U);
    BOOST_TEST(good("%6eame=x").name == "x");
    BOOST_TEST(good("resource_az=az;b").resource_az == "az;b");
    BOOST_TEST(good("&&name=x&&offset=3&").name == "x");
    BOOST_TEST(good("&&name=x&&offset=3&").offset == 3U);
    BOOST_TEST(good("resource_type=OS::Nova::Server").resource_types.size() == 1U); // colons may come bare
    BOOST_TEST(good("name=%25").name == "%");
    BOOST_TEST(good("name=\xE5\xA4\x87").name == "备"); // bare bytes too, where they are text
}

BOOST_AUTO_TEST_CASE(names_that_are_no_text) {
    for (const std::string& query : {"%=1"s, "%zz=1"s, "na%4=1"s, "%ff=1"s, "%00=1"s, "\xff=1"s, "a%ed%a0%80=1"s}) {
        const std::string message = refused(query);
        BOOST_TEST(message.find("parameter name") != std::string::npos, message);
        BOOST_TEST(message.find("; allowed: ") != std::string::npos, message);
    }
}

// The message goes into JSON, which must be UTF-8: bytes as they came must not get into it.
BOOST_AUTO_TEST_CASE(undecodable_names_with_foreign_bytes) {
    refused("\xff%zz=1");
    refused("na\xC3%4=1");
    refused("%zz\x80\x80\x80=1");
}

BOOST_AUTO_TEST_CASE(dec_needs_a_dedicated_cloud) {
    parse_options plain = everything;
    plain.dedicated_cloud = false;
    BOOST_TEST(!good("dec=true", plain).dedicated_cloud.has_value());
    BOOST_TEST(!good("dec=false", plain).dedicated_cloud.has_value());
    check_refused(named("dec"), "dec=maybe", "is not a boolean", plain);
    check_refused(named("dec"), "dec=true&dec=true", "is given more than once", plain);
    BOOST_TEST(good("dec=true").dedicated_cloud.value());
    BOOST_TEST(!good("dec=false").dedicated_cloud.value());
}

BOOST_AUTO_TEST_CASE(the_largest_page_is_a_setting) {
    parse_options small = everything;
    small.max_limit = 50;
    BOOST_TEST(good("", small).limit == 50U);
    BOOST_TEST(good("limit=50", small).limit == 50U);
    BOOST_TEST(good("limit=1", small).limit == 1U);
    const parameter& p = named("limit");
    check_refused(p, "limit=51", "'51' is out of range", small);
    check_refused(p, "limit=1000", "'1000' is out of range", small);
    check_refused(p, "limit=x", "is not an integer", small);
    BOOST_TEST(refused("limit=51", small).ends_with("an integer from 1 to 50"));
    BOOST_TEST(good("used_percent=51", small).used_percent.value() == 51U); // others keep their range
    BOOST_TEST(good("offset=51", small).offset == 51U);
}

// What is allowed does not depend on the fault.
BOOST_AUTO_TEST_CASE(the_largest_page_is_in_every_refusal) {
    parse_options small = everything;
    small.max_limit = 50;
    const parameter& p = named("limit");
    check_refused(p, "limit=", "is empty", small);
    check_refused(p, "limit=1&limit=2", "is given more than once", small);
    check_refused(p, "limit=%ff", "not percent-encoded", small);
}

BOOST_AUTO_TEST_CASE(long_values_come_back_shortened) {
    const std::string message = refused(assign(named("marker"), std::string(4000, 'a')));
    BOOST_TEST(message.size() < 300U);
    BOOST_TEST(message.find("…") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(names_of_given_parameters_without_values) {
    using catalog::api::given_parameters;
    BOOST_TEST(given_parameters("") == "");
    BOOST_TEST(given_parameters("&&") == "");
    BOOST_TEST(given_parameters("name=s3cret&limit=5&name=x&n%61me") == "limit,name");
    BOOST_TEST(given_parameters("s3cret=1&status=error&other") == "status,?");
    BOOST_TEST(given_parameters("%zz=1&%ff&=1") == "?");
}

BOOST_AUTO_TEST_CASE(what_is_allowed_is_said) {
    BOOST_TEST(allowed_values(named("limit")) == "an integer from 1 to 1000");
    BOOST_TEST(allowed_values(named("offset")) == "an integer from 0 to 2147483647");
    for (const parameter& p : list_parameters()) {
        const std::string allowed = allowed_values(p);
        for (const std::string_view value : p.values)
            BOOST_TEST(allowed.find(value) != std::string::npos, p.name);
        BOOST_TEST((allowed.find("several times") != std::string::npos) == p.repeatable, p.name);
    }
    for (const std::string_view key :
         {"created_at", "updated_at", "name", "status", "protected_at", "id", "asc", "desc"})
        BOOST_TEST(allowed_values(named("sort")).find(key) != std::string::npos, key);
    BOOST_TEST(allowed_values(named("enterprise_project_id")).find("all_granted_eps") != std::string::npos);
    // The example in the message is itself a good value.
    BOOST_TEST(allowed_values(named("marker")).find(uuid) != std::string::npos);
    good("start_time=2026-11-24T08:30:00Z");
}

BOOST_AUTO_TEST_CASE(the_table_of_the_documentation) {
    const std::string table = parameter_table();
    BOOST_TEST(std::count(table.begin(), table.end(), '\n') ==
               static_cast<std::ptrdiff_t>(list_parameters().size() + 2));
    std::istringstream lines(table);
    for (std::string line; std::getline(lines, line);) {
        std::size_t bars = 0;
        for (std::size_t i = 0; i < line.size(); ++i)
            if (line[i] == '|' && (i == 0 || line[i - 1] != '\\')) ++bars;
        BOOST_TEST(bars == 5U, line);
    }
    for (const parameter& p : list_parameters())
        BOOST_TEST(table.find("| `" + std::string(p.name) + "` | ") != std::string::npos, p.name);
}

BOOST_AUTO_TEST_SUITE_END()
