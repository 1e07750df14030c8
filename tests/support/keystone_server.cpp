// This file drives scripts/keystone and speaks with the server that it runs.
#include "keystone_server.hpp"

#include "child_process.hpp"

#include <boost/json.hpp>

#include <cstdlib>
#include <sstream>
#include <stdexcept>

namespace support {

namespace json = boost::json;

namespace {

std::filesystem::path new_folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "backup-catalog-keystone.XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    return pattern;
}

std::string without_line_end(std::string text) {
    while (text.ends_with('\n'))
        text.pop_back();
    return text;
}

} // namespace

keystone_server::keystone_server()
    : folder_(new_folder())
    , janitor_("\"$1/scripts/keystone\" remove \"$2/keystone\"; rm -rf \"$2\"", folder_.string()) {
    start();
    seed_ = json::parse(read_file(file("seed.json")));
}

void keystone_server::start() {
    std::istringstream urls(
        run_checked({{source_folder() + "/scripts/keystone", "start", file("").parent_path().string()}},
                    std::chrono::seconds(300)));
    std::getline(urls, url_);
    std::getline(urls, secure_url_);
}

void keystone_server::stop() {
    run_checked({{source_folder() + "/scripts/keystone", "stop", file("").parent_path().string()}});
}

std::string keystone_server::id(const std::string& kind, const std::string& name) const {
    return std::string(seed_.at(kind).at(name).as_string());
}

std::string keystone_server::password() const {
    return std::string(seed_.at("password").as_string());
}

std::string keystone_server::credential_id() const {
    return std::string(seed_.at("application_credential").as_string());
}

http_response keystone_server::call(const std::string& method, const std::string& path, const http_headers& headers,
                                    const std::string& body, unsigned wanted) const {
    const std::string base = url_.substr(0, url_.rfind("/v3"));
    http_client client(base);
    http_headers all = headers;
    all.emplace_back("Content-Type", "application/json");
    http_response got = client.request(method, "/v3" + path, all, body);
    if (got.status != wanted)
        throw std::runtime_error("Keystone answers " + method + " " + path + " with " + std::to_string(got.status) +
                                 ": " + got.body);
    return got;
}

std::string keystone_server::log_in(const std::string& user, const json::value& scope,
                                    const std::string& domain) const {
    json::object who{{"name", user}, {"domain", json::object{{"name", domain}}}, {"password", password()}};
    json::object identity;
    identity["methods"] = json::array{"password"};
    identity["password"] = json::object{{"user", who}};
    json::object auth;
    auth["identity"] = identity;
    if (!scope.is_null()) auth["scope"] = scope;
    const http_response got = call("POST", "/auth/tokens", {}, json::serialize(json::object{{"auth", auth}}), 201);
    return got.header("X-Subject-Token").value();
}

std::string keystone_server::log_in_to_project(const std::string& user, const std::string& project,
                                               const std::string& domain) const {
    return log_in(user, json::object{{"project", json::object{{"id", id("projects", project)}}}}, domain);
}

void keystone_server::revoke(const std::string& token) const {
    call("DELETE", "/auth/tokens", {{"X-Auth-Token", token}, {"X-Subject-Token", token}}, "", 204);
}

void keystone_server::change_password(const std::string& user, const std::string& from, const std::string& to) const {
    const json::object change{{"user", json::object{{"original_password", from}, {"password", to}}}};
    call("POST", "/users/" + id("users", user) + "/password", {}, json::serialize(change), 204);
}

std::string keystone_server::issue(const std::string& user, const std::string& project, int seconds) const {
    return without_line_end(run_checked({{source_folder() + "/scripts/keystone", "token",
                                          file("").parent_path().string(), user, project, std::to_string(seconds)}}));
}

std::size_t keystone_server::validations() const {
    const std::string log = read_file(file("server.log"));
    std::size_t found = 0;
    for (std::size_t at = 0; (at = log.find("] GET /v3/auth/tokens", at)) != std::string::npos; ++at)
        ++found;
    return found;
}

} // namespace support
