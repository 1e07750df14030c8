// This file is the interface to whoever knows tokens: a token goes in, a principal comes out.
#pragma once

#include "util/problem.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace catalog::identity {

// Who a valid token speaks for.
struct principal {
    std::string user_id;
    std::string project_id; // tokens are project-scoped
    std::vector<std::string> roles;

    bool has_role(std::string_view role) const;
    bool may_read() const { return has_role("reader") || has_role("admin"); }
    bool may_administrate() const { return has_role("admin"); }
};

class verifier {
public:
    virtual ~verifier() = default;

    // The principal of a token. Problems: unauthenticated (unknown, expired), identity_away. Runs on the caller's
    // executor and never blocks it. `token` is never empty.
    virtual boost::asio::awaitable<result<principal>> verify(std::string token) = 0;
};

} // namespace catalog::identity
