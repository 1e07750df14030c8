// This file takes apart the identity service's answers: JSON of a service that may be broken, too.
#include "identity/token_facts.hpp"

#include "util/text.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <string>

namespace catalog::identity {

namespace json = boost::json;

namespace {

const json::object* member_object(const json::object& in, std::string_view name) {
    const json::value* found = in.if_contains(name);
    return found ? found->if_object() : nullptr;
}

// A member that is a text of 1 to 255 characters.
std::optional<std::string> member_text(const json::object& in, std::string_view name) {
    const json::value* found = in.if_contains(name);
    if (!found || !found->is_string()) return std::nullopt;
    const std::string_view text = found->get_string();
    if (text.empty() || !is_clean_utf8(text) || count_characters(text) > 255) return std::nullopt;
    return std::string(text);
}

std::optional<json::object> token_object(std::string_view body) {
    json::error_code ec;
    json::value document = json::parse(body, ec);
    if (ec || !document.is_object()) return std::nullopt;
    const json::object* token = member_object(document.get_object(), "token");
    if (!token) return std::nullopt;
    return *token;
}

std::optional<system_time> expiry_of(const json::object& token) {
    const auto text = member_text(token, "expires_at");
    return text ? parse_rfc3339(*text) : std::nullopt;
}

} // namespace

std::optional<token_facts> parse_token_facts(std::string_view body, const role_names& names) {
    const auto token = token_object(body);
    if (!token) return std::nullopt;
    token_facts out;
    const auto expires_at = expiry_of(*token);
    const json::object* user = member_object(*token, "user");
    const auto user_id = user ? member_text(*user, "id") : std::nullopt;
    if (!expires_at || !user_id) return std::nullopt;
    out.expires_at = *expires_at;
    out.who.user_id = *user_id;
    if (token->contains("project")) { // absent from tokens scoped to nothing, a domain or the system
        const json::object* project = member_object(*token, "project");
        const auto project_id = project ? member_text(*project, "id") : std::nullopt;
        if (!project_id || !is_project_id(*project_id)) return std::nullopt;
        out.who.project_id = *project_id;
    }
    if (const json::value* roles = token->if_contains("roles")) { // absent from unscoped tokens
        if (!roles->is_array()) return std::nullopt;
        for (const json::value& role : roles->get_array()) {
            const auto name = role.is_object() ? member_text(role.get_object(), "name") : std::nullopt;
            if (!name) return std::nullopt;
            out.who.roles.push_back(*name);
        }
    }
    out.who.level = access_of(out.who.roles, names);
    // Where the cloud names one project for its administrators, that role means no more than reading elsewhere.
    if (const json::value* admin_project = token->if_contains("is_admin_project")) {
        if (!admin_project->is_bool()) return std::nullopt;
        if (!admin_project->get_bool()) out.who.level = std::min(out.who.level, access::read);
    }
    return out;
}

std::optional<system_time> parse_token_expiry(std::string_view body) {
    const auto token = token_object(body);
    return token ? expiry_of(*token) : std::nullopt;
}

} // namespace catalog::identity
