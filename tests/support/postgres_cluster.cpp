// This file starts, fills and stops the tests' PostgreSQL cluster through the repository's own scripts.
#include "postgres_cluster.hpp"

#include "child_process.hpp"
#include "sql_session.hpp"

#include <csignal>
#include <libpq-fe.h>
#include <memory>
#include <stdexcept>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace support {

namespace {

std::string encode(const std::string& text) {
    static const char* const digits = "0123456789ABCDEF";
    std::string out;
    for (char c : text) {
        if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.') {
            out += c;
        } else {
            out += '%';
            out += digits[static_cast<unsigned char>(c) >> 4];
            out += digits[static_cast<unsigned char>(c) & 15];
        }
    }
    return out;
}

std::map<std::string, std::string> parse_url(const std::string& url) {
    char* message = nullptr;
    const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> options(PQconninfoParse(url.c_str(), &message),
                                                                                 PQconninfoFree);
    if (!options) {
        const std::string text = message == nullptr ? "no reason" : message;
        PQfreemem(message);
        throw std::runtime_error("scripts/cluster start printed no libpq URL but '" + url + "': " + text);
    }
    std::map<std::string, std::string> out;
    for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option)
        if (option->val != nullptr && *option->val != '\0') out[option->keyword] = option->val;
    return out;
}

std::string last_line(std::string text) {
    while (text.ends_with('\n'))
        text.pop_back();
    const auto start = text.rfind('\n');
    return start == std::string::npos ? text : text.substr(start + 1);
}

} // namespace

postgres_cluster& postgres_cluster::instance() {
    static postgres_cluster cluster;
    return cluster;
}

postgres_cluster::postgres_cluster() {
    std::string pattern = (std::filesystem::temp_directory_path() / "backup-catalog-pg.XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    chmod(pattern.c_str(), 0755); // the server runs as another user
    folder_ = pattern;
    janitor_.emplace("[ -e \"$2/cluster\" ] && \"$1/scripts/cluster\" remove \"$2/cluster\"; rm -rf \"$2\"",
                     folder_.string());
    start();

    sql_session session(superuser_url("postgres"));
    session.run("CREATE DATABASE catalog_template TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8' "
                "LOCALE_PROVIDER icu ICU_LOCALE 'en-US'");
    migrate(superuser_url("catalog_template"));
    session.run("CREATE ROLE test_reader LOGIN IN ROLE catalog_reader");
    session.run("CREATE ROLE test_writer LOGIN IN ROLE catalog_writer");
}

void postgres_cluster::start() {
    command what{{source_folder() + "/scripts/cluster", "start", (folder_ / "cluster").string()}};
    for (const auto* setting :
         {"fsync=off", "full_page_writes=off", "synchronous_commit=off", "timezone=Asia/Shanghai", "datestyle=SQL, DMY",
          "intervalstyle=iso_8601", "shared_preload_libraries=pg_stat_statements"}) {
        what.arguments.emplace_back("--setting");
        what.arguments.emplace_back(setting);
    }
    connection_ = parse_url(last_line(run_checked(what)));
}

postgres_cluster::~postgres_cluster() = default;

std::string postgres_cluster::url(const std::string& user, const std::string& database) const {
    std::string out = "postgresql:///" + encode(database);
    char separator = '?';
    for (const auto& [keyword, value] : connection_) {
        if (keyword == "dbname" || (keyword == "user" && !user.empty())) continue;
        out += separator + keyword + "=" + encode(value);
        separator = '&';
    }
    if (!user.empty()) out += separator + std::string("user=") + encode(user);
    return out;
}

std::string postgres_cluster::create_database() {
    return copy_database("catalog_template");
}

std::string postgres_cluster::copy_database(const std::string& name) {
    std::string copy = "catalog_" + std::to_string(++databases_);
    sql_session(superuser_url("postgres")).run("CREATE DATABASE " + copy + " TEMPLATE " + name);
    return copy;
}

void postgres_cluster::count_by_week_from(const std::string& database, unsigned backups) {
    sql_session(superuser_url(database))
        .run("CREATE OR REPLACE FUNCTION catalog.counted_by_week_from() RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL "
             "SAFE RETURN " +
             std::to_string(backups));
}

std::string postgres_cluster::create_empty_database() {
    std::string name = "catalog_" + std::to_string(++databases_);
    sql_session(superuser_url("postgres")).run("CREATE DATABASE " + name + " TEMPLATE template0 ENCODING 'UTF8'");
    return name;
}

void postgres_cluster::drop_database(const std::string& name) {
    sql_session(superuser_url("postgres")).run("DROP DATABASE " + name + " WITH (FORCE)");
}

void postgres_cluster::kill() {
    const std::string pid =
        sql_session(superuser_url("postgres")).value("SELECT split_part(pg_read_file('postmaster.pid'), E'\n', 1)");
    ::kill(std::stoi(pid), SIGKILL);
    for (;;) {
        try {
            sql_session(superuser_url("postgres"));
        } catch (const sql_error&) {
            return;
        }
        std::this_thread::sleep_for(milliseconds(1));
    }
}

void postgres_cluster::start_again() {
    start();
}

std::string postgres_cluster::log() const {
    // Through the server, whose user alone may read the file.
    return sql_session(superuser_url("postgres"))
        .value("SELECT encode(pg_read_binary_file(current_setting('data_directory') || '/../log'), 'escape')");
}

void migrate(const std::string& url) {
    run_checked({{source_folder() + "/scripts/migrate", "deploy", "--database-url", url}}, std::chrono::seconds(120));
}

} // namespace support
