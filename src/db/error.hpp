// This file classifies what the database can answer instead of rows.
#pragma once

#include <stdexcept>
#include <string>

namespace catalog::db {

enum class failure {
    connection, // refused, broken, shut down: the connection is gone
    timeout,    // statement_timeout passed or the query was cancelled (57014); the connection is still good
    conflict,   // a unique, foreign key or check constraint, serialization failure or deadlock
    other       // anything else: a bug or a missing privilege
};

// Thrown by session. what() is for logs, never for clients.
class error : public std::runtime_error {
public:
    error(failure kind, std::string sqlstate, const std::string& message)
        : std::runtime_error(message)
        , kind_(kind)
        , sqlstate_(std::move(sqlstate)) {}

    failure kind() const noexcept { return kind_; }
    const std::string& sqlstate() const noexcept { return sqlstate_; }

private:
    failure kind_;
    std::string sqlstate_;
};

} // namespace catalog::db
