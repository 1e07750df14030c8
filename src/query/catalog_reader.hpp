// This file answers requests from the database: the only effect between parsing a request and rendering its answer.
#pragma once

#include "db/session.hpp"
#include "query/list_request.hpp"
#include "util/problem.hpp"
#include "util/request_record.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace catalog::query {

// The answer to a list request; rows keep the memory of the documents.
struct list_page {
    std::uint64_t count = 0;
    db::rows rows; // columns: document[, replication_document]
};

struct shown_backup {
    db::rows backup;   // one row: document, replication_document
    db::rows children; // the same columns
};

// What surrounds the statements of a request.
struct reading {
    // No statement is begun after it: db::error of failure::timeout instead.
    std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
    // Asked to stop: the same.
    std::stop_token abandoned = {};
    // Called before each statement runs, inside the transaction (`explain`).
    std::function<void(std::string_view purpose, const db::statement&)> before_statement;
    // Called with the reason of the chosen access path.
    std::function<void(const std::string&)> path_chosen;
    // Takes the times of the stages scope, count and rows, the access path and the number of rows; null: nobody asks.
    request_record* record = nullptr;
};

// When a list is counted.
enum class counting {
    first,
    with_rows, // by the statement of the first rows, where that costs less
};

// A list in one snapshot, read page after page; the transaction ends with the object.
class list_reading {
public:
    // Begins the transaction. Keeps the references; `how` is copied, its record is only touched until open() returns.
    // Throws db::error, as every member but the destructor.
    list_reading(db::session& session, const caller& caller, const list_request& request, const reading& how);
    ~list_reading();
    list_reading(const list_reading&) = delete;
    list_reading& operator=(const list_reading&) = delete;

    // Finds out what is to be read, and counts it, by then or with the first rows. Problems: forbidden (enterprise
    // project outside the user's grants), bad_parameter (marker). To be called once, before everything else.
    std::optional<problem> open(counting when = counting::first);

    // All backups that match, whatever limit, offset and marker are. With counting::with_rows it is known after the
    // first next().
    std::uint64_t count() const;

    // The next rows in the list's order, at most `most` of them; fewer at the list's end. The first ones begin where
    // the request's marker and offset say; its limit does not matter. Columns: document[, replication_document].
    // With ending::commit they are the last that is asked for.
    db::rows next(std::uint32_t most, db::session::ending end = db::session::ending::none);

    // How the rows of the last next() were found, such as "walk".
    const std::string& path_names() const;

    // Ends the transaction, unless next() did.
    void commit();

private:
    struct state;
    std::unique_ptr<state> state_;
};

// The page that a list request asks for, as `caller`; the transaction is over when it returns. Problems: those of
// list_reading::open(). Throws db::error.
result<list_page> read_page(db::session& session, const caller& caller, const list_request& request,
                            const reading& how = {});

// One backup with its children. Problem: backup_not_found. Throws db::error.
result<shown_backup> read_backup(db::session& session, const caller& caller, const std::string& backup_id,
                                 const reading& how = {});

} // namespace catalog::query
