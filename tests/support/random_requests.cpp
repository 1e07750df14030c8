// This file makes random list requests.
#include "random_requests.hpp"

#include "text.hpp"

#include <algorithm>
#include <cctype>

namespace support {

namespace {

std::string upper(std::string text) {
    for (char& c : text)
        c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
}

std::string repeat(const std::string& text, std::size_t times) {
    std::string out;
    while (times-- > 0)
        out += text;
    return out;
}

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
    to.insert(to.end(), from.begin(), from.end());
}

// Parts of real names, cut between characters, so that a substring search finds something.
std::vector<std::string> parts_of(const std::vector<std::string>& names, chooser& choose) {
    std::vector<std::string> out;
    for (const std::string& name : names) {
        std::vector<std::size_t> starts;
        for (std::size_t i = 0; i < name.size(); ++i)
            if ((static_cast<unsigned char>(name[i]) & 0xC0u) != 0x80u) starts.push_back(i);
        starts.push_back(name.size());
        for (int times = 0; times < 2 && starts.size() > 2; ++times) {
            const std::size_t from = choose.below(starts.size() - 1);
            const std::size_t to = from + 1 + choose.below(starts.size() - from - 1);
            out.push_back(name.substr(starts[from], starts[to] - starts[from]));
        }
    }
    return out;
}

std::string some_sort(chooser& choose) {
    std::vector<std::string> keys{"created_at", "updated_at", "name", "status", "protected_at", "id"};
    choose.shuffle(keys);
    std::string out;
    for (std::size_t count = 1 + choose.below(3); count > 0; --count) {
        if (!out.empty()) out += choose.percent(10) ? " , " : ",";
        out += keys[count];
        if (choose.percent(70)) out += choose.percent(10) ? " : asc " : choose.percent(50) ? ":asc" : ":desc";
    }
    return out;
}

} // namespace

const std::vector<asker>& askers() {
    static const std::string p0 = "0605767b5780d5762fc5c0118072a564";
    static const std::string p1 = "1715767b5780d5762fc5c0118072a565";
    static const std::vector<asker> all{
        {"reader", "token-alice", {true, "alice", p0, {"reader"}}},
        {"admin", "token-root", {true, "root", p0, {"admin"}}},
        {"restricted reader", "token-carol", {true, "carol", p0, {"reader"}}},
        {"reader of the second project", "token-bob", {true, "bob", p1, {"reader", "auditor"}}},
        {"restricted reader of the second project", "token-dave", {true, "dave", p1, {"reader"}}},
        {"restricted admin of the second project", "token-erin", {true, "erin", p1, {"admin", "reader"}}},
        {"reader of the third project", "token-frank", {true, "frank", "Third_Project-3", {"reader"}}},
        {"reader of a project without backups",
         "token-gina",
         {true, "gina", "3f35767b5780d5762fc5c0118072a567", {"reader"}}},
        {"role without rights", "token-otto", {true, "otto", p0, {"auditor"}}},
        {"no role", "token-nina", {true, "nina", p0, {}}},
        {"unknown token", "no-such-token", {false, "", "", {}}},
        {"no token", "", {false, "", "", {}}}};
    return all;
}

std::vector<asker> random_callers(std::uint64_t seed, const random_catalog& catalog, std::size_t count) {
    chooser choose(seed * 104729 + 3);
    std::vector<std::string> projects = catalog.projects;
    projects.emplace_back("no-such-project");
    const std::vector<std::vector<std::string>> readers{{"reader"}, {"auditor", "reader"}, {"reader", "reader"}};
    const std::vector<std::vector<std::string>> administrators{{"admin"}, {"reader", "admin"}, {"admin", "x"}};
    const std::vector<std::vector<std::string>> nobodies{
        {},       {"auditor"}, {"member"},    {"Reader"},       {"ADMIN"}, {"reader "},
        {"read"}, {""},        {"admin\x01"}, {"reader,admin"}, {"*"},     {"administrator"}};
    std::vector<asker> out;
    for (std::size_t i = 0; i < count; ++i) {
        const std::string number = std::to_string(i);
        asker one;
        one.token = "token-" + choose.uuid();
        // Few users in many projects: what one may do is a matter of the token, what one may see of the user, too.
        one.who.user_id =
            choose.percent(50) ? choose.one_of(catalog.restricted_users) : "user-" + std::to_string(choose.below(12));
        one.who.project_id = choose.percent(40) ? projects[choose.below(3)] : choose.one_of(projects);
        const bool is_reader = choose.percent(55);
        const bool is_admin = !is_reader && choose.percent(70);
        one.who.roles = choose.one_of(is_reader ? readers : is_admin ? administrators : nobodies);
        one.name = std::string(is_reader  ? "reader "
                               : is_admin ? "administrator "
                                          : "nobody ") +
                   number + ", " + one.who.user_id + " in " + one.who.project_id;
        out.push_back(one);
    }
    // Tokens that are none, beside good ones that they are like; every twentieth caller has one.
    for (std::size_t i = 0; i < count / 20 + 5; ++i) {
        asker one = out[choose.below(count)];
        one.who.token_known = false;
        one.name = "no longer, or never: " + one.name;
        switch (i % 5) {
        case 0:
            one.token = "expired-" + choose.uuid();
            one.expires_at = "2020-01-01T00:00:00Z";
            break;
        case 1:
            one.token.back() = one.token.back() == 'a' ? 'b' : 'a';
            break;
        case 2:
            one.token.pop_back();
            break;
        case 3:
            one.token = upper(one.token);
            break;
        default:
            one.token = "";
        }
        out.push_back(one);
    }
    return out;
}

request_maker::request_maker(std::uint64_t seed, const random_catalog& catalog)
    : choose_(seed * 7919 + 1)
    , catalog_(catalog) {
    const std::vector<std::string> good_booleans{"true", "false", "TRUE", "False", "tRuE", "1", "0"};
    const std::vector<std::string> bad_booleans{"", "yes", "no", "t", "f", "2", "01", " true", "true ", "null", "真"};
    for (const auto* name : {"all_tenants", "dec", "incremental", "show_replication"}) {
        valid_[name] = good_booleans;
        invalid_[name] = bad_booleans;
    }

    const auto uuids = [&](const char* name, std::vector<std::string> known) {
        choose_.shuffle(known);
        if (known.size() > 12) known.resize(12);
        valid_[name] = known;
        if (!known.empty()) valid_[name].push_back(upper(known.front()));
        valid_[name].push_back(choose_.uuid());
        invalid_[name] = {"",
                          "abc",
                          "null",
                          "00000000000040008000000000000000",
                          "{00000000-0000-4000-8000-000000000000}",
                          "00000000-0000-4000-8000-00000000000",
                          "00000000-0000-4000-8000-0000000000000",
                          "00000000-0000-4000-8000-00000000000g",
                          "0000000-00000-4000-8000-000000000000",
                          " 00000000-0000-4000-8000-000000000000",
                          "00000000-0000-4000-8000-000000000000\n",
                          "00000000-0000-4000-8000-000000000000'",
                          "００000000-0000-4000-8000-000000000000",
                          std::string("00000000-0000-4000-8000-00000000000\0", 36)};
    };
    uuids("checkpoint_id", catalog.checkpoints);
    uuids("resource_id", catalog.resources);
    uuids("vault_id", catalog.vaults);
    std::vector<std::string> parents = catalog.parents;
    if (parents.size() > 10) parents.resize(10);
    append(parents, {catalog.backups.front(), catalog.children.front()});
    uuids("parent_id", parents);
    // Markers at every kind of place: own, foreign, shared, children, unknown.
    std::vector<std::string> markers = catalog.backups;
    append(markers, catalog.children);
    uuids("marker", markers);

    std::vector<std::string> times{
        "2018-02-01T12:00:00Z",       "2020-02-21T07:00:54",         "2020-02-21T07:00:54.1Z",
        "0001-01-01T00:00:00Z",       "9999-12-31T23:59:59.999999Z", "2020-02-21T07:00:54.065135Z",
        "2020-02-21T07:00:54.065136", "2020-02-29T00:00:00",         "1969-12-31T23:59:59.999999"};
    for (int i = 0; i < 6; ++i)
        times.push_back(choose_.one_of(catalog.created_at));
    for (const auto* name : {"start_time", "end_time"}) {
        valid_[name] = times;
        invalid_[name] = {"",
                          "2018-02-01",
                          "2018-02-01 12:00:00",
                          "2018-02-01T12:00",
                          "2018-02-30T12:00:00Z",
                          "2019-02-29T12:00:00Z",
                          "2018-13-01T12:00:00Z",
                          "2018-00-01T12:00:00Z",
                          "2018-02-00T12:00:00Z",
                          "2018-02-01T25:00:00Z",
                          "2018-02-01T12:60:00Z",
                          "2018-02-01T12:00:61Z",
                          "2018-02-01T12:00:00.Z",
                          "2018-02-01T12:00:00.1234567Z",
                          "2018-02-01T12:00:00+08:00",
                          "2018-02-01t12:00:00z",
                          "2018-2-1T12:00:00Z",
                          "1517486400",
                          "now",
                          "infinity",
                          "2018-02-01T12:00:00ZZ",
                          "２018-02-01T12:00:00Z"};
    }

    valid_["enterprise_project_id"] = catalog.enterprise_projects;
    append(valid_["enterprise_project_id"], {"all_granted_eps", "all_granted_eps", choose_.uuid()});
    invalid_["enterprise_project_id"] = {""};

    const auto enumeration = [&](const char* name, const std::vector<std::string>& allowed) {
        valid_[name] = allowed;
        invalid_[name] = {"",
                          "unknown",
                          upper(allowed.front()) + "_",
                          allowed.front() + " ",
                          allowed.front() + "," + allowed.back(),
                          "%",
                          "'",
                          "备份"};
        for (const std::string& value : {upper(allowed.front()), upper(allowed.back())})
            if (std::find(allowed.begin(), allowed.end(), value) == allowed.end()) invalid_[name].push_back(value);
    };
    enumeration("image_type", {"backup", "replication"});
    enumeration("member_status", {"pending", "accept", "reject", "accepted", "rejected"});
    enumeration("own_type", {"private", "shared", "all_granted"});
    enumeration("resource_type", model::resource_types());
    enumeration("status", model::statuses());

    valid_["name"] = catalog.names;
    append(valid_["name"], parts_of(catalog.names, choose_));
    append(valid_["name"], {"", "%", "_", "\\", "'", "\"", "b", "backup", "no such name", "k_1", "k%"});
    valid_["resource_name"] = catalog.resource_names;
    append(valid_["resource_name"], parts_of(catalog.resource_names, choose_));
    append(valid_["resource_name"], {"", "%", "_", "isk", "no such name"});
    valid_["resource_az"] = catalog.zones;
    append(valid_["resource_az"], {"br-iaas", "%", "no such zone"});
    for (const auto* name : {"name", "resource_name", "resource_az"})
        invalid_[name] = {repeat("x", 256),        repeat("备", 256),           repeat("😀", 256),
                          std::string("a\0b", 3),  std::string("\xff"),         std::string("a\xC0\x80"),
                          std::string("\xE5\xA4"), std::string("\xED\xA0\x80"), std::string("\xF4\x90\x80\x80")};

    const auto integers = [&](const char* name, const std::vector<std::string>& good,
                              const std::vector<std::string>& bad) {
        valid_[name] = good;
        invalid_[name] = {"",      "-1", "+1", " 1", "1 ", "1.0", "1e2", "0x1", "abc", "１", "99999999999999999999999",
                          "1_000", "NaN"};
        append(invalid_[name], bad);
    };
    integers("limit", {"1", "2", "3", "7", "10", "50", "999", "1000", "007"},
             {"0", "1001", "2147483648", "4294967297"});
    integers("offset", {"0", "1", "2", "5", "30", "259", "1000", "2147483647", "00"},
             {"2147483648", "4294967296", "9223372036854775808"});
    integers("used_percent", {"1", "2", "79", "80", "81", "99", "100"}, {"0", "101", "4294967297"});

    for (const auto* key : {"created_at", "updated_at", "name", "status", "protected_at", "id"})
        for (const auto* direction : {"", ":asc", ":desc"})
            valid_["sort"].push_back(std::string(key) + direction);
    for (int i = 0; i < 40; ++i)
        valid_["sort"].push_back(some_sort(choose_));
    append(valid_["sort"], {"created_at:asc" + repeat(" ", 241), " id ", "name : asc , id:desc",
                            "created_at,updated_at,name,status,protected_at,id", "protected_at:asc,created_at:desc",
                            "status:asc,created_at:desc,id:asc"});
    invalid_["sort"] = {"",
                        " ",
                        ",",
                        "id,",
                        ",id",
                        "id,,name",
                        "size",
                        "Created_At",
                        "created_at:",
                        "created_at: ",
                        ":asc",
                        "created_at:ASC",
                        "created_at:up",
                        "created_at:asc:asc",
                        "id,id",
                        "created_at:asc,created_at:desc",
                        "name;DROP TABLE backups",
                        "created_at asc",
                        "vault_id",
                        "名称",
                        "created_at:asc" + repeat(" ", 242),
                        repeat("id", 200)};
}

std::string request_maker::encode(const std::string& text) {
    // A client encodes more or less of what it may leave, and a blank in either way.
    std::string out;
    for (char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool unreserved =
            byte < 0x80 && (std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.' || c == '~');
        const bool may_stay = unreserved || c == ':' || c == ',' || c == '/' || c == '@' || c == '!' || c == '*';
        if (c == ' ' && choose_.percent(50)) {
            out += '+';
        } else if (may_stay && !choose_.percent(unreserved ? 3 : 40)) {
            out += c;
        } else {
            static const char* const upper_case = "0123456789ABCDEF";
            static const char* const lower_case = "0123456789abcdef";
            const char* const digits = choose_.percent(50) ? upper_case : lower_case;
            out += '%';
            out += digits[byte >> 4];
            out += digits[byte & 15];
        }
    }
    return out;
}

list_request request_maker::finish(const asker& who, model::parameters query) {
    list_request out;
    out.who = &who;
    out.project_id = who.who.project_id.empty() ? catalog_.projects.front() : who.who.project_id;
    out.query = std::move(query);
    out.target = "/v3/" + out.project_id + "/backups";
    char separator = '?';
    for (const auto& [name, value] : out.query) {
        out.target += separator + encode(name) + "=" + encode(value);
        separator = '&';
    }
    return out;
}

std::vector<list_request> request_maker::each_value_alone() {
    std::vector<list_request> out;
    for (std::size_t who = 0; who < 4; ++who) {
        const asker& one = askers().at(who);
        out.push_back(finish(one, {}));
        for (const std::string& name : model::parameter_names()) {
            for (const std::string& value : valid_.at(name))
                out.push_back(finish(one, {{name, value}}));
            // A bad value is bad for everybody: one caller is enough.
            if (who == 0)
                for (const std::string& value : invalid_.at(name))
                    out.push_back(finish(one, {{name, value}}));
            out.push_back(finish(one, {{name, valid_.at(name).front()}, {name, valid_.at(name).back()}}));
        }
    }
    return out;
}

void request_maker::set_project(list_request& request, const std::string& project_id) {
    const std::string old_path = "/v3/" + request.project_id + "/";
    request.target = "/v3/" + percent_encode(project_id) + "/" + request.target.substr(old_path.size());
    request.project_id = project_id;
}

// Up to `most` parameters, and those on which most others depend more often than their share.
model::parameters request_maker::random_query(const asker& who, std::size_t most) {
    std::vector<std::string> names = model::parameter_names();
    choose_.shuffle(names);
    names.resize(1 + choose_.below(most));
    const auto add = [&](const std::string& name, unsigned share) {
        if (choose_.percent(share) && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    };
    add("own_type", 30);
    add("sort", 30);
    add("limit", 30);
    const bool is_admin = std::find(who.who.roles.begin(), who.who.roles.end(), "admin") != who.who.roles.end();
    add("all_tenants", is_admin ? 50 : 0);

    const bool all_valid = choose_.percent(85);
    // Half of the requests ask for what one backup has, or the answers would mostly be empty.
    const random_catalog::found_by* finder = nullptr;
    if (choose_.percent(50))
        for (int tries = 0; tries < 20 && (finder == nullptr || finder->project_id != who.who.project_id); ++tries)
            finder = &choose_.one_of(catalog_.finders);
    model::parameters query;
    for (const std::string& name : names) {
        const bool bad = !all_valid && choose_.percent(40);
        if (!bad && finder != nullptr && finder->values.contains(name)) {
            query.emplace_back(name, finder->values.at(name));
            continue;
        }
        query.emplace_back(name, choose_.one_of(bad ? invalid_.at(name) : valid_.at(name)));
        if ((name == "status" || name == "resource_type") && choose_.percent(50))
            query.emplace_back(name, choose_.one_of(valid_.at(name)));
        if (!all_valid && choose_.percent(8)) query.emplace_back(query.back());
    }
    if (!all_valid && choose_.percent(15))
        query.emplace_back(
            choose_.one_of<std::string>({"Limit", "foo", "filter[]", "名称", "limit ", "statuses", "project_id"}),
            choose_.one_of<std::string>({"", "1", "备份"}));
    choose_.shuffle(query);
    return query;
}

list_request request_maker::combination() {
    // Mostly those who may see something.
    const asker& who = choose_.percent(94) ? askers().at(choose_.below(8)) : askers().at(8 + choose_.below(4));
    list_request out = finish(who, random_query(who, 5));
    // Another project's path, or no project at all.
    if (choose_.percent(2))
        set_project(out, choose_.one_of<std::string>({catalog_.projects[1], "Third_Project-3",
                                                      "0605767B5780D5762FC5C0118072A564", "a.b", "pro ject", "项目",
                                                      std::string(65, 'a'), std::string(64, 'a'), "a%b"}));
    // Several of the longest names in one request may be more than a service wants to read.
    return out.target.size() > 7000 ? combination() : out;
}

list_request request_maker::by_anybody(const std::vector<asker>& callers) {
    const asker& who = choose_.one_of(callers);
    list_request out;
    if (choose_.percent(12)) {
        out = finish(who, {});
        out.backup_id = choose_.percent(60) ? choose_.one_of(catalog_.backups) : choose_.one_of(catalog_.children);
        if (choose_.percent(5)) out.backup_id = choose_.one_of<std::string>({choose_.uuid(), "x", "null", "%"});
        out.target += "/" + percent_encode(out.backup_id);
    } else if (choose_.percent(40)) {
        // What decides who sees what, and nothing else.
        model::parameters query;
        const auto add = [&](const char* name, unsigned share) {
            if (choose_.percent(share)) query.emplace_back(name, choose_.one_of(valid_.at(name)));
        };
        add("own_type", 70);
        add("all_tenants", 30);
        add("enterprise_project_id", 40);
        add("member_status", 20);
        add("marker", 20);
        add("offset", 10);
        if (choose_.percent(60)) query.emplace_back("limit", choose_.one_of<std::string>({"1", "5", "20", "100"}));
        choose_.shuffle(query);
        out = finish(who, query);
    } else {
        out = finish(who, random_query(who, 3));
    }
    if (choose_.percent(12)) {
        // Another project's path, or one that is nearly the caller's own. No slash: the model knows no other paths.
        const std::vector<std::string> odd_ends{"x", " ", "%", "'", "\\"};
        std::string path = choose_.one_of(catalog_.projects);
        if (choose_.percent(30)) path = upper(out.project_id);
        if (choose_.percent(10)) path = out.project_id + choose_.one_of(odd_ends);
        if (choose_.percent(10)) path = out.project_id.substr(0, out.project_id.size() - 1);
        set_project(out, path);
    }
    return out.target.size() > 7000 ? by_anybody(callers) : out;
}

} // namespace support
