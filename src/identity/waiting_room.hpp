// This file is where coroutines of one strand wait for each other, first in first out and not for ever.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <list>

namespace catalog::identity {

// All its functions run on one strand: `place`.
class waiting_room {
public:
    explicit waiting_room(boost::asio::any_io_executor place)
        : place_(std::move(place)) {}

    // Returns true when woken, false when `deadline` came first.
    boost::asio::awaitable<bool> wait(std::chrono::steady_clock::time_point deadline) {
        waiter self{boost::asio::steady_timer(place_, deadline)};
        waiters_.push_back(&self);
        boost::system::error_code ignored;
        co_await self.timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
        if (!self.woken) waiters_.remove(&self);
        co_return self.woken;
    }

    // Wakes the one that has waited longest; returns false if nobody waits.
    bool wake_one() {
        if (waiters_.empty()) return false;
        waiter& first = *waiters_.front();
        waiters_.pop_front();
        first.woken = true;
        first.timer.cancel();
        return true;
    }

    void wake_all() {
        while (wake_one()) {
        }
    }

private:
    struct waiter {
        boost::asio::steady_timer timer;
        bool woken = false;
    };

    boost::asio::any_io_executor place_;
    std::list<waiter*> waiters_; // they live in the coroutines that wait
};

} // namespace catalog::identity
