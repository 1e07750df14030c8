// This file names what can go wrong because of a request's input, as a value that travels back to the caller.
// What goes wrong because the world is broken (database away, bug) is an exception instead.
#pragma once

#include <boost/system/result.hpp>

#include <stdexcept>
#include <string>

namespace catalog {

// The situations of the contract's section 5 that depend on the request; src/api/error_response.cpp turns each into
// status, code and body.
enum class errc {
    bad_parameter,      // 400
    malformed_url,      // 401, the token's project is not the path's
    unauthenticated,    // 401
    forbidden,          // 403
    backup_not_found,   // 404
    no_such_path,       // 404
    method_not_allowed, // 405
    too_many_requests,  // 429
    overloaded,         // 503
    identity_away,      // 503
    database_away,      // 503
    timed_out,          // 504
    unexpected          // 500
};

struct problem {
    errc code = errc::unexpected;
    std::string message;      // for the client: names the thing, its fault and what is allowed
    unsigned retry_after = 1; // seconds; said with 429 and 503
};

template <class T>
using result = boost::system::result<T, problem>;

// Shorthand for the most common problem: parameter `name` is wrong.
inline problem bad_parameter(std::string message) {
    return {errc::bad_parameter, std::move(message)};
}

// Lets boost::system::result::value() compile; the code asks has_value() first.
[[noreturn]] inline void throw_exception_from_error(const problem& p, const boost::source_location&) {
    throw std::logic_error("unchecked problem: " + p.message);
}

} // namespace catalog
