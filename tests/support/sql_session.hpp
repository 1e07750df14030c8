// This file declares a thin connection to PostgreSQL, for what the tests do behind the service's back.
#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

struct pg_conn;

namespace support {

struct sql_error : std::runtime_error {
    sql_error(const std::string& text, std::string state)
        : std::runtime_error(text)
        , sqlstate(std::move(state)) {}
    std::string sqlstate;
};

using sql_row = std::vector<std::optional<std::string>>;

class sql_session {
public:
    explicit sql_session(const std::string& url);

    // One statement with text parameters, or several statements without any.
    std::vector<sql_row> run(const std::string& statement,
                             const std::vector<std::optional<std::string>>& parameters = {});

    // The first cell of the first row.
    std::string value(const std::string& statement, const std::vector<std::optional<std::string>>& parameters = {});

    // How many rows the last statement touched.
    long affected() const { return affected_; }

private:
    struct closer {
        void operator()(pg_conn* connection) const;
    };
    std::unique_ptr<pg_conn, closer> connection_;
    long affected_ = 0;
};

} // namespace support
