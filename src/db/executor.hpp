// This file runs database work on threads of its own: one connection a thread, one bounded queue, in which those whose
// work it is take turns.
#pragma once

#include "db/fair_queue.hpp"
#include "db/session.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace catalog::db {

struct executor_options {
    session_options session;
    std::size_t connections = 6;                    // threads, and connections to PostgreSQL
    std::size_t max_queue = 2048;                   // jobs that may wait; more are refused
    std::chrono::milliseconds max_wait{2000};       // a job that waits longer is refused
    std::chrono::milliseconds reconnect_pause{250}; // time between two attempts to connect of one thread, ± 25 %
    // A statement that is cancelled and does not end in this time (the network is silent, most likely) ends with its
    // connection.
    std::chrono::milliseconds sever_after{1000};
};

// What the threads are doing.
struct executor_state {
    std::size_t threads = 0;   // and so connections, once all are there
    std::size_t connected = 0; // threads with a connection
    std::size_t idle = 0;      // of these, those without a job
    std::size_t queued = 0;    // jobs that wait
};

// Why a job did not run.
enum class refusal {
    queue_full,
    waited_too_long, // more than max_wait in the queue
    too_late,        // its deadline passed before it ran, or while it ran and its connection broke
    abandoned,       // the same for who wanted it and went away
    database_away,
    stopping
};

class executor {
public:
    // Belongs to an answer until somebody takes it, which lets go of this, on any thread. While as many are held as
    // there are connections, no further job begins: what waits shall wait in the queue, where those who ask little have
    // their turn, and not in the line of finished answers.
    class untaken;

    // Tells whoever waits for a job. Called on the job's thread once its connection is free for the next one, so that
    // an answer is not out before there is room for what follows it.
    using completion = std::function<void(untaken)>;

    // A job either runs to its end with a connection, and its completion is called, or is refused, on a thread of the
    // executor (`refused` possibly on the submitting thread, when the queue is full or the executor is stopping).
    struct job {
        // Must only read. May throw db::error of failure::connection alone: then it is run once more with a new
        // connection (a restarted database breaks every idle one), and refused if that breaks too. When the deadline
        // passes or it is abandoned, its statement is cancelled: db::error of failure::timeout.
        std::function<completion(session&)> run;
        std::function<void(refusal)> refused;
        std::string owner = {}; // whose turn it takes
        std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
        std::stop_token abandoned = {};
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
    using clock = std::chrono::steady_clock;

    struct waiting {
        job work;
        clock::time_point since;
    };
    struct owner_of {
        const std::string& operator()(const waiting& entry) const { return entry.work.owner; }
    };

    // Counts what is untaken. Answers outlive the executor.
    struct answers {
        std::mutex mutex;
        std::condition_variable room;
        std::size_t untaken = 0;
        bool stopping = false;
    };

    // One thread and what it is at. Everything under the executor's mutex, but for `work` while it runs.
    struct worker {
        std::thread thread;
        std::optional<waiting> entry;                       // its job
        bool running = false;                               // the job runs, and can be interrupted
        std::shared_ptr<const db::interrupter> interrupter; // of its connection; null without one
        std::optional<clock::time_point> interrupted;       // since when its job is to end
        bool severed = false;
        enum class cancelling { no, wanted, under_way } cancel = cancelling::no;
    };

    static void refuse(const job& work, refusal why);
    static std::optional<refusal> is_over(const job& work, clock::time_point now);
    untaken hand_out() const;
    void wait_for_room() const;
    void work(worker& self);
    bool take_job(worker& self, std::chrono::milliseconds pause);
    completion run_job(worker& self, std::optional<session>& connection);
    completion give_up(worker& self, refusal why);
    void connect(worker& self, std::optional<session>& connection);
    void drop(worker& self, std::optional<session>& connection);
    bool end_run(worker& self, bool finished);
    std::chrono::milliseconds jittered(std::chrono::milliseconds pause);
    void watch();
    void refuse_waiting(std::unique_lock<std::mutex>& lock);
    void interrupt_late();
    void cancel_wanted();

    executor_options options_;
    std::shared_ptr<answers> answers_ = std::make_shared<answers>();
    std::mutex mutex_;
    std::condition_variable work_there_;     // for threads with a connection
    std::condition_variable none_connected_; // for threads without one, which run no jobs
    std::condition_variable all_idle_;
    std::condition_variable stop_there_;   // for the thread that watches the times
    std::condition_variable cancel_there_; // for the thread that cancels
    std::condition_variable cancel_done_;  // for the thread whose statement was cancelled
    fair_queue<waiting, owner_of> queue_;
    bool stopping_ = false;
    bool all_ended_ = false;    // all workers
    std::size_t connected_ = 0; // threads that have a connection
    std::size_t idle_ = 0;      // of these, threads without a job
    std::vector<std::unique_ptr<worker>> workers_;
    std::thread watch_;
    std::thread cancel_; // cancelling opens a connection, which can take long: not on a thread that others wait for
};

class executor::untaken {
public:
    untaken() = default;
    untaken(untaken&& other) noexcept = default;
    untaken& operator=(untaken&& other) noexcept {
        release();
        answers_ = std::move(other.answers_);
        return *this;
    }
    ~untaken() { release(); }
    untaken(const untaken&) = delete;
    untaken& operator=(const untaken&) = delete;

    void release() noexcept;

private:
    friend class executor;
    explicit untaken(std::shared_ptr<answers> of)
        : answers_(std::move(of)) {}

    std::shared_ptr<answers> answers_; // null: of none
};

} // namespace catalog::db
