// This file implements the API: the order of its checks is the contract's.
#include "api/service.hpp"

#include "api/error_response.hpp"
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

using work = std::function<response(db::session&)>;

problem unexpected() {
    return {errc::unexpected, "Unknown error."};
}

problem method_not_allowed(const std::string& method) {
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

// What surrounds database work for a request.
struct work_terms {
    const std::string& request_id;
    request_record& record; // lives in the coroutine that waits: nobody else touches it meanwhile
    std::string owner;      // whose turn it takes in the queue
    std::chrono::steady_clock::time_point deadline;
    std::stop_token abandoned;
    // On a standby: what it must have replayed, or another one answers. On the primary nothing.
    std::optional<std::string> replayed = std::nullopt;
};

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

// A job under these terms, still without anything to do.
db::executor::job job_for(const work_terms& terms) {
    db::executor::job job;
    job.owner = terms.owner;
    job.deadline = terms.deadline;
    job.abandoned = terms.abandoned;
    return job;
}

// How a job ends that the executor refused; the client is told `told`.
outcome refused_outcome(const problem& told, db::refusal why, const work_terms& terms) {
    return {error_response(told, terms.request_id), why == db::refusal::queue_full,
            terms.replayed && why == db::refusal::database_away};
}

// Runs `task`, which must live until then, on a database thread and resumes the coroutine on its own executor with the
// outcome. Name the arguments before the co_await: GCC 12 destroys temporary lambdas in it twice (bug 107288).
asio::awaitable<outcome> queue_for_database(db::executor& database, work_terms terms, const work& task) {
    outcome out = co_await asio::async_initiate<const asio::use_awaitable_t<>, void(outcome)>(
        [&database, &terms, &task](auto handler) {
            const auto finish = resumption<outcome>(std::move(handler));
            const auto submitted = std::chrono::steady_clock::now();
            db::executor::job job = job_for(terms);
            job.run = [finish, &terms, &task, submitted](db::session& session) -> db::executor::completion {
                terms.record.time(stage::wait) = std::chrono::steady_clock::now() - submitted;
                const auto answer = std::make_shared<outcome>();
                try {
                    if (terms.replayed) db::require_replayed(session, *terms.replayed);
                    answer->answer = task(session);
                } catch (const std::exception&) {
                    answer->elsewhere = is_conflict_of_standby(terms);
                    if (!answer->elsewhere) answer->answer = explain_failure(terms);
                }
                return [finish, answer](db::executor::untaken untaken) {
                    answer->untaken = std::move(untaken);
                    finish(std::move(*answer));
                };
            };
            job.refused = [finish, &terms](db::refusal why) { finish(refused_outcome(to_problem(why), why, terms)); };
            database.submit(std::move(job));
        },
        asio::use_awaitable);
    out.untaken.reset();
    co_return out;
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

// Runs an export on a thread of its executor. Resumes the coroutine when its first rows can be read: with a response
// whose body goes on being made; or with a refusal.
asio::awaitable<outcome> begin_export(db::executor& exports, work_terms terms, query::caller caller,
                                      query::list_request wanted, query::reading how) {
    const auto initiate = [&](auto handler) {
        const auto finish = resumption<outcome>(std::move(handler));
        const auto submitted = std::chrono::steady_clock::now();
        db::executor::job job = job_for(terms);
        // Copies: the coroutine goes on while the job runs.
        job.run = [finish, &terms, caller, wanted, how, submitted,
                   id = terms.request_id](db::session& session) -> db::executor::completion {
            terms.record.time(stage::wait) = std::chrono::steady_clock::now() - submitted;
            std::shared_ptr<pipe> body;
            try {
                if (terms.replayed) db::require_replayed(session, *terms.replayed);
                query::list_reading list(session, caller, wanted, how);
                if (const auto refused = list.open())
                    return [finish, answer = error_response(*refused, id)](const auto&) { finish({answer, false}); };
                body = std::make_shared<pipe>();
                response head;
                head.headers.emplace_back("Content-Type", "application/x-ndjson");
                head.headers.emplace_back("X-Total-Count", std::to_string(list.count()));
                head.stream = pipe::reader(body);
                finish({std::move(head), false});
                pour(list, wanted.limit, wanted.show_replication, *body);
            } catch (const std::exception& e) {
                if (!body) {
                    if (is_conflict_of_standby(terms)) return [finish](const auto&) { finish({{}, false, true}); };
                    response answer = explain_failure(terms);
                    return [finish, answer](const auto&) { finish({answer, false}); };
                }
                log_event("error", "export_cut_off", {{"request_id", id}, {"reason", e.what()}});
                body->fail();
            }
            return {};
        };
        job.refused = [finish, &terms](db::refusal why) {
            problem refused = to_problem(why);
            if (why == db::refusal::queue_full || why == db::refusal::waited_too_long)
                refused = {errc::overloaded, "As many exports run as the service allows; try again later.", 10};
            finish(refused_outcome(refused, why, terms));
        };
        exports.submit(std::move(job));
    };
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(outcome)>(initiate,
                                                                                          asio::use_awaitable);
}

using attempt = std::function<asio::awaitable<outcome>(db::executor&, work_terms)>;

// Asks the standby, where there is one that may answer, and the primary where it could not.
asio::awaitable<outcome> ask(db::executor& primary, db::executor* standby, const db::write_position* written,
                             work_terms terms, attempt run) {
    if (standby) {
        work_terms first = terms;
        first.replayed = written->required(std::chrono::steady_clock::now());
        if (first.replayed) {
            outcome out = co_await run(*standby, std::move(first));
            metrics::standby_requests.add(1, {out.elsewhere ? "passed_on" : "answered"});
            if (!out.elsewhere) co_return out;
        }
    }
    co_return co_await run(primary, std::move(terms));
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

response list_backups(db::session& session, const query::caller& caller, const query::list_request& wanted,
                      const query::reading& how, std::size_t max_bytes, const std::string& request_id) {
    const auto page = query::read_page(session, caller, wanted, how);
    if (page.has_error()) return error_response(page.error(), request_id);
    const stage_timer timer(how.record, stage::render);
    const std::size_t bytes = query::page_bytes(*page, wanted.show_replication);
    if (bytes > max_bytes)
        return error_response(too_large("limit: ask for fewer backups, the page would have ", bytes, max_bytes),
                              request_id);
    response out;
    out.body = query::render_page(*page, wanted.show_replication, bytes);
    return out;
}

response show_backup(db::session& session, const query::caller& caller, const std::string& backup_id,
                     const query::reading& how, std::size_t max_bytes, const std::string& request_id) {
    const auto shown = query::read_backup(session, caller, backup_id, how);
    if (shown.has_error()) return error_response(shown.error(), request_id);
    const stage_timer timer(how.record, stage::render);
    if (const std::size_t bytes = query::backup_bytes(*shown); bytes > max_bytes)
        return error_response(
            too_large("backup_id: list its children with parent_id, the backup would have ", bytes, max_bytes),
            request_id);
    response out;
    out.body = query::render_backup(*shown);
    return out;
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
    const problem nowhere{
        errc::no_such_path,
        "The API does not exist; known: GET /v3/{project_id}/backups and GET /v3/{project_id}/backups/{backup_id}"};
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
    if (!path.starts_with("/v3/")) return nowhere;
    path.remove_prefix(4);
    const std::size_t first = path.find('/');
    if (first == std::string_view::npos || first == 0) return nowhere;
    const auto project = percent_decode(path.substr(0, first), false);
    path.remove_prefix(first + 1);
    const std::size_t second = path.find('/');
    if (path.substr(0, second) != "backups") return nowhere;
    // What can't be decoded can't be an id either; the checks of the values will say so.
    found.project_id = project.value_or("%");
    if (second == std::string_view::npos) return found;
    path.remove_prefix(second + 1);
    if (path.empty() || path.find('/') != std::string_view::npos) return nowhere;
    found.backup_id = percent_decode(path, false).value_or("%");
    return found;
}

asio::awaitable<response> service::handle(request request) {
    std::string fault;
    request_record record;
    if (is_traceparent(request.traceparent)) record.traceparent = request.traceparent;
    try {
        response out = co_await answer(request, record);
        out.record = std::move(record);
        co_return out;
    } catch (const std::exception& e) {
        fault = e.what();
    }
    log_event("error", "request_failed",
              {{"request_id", request.id}, {"trace_id", record.trace_id()}, {"reason", fault}});
    response out = error_response(unexpected(), request.id);
    out.record = std::move(record);
    co_return out;
}

asio::awaitable<response> service::pace(asio::awaitable<outcome> under_way) {
    outcome out = co_await std::move(under_way);
    if (out.overloaded) {
        const std::chrono::milliseconds wanted(++refusals_waiting_ / most_refusals_per_ms);
        asio::steady_timer pause(co_await asio::this_coro::executor,
                                 std::clamp(wanted, shortest_refusal_pause, longest_refusal_pause));
        co_await pause.async_wait(asio::use_awaitable);
        --refusals_waiting_;
    }
    co_return std::move(out.answer);
}

asio::awaitable<response> service::answer(const request& request, request_record& record) {
    const auto arrived = std::chrono::steady_clock::now();
    const auto refuse = [&](const problem& p) { return error_response(p, request.id); };

    if (auto page = find_page(request.target, options_.console)) {
        record.route = page->route;
        if (request.method == "GET" || request.method == "HEAD") co_return std::move(page->content);
        co_return refuse(method_not_allowed(request.method));
    }
    const auto route = find_route(request.target);
    if (route.has_error()) co_return refuse(route.error());
    record.route = route->backup_id ? "/v3/{project_id}/backups/{backup_id}" : "/v3/{project_id}/backups";
    record.parameters = given_parameters(route->query);
    if (request.method != "GET" && request.method != "HEAD") co_return refuse(method_not_allowed(request.method));

    if (!request.token || request.token->empty())
        co_return refuse({errc::unauthenticated, "the header X-Auth-Token is missing"});
    std::optional<stage_timer> timer(std::in_place, &record, stage::identity);
    const auto verified = co_await identity_.verify(*request.token);
    timer.reset();
    if (verified.has_error()) co_return refuse(verified.error());
    const identity::principal& principal = *verified;
    record.project_id = principal.project_id;
    record.user_id = principal.user_id;
    if (const auto seconds = limiter_.refuse(principal.project_id))
        co_return refuse({errc::too_many_requests,
                          "Too many requests of this project; allowed: " + std::to_string(options_.limit.per_second) +
                              " a second in the long run, " + std::to_string(options_.limit.burst) + " at once",
                          *seconds});

    if (!is_project_id(route->project_id))
        co_return refuse(
            bad_parameter("project_id: is not a project id; allowed: 1 to 64 letters, digits, '_' and '-'"));
    if (route->project_id != principal.project_id) {
        record.foreign_project = true;
        co_return refuse({errc::malformed_url, ""});
    }
    if (!principal.may_read()) co_return refuse({errc::forbidden, "The token's roles do not permit reading backups"});

    query::reading how;
    how.deadline = arrived + options_.request_timeout;
    how.abandoned = request.left;
    how.record = &record;
    const std::size_t most = options_.max_response_bytes;
    const query::caller caller{principal.project_id, principal.user_id};
    work_terms terms{request.id, record, principal.project_id, how.deadline, request.left};
    const auto ask_for_page = [&](work task) {
        attempt run = [task = std::move(task)](db::executor& database, work_terms given) {
            return queue_for_database(database, std::move(given), task);
        };
        return pace(ask(database_, standby_ ? &standby_->pages : nullptr, standby_ ? &standby_->written : nullptr,
                        terms, std::move(run)));
    };
    if (route->backup_id) {
        const auto backup_id = parse_uuid(*route->backup_id);
        if (!backup_id)
            co_return refuse(bad_parameter(
                "backup_id: is not a UUID; allowed: a UUID such as 5606aab5-2dc2-4498-8144-dc848d099af5"));
        if (route->query.find_first_not_of('&') != std::string_view::npos && !options_.ignore_unknown)
            co_return refuse(bad_parameter(shorten(route->query.substr(0, route->query.find_first_of("=&"))) +
                                           ": unknown parameter; allowed: none when one backup is shown"));
        record.backup_id = *backup_id;
        work show = [caller, how, most, id = *backup_id, request_id = request.id](db::session& session) {
            return show_backup(session, caller, id, how, most, request_id);
        };
        co_return co_await ask_for_page(std::move(show));
    }

    const bool all = exports_ != nullptr && accepts_lines(request.accept);
    parse_options parsing = static_cast<const parse_options&>(options_);
    if (all) parsing.max_limit = std::numeric_limits<std::int32_t>::max();
    auto wanted = parse_list_request(route->query, parsing);
    if (wanted.has_error()) co_return refuse(wanted.error());
    if (wanted->all_tenants && !principal.may_administrate())
        co_return refuse({errc::forbidden,
                          "all_tenants: needs the administrator role; leave it out to list your project's backups"});
    if (all) {
        how.deadline = terms.deadline = arrived + options_.export_timeout;
        attempt run = [caller, wanted = std::move(*wanted), how](db::executor& database, work_terms given) {
            return begin_export(database, std::move(given), caller, wanted, how);
        };
        co_return co_await pace(ask(*exports_, standby_ ? standby_->exports : nullptr,
                                    standby_ ? &standby_->written : nullptr, std::move(terms), std::move(run)));
    }
    work list = [caller, how, most, wanted = std::move(*wanted), request_id = request.id](db::session& session) {
        return list_backups(session, caller, wanted, how, most, request_id);
    };
    co_return co_await ask_for_page(std::move(list));
}

} // namespace catalog::api
