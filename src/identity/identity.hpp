// This file is the interface to whoever knows tokens: a token goes in, a principal comes out.
#pragma once

#include "util/problem.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace catalog::identity {

// What a principal may do within its project; administrators may also list every project's backups.
enum class access { none, read, administrate };

// Who a valid token speaks for.
struct principal {
    std::string user_id;
    std::string project_id; // empty for a token that is not scoped to a project: it fits no path
    std::vector<std::string> roles;
    access level = access::none;

    bool may_read() const { return level != access::none; }
    bool may_administrate() const { return level == access::administrate; }
};

// Which names of roles give which access.
struct role_names {
    std::vector<std::string> readers{"reader"};
    std::vector<std::string> administrators{"admin"};
};

// The highest access that one of `roles` gives. Pure.
access access_of(const std::vector<std::string>& roles, const role_names& names);

class verifier {
public:
    virtual ~verifier() = default;

    // The principal of a token, where nobody has to be asked for it; null: verify() knows more. Any thread.
    virtual std::shared_ptr<const principal> known(std::string_view token) const;

    // The principal of a token. Problems: unauthenticated (unknown, expired), identity_away. Any thread; runs on the
    // caller's executor, never blocks it, and does not leave it where the answer is known already. `token` is never
    // empty.
    virtual boost::asio::awaitable<result<principal>> verify(std::string token) = 0;
};

using system_time = std::chrono::sys_time<std::chrono::microseconds>; // nanoseconds would end in 2262

// A time with zone as RFC 3339 section 5.6 writes it. Pure.
std::optional<system_time> parse_rfc3339(std::string_view text);

} // namespace catalog::identity
