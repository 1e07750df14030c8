// This file implements the executor.
#include "db/executor.hpp"

#include "util/log.hpp"
#include "util/metrics.hpp"

#include <algorithm>
#include <array>
#include <random>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

namespace catalog::db {

executor::executor(executor_options options)
    : options_(std::move(options)) {
    workers_.reserve(options_.connections);
    for (std::size_t i = 0; i < options_.connections; ++i)
        workers_.push_back(std::make_unique<worker>());
    for (const auto& self : workers_)
        self->thread = std::thread([this, &self = *self] { work(self); });
    watch_ = std::thread([this] { watch(); });
    cancel_ = std::thread([this] { cancel_wanted(); });
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
    constexpr std::array<std::string_view, 6> names{"queue_full", "waited_too_long", "too_late",
                                                    "abandoned",  "database_away",   "stopping"};
    metrics::database_jobs_refused.add(1, {names.at(static_cast<std::size_t>(why))});
    work.refused(why);
}

std::optional<refusal> executor::is_over(const job& work, clock::time_point now) {
    if (work.abandoned.stop_requested()) return refusal::abandoned;
    if (now > work.deadline) return refusal::too_late;
    return std::nullopt;
}

void executor::submit(job work) {
    std::unique_lock lock(mutex_);
    std::optional<waiting> loser;
    if (stopping_) {
        lock.unlock(); // what is told may take its time
        refuse(work, refusal::stopping);
        return;
    }
    if (queue_.size() >= options_.max_queue + idle_) {
        // One who asks much must not keep out one who asks little.
        loser = queue_.make_room(work.owner);
        if (!loser) {
            lock.unlock();
            refuse(work, refusal::queue_full);
            return;
        }
    }
    queue_.push({std::move(work), clock::now()});
    if (connected_ == 0) none_connected_.notify_one();
    lock.unlock();
    work_there_.notify_one();
    if (loser) refuse(loser->work, refusal::queue_full);
}

void executor::stop() {
    std::vector<waiting> left;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        left = queue_.take_if([](const waiting&) { return true; });
    }
    {
        const std::lock_guard lock(answers_->mutex);
        answers_->stopping = true;
    }
    answers_->room.notify_all();
    work_there_.notify_all();
    none_connected_.notify_all();
    for (const waiting& entry : left)
        refuse(entry.work, refusal::stopping);
    for (const auto& self : workers_)
        if (self->thread.joinable()) self->thread.join();
    {
        const std::lock_guard lock(mutex_);
        all_ended_ = true; // until then their jobs may have to be interrupted
    }
    stop_there_.notify_all();
    cancel_there_.notify_all();
    if (watch_.joinable()) watch_.join();
    if (cancel_.joinable()) cancel_.join();
}

// --- What the watching thread does

// Looks now and then instead of being woken: a wake-up for each job would cost the requests that are never late.
void executor::watch() {
    const auto pause = std::clamp(options_.max_wait / 10, std::chrono::milliseconds(5), std::chrono::milliseconds(100));
    std::unique_lock lock(mutex_);
    while (!all_ended_) {
        stop_there_.wait_for(lock, pause);
        refuse_waiting(lock);
        interrupt_late();
    }
}

// Refuses the jobs that wait for too long, are late, or that nobody waits for any more, also while every connection is
// busy and while a thread tries to get a new one for its job.
void executor::refuse_waiting(std::unique_lock<std::mutex>& lock) {
    const auto now = clock::now();
    const auto why = [&](const waiting& entry) -> std::optional<refusal> {
        if (const auto over = is_over(entry.work, now)) return over;
        if (now - entry.since > options_.max_wait) return refusal::waited_too_long;
        return std::nullopt;
    };
    std::vector<waiting> refused = queue_.take_if([&](const waiting& entry) { return why(entry).has_value(); });
    for (const auto& self : workers_) {
        if (!self->entry || self->running || !is_over(self->entry->work, now)) continue;
        refused.push_back(std::move(*self->entry));
        self->entry.reset();
    }
    if (refused.empty()) return;
    lock.unlock();
    for (const waiting& entry : refused)
        refuse(entry.work, *why(entry)); // still so: none of the reasons goes away
    lock.lock();
}

void executor::interrupt_late() {
    const auto now = clock::now();
    for (const auto& self : workers_) {
        if (!self->running) continue;
        if (!self->interrupted) {
            if (!is_over(self->entry->work, now)) continue;
            self->interrupted = now;
        }
        if (now - *self->interrupted > options_.sever_after) {
            if (!self->severed) self->interrupter->sever();
            self->severed = true;
        } else if (self->cancel == worker::cancelling::no) {
            // Again and again: a cancel that comes between two statements is lost.
            self->cancel = worker::cancelling::wanted;
            cancel_there_.notify_one();
        }
    }
}

void executor::cancel_wanted() {
    std::unique_lock lock(mutex_);
    for (;;) {
        const auto next = std::find_if(workers_.begin(), workers_.end(),
                                       [](const auto& self) { return self->cancel == worker::cancelling::wanted; });
        if (next == workers_.end()) {
            if (all_ended_) return;
            cancel_there_.wait(lock);
            continue;
        }
        worker& self = **next;
        self.cancel = worker::cancelling::under_way;
        const auto interrupter = self.interrupter;
        lock.unlock();
        interrupter->cancel();
        metrics::database_cancels.add(1);
        lock.lock();
        if (self.interrupter != interrupter) continue; // was given up meanwhile
        self.cancel = worker::cancelling::no;
        cancel_done_.notify_all();
    }
}

// --- What the threads with the connections do

std::chrono::milliseconds executor::jittered(std::chrono::milliseconds pause) {
    thread_local std::minstd_rand random(std::random_device{}());
    const auto count = pause.count();
    return std::chrono::milliseconds(std::uniform_int_distribution(count * 3 / 4, count * 5 / 4)(random));
}

void executor::connect(worker& self, std::optional<session>& connection) {
    try {
        connection.emplace(options_.session);
        metrics::database_connects.add(1, {"connected"});
        const std::lock_guard lock(mutex_);
        self.interrupter = connection->interrupter();
        ++connected_;
    } catch (const std::exception& e) {
        metrics::database_connects.add(1, {"failed"});
        log_event("error", "database_connection_failed", {{"reason", e.what()}});
    }
}

void executor::drop(worker& self, std::optional<session>& connection) {
    {
        const std::lock_guard lock(mutex_);
        self.interrupter.reset(); // before the socket is closed, whose number may come back for another
        self.cancel = worker::cancelling::no;
        if (--connected_ == 0) none_connected_.notify_all();
    }
    connection.reset();
    metrics::database_connections_lost.add(1);
}

// The next job into self.entry. A thread without a connection takes one only to refuse it, and only while no other
// thread could run it; otherwise it returns false when it is time to try to connect again, or to stop.
bool executor::take_job(worker& self, std::chrono::milliseconds pause) {
    std::unique_lock lock(mutex_);
    const bool connected = self.interrupter != nullptr;
    const auto ready = [&] { return stopping_ || (!queue_.empty() && (connected || connected_ == 0)); };
    if (connected)
        work_there_.wait(lock, ready);
    else // Not on work_there_: a wake-up meant for a thread that could run the job would be lost here.
        none_connected_.wait_for(lock, pause, ready);
    if (queue_.empty() || !ready()) return false;
    self.entry = queue_.pop();
    if (connected) --idle_;
    return true;
}

// The job is over, and with it the right to interrupt it; it is not run again if it `finished`. Returns false if a
// cancel is still on its way that could hit what the connection does next.
bool executor::end_run(worker& self, bool finished) {
    std::unique_lock lock(mutex_);
    self.running = false;
    if (finished) self.entry.reset(); // otherwise it may be refused from now on
    if (self.cancel == worker::cancelling::wanted) self.cancel = worker::cancelling::no;
    const bool came_back =
        cancel_done_.wait_for(lock, options_.sever_after, [&] { return self.cancel == worker::cancelling::no; });
    self.interrupted.reset();
    const bool severed = std::exchange(self.severed, false);
    return came_back && !severed;
}

executor::completion executor::give_up(worker& self, refusal why) {
    std::optional<waiting> entry;
    {
        const std::lock_guard lock(mutex_);
        entry.swap(self.entry);
    }
    if (!entry) return {}; // was refused while this thread tried to connect
    return [work = std::move(entry->work), why](const untaken&) { refuse(work, why); };
}

executor::completion executor::run_job(worker& self, std::optional<session>& connection) {
    for (int attempt = 0; attempt < 2; ++attempt) {
        if (connection && connection->broken()) drop(self, connection); // its server may be a former primary by now
        if (!connection) connect(self, connection);
        if (!connection) break;
        std::optional<refusal> over;
        {
            const std::lock_guard lock(mutex_);
            if (!self.entry) return {}; // was refused meanwhile, because its time was over
            over = is_over(self.entry->work, clock::now());
            self.running = !over;
        }
        if (over) return give_up(self, *over);
        completion done;
        bool broke = false;
        try {
            done = self.entry->work.run(*connection);
        } catch (const error& e) {
            log_event("warning", "database_connection_lost", {{"reason", e.what()}});
            broke = true;
        }
        const bool clean = end_run(self, !broke);
        if (!clean || connection->broken()) drop(self, connection);
        if (!broke) return done;
    }
    return give_up(self, refusal::database_away);
}

executor::untaken executor::hand_out() const {
    {
        const std::lock_guard lock(answers_->mutex);
        ++answers_->untaken;
    }
    return untaken(answers_);
}

void executor::untaken::release() noexcept {
    if (!answers_) return;
    {
        const std::lock_guard lock(answers_->mutex);
        --answers_->untaken;
    }
    answers_->room.notify_one();
    answers_.reset();
}

void executor::wait_for_room() const {
    std::unique_lock lock(answers_->mutex);
    answers_->room.wait(lock, [this] { return answers_->stopping || answers_->untaken < options_.connections; });
}

void executor::work(worker& self) {
    // Under SCHED_BATCH the kernel lets a running thread finish its slice instead of preempting it for each wake-up of
    // another: 0.75 instead of 0.65 of PostgreSQL's own rate on two cores. And behind the threads that talk to clients:
    // an answer that is ready goes out before the next one is made, 1.1 times the pages, and in an overload the other
    // tenants' requests are read sooner. Not worth an error where it is forbidden.
    constexpr int behind_the_others = 5;
    const sched_param no_priority{};
    sched_setscheduler(0, SCHED_BATCH, &no_priority);
    setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), behind_the_others);

    std::optional<session> connection;
    std::chrono::milliseconds pause = options_.reconnect_pause;
    auto next_attempt = clock::now();
    const auto become_idle = [&] {
        const std::lock_guard lock(mutex_);
        if (connection && ++idle_ == options_.connections) all_idle_.notify_all();
    };
    for (;;) {
        if (!connection && clock::now() >= next_attempt) {
            connect(self, connection);
            become_idle();
            // While others are connected there is no hurry (too many connections, most likely); otherwise there is.
            const std::lock_guard lock(mutex_);
            pause = connected_ == 0 || connection ? options_.reconnect_pause
                                                  : std::min(pause * 2, std::chrono::milliseconds(5000));
            next_attempt = clock::now() + jittered(pause);
        }
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(next_attempt - clock::now());
        if (!take_job(self, std::max(left, std::chrono::milliseconds(1)))) {
            const std::lock_guard lock(mutex_);
            if (stopping_ && queue_.empty()) {
                if (!connection) return;
                --connected_;
                --idle_;
                return;
            }
            continue;
        }
        const completion done = connection ? run_job(self, connection) : give_up(self, refusal::database_away);
        become_idle();
        if (!done) continue;
        done(hand_out());
        wait_for_room();
    }
}

} // namespace catalog::db
