// This file implements the tests' PostgreSQL connection with libpq.
#include "sql_session.hpp"

#include <cstdlib>
#include <libpq-fe.h>

namespace support {

void sql_session::closer::operator()(pg_conn* connection) const {
    PQfinish(connection);
}

sql_session::sql_session(const std::string& url)
    : connection_(PQconnectdb(url.c_str())) {
    if (PQstatus(connection_.get()) != CONNECTION_OK) throw sql_error(PQerrorMessage(connection_.get()), "");
    PQsetNoticeProcessor(
        connection_.get(), [](void*, const char*) {}, nullptr);
}

std::vector<sql_row> sql_session::run(const std::string& statement,
                                      const std::vector<std::optional<std::string>>& parameters) {
    std::vector<const char*> values;
    values.reserve(parameters.size());
    for (const std::optional<std::string>& parameter : parameters)
        values.push_back(parameter ? parameter->c_str() : nullptr);
    PGresult* const raw = parameters.empty()
                              ? PQexec(connection_.get(), statement.c_str())
                              : PQexecParams(connection_.get(), statement.c_str(), static_cast<int>(values.size()),
                                             nullptr, values.data(), nullptr, nullptr, 0);
    const std::unique_ptr<PGresult, void (*)(PGresult*)> result(raw, PQclear);
    const ExecStatusType status = PQresultStatus(raw);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        const char* const state = PQresultErrorField(raw, PG_DIAG_SQLSTATE);
        throw sql_error(PQresultErrorMessage(raw) + std::string("in: ") + statement, state == nullptr ? "" : state);
    }
    affected_ = std::atol(PQcmdTuples(raw));
    std::vector<sql_row> rows;
    for (int r = 0; r < PQntuples(raw); ++r) {
        sql_row& row = rows.emplace_back();
        for (int c = 0; c < PQnfields(raw); ++c)
            row.push_back(PQgetisnull(raw, r, c) ? std::nullopt : std::optional<std::string>(PQgetvalue(raw, r, c)));
    }
    return rows;
}

std::string sql_session::value(const std::string& statement,
                               const std::vector<std::optional<std::string>>& parameters) {
    const std::vector<sql_row> rows = run(statement, parameters);
    if (rows.empty() || rows[0].empty()) throw std::runtime_error("no value from: " + statement);
    return rows[0][0].value_or("");
}

} // namespace support
