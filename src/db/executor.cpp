// This file implements the executor.
#include "db/executor.hpp"

#include "util/log.hpp"
#include "util/metrics.hpp"

#include <algorithm>
#include <array>
#include <sched.h>

namespace catalog::db {

executor::executor(executor_options options)
    : options_(std::move(options)) {
    threads_.reserve(options_.connections);
    for (std::size_t i = 0; i < options_.connections; ++i)
        threads_.emplace_back([this] { serve_jobs(); });
    watch_ = std::thread([this] { refuse_old_jobs(); });
}

executor::~executor() {
    stop();
}

void executor::wait_until_ready(std::chrono::milliseconds most) {
    std::unique_lock lock(mutex_);
    all_idle_.wait_for(lock, most, [this] { return idle_ == options_.connections; });
}

executor_state executor::state() {
    const std::lock_guard lock(mutex_);
    return {options_.connections, connected_, idle_, queue_.size()};
}

void executor::refuse(const job& work, refusal why) {
    constexpr std::array<std::string_view, 4> names{"queue_full", "waited_too_long", "database_away", "stopping"};
    metrics::database_jobs_refused.add(1, {names.at(static_cast<std::size_t>(why))});
    work.refused(why);
}

void executor::submit(job work) {
    std::unique_lock lock(mutex_);
    if (stopping_ || queue_.size() >= options_.max_queue + idle_) {
        const refusal why = stopping_ ? refusal::stopping : refusal::queue_full;
        lock.unlock(); // what is told may take its time
        refuse(work, why);
        return;
    }
    queue_.push_back({std::move(work), std::chrono::steady_clock::now()});
    if (connected_ == 0) none_connected_.notify_one();
    lock.unlock();
    work_there_.notify_one();
}

// Refuses the jobs at the head of the queue once they have waited too long, also while every connection is busy. Looks
// now and then instead of being woken: a wake-up for each job would cost the requests that never wait.
void executor::refuse_old_jobs() {
    const auto pause = std::clamp(options_.max_wait / 10, std::chrono::milliseconds(5), std::chrono::milliseconds(100));
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        stop_there_.wait_for(lock, pause);
        while (!queue_.empty() && std::chrono::steady_clock::now() - queue_.front().since > options_.max_wait) {
            const waiting entry = std::move(queue_.front());
            queue_.pop_front();
            lock.unlock();
            refuse(entry.work, refusal::waited_too_long);
            lock.lock();
        }
    }
}

void executor::stop() {
    std::deque<waiting> left;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        left.swap(queue_);
    }
    work_there_.notify_all();
    stop_there_.notify_all();
    none_connected_.notify_all();
    for (auto& entry : left)
        refuse(entry.work, refusal::stopping);
    for (auto& thread : threads_)
        if (thread.joinable()) thread.join();
    if (watch_.joinable()) watch_.join();
}

void executor::connect(std::optional<session>& connection) {
    try {
        connection.emplace(options_.session);
        metrics::database_connects.add(1, {"connected"});
        const std::lock_guard lock(mutex_);
        ++connected_;
    } catch (const std::exception& e) {
        metrics::database_connects.add(1, {"failed"});
        log_event("error", "database_connection_failed", {{"reason", e.what()}});
    }
}

// The next job. A thread without a connection takes one only to refuse it, and only while no other thread could run it;
// otherwise it returns nothing when it is time to try to connect again, or to stop.
std::optional<executor::waiting> executor::take_job(bool connected, std::chrono::milliseconds pause) {
    std::unique_lock lock(mutex_);
    const auto ready = [&] { return stopping_ || (!queue_.empty() && (connected || connected_ == 0)); };
    if (connected) {
        if (++idle_ == options_.connections) all_idle_.notify_all();
        work_there_.wait(lock, ready);
        --idle_;
    } else {
        // Not on work_there_: a wake-up meant for a thread that could run the job would be lost here.
        none_connected_.wait_for(lock, pause, ready);
    }
    if (queue_.empty() || !ready()) return std::nullopt;
    waiting entry = std::move(queue_.front());
    queue_.pop_front();
    return entry;
}

void executor::run_job(waiting& entry, std::optional<session>& connection) {
    const auto drop_if_broken = [&] {
        if (!connection || !connection->broken()) return;
        connection.reset();
        metrics::database_connections_lost.add(1);
        const std::lock_guard lock(mutex_);
        if (--connected_ == 0) none_connected_.notify_all();
    };
    for (int attempt = 0; attempt < 2; ++attempt) {
        if (!connection) connect(connection);
        if (!connection) break;
        try {
            entry.work.run(*connection);
            drop_if_broken();
            return;
        } catch (const error& e) {
            log_event("warning", "database_connection_lost", {{"reason", e.what()}});
            drop_if_broken();
        }
    }
    refuse(entry.work, refusal::database_away);
}

void executor::serve_jobs() {
    // Under SCHED_BATCH the kernel lets a running thread finish its slice instead of preempting it for each wake-up of
    // another: 0.75 instead of 0.65 of PostgreSQL's own rate on two cores. Not worth an error where it is forbidden.
    const sched_param no_priority{};
    sched_setscheduler(0, SCHED_BATCH, &no_priority);

    std::optional<session> connection;
    std::chrono::milliseconds pause = options_.reconnect_pause;
    auto next_attempt = std::chrono::steady_clock::now();
    for (;;) {
        if (!connection && std::chrono::steady_clock::now() >= next_attempt) {
            connect(connection);
            // While others are connected there is no hurry (too many connections, most likely); otherwise there is.
            pause = connection || none_connected() ? options_.reconnect_pause
                                                   : std::min(pause * 2, std::chrono::milliseconds(5000));
            next_attempt = std::chrono::steady_clock::now() + pause;
        }
        std::optional<waiting> entry = take_job(connection.has_value(), pause);
        if (!entry) {
            const std::lock_guard lock(mutex_);
            if (stopping_ && queue_.empty()) return;
            continue;
        }
        if (connection)
            run_job(*entry, connection);
        else
            refuse(entry->work, refusal::database_away);
    }
}

bool executor::none_connected() {
    const std::lock_guard lock(mutex_);
    return connected_ == 0;
}

} // namespace catalog::db
