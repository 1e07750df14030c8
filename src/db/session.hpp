// This file is the way to PostgreSQL: one connection with its prepared statements. The only folder that knows libpqxx.
#pragma once

#include "db/error.hpp"
#include "db/statement.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace catalog::db {

// The rows of one answer. Cheap to copy; keeps the memory that its views point into.
class rows {
public:
    rows() = default;
    // Of libpq's PGresult.
    explicit rows(std::shared_ptr<const void> result);

    std::size_t size() const noexcept;
    bool empty() const noexcept { return size() == 0; }

    // How many rows an INSERT, UPDATE or DELETE has written.
    std::size_t affected() const noexcept;

    // Text of a field (from 0); an empty view for null. Valid as long as this object or a copy of it.
    std::string_view text(std::size_t row, std::size_t column) const noexcept;
    bool is_null(std::size_t row, std::size_t column) const noexcept;

private:
    std::shared_ptr<const void> result_;
};

// What a process has seen of the servers that one URL names: a promotion begins a new timeline, so a primary on an
// older one is a former primary that was started again, and its data is stale. Any thread.
class primary_history {
public:
    // Takes a primary's cluster (its system identifier) and timeline; the newest counts, and those of another cluster
    // begin anew. False if the timeline is older than the newest.
    bool admit(const std::string& system, unsigned timeline);

    // Whether a newer timeline was seen than this one of the same cluster.
    bool is_superseded(const std::string& system, unsigned timeline) const;

private:
    mutable std::mutex mutex_;
    std::string system_;
    unsigned newest_ = 0;
};

struct session_options {
    std::string url;                                // libpq URL or keyword/value string; several hosts allowed
    std::chrono::milliseconds statement_timeout{0}; // 0 = none
    std::size_t max_prepared = 256;                 // prepared statements kept, least recently used out first
    bool fixed_plans = true;                        // generic plans with one way each; off for import and export
    // False leaves nothing behind on the server's connection, which a pooler in transaction mode hands to somebody else
    // after each transaction: statements are unnamed, settings are made by begin() for its transaction alone, and a
    // statement outside of begin() … commit() runs with the server's own settings. Not for explain().
    bool keeps_state = true;
    bool standby = false; // a standby is wanted, unless the URL says otherwise
    // Where it is given, a connection to a former primary is refused: failure::connection.
    std::shared_ptr<primary_history> history = {};
};

// Ends what a connection is doing, from another thread than its own.
class interrupter {
public:
    // Asks the server to cancel the statement under way (PostgreSQL section 34.7): it ends with failure::timeout,
    // unless it is done before. Opens a connection, so that a silent network can hold it for as long as
    // tcp_user_timeout says. Any thread, also after the session's end.
    void cancel() const noexcept;

    // Cuts the connection: whatever waits for it ends with failure::connection. Any thread, but the session must be
    // there until it returns.
    void sever() const noexcept;

private:
    friend class session;
    interrupter(std::shared_ptr<void> cancel, int socket)
        : cancel_(std::move(cancel))
        , socket_(socket) {}

    std::shared_ptr<void> cancel_; // libpq's PGcancel
    int socket_;
};

// True if libpq understands the URL (or keyword/value string). Its own message could hold a password.
bool is_valid_url(const std::string& url);

// Whether two URLs name the same user and database. Pure.
bool same_login(const std::string& one, const std::string& other);

// How many hosts the URL names, at least 1. Pure.
std::size_t host_count(const std::string& url);

// The connection string that a session uses, of keywords and values: the URL's, our character set and program name
// (what is named at the start a pooler gives to each client again), and, where it names none itself, bounds on how long
// a silent network can hold a connection, and which server is wanted: of several hosts the primary. They are tried in
// turn, from number `first_host` of the URL on. Throws db::error unless libpq understands the URL. Pure.
std::string complete_url(const session_options& options, std::size_t first_host = 0);

// One connection. Not thread-safe: one thread at a time. Every member may throw db::error.
class session {
public:
    explicit session(const session_options& options);
    ~session();
    session(session&&) noexcept;
    session& operator=(session&&) noexcept;
    session(const session&) = delete;
    session& operator=(const session&) = delete;

    // What follows the statements of run_all().
    enum class ending { none, commit };

    // Runs prepared statements (prepared at their first use; unnamed without `keeps_state`) and returns the rows of
    // each, in one round trip (PostgreSQL section 34.5, pipeline mode). What begin() and `end` stand for goes with
    // them. The first that fails is what is thrown, and those behind it do not run. All are sent before an answer is
    // read: only the last may have an answer of megabytes, or parameters of more than some ten kilobytes before it.
    std::vector<rows> run_all(std::span<const statement> statements, ending end = ending::none);

    // The same for one statement.
    rows run(const statement& statement);

    // Runs a statement once, unprepared: settings, DDL, EXPLAIN.
    rows run_once(const statement& statement);

    // The plan of a statement as run() would run it: prepared, with its parameters. `options` are EXPLAIN's, such as
    // "ANALYZE, BUFFERS, FORMAT JSON"; with ANALYZE the statement runs. One column, a row for each line of the plan.
    rows explain(const statement& statement, std::string_view options);

    // BEGIN … COMMIT around what follows. `read_snapshot` = REPEATABLE READ READ ONLY: one snapshot for all statements.
    // BEGIN is sent together with the first statement, and with commit() not at all if there was none.
    void begin(bool read_snapshot);
    void commit();
    // Ends the transaction without effect; never throws: a connection that can't do it is marked broken.
    void rollback() noexcept;

    // Appends rows to a table by COPY. Fields are text as PostgreSQL reads it, or null; each row has one a column.
    void copy_in(std::string_view table, std::span<const std::string_view> columns,
                 const std::vector<std::vector<std::optional<std::string>>>& records);

    // What can end a statement of this connection from outside.
    std::shared_ptr<const db::interrupter> interrupter() const;

    // True once the connection can't be used any more, or should not: its server is a former primary by now.
    bool broken() const noexcept;

    // Makes it broken: its server is not what is wanted any more.
    void discard() noexcept;

private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace catalog::db
