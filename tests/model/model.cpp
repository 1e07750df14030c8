// This file implements the contract's model; where the contract leaves a point open, the comment says what was decided.
#include "model.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <stdexcept>

namespace model {

namespace json = boost::json;

namespace {

using microseconds = std::int64_t;

constexpr microseconds second = 1'000'000;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// Days since 1970-01-01 of a proleptic Gregorian date, counted year by year from tables a person can check.
bool is_leap(int year) {
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int days_in_month(int year, int month) {
    static constexpr std::array<int, 12> days{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[static_cast<std::size_t>(month - 1)];
}

std::int64_t days_before_year(int year) {
    const std::int64_t past = year - 1;
    return past * 365 + past / 4 - past / 100 + past / 400;
}

std::int64_t days_since_epoch(int year, int month, int day) {
    std::int64_t days = days_before_year(year) - days_before_year(1970);
    for (int m = 1; m < month; ++m)
        days += days_in_month(year, m);
    return days + day - 1;
}

std::string pad(std::int64_t number, std::size_t width) {
    std::string digits = std::to_string(number);
    return digits.size() < width ? std::string(width - digits.size(), '0') + digits : digits;
}

bool contains(const std::vector<std::string>& values, std::string_view value) {
    return std::find(values.begin(), values.end(), value) != values.end();
}

const json::value* find(const json::object& record, std::string_view name) {
    const auto it = record.find(name);
    return it == record.end() || it->value().is_null() ? nullptr : &it->value();
}

std::string text_of(const json::object& record, std::string_view name) {
    const json::value* const value = find(record, name);
    if (value == nullptr) throw std::runtime_error("model: the record has no " + std::string(name));
    return std::string(value->as_string());
}

std::optional<std::string> optional_text(const json::object& record, std::string_view name) {
    const json::value* const value = find(record, name);
    return value == nullptr ? std::nullopt : std::optional<std::string>(value->as_string());
}

std::string uuid_of(const json::object& record, std::string_view name) {
    const std::optional<std::string> id = parse_uuid(text_of(record, name));
    if (!id) throw std::runtime_error("model: " + std::string(name) + " is no UUID");
    return *id;
}

std::optional<std::string> optional_uuid(const json::object& record, std::string_view name) {
    return find(record, name) == nullptr ? std::nullopt : std::optional<std::string>(uuid_of(record, name));
}

std::optional<microseconds> optional_time(const json::object& record, std::string_view name) {
    const json::value* const value = find(record, name);
    if (value == nullptr) return std::nullopt;
    const std::optional<microseconds> time = parse_timestamp(value->as_string());
    if (!time) throw std::runtime_error("model: " + std::string(name) + " is no timestamp");
    return time;
}

template <class T>
json::value or_null(const std::optional<T>& value) {
    return value ? json::value(*value) : json::value(nullptr);
}

json::value time_or_null(const std::optional<microseconds>& value) {
    return value ? json::value(render_timestamp(*value)) : json::value(nullptr);
}

std::int64_t integer_or(const json::object& record, std::string_view name, std::int64_t otherwise) {
    const json::value* const value = find(record, name);
    return value == nullptr ? otherwise : value->to_number<std::int64_t>();
}

// Only the two kinds that the reference's example shows have a documented provider.
std::string default_provider(const std::string& resource_type) {
    if (resource_type == "OS::Nova::Server") return "0daac4c5-6707-4851-97ba-169e36266b66";
    if (resource_type == "OS::Cinder::Volume") return "d1603440-187d-4516-af25-121250c7cc97";
    throw std::runtime_error("model: provider_id of " + resource_type + " must be given");
}

json::object render_replication(const json::object& record) {
    json::object out;
    // An absent member is null, extra_info too.
    for (const auto* name : {"id", "status", "created_at", "vault_id", "source_backup_id", "source_checkpoint_id",
                             "source_project_id", "source_region", "destination_backup_id", "destination_checkpoint_id",
                             "destination_project_id", "destination_region", "destination_vault_id", "extra_info"}) {
        const json::value* const value = find(record, name);
        out[name] = value == nullptr ? json::value(nullptr) : *value;
    }
    out["created_at"] = time_or_null(optional_time(record, "created_at"));
    return out;
}

struct sort_key {
    std::string name;
    bool ascending = false;
};

// The parsed request: only what a valid one holds.
struct request {
    bool all_tenants = false;
    bool show_replication = true;
    std::optional<bool> dec;
    std::optional<bool> incremental;
    std::optional<std::string> checkpoint_id;
    std::optional<std::string> resource_id;
    std::optional<std::string> vault_id;
    std::optional<std::string> parent_id;
    std::optional<std::string> marker;
    std::optional<std::string> image_type;
    std::optional<std::string> member_status;
    std::optional<std::string> enterprise_project_id;
    std::optional<std::string> name;
    std::optional<std::string> resource_name;
    std::optional<std::string> resource_az;
    std::set<std::string> status;
    std::set<std::string> resource_type;
    std::string own_type = "private";
    std::int64_t limit = 1000;
    std::int64_t offset = 0;
    std::optional<std::int64_t> used_percent;
    std::optional<microseconds> start_time;
    std::optional<microseconds> end_time;
    std::vector<sort_key> sort;
};

std::string trim_blanks(const std::string& text) {
    const auto first = text.find_first_not_of(' ');
    if (first == std::string::npos) return {};
    return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts(1);
    for (char c : text) {
        if (c == separator)
            parts.emplace_back();
        else
            parts.back().push_back(c);
    }
    return parts;
}

std::optional<std::vector<sort_key>> parse_sort(const std::string& text) {
    static const std::vector<std::string> names{"created_at", "updated_at", "name", "status", "protected_at", "id"};
    if (*count_characters(text) > 255) return std::nullopt;
    std::vector<sort_key> keys;
    std::set<std::string> seen;
    for (const std::string& element : split(text, ',')) {
        const std::vector<std::string> parts = split(element, ':');
        if (parts.size() > 2) return std::nullopt;
        sort_key key{trim_blanks(parts[0]), false};
        if (!contains(names, key.name) || !seen.insert(key.name).second) return std::nullopt;
        if (parts.size() == 2) {
            const std::string direction = trim_blanks(parts[1]);
            if (direction != "asc" && direction != "desc") return std::nullopt;
            key.ascending = direction == "asc";
        }
        keys.push_back(key);
    }
    return keys;
}

bool is_project_id(std::string_view text) {
    if (text.empty() || text.size() > 64) return false;
    return std::all_of(text.begin(), text.end(), [](char c) {
        return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
    });
}

// Reads every parameter and collects the names of those at fault.
request parse_request(const parameters& query, const deployment& where, std::set<std::string>& offending) {
    request out;
    std::map<std::string, int> times_given;
    for (const auto& given : query) {
        const std::string& name = given.first; // by name, because clang 14 lets no lambda see a structured binding
        const std::string& value = given.second;
        if (!contains(parameter_names(), name)) {
            if (!where.ignore_unknown_parameters) offending.insert(name);
            continue;
        }
        const bool repeatable = name == "status" || name == "resource_type";
        if (++times_given[name] > 1 && !repeatable) offending.insert(name);

        const std::optional<std::size_t> length = count_characters(value);
        if (!length) {
            offending.insert(name);
            continue;
        }
        const auto take = [&](auto& target, const auto& parsed) {
            if (parsed)
                target = *parsed;
            else
                offending.insert(name);
        };
        const auto take_enum = [&](auto& target, const std::vector<std::string>& allowed) {
            take(target, contains(allowed, value) ? std::optional<std::string>(value) : std::nullopt);
        };
        const auto take_text = [&](std::optional<std::string>& target) {
            if (*length > 255)
                offending.insert(name);
            else if (*length > 0) // An empty one is no filter.
                target = value;
        };
        const auto take_member = [&](std::set<std::string>& target, const std::vector<std::string>& allowed) {
            if (contains(allowed, value))
                target.insert(value);
            else
                offending.insert(name);
        };

        if (name == "all_tenants") take(out.all_tenants, parse_boolean(value));
        if (name == "show_replication") take(out.show_replication, parse_boolean(value));
        if (name == "dec") take(out.dec, parse_boolean(value));
        if (name == "incremental") take(out.incremental, parse_boolean(value));
        if (name == "checkpoint_id") take(out.checkpoint_id, parse_uuid(value));
        if (name == "resource_id") take(out.resource_id, parse_uuid(value));
        if (name == "vault_id") take(out.vault_id, parse_uuid(value));
        if (name == "parent_id") take(out.parent_id, parse_uuid(value));
        if (name == "marker") take(out.marker, parse_uuid(value));
        if (name == "image_type") take_enum(out.image_type, {"backup", "replication"});
        if (name == "member_status")
            take_enum(out.member_status, {"pending", "accept", "reject", "accepted", "rejected"});
        if (name == "own_type") take_enum(out.own_type, {"private", "shared", "all_granted"});
        if (name == "enterprise_project_id")
            take(out.enterprise_project_id, value.empty() ? std::nullopt : std::optional<std::string>(value));
        if (name == "name") take_text(out.name);
        if (name == "resource_name") take_text(out.resource_name);
        if (name == "resource_az") take_text(out.resource_az);
        if (name == "status") take_member(out.status, statuses());
        if (name == "resource_type") take_member(out.resource_type, resource_types());
        if (name == "limit") take(out.limit, parse_integer(value, 1, 1000));
        if (name == "offset") take(out.offset, parse_integer(value, 0, 2147483647));
        if (name == "used_percent") take(out.used_percent, parse_integer(value, 1, 100));
        if (name == "start_time") take(out.start_time, parse_timestamp(value));
        if (name == "end_time") take(out.end_time, parse_timestamp(value));
        if (name == "sort") take(out.sort, parse_sort(value));
    }
    if (out.start_time && out.end_time && *out.start_time > *out.end_time) {
        offending.insert("start_time");
        offending.insert("end_time");
    }
    if (out.member_status == "accept") out.member_status = "accepted";
    if (out.member_status == "reject") out.member_status = "rejected";
    if (out.sort.empty()) out.sort.push_back({"created_at", false});
    const bool has_id = std::any_of(out.sort.begin(), out.sort.end(), [](const sort_key& k) { return k.name == "id"; });
    if (!has_id) out.sort.push_back({"id", out.sort.front().ascending});
    return out;
}

template <class T>
int three_way(const T& a, const T& b) {
    return a < b ? -1 : (b < a ? 1 : 0);
}

// An empty optional compares as less than every value: a null sorts as earlier than every time.
// std::string compares bytes as unsigned, which for UTF-8 is the order of the code points.
int compare_by(const sort_key& key, const backup& a, const backup& b) {
    int order = 0;
    if (key.name == "created_at") order = three_way(a.created_at, b.created_at);
    if (key.name == "updated_at") order = three_way(a.updated_at, b.updated_at);
    if (key.name == "protected_at") order = three_way(a.protected_at, b.protected_at);
    if (key.name == "name") order = three_way(a.name, b.name);
    if (key.name == "status") order = three_way(a.status, b.status);
    if (key.name == "id") order = three_way(a.id, b.id);
    return key.ascending ? order : -order;
}

int compare(const std::vector<sort_key>& keys, const backup& a, const backup& b) {
    for (const sort_key& key : keys)
        if (const int order = compare_by(key, a, b); order != 0) return order;
    return 0;
}

answer refuse(int status, std::string error_code) {
    answer out;
    out.status = status;
    out.error_code = std::move(error_code);
    return out;
}

answer refuse_parameters(std::set<std::string> offending) {
    answer out = refuse(400, "BackupService.9900");
    out.offending = std::move(offending);
    return out;
}

bool has_role(const caller& who, std::string_view role) {
    return contains(who.roles, role);
}

// The checks that come before any parameter, in the order in which the service answers them.
std::optional<answer> check_caller(const caller& who, std::string_view path_project_id) {
    if (!who.token_known) return refuse(401, "APIGW.0301");
    if (!is_project_id(path_project_id)) return refuse_parameters({"project_id"});
    if (who.project_id != path_project_id) return refuse(401, "");
    if (!has_role(who, "reader") && !has_role(who, "admin")) return refuse(403, "APIGW.0302");
    return std::nullopt;
}

std::string vault_key(const std::string& project_id, const std::string& id) {
    return project_id + "/" + id;
}

} // namespace

const std::vector<std::string>& statuses() {
    static const std::vector<std::string> values{"available", "protecting",      "deleting",       "restoring",
                                                 "error",     "waiting_protect", "waiting_delete", "waiting_restore"};
    return values;
}

const std::vector<std::string>& resource_types() {
    static const std::vector<std::string> values{
        "OS::Cinder::Volume",          "OS::Nova::Server",  "OS::Sfs::Turbo", "OS::Workspace::DesktopV2",
        "OS::Ironic::BareMetalServer", "OS::Native::Server"};
    return values;
}

const std::vector<std::string>& parameter_names() {
    static const std::vector<std::string> values{
        "all_tenants", "checkpoint_id", "dec",           "end_time",         "enterprise_project_id",
        "image_type",  "incremental",   "limit",         "marker",           "member_status",
        "name",        "offset",        "own_type",      "parent_id",        "resource_az",
        "resource_id", "resource_name", "resource_type", "show_replication", "sort",
        "start_time",  "status",        "used_percent",  "vault_id"};
    return values;
}

std::optional<std::size_t> count_characters(std::string_view text) {
    std::size_t characters = 0;
    for (std::size_t i = 0; i < text.size(); ++characters) {
        const auto lead = static_cast<unsigned char>(text[i]);
        if (lead == 0) return std::nullopt;
        std::size_t length = 0;
        std::uint32_t code = 0;
        std::uint32_t smallest = 0;
        if (lead < 0x80) {
            length = 1, code = lead, smallest = 0;
        } else if (lead >= 0xC0 && lead < 0xE0) {
            length = 2, code = lead & 0x1Fu, smallest = 0x80;
        } else if (lead >= 0xE0 && lead < 0xF0) {
            length = 3, code = lead & 0x0Fu, smallest = 0x800;
        } else if (lead >= 0xF0 && lead < 0xF8) {
            length = 4, code = lead & 0x07u, smallest = 0x10000;
        } else {
            return std::nullopt;
        }
        if (i + length > text.size()) return std::nullopt;
        for (std::size_t k = 1; k < length; ++k) {
            const auto next = static_cast<unsigned char>(text[i + k]);
            if ((next & 0xC0u) != 0x80u) return std::nullopt;
            code = (code << 6) | (next & 0x3Fu);
        }
        const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
        if (code < smallest || code > 0x10FFFF || surrogate) return std::nullopt;
        i += length;
    }
    return characters;
}

std::optional<std::int64_t> parse_timestamp(std::string_view text) {
    // YYYY-MM-DDTHH:MM:SS[.f…][Z]
    static constexpr std::string_view shape = "dddd-dd-ddTdd:dd:dd";
    if (text.size() < shape.size()) return std::nullopt;
    for (std::size_t i = 0; i < shape.size(); ++i)
        if (shape[i] == 'd' ? !is_digit(text[i]) : text[i] != shape[i]) return std::nullopt;
    const auto number = [&](std::size_t from, std::size_t digits) {
        int value = 0;
        for (std::size_t i = from; i < from + digits; ++i)
            value = value * 10 + (text[i] - '0');
        return value;
    };
    const int year = number(0, 4), month = number(5, 2), day = number(8, 2);
    const int hour = number(11, 2), minute = number(14, 2), sec = number(17, 2);
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) return std::nullopt;
    if (hour > 23 || minute > 59 || sec > 59) return std::nullopt;

    std::string_view rest = text.substr(shape.size());
    microseconds fraction = 0;
    if (!rest.empty() && rest.front() == '.') {
        rest.remove_prefix(1);
        std::size_t digits = 0;
        microseconds unit = second / 10;
        while (digits < rest.size() && is_digit(rest[digits])) {
            if (digits == 6) return std::nullopt;
            fraction += (rest[digits] - '0') * unit;
            unit /= 10;
            ++digits;
        }
        if (digits == 0) return std::nullopt;
        rest.remove_prefix(digits);
    }
    if (!rest.empty() && rest != "Z") return std::nullopt;
    const std::int64_t minutes = (days_since_epoch(year, month, day) * 24 + hour) * 60 + minute;
    return (minutes * 60 + sec) * second + fraction;
}

std::string render_timestamp(std::int64_t microseconds) {
    std::int64_t seconds = microseconds / second;
    std::int64_t fraction = microseconds % second;
    if (fraction < 0) fraction += second, --seconds;
    std::int64_t days = seconds / 86400;
    std::int64_t in_day = seconds % 86400;
    if (in_day < 0) in_day += 86400, --days;
    int year = 1970;
    while (days < 0)
        --year, days += is_leap(year) ? 366 : 365;
    while (days >= (is_leap(year) ? 366 : 365))
        days -= is_leap(year) ? 366 : 365, ++year;
    int month = 1;
    while (days >= days_in_month(year, month))
        days -= days_in_month(year, month), ++month;
    return pad(year, 4) + "-" + pad(month, 2) + "-" + pad(days + 1, 2) + "T" + pad(in_day / 3600, 2) + ":" +
           pad(in_day / 60 % 60, 2) + ":" + pad(in_day % 60, 2) + "." + pad(fraction, 6);
}

std::optional<std::string> parse_uuid(std::string_view text) {
    static constexpr std::string_view shape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    if (text.size() != shape.size()) return std::nullopt;
    std::string out(text);
    for (std::size_t i = 0; i < shape.size(); ++i) {
        if (out[i] >= 'A' && out[i] <= 'F') out[i] = static_cast<char>(out[i] - 'A' + 'a');
        const bool hex = is_digit(out[i]) || (out[i] >= 'a' && out[i] <= 'f');
        if (shape[i] == 'x' ? !hex : out[i] != '-') return std::nullopt;
    }
    return out;
}

std::optional<bool> parse_boolean(std::string_view text) {
    std::string lower(text);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (lower == "true" || lower == "1") return true;
    if (lower == "false" || lower == "0") return false;
    return std::nullopt;
}

std::optional<std::int64_t> parse_integer(std::string_view text, std::int64_t low, std::int64_t high) {
    if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
    std::int64_t value = 0;
    for (char c : text) {
        value = value * 10 + (c - '0');
        if (value > high) return std::nullopt;
    }
    return value < low ? std::nullopt : std::optional<std::int64_t>(value);
}

void catalog::load(const json::value& record) {
    const json::object& object = record.as_object();
    if (const json::value* const page = find(object, "backups")) {
        for (const json::value& one : page->as_array())
            load_backup(one.as_object(), nullptr);
        return;
    }
    const std::string kind = optional_text(object, "kind").value_or("backup");
    if (kind == "backup") {
        load_backup(object, nullptr);
    } else if (kind == "vault") {
        const vault v{uuid_of(object, "id"), text_of(object, "project_id"), integer_or(object, "size", 0),
                      integer_or(object, "used", 0)};
        vaults_[vault_key(v.project_id, v.id)] = v;
    } else if (kind == "member") {
        const member m{
            uuid_of(object, "id"),     uuid_of(object, "backup_id"),      text_of(object, "dest_project_id"),
            text_of(object, "status"), optional_uuid(object, "vault_id"), optional_time(object, "updated_at")};
        if (const auto old = members_.find(m.id); old != members_.end())
            members_by_backup_[old->second.backup_id].erase(m.id);
        members_[m.id] = m;
        members_by_backup_[m.backup_id].insert(m.id);
    } else if (kind == "enterprise_project_grant") {
        grants_[text_of(object, "user_id")].insert(text_of(object, "enterprise_project_id"));
    } else {
        throw std::runtime_error("model: unknown kind " + kind);
    }
}

void catalog::load_lines(std::string_view lines) {
    while (!lines.empty()) {
        const std::string_view line = lines.substr(0, lines.find('\n'));
        lines.remove_prefix(std::min(lines.size(), line.size() + 1));
        if (!line.empty()) load(json::parse(line));
    }
}

void catalog::load_backup(const json::object& record, const std::string* parent_id) {
    backup b;
    b.id = uuid_of(record, "id");
    b.project_id = text_of(record, "project_id");
    b.checkpoint_id = uuid_of(record, "checkpoint_id");
    b.vault_id = uuid_of(record, "vault_id");
    b.resource_id = uuid_of(record, "resource_id");
    b.resource_type = text_of(record, "resource_type");
    b.name = text_of(record, "name");
    b.created_at = *optional_time(record, "created_at");
    b.provider_id = find(record, "provider_id") ? uuid_of(record, "provider_id") : default_provider(b.resource_type);
    b.parent_id = optional_uuid(record, "parent_id");
    if (parent_id != nullptr) b.parent_id = *parent_id;
    b.enterprise_project_id = optional_text(record, "enterprise_project_id").value_or("0");
    b.status = optional_text(record, "status").value_or("available");
    b.image_type = optional_text(record, "image_type").value_or("backup");
    b.resource_name = optional_text(record, "resource_name").value_or("");
    b.resource_az = optional_text(record, "resource_az");
    b.updated_at = optional_time(record, "updated_at");
    b.protected_at = optional_time(record, "protected_at");
    b.dedicated_cloud = find(record, "dedicated_cloud") != nullptr && find(record, "dedicated_cloud")->as_bool();

    json::object extend_info;
    if (const json::value* const given = find(record, "extend_info")) extend_info = given->as_object();
    // The top level wins; where only extend_info has it, the top level takes it from there.
    if (const json::value* const given = find(record, "incremental"))
        b.incremental = given->as_bool();
    else if (const json::value* const nested = find(extend_info, "incremental"))
        b.incremental = nested->as_bool();
    if (b.incremental) extend_info["incremental"] = *b.incremental;

    json::array replications;
    if (const json::value* const given = find(record, "replication_records"))
        for (const json::value& one : given->as_array())
            replications.push_back(render_replication(one.as_object()));

    b.rendered = {
        {"id", b.id},
        {"checkpoint_id", b.checkpoint_id},
        {"resource_id", b.resource_id},
        {"provider_id", b.provider_id},
        {"vault_id", b.vault_id},
        {"parent_id", or_null(b.parent_id)},
        {"project_id", b.project_id},
        {"enterprise_project_id", b.enterprise_project_id},
        {"name", b.name},
        {"description", or_null(optional_text(record, "description"))},
        {"status", b.status},
        {"image_type", b.image_type},
        {"resource_type", b.resource_type},
        {"resource_name", b.resource_name},
        {"resource_size", integer_or(record, "resource_size", 0)},
        {"resource_az", or_null(b.resource_az)},
        {"created_at", render_timestamp(b.created_at)},
        {"updated_at", time_or_null(b.updated_at)},
        {"protected_at", time_or_null(b.protected_at)},
        {"expired_at", time_or_null(optional_time(record, "expired_at"))},
        {"incremental", or_null(b.incremental)},
        {"version", integer_or(record, "version", 3)},
        {"extend_info", extend_info},
        {"children", json::array()},
        {"replication_records", replications},
    };
    if (const json::value* const children = find(record, "children"))
        for (const json::value& child : children->as_array())
            load_backup(child.as_object(), &b.id);
    const std::string key = b.id;
    backups_[key] = std::move(b);
}

bool catalog::erase(std::string_view project_id, std::string_view id) {
    const auto it = backups_.find(std::string(id));
    if (it == backups_.end() || it->second.project_id != project_id) return false;
    backups_.erase(it);
    return true;
}

std::vector<const member*> catalog::members_of(const std::string& backup_id) const {
    std::vector<const member*> out;
    const auto ids = members_by_backup_.find(backup_id);
    if (ids != members_by_backup_.end())
        for (const std::string& id : ids->second)
            out.push_back(&members_.at(id));
    return out;
}

std::vector<const member*> catalog::members_for(const std::string& backup_id, const std::string& project_id) const {
    std::vector<const member*> out;
    for (const member* m : members_of(backup_id))
        if (m->dest_project_id == project_id) out.push_back(m);
    return out;
}

catalog::row catalog::as_owner(const backup& record) const {
    return {&record, record.vault_id, record.project_id};
}

catalog::row catalog::as_receiver(const backup& record, const std::vector<const member*>& shares,
                                  const std::string& project_id) const {
    // Several records for one receiver: the accepted one that changed last says which vault it is.
    const member* best = nullptr;
    for (const member* m : shares)
        if (m->status == "accepted" && (best == nullptr || best->updated_at < m->updated_at)) best = m;
    return {&record, best == nullptr ? std::nullopt : best->vault_id, project_id};
}

bool catalog::within_grants(const std::string& user_id, const backup& record) const {
    const auto it = grants_.find(user_id);
    return it == grants_.end() || it->second.contains(record.enterprise_project_id);
}

bool catalog::is_visible(const caller& who, const backup& record, bool all_tenants) const {
    if (!within_grants(who.user_id, record)) return false;
    return all_tenants || record.project_id == who.project_id || !members_for(record.id, who.project_id).empty();
}

json::object catalog::render(const row& seen, bool show_replication) const {
    json::object out = seen.record->rendered;
    out["vault_id"] = or_null(seen.vault_id);
    if (!show_replication) out.erase("replication_records");
    return out;
}

answer catalog::list(const caller& who, std::string_view path_project_id, const parameters& query,
                     const deployment& where) const {
    if (std::optional<answer> refusal = check_caller(who, path_project_id)) return *refusal;
    std::set<std::string> offending;
    const request want = parse_request(query, where, offending);
    if (!offending.empty()) return refuse_parameters(offending);

    // Permissions.
    if (want.all_tenants && !has_role(who, "admin")) return refuse(403, "APIGW.0302");
    const bool names_one = want.enterprise_project_id && *want.enterprise_project_id != "all_granted_eps";
    const auto granted = grants_.find(who.user_id);
    if (names_one && granted != grants_.end() && !granted->second.contains(*want.enterprise_project_id))
        return refuse(403, "APIGW.0302");

    const backup* marker = nullptr;
    if (want.marker) {
        const auto it = backups_.find(*want.marker);
        if (it == backups_.end() || !is_visible(who, it->second, want.all_tenants))
            return refuse_parameters({"marker"});
        marker = &it->second;
    }

    std::vector<row> matching;
    for (const auto& [id, b] : backups_) {
        // Whether this caller and own_type see it at all, and as what.
        const bool own = b.project_id == who.project_id;
        std::vector<const member*> seen_members = members_of(id);
        row seen = as_owner(b);
        if (want.all_tenants) {
            if (want.own_type == "shared" && seen_members.empty()) continue;
        } else if (own) {
            // A record that shares a backup with its own owner doesn't make it a shared one.
            if (want.own_type == "shared") continue;
        } else {
            if (want.own_type == "private") continue;
            seen_members = members_for(id, who.project_id);
            if (seen_members.empty()) continue;
            seen = as_receiver(b, seen_members, who.project_id);
        }
        if (!within_grants(who.user_id, b)) continue;
        if (names_one && b.enterprise_project_id != *want.enterprise_project_id) continue;

        // The filters.
        if (want.parent_id ? b.parent_id != want.parent_id : b.parent_id.has_value()) continue;
        if (want.checkpoint_id && b.checkpoint_id != *want.checkpoint_id) continue;
        if (want.resource_id && b.resource_id != *want.resource_id) continue;
        if (want.vault_id && seen.vault_id != want.vault_id) continue;
        if (want.image_type && b.image_type != *want.image_type) continue;
        if (!want.status.empty() && !want.status.contains(b.status)) continue;
        if (!want.resource_type.empty() && !want.resource_type.contains(b.resource_type)) continue;
        if (want.incremental && b.incremental != want.incremental) continue;
        if (where.dedicated_cloud && want.dec && b.dedicated_cloud != *want.dec) continue;
        if (want.name && b.name.find(*want.name) == std::string::npos) continue;
        if (want.resource_name && b.resource_name.find(*want.resource_name) == std::string::npos) continue;
        if (want.resource_az && b.resource_az != want.resource_az) continue;
        if (want.start_time && b.created_at < *want.start_time) continue;
        if (want.end_time && b.created_at > *want.end_time) continue;
        if (want.member_status) {
            const bool found = std::any_of(seen_members.begin(), seen_members.end(),
                                           [&](const member* m) { return m->status == *want.member_status; });
            if (!found) continue;
        }
        if (want.used_percent) {
            // The vault that the caller sees: another project's vault must not shine through a share.
            if (!seen.vault_id) continue;
            const auto v = vaults_.find(vault_key(seen.vault_project_id, *seen.vault_id));
            if (v == vaults_.end() || v->second.size_gb == 0) continue;
            if (v->second.used_mb * 100 < *want.used_percent * v->second.size_gb * 1024) continue;
        }
        matching.push_back(seen);
    }
    std::sort(matching.begin(), matching.end(),
              [&](const row& a, const row& b) { return compare(want.sort, *a.record, *b.record) < 0; });

    answer out;
    out.count = static_cast<std::int64_t>(matching.size());
    std::int64_t skipped = 0;
    for (const row& seen : matching) {
        if (marker != nullptr && compare(want.sort, *seen.record, *marker) <= 0) continue;
        if (skipped++ < want.offset) continue;
        if (static_cast<std::int64_t>(out.backups.size()) == want.limit) break;
        out.backups.push_back(render(seen, want.show_replication));
    }
    return out;
}

answer catalog::show(const caller& who, std::string_view path_project_id, std::string_view backup_id) const {
    if (std::optional<answer> refusal = check_caller(who, path_project_id)) return *refusal;
    const std::optional<std::string> id = parse_uuid(backup_id);
    if (!id) return refuse_parameters({"backup_id"});
    const auto it = backups_.find(*id);
    // There is no all_tenants here: an administrator shows what the project sees.
    if (it == backups_.end() || !is_visible(who, it->second, false)) return refuse(404, "BackupService.6200");

    const backup& b = it->second;
    const bool own = b.project_id == who.project_id;
    const row seen = own ? as_owner(b) : as_receiver(b, members_for(b.id, who.project_id), who.project_id);

    std::vector<row> children;
    for (const auto& [child_id, child] : backups_) {
        if (child.parent_id != b.id || !within_grants(who.user_id, child)) continue;
        if (own) {
            children.push_back(as_owner(child));
            continue;
        }
        const std::vector<const member*> shares = members_for(child_id, who.project_id);
        // Without a record of its own a child comes with its parent's share, and so does its vault.
        children.push_back(shares.empty() ? row{&child, seen.vault_id, who.project_id}
                                          : as_receiver(child, shares, who.project_id));
    }
    const std::vector<sort_key> order{{"created_at", false}, {"id", false}};
    std::sort(children.begin(), children.end(),
              [&](const row& a, const row& c) { return compare(order, *a.record, *c.record) < 0; });

    answer out;
    out.backup = render(seen, true);
    json::array& rendered = out.backup["children"].as_array();
    for (const row& child : children)
        rendered.push_back(render(child, true));
    return out;
}

} // namespace model
