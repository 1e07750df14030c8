// This file verifies tokens with an OpenStack Identity service, API v3 (setting identity=keystone).
// Source: https://docs.openstack.org/api-ref/identity/v3/ ("Authentication and token management").
#pragma once

#include "identity/http_client.hpp"
#include "identity/identity.hpp"
#include "identity/token_cache.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace catalog::identity {

// A password, or the file that holds it; the file is read at each login, so that it can be changed while running.
struct secret {
    std::string text;
    std::string file;

    // The secret without the line end that editors add. Nothing if there is none, or one of more than 4,096 bytes.
    std::optional<std::string> read() const;
};

// As whom the service asks. Its user must be permitted to validate tokens of others.
struct keystone_login {
    enum class scope { project, domain, system };

    std::string user; // empty: the application credential
    std::string user_domain = "Default";
    secret password;
    scope scoped_to = scope::project;
    std::string project;
    std::string project_domain = "Default"; // also the domain of scope::domain
    std::string credential_id;
    secret credential_secret;
};

struct keystone_options {
    http_client_options server; // its path ends in /v3
    keystone_login login;
    role_names roles{{"reader", "member"}, {"admin"}};
    cache_limits cache;
    std::size_t max_validations = 8;         // that talk to the identity service at the same time
    std::size_t max_waiting = 256;           // tokens that wait for that; more are refused
    std::chrono::milliseconds timeout{5000}; // of one validation: waiting, login, retries, everything
};

// Numbers since the start.
struct keystone_statistics {
    std::uint64_t hits = 0;        // tokens answered from the cache
    std::uint64_t misses = 0;      // that were not in the cache; hits and misses are all tokens that were checked
    std::uint64_t joined = 0;      // misses that waited for a validation which was under way
    std::uint64_t validations = 0; // questions about a token, repeated ones among them
    std::uint64_t failures = 0;    // validations without an answer
    std::uint64_t overflows = 0;   // refused because too many waited
    std::uint64_t logins = 0;      // tokens obtained for the service itself
};

class keystone_verifier final : public verifier {
public:
    // Talks on a strand of `io`, which outlives it; all coroutines have ended before it goes. Throws std::runtime_error
    // for a CA file that is none.
    keystone_verifier(const boost::asio::any_io_executor& io, keystone_options options);
    ~keystone_verifier() override;

    // Logs in, without waiting for it, so that wrong credentials are in the log before the first request.
    void start();

    boost::asio::awaitable<result<principal>> verify(std::string token) override;

    // Any thread.
    keystone_statistics statistics() const;

private:
    class implementation;
    const token_hasher hasher_;
    std::shared_ptr<implementation> implementation_;
};

// The body of the service's own login. Pure.
std::string login_body(const keystone_login& login, std::string_view secret);

} // namespace catalog::identity
