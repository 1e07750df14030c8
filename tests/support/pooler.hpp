// This file declares the PgBouncer in transaction mode that tests put before their cluster.
#pragma once

#include "janitor.hpp"

#include <filesystem>
#include <string>

namespace support {

// Started at once, stopped and removed with the object or when the program ends in whatever way. It knows the roles
// test_reader and test_writer.
class pooler {
public:
    // `connections` to PostgreSQL, of each database and role.
    explicit pooler(int connections);
    pooler(const pooler&) = delete;
    pooler& operator=(const pooler&) = delete;

    // A libpq URL of a role's way to a database.
    std::string url(const std::string& user, const std::string& database) const;

    // The same for a URL that postgres_cluster made for one of the two roles.
    std::string through(const std::string& direct_url) const;

private:
    std::filesystem::path folder_;
    janitor janitor_;
};

// TEST_POOLER=N in the environment puts a pooler with N connections before the database of every service that a test
// starts, so that each end-to-end program can be run through it; null without it.
const pooler* pooler_of_all_services();

} // namespace support
