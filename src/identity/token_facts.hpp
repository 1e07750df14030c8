// This file reads what the identity service says about a token.
// Source: https://docs.openstack.org/api-ref/identity/v3/ ("Validate and show information for token").
#pragma once

#include "identity/identity.hpp"

#include <optional>
#include <string_view>

namespace catalog::identity {

// What the identity service says about a token (the body of its 200).
struct token_facts {
    principal who;
    system_time expires_at;
};

// Reads such a body. Nothing if it is not one: every member that matters must be there and well-formed. Pure.
std::optional<token_facts> parse_token_facts(std::string_view body, const role_names& names);

// When the token ends that such a body, or the answer to a login, is about. Nothing if it does not say. Pure.
std::optional<system_time> parse_token_expiry(std::string_view body);

} // namespace catalog::identity
