// This file implements the common start of the subcommands.
#include "app/startup.hpp"

#include "util/log.hpp"
#include "util/text.hpp"

#include <iostream>
#include <sql/statements.hpp>

namespace catalog::app {

std::optional<parsed_settings> start_settings(std::span<const std::string_view> arguments, command command,
                                              std::string_view name, std::string_view usage,
                                              const taken_arguments& taken, int& status) {
    parsed_settings parsed = read_settings(arguments, command);
    if (parsed.help) {
        std::cout << usage
                  << "\nsettings (also BACKUP_CATALOG_… in the environment, or name = value in --config FILE):\n"
                  << settings_text(static_cast<unsigned>(command));
        status = 0;
        return std::nullopt;
    }
    for (std::size_t i = taken.most; i < parsed.positional.size(); ++i)
        parsed.faults.push_back("'" + shorten(parsed.positional[i]) + "': unexpected argument; " +
                                std::string(taken.allowed));
    if (parsed.positional.size() < taken.least) parsed.faults.emplace_back(taken.allowed);
    if (!parsed.faults.empty()) {
        for (const std::string& fault : parsed.faults)
            std::cerr << "backup-catalog " << name << ": " << fault << '\n';
        status = 2;
        return std::nullopt;
    }
    return parsed;
}

std::string one_line(std::string_view message) {
    std::string out;
    for (const char c : message) {
        if (c != '\n' && c != '\t') {
            out += c;
        } else if (!out.empty() && out.back() != ' ') {
            out += ' ';
        }
    }
    while (!out.empty() && out.back() == ' ')
        out.pop_back();
    return out;
}

std::optional<db::session> connect_checked(const db::session_options& options, needed_role role, std::string& fault,
                                           int& status) {
    const std::string no_privilege =
        "database-url: the role may not read the catalog; grant it " +
        std::string(role == needed_role::reader ? "catalog_reader" : "catalog_reader or catalog_writer");
    if (!db::is_valid_url(options.url)) {
        status = 2;
        fault = "database-url: is not a libpq URL; allowed: postgresql://USER@HOST/DATABASE or host=… dbname=… user=…, "
                "with "
                "'@' and '/' of a password percent-encoded";
        return std::nullopt;
    }
    try {
        db::session session(options);
        status = 2;
        const db::rows who = session.run_once(db::statement(sql::role));
        const std::string name(who.text(0, 0));
        const auto flag = [&](std::size_t column) { return who.text(0, column) == "t"; };
        if (role == needed_role::reader && (flag(1) || flag(2) || flag(3) || flag(4))) {
            fault = "database-url: role '" + name + "' is not bound by row-level security (" +
                    (flag(1)   ? "superuser"
                     : flag(2) ? "BYPASSRLS"
                     : flag(3) ? "owner of the tables"
                               : "a policy shows it every row, as catalog_writer does") +
                    "); use a login role that is only a member of catalog_reader";
            return std::nullopt;
        }
        int version = 0;
        try {
            const db::rows rows = session.run_once(db::statement(sql::schema_version));
            version = static_cast<int>(parse_number(rows.text(0, 0), 1'000'000).value_or(0));
        } catch (const db::error& e) {
            // 3F000 no schema, 42883 no function: nothing is there.
            if (e.sqlstate() == "3F000" || e.sqlstate() == "42883")
                fault =
                    "database-url: the database has no catalog schema; run: scripts/migrate deploy --database-url URL";
            else
                throw;
            return std::nullopt;
        }
        if (version != known_schema_version) {
            fault = "database-url: the schema has version " + std::to_string(version) +
                    ", this program knows version " + std::to_string(known_schema_version) +
                    (version < known_schema_version ? "; run: scripts/migrate deploy --database-url URL"
                                                    : "; install the program's newer version");
            return std::nullopt;
        }
        if (!flag(5)) {
            fault = no_privilege;
            return std::nullopt;
        }
        status = 0;
        return session;
    } catch (const db::error& e) {
        if (e.sqlstate() == "42501") {
            status = 2;
            fault = no_privilege;
            return std::nullopt;
        }
        status = 1;
        fault = "database-url: " + one_line(e.what());
        return std::nullopt;
    }
}

void tell_missing_relations(db::session& session) {
    db::statement statement(sql::missing_relations);
    statement.add_param(sql::relations_of_schema);
    const db::rows rows = session.run_once(statement);
    if (rows.is_null(0, 0)) return;
    log_event(
        "warning", "schema_incomplete",
        {{"missing", rows.text(0, 0)},
         {"consequence", "some lists are slow, or answered 500"},
         {"remedy", "scripts/migrate deploy --database-url URL; where indexes are aside: sql/dba/indexes_back.sql"}});
}

std::optional<db::session> open_unrestricted(const settings& s, std::string_view name, bool writes, int& status) {
    db::session_options options;
    options.url = s.database_url;
    options.fixed_plans = false;
    std::string fault;
    auto session = connect_checked(options, needed_role::any, fault, status);
    if (session) {
        const db::rows may = session->run_once(db::statement(sql::may_transfer));
        if (may.text(0, writes ? 1 : 0) != "t") {
            fault = "database-url: the role may not " + std::string(name) + "; grant it catalog_writer";
            status = 2;
            session.reset();
        } else if (may.text(0, 2) == "t") {
            fault = "database-url: the role is a catalog_reader too, which hides rows from it; use one that is only a "
                    "catalog_writer";
            status = 2;
            session.reset();
        }
    }
    if (!session) std::cerr << "backup-catalog " << name << ": " << fault << '\n';
    return session;
}

bool take_project(std::span<const std::string_view> arguments, std::string_view name,
                  std::vector<std::string_view>& rest, std::optional<std::string>& project) {
    constexpr std::string_view flag = "--project";
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        std::optional<std::string_view> value;
        if (arguments[i] == flag)
            value = i + 1 < arguments.size() ? arguments[++i] : std::string_view{};
        else if (arguments[i].starts_with("--project="))
            value = arguments[i].substr(flag.size() + 1);
        if (!value) {
            rest.push_back(arguments[i]);
            continue;
        }
        if (!is_project_id(*value)) {
            std::cerr << "backup-catalog " << name << ": --project: '" << shorten(*value)
                      << "' is not a project id; allowed: 1 to 64 letters, digits, '_' and '-'\n";
            return false;
        }
        project = *value;
    }
    return true;
}

} // namespace catalog::app
