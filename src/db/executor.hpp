// This file runs database work on threads of its own: one connection a thread, one bounded first-in-first-out queue.
#pragma once

#include "db/session.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace catalog::db {

struct executor_options {
    session_options session;
    std::size_t connections = 8;                    // threads, and connections to PostgreSQL
    std::size_t max_queue = 1024;                   // jobs that may wait; more are refused
    std::chrono::milliseconds max_wait{2000};       // a job that waits longer is refused
    std::chrono::milliseconds reconnect_pause{250}; // least time between two attempts to connect of one thread
};

// What the threads are doing.
struct executor_state {
    std::size_t threads = 0;   // and so connections, once all are there
    std::size_t connected = 0; // threads with a connection
    std::size_t idle = 0;      // of these, those without a job
    std::size_t queued = 0;    // jobs that wait
};

// Why a job did not run.
enum class refusal { queue_full, waited_too_long, database_away, stopping };

class executor {
public:
    // A job either runs to its end with a connection, or is refused, on a database thread (`refused` possibly on the
    // submitting thread, when the queue is full or the executor is stopping).
    struct job {
        // Must only read. May throw db::error of failure::connection alone: then it is run once more with a new
        // connection (a restarted database breaks every idle one), and refused if that breaks too.
        std::function<void(session&)> run;
        std::function<void(refusal)> refused;
    };

    // Starts the threads; they connect on their own time, so that a database that is away does not stop the start.
    explicit executor(executor_options options);
    // Stops as stop() does.
    ~executor();
    executor(const executor&) = delete;
    executor& operator=(const executor&) = delete;

    // Waits until every thread has its connection and nothing to do, or the time is over.
    void wait_until_ready(std::chrono::milliseconds most);

    // Queues a job. Any thread; never blocks for longer than a mutex is held.
    void submit(job work);

    // Any thread; takes the queue's mutex for a moment.
    executor_state state();

    // Takes no more jobs, refuses the queued ones, waits until the running ones end. Safe to call twice.
    void stop();

private:
    struct waiting {
        job work;
        std::chrono::steady_clock::time_point since;
    };

    static void refuse(const job& work, refusal why);
    void serve_jobs();
    void refuse_old_jobs();
    std::optional<waiting> take_job(bool connected, std::chrono::milliseconds pause);
    bool none_connected();
    void run_job(waiting& entry, std::optional<session>& connection);
    void connect(std::optional<session>& connection);

    executor_options options_;
    std::mutex mutex_;
    std::condition_variable work_there_;     // for threads with a connection
    std::condition_variable none_connected_; // for threads without one, which run no jobs
    std::deque<waiting> queue_;
    bool stopping_ = false;
    std::size_t connected_ = 0; // threads that have a connection
    std::size_t idle_ = 0;      // threads that wait for a job
    std::condition_variable all_idle_;
    std::condition_variable stop_there_; // for the thread that watches the waiting times
    std::vector<std::thread> threads_;
    std::thread watch_;
};

} // namespace catalog::db
