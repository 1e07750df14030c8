// This file is the subcommand explain: what a request becomes, for DBAs and for whoever wonders.
#include "api/list_parameters.hpp"
#include "api/service.hpp"
#include "app/commands.hpp"
#include "app/startup.hpp"
#include "query/catalog_reader.hpp"
#include "util/text.hpp"

#include <chrono>
#include <iostream>

namespace catalog::app {

namespace {

constexpr std::string_view usage =
    "usage: backup-catalog explain --database-url URL [--user-id ID] [--dedicated-cloud true] 'PATH?QUERY'\n\n"
    "Shows each SQL statement of a request with its parameters and PostgreSQL's plan with rows and buffers, and why "
    "the\n"
    "access path was chosen. The request runs as the project of its path; --user-id brings that user's "
    "enterprise-project\n"
    "grants in. Use the service's own role: another one, above all the tables' owner, gets other plans.\n\n"
    "example: backup-catalog explain --database-url \"$URL\" "
    "'/v3/0605767b5780d5762fc5c0118072a564/backups?status=error&sort=name:asc'\n";

std::string quoted(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        out += c;
        if (c == '\'') out += c;
    }
    return out + "'";
}

// Prints a statement and its plan. The plan is that of a prepared statement, as the service runs it.
class plan_printer {
public:
    explicit plan_printer(db::session& session)
        : session_(session) {}

    void operator()(std::string_view purpose, const db::statement& statement) {
        ++number_;
        std::cout << "-- " << number_ << ". " << purpose << '\n' << statement.text() << '\n';
        for (std::size_t i = 0; i < statement.params().size(); ++i)
            std::cout << "--   $" << i + 1 << " = "
                      << (statement.params()[i] ? quoted(shorten(*statement.params()[i], 200)) : "null") << '\n';
        if (purpose == "set the caller") { // no rows of the catalog, and it must not be run twice
            std::cout << '\n';
            return;
        }
        const std::string name = "explained_" + std::to_string(number_);
        session_.run_once(db::statement("PREPARE " + name + " AS " + statement.text()));
        std::string execute = "EXPLAIN (ANALYZE, BUFFERS) EXECUTE " + name;
        for (std::size_t i = 0; i < statement.params().size(); ++i)
            execute +=
                (i == 0 ? "(" : ", ") + (statement.params()[i] ? quoted(*statement.params()[i]) : std::string("NULL"));
        if (!statement.params().empty()) execute += ")";
        const db::rows plan = session_.run_once(db::statement(execute));
        for (std::size_t i = 0; i < plan.size(); ++i)
            std::cout << "--   " << plan.text(i, 0) << '\n';
        session_.run_once(db::statement("DEALLOCATE " + name));
        std::cout << '\n';
    }

private:
    db::session& session_;
    int number_ = 0;
};

} // namespace

int run_explain(arguments args) {
    std::vector<std::string_view> rest;
    std::string user_id = "explain";
    for (std::size_t i = 0; i < args.size(); ++i) {
        if (args[i] == "--user-id" && i + 1 < args.size())
            user_id = args[++i];
        else if (args[i].starts_with("--user-id="))
            user_id = args[i].substr(10);
        else
            rest.push_back(args[i]);
    }
    int status = 0;
    auto parsed = start_settings(rest, command::explain, "explain", usage, status);
    if (!parsed) return status;
    const auto refuse = [](const std::string& fault, int code) {
        std::cerr << "backup-catalog explain: " << fault << '\n';
        return code;
    };
    if (parsed->positional.size() != 1) return refuse("exactly one 'PATH?QUERY' is needed; --help shows an example", 2);
    const std::string& target = parsed->positional.front();
    const auto route = api::find_route(target);
    if (route.has_error()) return refuse(route.error().message, 2);
    if (!is_project_id(route->project_id))
        return refuse("project_id: is not a project id; allowed: 1 to 64 letters, digits, '_' and '-'", 2);

    db::session_options options;
    options.url = parsed->values.database_url;
    std::string fault;
    auto session = connect_checked(options, needed_role::any, fault, status);
    if (!session) return refuse(fault, status);

    query::reading how;
    how.before_statement = plan_printer(*session);
    how.path_chosen = [](const std::string& reason) { std::cout << "-- access path: " << reason << "\n\n"; };
    const query::caller caller{route->project_id, user_id};
    std::optional<problem> refused;
    if (route->backup_id) {
        const auto id = parse_uuid(*route->backup_id);
        if (!id) return refuse("backup_id: is not a UUID", 2);
        const auto shown = query::read_backup(*session, caller, *id, how);
        if (shown.has_error()) refused = shown.error();
    } else {
        api::parse_options parse;
        parse.dedicated_cloud = parsed->values.dedicated_cloud;
        const auto request = api::parse_list_request(route->query, parse);
        if (request.has_error()) return refuse(request.error().message, 2);
        const auto page = query::read_page(*session, caller, *request, how);
        if (page.has_error())
            refused = page.error();
        else
            std::cout << "-- answer: count " << page->count << ", " << page->rows.size() << " backups on this page\n";
    }
    if (refused) return refuse(refused->message, 2);
    return 0;
}

} // namespace catalog::app
