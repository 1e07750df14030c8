// This file holds the table of parameters and the checks of their kinds.
#include "api/list_parameters.hpp"

#include "query/facet.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace catalog::api {

namespace {

using query::list_request;
using value = parameter_value;

constexpr std::array<std::string_view, 5> member_status_values{"pending", "accept", "reject", "accepted", "rejected"};
constexpr std::array<std::string_view, 3> own_type_values{"private", "shared", "all_granted"};
constexpr std::array<std::string_view, 6> sort_keys{"created_at", "updated_at", "name", "status", "protected_at", "id"};

std::string text_of(value& v) {
    return std::move(std::get<std::string>(v));
}

constexpr std::array<parameter, 24> table{{
    {.name = "all_tenants",
     .kind = parameter_kind::boolean,
     .default_value = "false",
     .example = "false",
     .meaning = "backups of every project; needs the administrator role",
     .apply = [](list_request& r, value v) { r.all_tenants = std::get<bool>(v); }},
    {.name = "checkpoint_id",
     .kind = parameter_kind::uuid,
     .example = "7772e8bc-60ce-4b44-ab4d-9295ed3ee49d",
     .meaning = "restore point",
     .apply = [](list_request& r, value v) { r.checkpoint_id = text_of(v); }},
    {.name = "dec",
     .kind = parameter_kind::boolean,
     .example = "true",
     .meaning =
         "true: only backups of a dedicated cloud; false: only the others. Checked, but without effect, where the "
         "deployment is not a dedicated cloud",
     .apply = [](list_request& r, value v) { r.dedicated_cloud = std::get<bool>(v); }},
    {.name = "end_time",
     .kind = parameter_kind::timestamp,
     .example = "2026-11-24T08:30:00Z",
     .meaning = "created_at is at or before this time",
     .apply = [](list_request& r, value v) { r.end_time = text_of(v); }},
    {.name = "enterprise_project_id",
     .kind = parameter_kind::text,
     .max = 255,
     .example = "all_granted_eps",
     .meaning =
         "backups of one enterprise project (0 is the default one), or all_granted_eps for those of every one that "
         "the user may see",
     .apply =
         [](list_request& r, value v) {
             std::string id = text_of(v);
             if (id != "all_granted_eps") r.enterprise_project_id = std::move(id);
         }},
    {.name = "image_type",
     .kind = parameter_kind::enumeration,
     .values = query::image_types,
     .example = "backup",
     .meaning = "kind of backup",
     .apply = [](list_request& r, value v) { r.image_type = std::get<std::uint64_t>(v); }},
    {.name = "incremental",
     .kind = parameter_kind::boolean,
     .example = "true",
     .meaning = "true: incremental backups only; false: full ones only",
     .apply = [](list_request& r, value v) { r.incremental = std::get<bool>(v); }},
    {.name = "limit",
     .kind = parameter_kind::integer,
     .min = 1,
     .max = 1000,
     .default_value = "1000",
     .example = "50",
     .meaning = "most backups on a page",
     .apply = [](list_request& r, value v) { r.limit = static_cast<std::uint32_t>(std::get<std::uint64_t>(v)); }},
    {.name = "marker",
     .kind = parameter_kind::uuid,
     .example = "f6b9301a-faf9-4c45-b34f-7ad0a201bc7f",
     .meaning = "id of the last backup of the previous page; the page begins right after its place in the order",
     .apply = [](list_request& r, value v) { r.marker = text_of(v); }},
    {.name = "member_status",
     .kind = parameter_kind::enumeration,
     .values = member_status_values,
     .example = "accepted",
     .meaning =
         "state of sharing: of the caller's own member record, or of any record of a backup that the caller owns",
     .apply =
         [](list_request& r, value v) {
             constexpr std::array<query::member_status, 5> states{
                 query::member_status::pending, query::member_status::accepted, query::member_status::rejected,
                 query::member_status::accepted, query::member_status::rejected};
             r.member_status = states.at(std::get<std::uint64_t>(v));
         }},
    {.name = "name",
     .kind = parameter_kind::text,
     .max = 255,
     .example = "manualbk",
     .empty_is_none = true,
     .meaning = "part of the name; case-sensitive, every character literal",
     .apply = [](list_request& r, value v) { r.name = text_of(v); }},
    {.name = "offset",
     .kind = parameter_kind::integer,
     .min = 0,
     .max = 2147483647,
     .default_value = "0",
     .example = "100",
     .meaning = "backups to skip, counted from the marker if there is one",
     .apply = [](list_request& r, value v) { r.offset = static_cast<std::uint32_t>(std::get<std::uint64_t>(v)); }},
    {.name = "own_type",
     .kind = parameter_kind::enumeration,
     .values = own_type_values,
     .default_value = "private",
     .example = "all_granted",
     .meaning = "the project's own backups, those that others share with it, or both",
     .apply =
         [](list_request& r, value v) {
             constexpr std::array<query::own_type, 3> types{query::own_type::own, query::own_type::shared,
                                                            query::own_type::all_granted};
             r.own_type = types.at(std::get<std::uint64_t>(v));
         }},
    {.name = "parent_id",
     .kind = parameter_kind::uuid,
     .example = "59a67e12-ca05-45ac-b60c-f2be10515be5",
     .meaning = "the children of one server backup, which lists leave out otherwise",
     .apply = [](list_request& r, value v) { r.parent_id = text_of(v); }},
    {.name = "resource_az",
     .kind = parameter_kind::text,
     .max = 255,
     .example = "br-iaas-odin1a",
     .empty_is_none = true,
     .meaning = "availability zone",
     .apply = [](list_request& r, value v) { r.resource_az = text_of(v); }},
    {.name = "resource_id",
     .kind = parameter_kind::uuid,
     .example = "1a503932-ee8f-4dd5-8248-8dfb57e584c5",
     .meaning = "protected resource",
     .apply = [](list_request& r, value v) { r.resource_id = text_of(v); }},
    {.name = "resource_name",
     .kind = parameter_kind::text,
     .max = 255,
     .example = "test001",
     .empty_is_none = true,
     .meaning = "part of the resource's name; case-sensitive, every character literal",
     .apply = [](list_request& r, value v) { r.resource_name = text_of(v); }},
    {.name = "resource_type",
     .kind = parameter_kind::enumeration,
     .values = query::resource_types,
     .example = "OS::Nova::Server",
     .repeatable = true,
     .meaning = "type of the protected resource",
     .apply = [](list_request& r, value v) { r.resource_types.push_back(std::get<std::uint64_t>(v)); }},
    {.name = "show_replication",
     .kind = parameter_kind::boolean,
     .default_value = "true",
     .example = "false",
     .meaning = "false leaves replication_records out",
     .apply = [](list_request& r, value v) { r.show_replication = std::get<bool>(v); }},
    {.name = "sort",
     .kind = parameter_kind::sort,
     .max = 255,
     .default_value = "created_at:desc",
     .example = "name:asc,created_at:desc",
     .meaning = "order: key[:direction], several with commas; the direction is desc unless it says asc",
     .apply = [](list_request& r, value v) { r.sort = std::move(std::get<std::vector<query::sort_term>>(v)); }},
    {.name = "start_time",
     .kind = parameter_kind::timestamp,
     .example = "2026-01-01T00:00:00.5Z",
     .meaning = "created_at is at or after this time",
     .apply = [](list_request& r, value v) { r.start_time = text_of(v); }},
    {.name = "status",
     .kind = parameter_kind::enumeration,
     .values = query::statuses,
     .example = "available",
     .repeatable = true,
     .meaning = "state of the backup",
     .apply = [](list_request& r, value v) { r.statuses.push_back(std::get<std::uint64_t>(v)); }},
    {.name = "used_percent",
     .kind = parameter_kind::integer,
     .min = 1,
     .max = 100,
     .example = "80",
     .meaning = "backups whose vault is used to at least this share of its size",
     .apply = [](list_request& r,
                 value v) { r.used_percent = static_cast<std::uint32_t>(std::get<std::uint64_t>(v)); }},
    {.name = "vault_id",
     .kind = parameter_kind::uuid,
     .example = "cca85ea5-00a4-418d-9222-bd83985bc515",
     .meaning = "vault, as the caller sees it",
     .apply = [](list_request& r, value v) { r.vault_id = text_of(v); }},
}};

std::string join(std::span<const std::string_view> words) {
    std::string out;
    for (const std::string_view word : words) {
        if (!out.empty()) out += ", ";
        out += word;
    }
    return out;
}

problem refuse(const parameter& parameter, const std::string& fault) {
    return bad_parameter(std::string(parameter.name) + ": " + fault + "; allowed: " + allowed_values(parameter));
}

std::string quoted(std::string_view text) {
    return "'" + shorten(text) + "'";
}

std::optional<bool> parse_boolean(std::string_view text) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    if (lower == "true" || lower == "1") return true;
    if (lower == "false" || lower == "0") return false;
    return std::nullopt;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

result<value> parse_sort(const parameter& parameter, std::string_view text) {
    std::vector<query::sort_term> terms;
    std::string_view rest = text;
    for (bool more = true; more;) {
        const std::size_t comma = rest.find(',');
        more = comma != std::string_view::npos;
        const std::string_view element = trimmed(rest.substr(0, comma));
        if (more) rest.remove_prefix(comma + 1);
        if (element.empty()) return refuse(parameter, quoted(text) + " has an empty element");
        const std::size_t colon = element.find(':');
        const std::string_view key = trimmed(element.substr(0, colon));
        const auto index = query::index_of(sort_keys, key);
        if (!index) return refuse(parameter, "unknown key " + quoted(key));
        query::sort_term term{static_cast<query::sort_key>(*index), false};
        static_assert(static_cast<std::size_t>(query::sort_key::id) + 1 == sort_keys.size());
        if (colon != std::string_view::npos) {
            const std::string_view direction = trimmed(element.substr(colon + 1));
            if (direction != "asc" && direction != "desc")
                return refuse(parameter, "unknown direction " + quoted(direction) + " of key " + quoted(key));
            term.ascending = direction == "asc";
        }
        if (std::any_of(terms.begin(), terms.end(), [&](const query::sort_term& seen) { return seen.key == term.key; }))
            return refuse(parameter, "key " + quoted(key) + " is given twice");
        terms.push_back(term);
    }
    return value(std::move(terms));
}

// The value of one occurrence of a parameter; `text` is decoded, clean UTF-8 and not empty.
result<value> parse_value(const parameter& parameter, const std::string& text) {
    switch (parameter.kind) {
    case parameter_kind::boolean:
        if (const auto parsed = parse_boolean(text)) return value(*parsed);
        return refuse(parameter, quoted(text) + " is not a boolean");
    case parameter_kind::uuid:
        if (auto parsed = parse_uuid(text)) return value(std::move(*parsed));
        return refuse(parameter, quoted(text) + " is not a UUID");
    case parameter_kind::timestamp:
        if (auto parsed = parse_time(text)) return value(std::move(*parsed));
        return refuse(parameter, quoted(text) + " is not a time");
    case parameter_kind::integer: {
        const auto parsed = parse_number(text, UINT64_MAX);
        if (!parsed && !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }))
            return refuse(parameter, quoted(text) + " is not an integer");
        if (!parsed || *parsed < parameter.min || *parsed > parameter.max)
            return refuse(parameter, quoted(text) + " is out of range");
        return value(*parsed);
    }
    case parameter_kind::enumeration: {
        const auto found = std::find(parameter.values.begin(), parameter.values.end(), text);
        if (found == parameter.values.end()) return refuse(parameter, "unknown value " + quoted(text));
        return value(static_cast<std::uint64_t>(found - parameter.values.begin()));
    }
    case parameter_kind::text:
    case parameter_kind::sort:
        break;
    }
    if (count_characters(text) > parameter.max)
        return refuse(parameter, "is " + std::to_string(count_characters(text)) + " characters long");
    if (parameter.kind == parameter_kind::sort) return parse_sort(parameter, text);
    return value(text);
}

} // namespace

std::span<const parameter> list_parameters() {
    return table;
}

std::span<const std::string_view> sort_key_names() {
    return sort_keys;
}

std::string allowed_values(const parameter& parameter) {
    std::string out;
    switch (parameter.kind) {
    case parameter_kind::boolean:
        out = "true, false, 1, 0";
        break;
    case parameter_kind::uuid:
        out = "a UUID such as 5606aab5-2dc2-4498-8144-dc848d099af5";
        break;
    case parameter_kind::timestamp:
        out = "a time in UTC such as 2026-11-24T08:30:00Z, with at most 6 fraction digits";
        break;
    case parameter_kind::integer:
        out = "an integer from " + std::to_string(parameter.min) + " to " + std::to_string(parameter.max);
        break;
    case parameter_kind::text:
        out = "up to " + std::to_string(parameter.max) + " characters of UTF-8";
        break;
    case parameter_kind::enumeration:
        out = join(parameter.values);
        break;
    case parameter_kind::sort:
        out = "up to " + std::to_string(parameter.max) + " characters of key[:asc|desc],… with different keys of " +
              join(sort_keys);
        break;
    }
    if (parameter.kind == parameter_kind::text && !parameter.empty_is_none)
        out += ": an enterprise project's id, 0 for the default one, or all_granted_eps";
    if (parameter.repeatable) out += " (may be given several times)";
    return out;
}

std::string parameter_table() {
    std::string out = "| parameter | allowed | default | meaning |\n|---|---|---|---|\n";
    for (const parameter& parameter : table) {
        std::string allowed = allowed_values(parameter);
        for (std::size_t at = 0; (at = allowed.find('|', at)) != std::string::npos; at += 2)
            allowed.insert(at, "\\");
        out += "| `" + std::string(parameter.name) + "` | " + allowed + " | " + std::string(parameter.default_value) +
               " | " + std::string(parameter.meaning) + " |\n";
    }
    return out;
}

std::string given_parameters(std::string_view query) {
    std::array<bool, std::tuple_size_v<decltype(table)>> given{};
    bool unknown = false;
    while (!query.empty()) {
        const std::size_t end = query.find('&');
        const std::string_view pair = query.substr(0, end);
        query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
        if (pair.empty()) continue;
        const auto name = percent_decode(pair.substr(0, pair.find('=')), true);
        const auto* const found =
            std::find_if(table.begin(), table.end(), [&](const parameter& p) { return name && p.name == *name; });
        if (found == table.end())
            unknown = true;
        else
            given[static_cast<std::size_t>(found - table.begin())] = true;
    }
    std::string out;
    const auto add = [&out](std::string_view name) {
        if (!out.empty()) out += ',';
        out += name;
    };
    for (std::size_t i = 0; i < table.size(); ++i)
        if (given[i]) add(table[i].name);
    if (unknown) add("?");
    return out;
}

namespace {

// For who gives another one.
std::string names_of(std::span<const parameter> parameters) {
    std::string names;
    for (const parameter& parameter : parameters)
        names += (names.empty() ? "" : ", ") + std::string(parameter.name);
    return names.empty() ? "none when one backup is shown" : names;
}

std::optional<problem> read_query(std::string_view query, std::span<const parameter> parameters, bool ignore_unknown,
                                  query::list_request& request) {
    std::set<std::string_view> seen;
    while (!query.empty()) {
        const std::size_t end = query.find('&');
        const std::string_view pair = query.substr(0, end);
        query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
        if (pair.empty()) continue;
        const std::size_t equals = pair.find('=');
        const auto name = percent_decode(pair.substr(0, equals), true);
        if (!name || !is_clean_utf8(*name))
            return bad_parameter("query: the parameter name " + quoted(name ? "" : pair.substr(0, equals)) +
                                 " is not percent-encoded UTF-8 without NUL; allowed: the names of the documentation");
        const auto found =
            std::find_if(parameters.begin(), parameters.end(), [&](const parameter& p) { return p.name == *name; });
        const auto text =
            percent_decode(equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1), true);
        if (!text || !is_clean_utf8(*text))
            return bad_parameter(
                shorten(*name) + ": the value is not percent-encoded UTF-8 without NUL; allowed: " +
                (found == parameters.end() ? std::string("percent-encoded UTF-8") : allowed_values(*found)));
        if (found == parameters.end()) {
            if (ignore_unknown) continue;
            return bad_parameter(
                (name->empty() ? "query: a parameter without a name" : shorten(*name) + ": unknown parameter") +
                "; allowed: " + names_of(parameters));
        }
        if (!seen.insert(found->name).second && !found->repeatable) return refuse(*found, "is given more than once");
        if (text->empty()) {
            if (found->empty_is_none) continue;
            return refuse(*found, "is empty");
        }
        auto parsed = parse_value(*found, *text);
        if (parsed.has_error()) return parsed.error();
        found->apply(request, std::move(*parsed));
    }
    return std::nullopt;
}

} // namespace

std::optional<problem> check_show_query(std::string_view query, const parse_options& options) {
    query::list_request none;
    return read_query(query, {}, options.ignore_unknown, none);
}

result<query::list_request> parse_list_request(std::string_view query, const parse_options& options) {
    query::list_request request;
    request.limit = options.max_limit;
    auto parameters = table;
    for (parameter& parameter : parameters)
        if (parameter.name == "limit") parameter.max = options.max_limit;
    if (auto fault = read_query(query, parameters, options.ignore_unknown, request)) return std::move(*fault);
    if (!options.dedicated_cloud) request.dedicated_cloud.reset();
    if (request.start_time && request.end_time && *request.start_time > *request.end_time)
        return bad_parameter("start_time: '" + *request.start_time + "' is later than end_time '" + *request.end_time +
                             "'; allowed: a time at or before end_time");
    return request;
}

} // namespace catalog::api
