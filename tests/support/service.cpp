// This file starts and stops the program under test.
#include "service.hpp"

#include "pooler.hpp"

#include <boost/json.hpp>

#include <csignal>
#include <stdexcept>

namespace support {

namespace json = boost::json;

std::string identity_json(const std::vector<token>& tokens) {
    json::array list;
    for (const token& one : tokens) {
        json::object entry{{"token", one.text}, {"user_id", one.user_id}, {"project_id", one.project_id}};
        entry["roles"] = json::value_from(one.roles);
        if (!one.expires_at.empty()) entry["expires_at"] = one.expires_at;
        list.push_back(entry);
    }
    return json::serialize(json::object{{"tokens", list}});
}

catalog_service::catalog_service(const options& how) {
    const pooler* const between = pooler_of_all_services();
    command start{{catalog_binary(), "serve", "--database-url",
                   between != nullptr ? between->through(how.database_url) : how.database_url, "--listen",
                   "127.0.0.1:0"}};
    if (between != nullptr) start.arguments.insert(start.arguments.end(), {"--prepared-statements", "false"});
    std::vector<std::string> identity = how.identity;
    if (identity.empty())
        identity = {"--identity", "static", "--identity-file",
                    folder_.write("identity.json", identity_json(how.tokens))};
    start.arguments.insert(start.arguments.end(), identity.begin(), identity.end());
    start.arguments.insert(start.arguments.end(), how.flags.begin(), how.flags.end());
    if (how.listening_socket >= 0) {
        const std::vector<std::string> supervisor{
            "/bin/sh", "-c",
            "exec 3<&" + std::to_string(how.listening_socket) + "; LISTEN_FDS=1 LISTEN_PID=$$ exec \"$@\"", "sh"};
        start.arguments.insert(start.arguments.begin(), supervisor.begin(), supervisor.end());
    }
    process_.emplace(start);
    const std::string prefix = "listening on ";
    base_url_ = process_->wait_for_line(prefix, std::chrono::seconds(60)).substr(prefix.size());
}

void catalog_service::stop() {
    process_->send_signal(SIGTERM);
    const int status = process_->wait(std::chrono::seconds(60));
    if (status != 0)
        throw std::runtime_error("the service ended with status " + std::to_string(status) + ":\n" +
                                 process_->errors());
}

finished run_catalog(const std::vector<std::string>& arguments, const std::string& input, milliseconds limit) {
    command what{{catalog_binary()}, input};
    what.arguments.insert(what.arguments.end(), arguments.begin(), arguments.end());
    return run(what, limit);
}

void import_records(const std::string& database_url, const std::string& lines) {
    const finished end = run_catalog({"import", "--database-url", database_url}, lines);
    if (end.status != 0)
        throw std::runtime_error("import ended with status " + std::to_string(end.status) + ":\n" + end.output +
                                 end.errors);
}

} // namespace support
