// This file fuzzes what the identity service answers: whatever it says, there is a well-formed principal or none, and
// nobody gets more than reading without the administrator's role.
#include "identity/token_facts.hpp"
#include "require.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <string>

using namespace catalog;
using namespace catalog::identity;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view body(reinterpret_cast<const char*>(data), size);
    const auto facts = parse_token_facts(body, role_names{{"reader", "member"}, {"admin"}});
    const auto expires_at = parse_token_expiry(body);
    if (!facts) return 0;
    REQUIRE(expires_at == facts->expires_at);
    const principal& who = facts->who;
    REQUIRE(!who.user_id.empty() && is_clean_utf8(who.user_id));
    REQUIRE(who.project_id.empty() || is_project_id(who.project_id));
    const auto has = [&](std::string_view role) {
        return std::find(who.roles.begin(), who.roles.end(), role) != who.roles.end();
    };
    REQUIRE(who.level <= access::read || has("admin"));
    REQUIRE(who.level == access::none || has("admin") || has("reader") || has("member"));
    return 0;
}
