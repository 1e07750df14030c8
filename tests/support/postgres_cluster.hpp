// This file declares the throw-away PostgreSQL cluster of one test program.
#pragma once

#include "janitor.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace support {

// Started at the first use, stopped when the program ends in whatever way: a shell of its own waits for the other end
// of a pipe to close, which also a crash does, and then stops the cluster and removes its folder. It is hostile on
// purpose where a real server may differ from a developer's: another time zone, date style and collation than the
// service wants.
class postgres_cluster {
public:
    static postgres_cluster& instance();

    postgres_cluster(const postgres_cluster&) = delete;
    postgres_cluster& operator=(const postgres_cluster&) = delete;

    // A libpq URL. Users: the superuser (empty name), test_reader (a catalog_reader), test_writer (a catalog_writer),
    // or any role that a test makes.
    std::string url(const std::string& user, const std::string& database) const;

    // A new database with the migrated, empty schema; returns its name.
    std::string create_database();
    // From how many backups on the projects of a database have their weeks counted; the schema says 20,000.
    void count_by_week_from(const std::string& database, unsigned backups);

    // A new database with what `name` has, which nobody may be connected to meanwhile.
    std::string copy_database(const std::string& name);

    // A new database without anything in it.
    std::string create_empty_database();

    void drop_database(const std::string& name);

    // SIGKILL to the server's first process, as a crash of the machine would; the others end by themselves. Returns
    // when nobody answers any more.
    void kill();

    // Starts the killed server again; returns when it answers.
    void start_again();

    // What the server has logged so far; bytes beyond ASCII as \ooo.
    std::string log() const;

    std::string superuser_url(const std::string& database) const { return url("", database); }

private:
    postgres_cluster();
    ~postgres_cluster();
    void start();

    std::filesystem::path folder_;
    std::map<std::string, std::string> connection_; // libpq's keywords
    std::optional<janitor> janitor_;
    int databases_ = 0;
};

// Applies the migrations with the script that a DBA would use.
void migrate(const std::string& url);

} // namespace support
