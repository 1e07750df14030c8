// This file implements the admin address.
#include "app/admin.hpp"

#include "util/metrics.hpp"
#include "util/text.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sql/statements.hpp>
#include <string>

namespace catalog::app {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds probe_pause{1000};
// A database that has not answered for this long is away, also if it only hangs. More than the pause, the longest wait
// for a connection of the default settings, and a little.
constexpr std::chrono::milliseconds patience{4000};

api::response text(unsigned status, std::string body) {
    api::response out;
    out.status = status;
    out.body = std::move(body);
    out.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
    return out;
}

} // namespace

admin::admin(db::executor& database)
    : database_(database)
    , health_(std::make_shared<health>()) {
    health_->answered = clock::now().time_since_epoch().count();
    metrics::build_info.set(1, {BACKUP_CATALOG_VERSION});
}

void admin::send_probe() {
    if (health_->under_way.exchange(true)) return;
    database_.submit({[state = health_](db::session& session) {
                          try {
                              session.run(db::statement(sql::ping));
                              state->answered = clock::now().time_since_epoch().count();
                              state->up = true;
                          } catch (const db::error& e) {
                              if (e.kind() == db::failure::connection) throw; // once more, on a new connection
                              state->up = false;
                          }
                          state->under_way = false;
                      },
                      [state = health_](db::refusal why) {
                          // No place for a probe is no news of the database; `patience` bounds what that may hide.
                          if (why == db::refusal::database_away) state->up = false;
                          state->under_way = false;
                      }});
}

boost::asio::awaitable<void> admin::probe() {
    boost::asio::steady_timer pause(co_await boost::asio::this_coro::executor);
    while (!stopping_) {
        send_probe();
        pause.expires_after(probe_pause);
        co_await pause.async_wait(boost::asio::use_awaitable);
    }
}

void admin::stop() {
    stopping_ = true;
}

bool admin::is_up() const {
    const auto age = clock::now() - clock::time_point(clock::duration(health_->answered.load()));
    return health_->up && age < patience;
}

void admin::measure() {
    const db::executor_state state = database_.state();
    metrics::database_connections.set(static_cast<double>(state.connected - state.idle), {"in_use"});
    metrics::database_connections.set(static_cast<double>(state.idle), {"idle"});
    metrics::database_connections.set(static_cast<double>(state.threads - state.connected), {"absent"});
    metrics::database_queue.set(static_cast<double>(state.queued));
    metrics::database_up.set(is_up() ? 1 : 0);
    metrics::measure_process();
}

api::response admin::handle(const api::request& request) {
    if (request.method != "GET" && request.method != "HEAD") {
        api::response out =
            text(405, "The method " + shorten(request.method, 20) + " is not allowed; allowed: GET, HEAD\n");
        out.headers.emplace_back("Allow", "GET, HEAD");
        return out;
    }
    const std::string path = request.target.substr(0, request.target.find('?'));
    if (path == "/metrics") {
        measure();
        api::response out;
        out.body = metrics::text();
        out.headers.emplace_back("Content-Type", metrics::text_type);
        return out;
    }
    if (path == "/healthz") return text(200, "ok\n");
    if (path == "/readyz") {
        if (stopping_) return text(503, "stopping\n");
        return is_up() ? text(200, "ok\n") : text(503, "the database does not answer\n");
    }
    if (path == "/version") {
        api::response out;
        out.body = R"({"name":"backup-catalog","version":")" BACKUP_CATALOG_VERSION "\"}\n";
        return out;
    }
    return text(404, "known: /metrics, /healthz, /readyz, /version\n");
}

} // namespace catalog::app
