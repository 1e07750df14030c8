// This file implements the token file. Tokens are kept in memory and compared whole; they are never logged.
#include "identity/static_identity.hpp"

#include "util/text.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <functional>
#include <sstream>
#include <unordered_map>

namespace catalog::identity {

namespace json = boost::json;

namespace {

struct known_token {
    principal who;
    std::optional<system_time> expires_at;
};

bool has_expired(const known_token& token) {
    return token.expires_at &&
           *token.expires_at <= std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

// One entry of "tokens"; each fault goes to `report` as "member: what is wrong".
std::optional<std::pair<std::string, known_token>> read_entry(const json::value& value,
                                                              const std::function<void(const std::string&)>& report) {
    const json::object* entry = value.if_object();
    if (!entry) {
        report("must be an object");
        return std::nullopt;
    }
    bool clean = true;
    const auto fault = [&](const std::string& what) {
        clean = false;
        report(what);
    };
    const auto text = [&](std::string_view member) -> std::string {
        const json::value* found = entry->if_contains(member);
        if (found && found->is_string() && !found->get_string().empty()) return std::string(found->get_string());
        fault(std::string(member) + ": must be a string that is not empty");
        return {};
    };
    known_token token;
    const std::string secret = text("token");
    token.who.user_id = text("user_id");
    token.who.project_id = text("project_id");
    if (!token.who.project_id.empty() && !is_project_id(token.who.project_id))
        fault("project_id: must be 1 to 64 characters of letters, digits, '_' and '-'");
    const json::value* roles = entry->if_contains("roles");
    const bool texts = roles && roles->is_array() &&
                       std::all_of(roles->get_array().begin(), roles->get_array().end(),
                                   [](const json::value& role) { return role.is_string(); });
    if (texts) {
        for (const json::value& role : roles->get_array())
            token.who.roles.emplace_back(role.get_string());
        token.who.level = access_of(token.who.roles, role_names{});
    } else {
        fault("roles: must be an array of strings");
    }
    if (const json::value* expires = entry->if_contains("expires_at")) {
        if (expires->is_string()) token.expires_at = parse_rfc3339(std::string(expires->get_string()));
        if (!token.expires_at) fault("expires_at: must be a time as 2027-01-31T00:00:00Z");
    }
    for (const auto& member : *entry) {
        constexpr std::array<std::string_view, 5> known{"token", "user_id", "project_id", "roles", "expires_at"};
        if (std::find(known.begin(), known.end(), member.key()) == known.end())
            fault(std::string(member.key()) + ": unknown member; known: token, user_id, project_id, roles, expires_at");
    }
    if (!clean) return std::nullopt;
    return std::pair(secret, std::move(token));
}

} // namespace

// Finds strings by views of them.
struct hash_of_text {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
};

struct static_verifier::table {
    std::unordered_map<std::string, known_token, hash_of_text, std::equal_to<>> tokens;
};

static_verifier::static_verifier(std::string file)
    : file_(std::move(file))
    , tokens_(std::make_shared<table>()) {}

std::shared_ptr<const static_verifier::table> static_verifier::current() const {
    const std::lock_guard lock(mutex_);
    return tokens_;
}

std::size_t static_verifier::size() const {
    return current()->tokens.size();
}

std::shared_ptr<const principal> static_verifier::known(std::string_view token) const {
    const auto now = current();
    const auto found = now->tokens.find(token);
    if (found == now->tokens.end() || has_expired(found->second)) return nullptr;
    return {now, &found->second.who}; // keeps the table
}

boost::asio::awaitable<result<principal>> static_verifier::verify(std::string token) {
    const auto now = current();
    const auto found = now->tokens.find(token);
    if (found == now->tokens.end()) co_return problem{errc::unauthenticated, "the token is unknown"};
    if (has_expired(found->second)) co_return problem{errc::unauthenticated, "the token has expired"};
    co_return found->second.who;
}

bool static_verifier::load(std::string& faults) {
    std::ifstream in(file_);
    std::stringstream content;
    if (!in || !(content << in.rdbuf())) {
        faults += "identity-file: cannot read '" + file_ + "'\n";
        return false;
    }
    json::error_code ec;
    const json::value document = json::parse(content.str(), ec);
    if (ec) {
        faults += "identity-file: '" + file_ + "' is not JSON: " + ec.message() + "\n";
        return false;
    }
    const json::value* list = document.is_object() ? document.get_object().if_contains("tokens") : nullptr;
    if (!list || !list->is_array()) {
        faults += "identity-file: '" + file_ + R"(' must be {"tokens": [ … ]})" + "\n";
        return false;
    }
    auto read = std::make_shared<table>();
    const std::size_t faults_before = faults.size();
    std::size_t index = 0;
    for (const json::value& value : list->get_array()) {
        const auto report = [&](const std::string& fault) {
            faults += "identity-file: '" + file_ + "': tokens[" + std::to_string(index) + "]." + fault + "\n";
        };
        auto entry = read_entry(value, report);
        if (entry && !read->tokens.insert(std::move(*entry)).second) report("token: is listed twice");
        ++index;
    }
    if (faults.size() != faults_before) return false;
    const std::lock_guard lock(mutex_);
    tokens_ = std::move(read);
    return true;
}

std::unique_ptr<static_verifier> load_static_identity(const std::string& file, std::string& faults) {
    auto out = std::make_unique<static_verifier>(file);
    return out->load(faults) ? std::move(out) : nullptr;
}

} // namespace catalog::identity
