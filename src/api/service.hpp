// This file is the API behind HTTP: routes a request, checks who asks, and answers from the catalog.
#pragma once

#include "api/list_parameters.hpp"
#include "api/message.hpp"
#include "api/rate_limiter.hpp"
#include "db/executor.hpp"
#include "db/write_position.hpp"
#include "identity/identity.hpp"

#include <boost/asio/awaitable.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace catalog::api {

struct service_options : parse_options {
    std::chrono::milliseconds request_timeout{10000}; // from the arrival of a request to its last statement
    std::size_t max_response_bytes = 64U << 20U;      // one body; a larger one is 400
    // From the arrival of a request for all backups to its last row: its snapshot keeps old row versions alive.
    std::chrono::milliseconds export_timeout{3600000};
    bool console = true; // the page at /console is there
    rate_limit limit;    // of each project
};

// Standbys, which are asked first. What they must have replayed follows from what the primary had written.
struct standby_database {
    db::executor& pages;
    db::executor* exports; // null: exports go to the primary
    const db::write_position& written;
};

class service {
public:
    // Keeps references, which outlive the service. `exports` has a connection for each export that may run at the same
    // time; null: none may, and who asks for one gets a page.
    service(service_options options, identity::verifier& identity, db::executor& database, db::executor* exports,
            std::optional<standby_database> standby = std::nullopt)
        : options_(options)
        , identity_(identity)
        , database_(database)
        , exports_(exports)
        , standby_(std::move(standby))
        , limiter_(options.limit) {}

    // Answers one request: always a response, never an exception. Runs on the caller's executor; database work runs on
    // the database's threads. With the header Server-Timing where it is wanted; counts requests under way.
    boost::asio::awaitable<response> handle(request request);

private:
    struct prepared;

    bool find(const request& request, prepared& asked, request_record& record, response& out) const;
    bool admit(const request& request, prepared& asked, request_record& record, response& out);
    boost::asio::awaitable<void> ask(const request& request, prepared& asked, request_record& record, response& out);
    static response list_backups(db::session& session, const prepared& asked, std::size_t max_bytes);
    static response show_backup(db::session& session, const prepared& asked, std::size_t max_bytes);

    service_options options_;
    identity::verifier& identity_;
    db::executor& database_;
    db::executor* exports_;
    std::optional<standby_database> standby_;
    rate_limiter limiter_;
    std::atomic<std::int64_t> refusals_waiting_{0}; // to be told
};

// Whether a client wants all backups as lines (application/x-ndjson) rather than a page, by its header Accept (RFC 9110
// section 12.5.1): it names the type, and does not like JSON better. Pure.
bool accepts_lines(std::string_view accept);

// A path of the API, taken apart.
struct route {
    std::string project_id;
    std::optional<std::string> backup_id; // of one backup; nothing for the list
    std::string_view query;               // what follows '?', still encoded
};

// Finds the route of a request's target (origin or absolute form, RFC 9112 section 3.2; the scheme in any case).
// Problem: no_such_path. Segments are decoded but not checked. Pure.
result<route> find_route(std::string_view target);

} // namespace catalog::api
