// This file is the way to the standbys, and what bounds how far they may be behind.
#pragma once

#include "api/service.hpp"
#include "db/executor.hpp"
#include "db/write_position.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

namespace catalog::app {

class standby {
public:
    // Connects to standbys on its own time, so that none has to be there. `pages` are the terms of its executor, and of
    // one with `export_connections` for exports (0: none). Asks `primary`, which outlives it, four times in `lag` how
    // far it has written, on a thread of its own.
    standby(db::executor& primary, db::executor_options pages, std::size_t export_connections,
            std::chrono::milliseconds lag);
    ~standby();
    standby(const standby&) = delete;
    standby& operator=(const standby&) = delete;

    // What the service needs of it; valid as long as this object.
    api::standby_database database() { return {pages_, exports_ ? &*exports_ : nullptr, *written_}; }

private:
    void watch(const std::stop_token& stop);
    void ask_primary();

    db::executor& primary_;
    // Shared with a question that is still under way when this object goes.
    std::shared_ptr<db::write_position> written_;
    std::shared_ptr<std::atomic<bool>> under_way_ = std::make_shared<std::atomic<bool>>(false);
    std::chrono::milliseconds pause_;
    db::executor pages_;
    std::optional<db::executor> exports_;
    std::mutex mutex_;
    std::condition_variable_any stopped_;
    std::jthread watch_; // the last: it uses the others
};

} // namespace catalog::app
