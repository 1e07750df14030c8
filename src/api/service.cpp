// This file implements the API: the order of its checks is the contract's.
#include "api/service.hpp"

#include "api/error_response.hpp"
#include "api/observed.hpp"
#include "api/pages.hpp"
#include "api/pipe.hpp"
#include "query/catalog_reader.hpp"
#include "query/render.hpp"
#include "util/log.hpp"
#include "util/metrics.hpp"
#include "util/resumption.hpp"
#include "util/text.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <charconv>
#include <limits>
#include <memory>

namespace catalog::api {

namespace asio = boost::asio;

namespace {

problem unexpected() {
    return {errc::unexpected, "Unknown error."};
}

problem method_not_allowed(std::string_view method) {
    return {errc::method_not_allowed, "The method " + shorten(method, 20) + " is not allowed here; allowed: GET, HEAD"};
}

problem out_of_time() {
    return {errc::timed_out, "The time limit of the request has passed."};
}

problem to_problem(db::refusal refusal) {
    switch (refusal) {
    case db::refusal::queue_full:
    case db::refusal::waited_too_long:
        return {errc::overloaded, "The service is overloaded; try again later."};
    case db::refusal::too_late:
        return out_of_time();
    case db::refusal::abandoned:
        return {errc::timed_out, "The client has left."};
    case db::refusal::database_away:
        return {errc::database_away, "The database is not available; try again later."};
    case db::refusal::stopping:
        break;
    }
    return {errc::overloaded, "The service is stopping; try again."};
}

// The same of an export.
problem export_problem(db::refusal refusal) {
    if (refusal == db::refusal::queue_full || refusal == db::refusal::waited_too_long)
        return {errc::overloaded, "As many exports run as the service allows; try again later.", 10};
    return to_problem(refusal);
}

// What surrounds database work for a request.
struct work_terms {
    std::string_view request_id;
    request_record& record; // lives in the coroutine that waits: nobody else touches it meanwhile
    std::string_view owner; // whose turn it takes in the queue
    std::chrono::steady_clock::time_point deadline;
    std::stop_token abandoned;
    // On a standby: what it must have replayed, or another one answers. On the primary nothing.
    std::optional<std::string> replayed = std::nullopt;
};

// Database work under way, and how it ended. Lives in the coroutine that waits for it, which everything here may refer
// to: a request that waits takes one block of memory for all of this.
struct call {
    work_terms terms;
    response& answer; // to be filled
    parked waits = {};
    std::chrono::steady_clock::time_point submitted = {};
    std::optional<db::refusal> refused = std::nullopt; // by the executor
    bool elsewhere = false; // the standby could not answer: it is away or behind, or what it replays was in the way
    db::executor::untaken untaken = {}; // until the coroutine goes on
};

// What answers a request from the database; it may refer to the coroutine that waits.
using work = std::function<response(db::session&)>;

// Whether the exception being handled says that the standby can't answer what the primary can.
bool is_conflict_of_standby(const work_terms& terms) {
    if (!terms.replayed) return false;
    try {
        throw;
    } catch (const db::error& e) {
        return e.kind() == db::failure::conflict; // who only reads has no other
    } catch (const std::exception&) {
        return false;
    }
}

// The response that explains the exception being handled. Throws it again where it is db::error of failure::connection.
response explain_failure(const work_terms& terms) {
    std::string sqlstate;
    std::string reason;
    try {
        throw;
    } catch (const db::error& e) {
        if (e.kind() == db::failure::connection) throw; // the executor tries once more
        if (e.kind() == db::failure::timeout) return error_response(out_of_time(), terms.request_id);
        sqlstate = e.sqlstate();
        reason = e.what();
    } catch (const std::exception& e) {
        reason = e.what();
    }
    log_event("error", "request_failed",
              {{"request_id", terms.request_id},
               {"trace_id", terms.record.trace_id()},
               {"sqlstate", sqlstate},
               {"reason", reason}});
    return error_response(unexpected(), terms.request_id);
}

// The job of a call, still without anything to do.
db::executor::job job_for(call& call) {
    call.submitted = std::chrono::steady_clock::now();
    db::executor::job job;
    job.owner = call.terms.owner;
    job.deadline = call.terms.deadline;
    job.abandoned = call.terms.abandoned;
    job.refused = [&call](db::refusal why) {
        call.refused = why;
        call.waits.resume();
    };
    return job;
}

// How long a call has waited for its thread.
void record_wait(call& call) {
    call.terms.record.time(stage::wait) = std::chrono::steady_clock::now() - call.submitted;
}

// Runs `task`, which must live until then, on a database thread.
void queue_for_database(db::executor& database, call& under_way, const work& task) {
    db::executor::job job = job_for(under_way);
    job.run = [&under_way, &task](db::session& session) -> db::executor::completion {
        record_wait(under_way);
        try {
            if (under_way.terms.replayed) db::require_replayed(session, *under_way.terms.replayed);
            under_way.answer = task(session);
        } catch (const std::exception&) {
            under_way.elsewhere = is_conflict_of_standby(under_way.terms);
            if (!under_way.elsewhere) under_way.answer = explain_failure(under_way.terms);
        }
        return [&under_way](db::executor::untaken untaken) {
            under_way.untaken = std::move(untaken);
            under_way.waits.resume();
        };
    };
    database.submit(std::move(job));
}

// Rows that an export reads, renders and writes at a time: 2 MB of usual backups.
constexpr std::uint32_t export_piece = 1000;

// Writes all that a reading has left into a pipe, as far as it is wanted.
void pour(query::list_reading& list, std::uint64_t most, bool show_replication, pipe& into) {
    while (most > 0) {
        const auto wanted = static_cast<std::uint32_t>(std::min<std::uint64_t>(most, export_piece));
        const db::rows rows = list.next(wanted);
        if (!rows.empty() && !into.push(query::render_lines(rows, show_replication), rows.size())) return;
        if (rows.size() < wanted) break;
        most -= wanted;
    }
    list.commit();
    into.finish();
}

// Runs an export on a thread of its executor. The coroutine goes on when its first rows can be read: with a response
// whose body goes on being made; or with a refusal.
void begin_export(db::executor& exports, call& under_way, const query::caller& caller,
                  const query::list_request& wanted, const query::reading& how) {
    db::executor::job job = job_for(under_way);
    // Copies: the coroutine goes on while the job runs.
    job.run = [&under_way, caller, wanted, how,
               id = std::string(under_way.terms.request_id)](db::session& session) -> db::executor::completion {
        const auto finish = [&under_way](const auto&) { under_way.waits.resume(); };
        record_wait(under_way);
        std::shared_ptr<pipe> body;
        try {
            if (under_way.terms.replayed) db::require_replayed(session, *under_way.terms.replayed);
            query::list_reading list(session, caller, wanted, how);
            if (const auto refused = list.open()) {
                under_way.answer = error_response(*refused, id);
                return finish;
            }
            body = std::make_shared<pipe>();
            under_way.answer.headers.emplace_back("Content-Type", "application/x-ndjson");
            under_way.answer.headers.emplace_back("X-Total-Count", std::to_string(list.count()));
            under_way.answer.stream = pipe::reader(body);
            under_way.waits.resume();
            pour(list, wanted.limit, wanted.show_replication, *body);
        } catch (const std::exception& e) {
            if (!body) {
                under_way.elsewhere = is_conflict_of_standby(under_way.terms);
                if (!under_way.elsewhere) under_way.answer = explain_failure(under_way.terms);
                return finish;
            }
            log_event("error", "export_cut_off", {{"request_id", id}, {"reason", e.what()}});
            body->fail();
        }
        return {};
    };
    exports.submit(std::move(job));
}

// A client that is told at once that there is no room asks again at once: telling it then costs more than the page did,
// and starves those who wait (85,000 refusals a second leave a ninth of the pages). So a refusal waits: long enough
// that there are no more than 1,000 a second in all, within bounds.
constexpr std::chrono::milliseconds shortest_refusal_pause{100};
constexpr std::chrono::milliseconds longest_refusal_pause{2000};
constexpr std::int64_t most_refusals_per_ms = 1;

// A body of this size must not be built: it would be held for as long as the client takes to read it.
problem too_large(const char* what, std::size_t bytes, std::size_t most) {
    return bad_parameter(std::string(what) + std::to_string(bytes) + " bytes; allowed: at most " +
                         std::to_string(most));
}

} // namespace

bool accepts_lines(std::string_view accept) {
    double lines = 0;
    double json = 0;
    while (!accept.empty()) {
        const std::size_t end = accept.find(',');
        std::string_view range = accept.substr(0, end);
        accept.remove_prefix(end == std::string_view::npos ? accept.size() : end + 1);
        const std::size_t parameters = range.find(';');
        std::string type(range.substr(0, parameters));
        std::erase_if(type, [](char c) { return c == ' ' || c == '\t'; });
        std::transform(type.begin(), type.end(), type.begin(),
                       [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
        double weight = 1;
        if (const std::size_t q = range.find("q="); parameters != std::string_view::npos && q != std::string_view::npos)
            std::from_chars(range.data() + q + 2, range.data() + range.size(), weight);
        if (type == "application/x-ndjson") lines = weight;
        if (type == "application/json") json = weight;
    }
    return lines > 0 && lines >= json;
}

result<route> find_route(std::string_view target) {
    const auto nowhere = [] {
        return problem{
            errc::no_such_path,
            "The API does not exist; known: GET /v3/{project_id}/backups and GET /v3/{project_id}/backups/{backup_id}"};
    };
    for (const std::string_view scheme : {"http://", "https://"}) {
        const bool same = target.size() >= scheme.size() && // RFC 3986 section 3.1: schemes know no case
                          std::equal(scheme.begin(), scheme.end(), target.begin(), [](char wanted, char is) {
                              return wanted == (is >= 'A' && is <= 'Z' ? static_cast<char>(is - 'A' + 'a') : is);
                          });
        if (!same) continue;
        const std::size_t path = target.find_first_of("/?", scheme.size());
        target = path == std::string_view::npos || target[path] == '?' ? std::string_view("/") : target.substr(path);
        break;
    }
    route found;
    const std::size_t question = target.find('?');
    if (question != std::string_view::npos) found.query = target.substr(question + 1);
    std::string_view path = target.substr(0, question);
    if (!path.starts_with("/v3/")) return nowhere();
    path.remove_prefix(4);
    const std::size_t first = path.find('/');
    if (first == std::string_view::npos || first == 0) return nowhere();
    const auto project = percent_decode(path.substr(0, first), false);
    path.remove_prefix(first + 1);
    const std::size_t second = path.find('/');
    if (path.substr(0, second) != "backups") return nowhere();
    // What can't be decoded can't be an id either; the checks of the values will say so.
    found.project_id = project.value_or("%");
    if (second == std::string_view::npos) return found;
    path.remove_prefix(second + 1);
    if (path.empty() || path.find('/') != std::string_view::npos) return nowhere();
    found.backup_id = percent_decode(path, false).value_or("%");
    return found;
}

// A request as far as it is understood before the database is asked; lives in the coroutine that answers it.
struct service::prepared {
    std::string_view request_id;
    std::optional<route> where;
    std::shared_ptr<const identity::principal> who;
    query::caller caller;
    query::reading how;
    std::string backup_id; // of one backup; empty: the list is asked for
    query::list_request wanted;
    bool lines = false; // all of the list, as lines
};

response service::list_backups(db::session& session, const prepared& asked, std::size_t max_bytes) {
    const auto page = query::read_page(session, asked.caller, asked.wanted, asked.how);
    if (page.has_error()) return error_response(page.error(), asked.request_id);
    const stage_timer timer(asked.how.record, stage::render);
    const std::size_t bytes = query::page_bytes(*page, asked.wanted.show_replication);
    if (bytes > max_bytes)
        return error_response(too_large("limit: ask for fewer backups, the page would have ", bytes, max_bytes),
                              asked.request_id);
    response out;
    out.body = query::render_page(*page, asked.wanted.show_replication, bytes);
    return out;
}

response service::show_backup(db::session& session, const prepared& asked, std::size_t max_bytes) {
    const auto shown = query::read_backup(session, asked.caller, asked.backup_id, asked.how);
    if (shown.has_error()) return error_response(shown.error(), asked.request_id);
    const stage_timer timer(asked.how.record, stage::render);
    if (const std::size_t bytes = query::backup_bytes(*shown); bytes > max_bytes)
        return error_response(
            too_large("backup_id: list its children with parent_id, the backup would have ", bytes, max_bytes),
            asked.request_id);
    response out;
    out.body = query::render_backup(*shown);
    return out;
}

asio::awaitable<response> service::handle(request request) {
    metrics::requests_running.add(1);
    request_record record;
    if (is_traceparent(request.traceparent)) record.traceparent = request.traceparent;
    response out;
    std::optional<std::string> fault;
    try {
        prepared asked;
        asked.request_id = request.id;
        asked.how.deadline = std::chrono::steady_clock::now() + options_.request_timeout;
        bool goes_on = find(request, asked, record, out);
        if (goes_on) {
            const stage_timer timer(&record, stage::identity);
            asked.who = identity_.known(*request.token);
            if (!asked.who) {
                auto verified = co_await identity_.verify(std::string(*request.token));
                goes_on = verified.has_value();
                if (goes_on)
                    asked.who = std::make_shared<const identity::principal>(std::move(*verified));
                else
                    out = error_response(verified.error(), request.id);
            }
        }
        if (goes_on && admit(request, asked, record, out)) co_await ask(request, asked, record, out);
    } catch (const std::exception& e) {
        fault = e.what();
    }
    if (fault) {
        log_event("error", "request_failed",
                  {{"request_id", request.id}, {"trace_id", record.trace_id()}, {"reason", *fault}});
        out = error_response(unexpected(), request.id);
    }
    metrics::requests_running.add(-1);
    if (request.wants_timing) add_server_timing(out, record);
    out.record = std::move(record);
    co_return out;
}

// What is asked, before who asks. Returns false if `out` is the answer.
bool service::find(const request& request, prepared& asked, request_record& record, response& out) const {
    const auto refuse = [&](const problem& p) {
        out = error_response(p, request.id);
        return false;
    };
    const bool reads = request.method == "GET" || request.method == "HEAD";
    if (auto page = find_page(request.target, options_.console)) {
        record.route = page->route;
        if (!reads) return refuse(method_not_allowed(request.method));
        out = std::move(page->content);
        return false;
    }
    auto found = find_route(request.target);
    if (found.has_error()) return refuse(found.error());
    asked.where = std::move(*found);
    record.route = asked.where->backup_id ? "/v3/{project_id}/backups/{backup_id}" : "/v3/{project_id}/backups";
    record.parameters = given_parameters(asked.where->query);
    if (!reads) return refuse(method_not_allowed(request.method));
    if (!request.token || request.token->empty())
        return refuse({errc::unauthenticated, "the header X-Auth-Token is missing"});
    return true;
}

// Whether the caller may have it, and what exactly is wanted. Returns false if `out` is the answer.
bool service::admit(const request& request, prepared& asked, request_record& record, response& out) {
    const auto refuse = [&](const problem& p) {
        out = error_response(p, request.id);
        return false;
    };
    const identity::principal& principal = *asked.who;
    const route& where = *asked.where;
    record.project_id = principal.project_id;
    record.user_id = principal.user_id;
    if (const auto seconds = limiter_.refuse(principal.project_id))
        return refuse({errc::too_many_requests,
                       "Too many requests of this project; allowed: " + std::to_string(options_.limit.per_second) +
                           " a second in the long run, " + std::to_string(options_.limit.burst) + " at once",
                       *seconds});

    if (!is_project_id(where.project_id))
        return refuse(bad_parameter("project_id: is not a project id; allowed: 1 to 64 letters, digits, '_' and '-'"));
    if (where.project_id != principal.project_id) {
        record.foreign_project = true;
        return refuse({errc::malformed_url, ""});
    }
    if (!principal.may_read()) return refuse({errc::forbidden, "The token's roles do not permit reading backups"});

    asked.how.abandoned = request.left;
    asked.how.record = &record;
    asked.caller = {principal.project_id, principal.user_id};
    if (where.backup_id) {
        auto backup_id = parse_uuid(*where.backup_id);
        if (!backup_id)
            return refuse(bad_parameter(
                "backup_id: is not a UUID; allowed: a UUID such as 5606aab5-2dc2-4498-8144-dc848d099af5"));
        if (auto fault = check_show_query(where.query, options_)) return refuse(std::move(*fault));
        record.backup_id = *backup_id;
        asked.backup_id = std::move(*backup_id);
        return true;
    }

    asked.lines = exports_ != nullptr && accepts_lines(request.accept);
    parse_options parsing = static_cast<const parse_options&>(options_);
    if (asked.lines) parsing.max_limit = std::numeric_limits<std::int32_t>::max();
    auto wanted = parse_list_request(where.query, parsing);
    if (wanted.has_error()) return refuse(wanted.error());
    if (wanted->all_tenants && !principal.may_administrate())
        return refuse({errc::forbidden,
                       "all_tenants: needs the administrator role; leave it out to list your project's backups"});
    asked.wanted = std::move(*wanted);
    if (asked.lines) asked.how.deadline += options_.export_timeout - options_.request_timeout;
    return true;
}

// Has it answered by the standby, where there is one that may, and by the primary where it could not.
asio::awaitable<void> service::ask(const request& request, prepared& asked, request_record& record, response& out) {
    call under_way{{request.id, record, asked.caller.project_id, asked.how.deadline, request.left}, out};
    struct reader {
        const prepared& asked;
        std::size_t most;
    };
    const reader reading{asked, options_.max_response_bytes};
    const work task = [&reading](db::session& session) {
        return reading.asked.backup_id.empty() ? list_backups(session, reading.asked, reading.most)
                                               : show_backup(session, reading.asked, reading.most);
    };
    db::executor* standby = nullptr;
    if (standby_) standby = asked.lines ? standby_->exports : &standby_->pages;
    db::executor& primary = asked.lines ? *exports_ : database_;
    if (standby) under_way.terms.replayed = standby_->written.required(std::chrono::steady_clock::now());
    for (bool answered = false; !answered;) {
        const bool on_standby = under_way.terms.replayed.has_value();
        db::executor& asked_one = on_standby ? *standby : primary;
        const auto begin = [&] {
            if (asked.lines)
                begin_export(asked_one, under_way, asked.caller, asked.wanted, asked.how);
            else
                queue_for_database(asked_one, under_way, task);
        };
        co_await under_way.waits.wait(begin);
        under_way.untaken.release();
        const bool elsewhere = on_standby && (under_way.elsewhere || under_way.refused == db::refusal::database_away);
        if (on_standby) metrics::standby_requests.add(1, {elsewhere ? "passed_on" : "answered"});
        answered = !elsewhere;
        if (answered) continue;
        under_way.terms.replayed.reset();
        under_way.refused.reset();
    }
    if (!under_way.refused) co_return;
    if (*under_way.refused == db::refusal::queue_full) {
        const std::chrono::milliseconds wanted(++refusals_waiting_ / most_refusals_per_ms);
        asio::steady_timer pause(co_await asio::this_coro::executor,
                                 std::clamp(wanted, shortest_refusal_pause, longest_refusal_pause));
        co_await pause.async_wait(asio::use_awaitable);
        --refusals_waiting_;
    }
    out = error_response(asked.lines ? export_problem(*under_way.refused) : to_problem(*under_way.refused), request.id);
}

} // namespace catalog::api
