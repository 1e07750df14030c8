// This file implements the way to the standbys.
#include "app/standby.hpp"

#include <algorithm>
#include <stop_token>

namespace catalog::app {

using clock = std::chrono::steady_clock;

standby::standby(db::executor& primary, db::executor_options pages, std::size_t export_connections,
                 std::chrono::milliseconds lag)
    : primary_(primary)
    , written_(std::make_shared<db::write_position>(lag))
    , pause_(std::clamp(lag / 4, std::chrono::milliseconds(10), std::chrono::milliseconds(1000)))
    , pages_(pages) {
    if (export_connections > 0) {
        pages.connections = export_connections;
        pages.max_queue = export_connections;
        exports_.emplace(std::move(pages));
    }
    watch_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
}

standby::~standby() {
    watch_.request_stop();
    watch_.join();
}

void standby::watch(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
        ask_primary();
        stopped_.wait_for(lock, stop, pause_, [] { return false; });
    }
}

void standby::ask_primary() {
    if (under_way_->exchange(true)) return;
    db::executor::job job;
    job.run = [written = written_, under_way = under_way_](db::session& session) -> db::executor::completion {
        const auto asked = clock::now();
        try {
            if (auto position = db::ask_write_position(session)) written->note(asked, std::move(*position));
        } catch (const db::error& e) {
            if (e.kind() == db::failure::connection) throw; // once more, on a new connection
        }
        *under_way = false;
        return {};
    };
    job.refused = [under_way = under_way_](db::refusal) { *under_way = false; };
    job.deadline = clock::now() + std::chrono::seconds(2);
    primary_.submit(std::move(job));
}

} // namespace catalog::app
