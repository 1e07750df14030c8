// This file implements the admin address.
#include "app/admin.hpp"

#include "util/metrics.hpp"
#include "util/text.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/strand.hpp>
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

admin::admin(boost::asio::io_context& io, db::executor& database, const identity::keystone_verifier* keystone)
    : database_(database)
    , keystone_(keystone)
    , health_(std::make_shared<health>())
    , pause_(boost::asio::make_strand(io)) {
    health_->answered = clock::now().time_since_epoch().count();
    metrics::build_info.set(1, {BACKUP_CATALOG_VERSION});
}

void admin::send_probe() {
    if (health_->under_way.exchange(true)) return;
    db::executor::job job;
    job.run = [state = health_](db::session& session) -> db::executor::completion {
        try {
            session.run(db::statement(sql::ping));
            state->answered = clock::now().time_since_epoch().count();
            state->up = true;
        } catch (const db::error& e) {
            if (e.kind() == db::failure::connection) throw; // once more, on a new connection
            state->up = false;
        }
        state->under_way = false;
        return {};
    };
    job.refused = [state = health_](db::refusal why) {
        // No place for a probe is no news of the database; `patience` bounds what that may hide.
        if (why == db::refusal::database_away) state->up = false;
        state->under_way = false;
    };
    job.deadline = clock::now() + patience;
    database_.submit(std::move(job));
}

void admin::start() {
    boost::asio::co_spawn(pause_.get_executor(), probe(), boost::asio::detached);
}

boost::asio::awaitable<void> admin::probe() {
    while (!stopping_) {
        send_probe();
        pause_.expires_after(probe_pause);
        boost::system::error_code stopped;
        co_await pause_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, stopped));
    }
}

void admin::stop() {
    stopping_ = true;
    boost::asio::post(pause_.get_executor(), [this] { pause_.cancel(); });
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
    if (keystone_) {
        const identity::keystone_statistics known = keystone_->statistics();
        metrics::identity_cache_lookups.set(static_cast<double>(known.hits), {"hit"});
        metrics::identity_cache_lookups.set(static_cast<double>(known.misses), {"miss"});
        metrics::identity_validations.set(static_cast<double>(known.validations));
        metrics::identity_validations_failed.set(static_cast<double>(known.failures));
        metrics::identity_logins.set(static_cast<double>(known.logins));
    }
    metrics::measure_process();
}

api::response admin::handle(const api::request& request) {
    if (request.method != "GET" && request.method != "HEAD") {
        api::response out =
            text(405, "The method " + shorten(request.method, 20) + " is not allowed; allowed: GET, HEAD\n");
        out.headers.emplace_back("Allow", "GET, HEAD");
        return out;
    }
    const std::string_view path = request.target.substr(0, request.target.find('?'));
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
