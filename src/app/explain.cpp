// This file is the subcommand explain: what a request becomes, for DBAs and for whoever wonders.
#include "api/list_parameters.hpp"
#include "api/service.hpp"
#include "app/commands.hpp"
#include "app/startup.hpp"
#include "query/catalog_reader.hpp"
#include "util/json_text.hpp"
#include "util/text.hpp"

#include <boost/json.hpp>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <unistd.h>

namespace catalog::app {

namespace {

constexpr std::string_view usage =
    "usage: backup-catalog explain --database-url URL [--user-id ID] [--dedicated-cloud true] [--json]\n"
    "           'PATH?QUERY'\n\n"
    "Shows each SQL statement of a request with its parameters and PostgreSQL's plan with rows and buffers, and why "
    "the\n"
    "access path was chosen. The request runs as the project of its path; --user-id brings that user's "
    "enterprise-project\n"
    "grants in. Use the service's own role: another one, above all the tables' owner, gets other plans.\n\n"
    "example: backup-catalog explain --database-url \"$URL\" "
    "'/v3/0605767b5780d5762fc5c0118072a564/backups?status=error&sort=name:asc'\n";

std::string in_quotes(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        out += c;
        if (c == '\'') out += c;
    }
    return out + "'";
}

// Comments are dim on a terminal, unless NO_COLOR is set (no-color.org).
class comment_writer {
public:
    comment_writer()
        : dim_(isatty(STDOUT_FILENO) == 1 && !std::getenv("NO_COLOR")) {}

    void operator()(const std::string& text) const {
        std::cout << (dim_ ? "\033[2m" : "") << text << (dim_ ? "\033[0m\n" : "\n");
    }

private:
    bool dim_;
};

// Prints each statement with its plan, or collects them for JSON. The plan is that of a prepared statement, as the
// service runs it.
class plan_printer {
public:
    plan_printer(db::session& session, boost::json::array* collected)
        : session_(session)
        , collected_(collected) {}

    void operator()(std::string_view purpose, const db::statement& statement) {
        ++number_;
        if (!collected_) print(purpose, statement);
        boost::json::value plan;
        if (purpose != "set the caller") plan = plan_of(statement); // it has no rows, and must not be run twice
        if (!collected_) {
            std::cout << '\n';
            return;
        }
        boost::json::array params;
        for (const auto& param : statement.params())
            params.emplace_back(param ? boost::json::value(*param) : boost::json::value(nullptr));
        collected_->push_back(boost::json::object{
            {"purpose", purpose}, {"sql", statement.text()}, {"parameters", std::move(params)}, {"plan", plan}});
    }

private:
    void print(std::string_view purpose, const db::statement& statement) const {
        comment_("-- " + std::to_string(number_) + ". " + std::string(purpose));
        std::cout << statement.text() << '\n';
        for (std::size_t i = 0; i < statement.params().size(); ++i) {
            const auto& param = statement.params()[i];
            comment_("--   $" + std::to_string(i + 1) + " = " + (param ? in_quotes(shorten(*param, 200)) : "null"));
        }
    }

    boost::json::value plan_of(const db::statement& statement) {
        const db::rows plan =
            session_.explain(statement, collected_ ? "ANALYZE, BUFFERS, FORMAT JSON" : "ANALYZE, BUFFERS");
        if (collected_) return boost::json::parse(plan.text(0, 0));
        for (std::size_t i = 0; i < plan.size(); ++i)
            comment_("--   " + std::string(plan.text(i, 0)));
        return nullptr;
    }

    db::session& session_;
    boost::json::array* collected_;
    comment_writer comment_;
    int number_ = 0;
};

} // namespace

int run_explain(arguments args) {
    std::vector<std::string_view> rest;
    std::string user_id = "explain";
    bool as_json = false;
    for (std::size_t i = 0; i < args.size(); ++i) {
        if (args[i] == "--user-id" && i + 1 < args.size())
            user_id = args[++i];
        else if (args[i].starts_with("--user-id="))
            user_id = args[i].substr(10);
        else if (args[i] == "--json")
            as_json = true;
        else
            rest.push_back(args[i]);
    }
    int status = 0;
    auto parsed = start_settings(rest, command::explain, "explain", usage,
                                 {1, 1, "exactly one 'PATH?QUERY' is needed; --help shows an example"}, status);
    if (!parsed) return status;
    const auto refuse = [](const std::string& fault, int code) {
        std::cerr << "backup-catalog explain: " << fault << '\n';
        return code;
    };
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
    boost::json::array statements;
    boost::json::object answer{{"request", target}};
    const comment_writer comment;
    how.before_statement = plan_printer(*session, as_json ? &statements : nullptr);
    how.path_chosen = [&](const std::string& reason) {
        answer["access_path"] = reason;
        if (!as_json) comment("-- access path: " + reason + "\n");
    };
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
        parse.ignore_unknown = parsed->values.ignore_unknown_parameters;
        const auto request = api::parse_list_request(route->query, parse);
        if (request.has_error()) return refuse(request.error().message, 2);
        const auto page = query::read_page(*session, caller, *request, how);
        if (page.has_error())
            refused = page.error();
        else {
            answer["count"] = page->count;
            answer["rows"] = page->rows.size();
            if (!as_json)
                comment("-- answer: count " + std::to_string(page->count) + ", " + std::to_string(page->rows.size()) +
                        " backups on this page");
        }
    }
    if (refused) return refuse(refused->message, 2);
    if (as_json) {
        answer["statements"] = std::move(statements);
        std::cout << indented(answer) << '\n';
    }
    return 0;
}

} // namespace catalog::app
