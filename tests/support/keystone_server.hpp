// This file declares the real Keystone of one test program, which the project's own script makes and runs.
#pragma once

#include "http_client.hpp"
#include "janitor.hpp"

#include <boost/json/value.hpp>

#include <cstddef>
#include <filesystem>
#include <string>

namespace support {

// Started at once, stopped and removed with the object or when the program ends in whatever way.
class keystone_server {
public:
    keystone_server();
    keystone_server(const keystone_server&) = delete;
    keystone_server& operator=(const keystone_server&) = delete;

    void stop();
    void start(); // again, on the same ports

    const std::string& url() const { return url_; }
    const std::string& secure_url() const { return secure_url_; }
    std::filesystem::path file(const std::string& name) const { return folder_ / "keystone" / name; }

    // Ids by kind ("users", "projects", "domains") and name, and the password of every user.
    std::string id(const std::string& kind, const std::string& name) const;
    std::string password() const;
    std::string credential_id() const;

    // A token as clients get one. `scope` is the request's member of that name; null: an unscoped token.
    std::string log_in(const std::string& user, const boost::json::value& scope,
                       const std::string& domain = "Default") const;
    std::string log_in_to_project(const std::string& user, const std::string& project,
                                  const std::string& domain = "Default") const;
    void revoke(const std::string& token) const;
    void change_password(const std::string& user, const std::string& from, const std::string& to) const;

    // A token with a life time of its own, also in the past.
    std::string issue(const std::string& user, const std::string& project, int seconds) const;

    // How many tokens it was asked to validate so far.
    std::size_t validations() const;

private:
    http_response call(const std::string& method, const std::string& path, const http_headers& headers,
                       const std::string& body, unsigned wanted) const;

    std::filesystem::path folder_;
    janitor janitor_;
    std::string url_;
    std::string secure_url_;
    boost::json::value seed_;
};

} // namespace support
