// This file brings an answer from another thread back to the coroutine that waits for it, or just the coroutine.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace catalog {

// From the handler of an async_initiate: a callable for one Value that resumes the waiting coroutine on its own
// executor, which is kept at work until then. Copyable, as std::function needs it (the handler can only be moved); to
// be called once, on any thread.
template <class Value, class Handler>
auto resumption(Handler handler) {
    auto shared = std::make_shared<Handler>(std::move(handler));
    auto executor = boost::asio::prefer(boost::asio::get_associated_executor(*shared),
                                        boost::asio::execution::outstanding_work_t::tracked);
    return [shared, executor](Value out) {
        boost::asio::post(executor, [shared, out = std::move(out)]() mutable {
            Handler resume = std::move(*shared);
            resume(std::move(out));
        });
    };
}

// A coroutine that waits for another thread. Lives in the frame of the coroutine, or where it outlives the wait, so
// that waiting takes no memory of its own: of thousands that wait, each block is a miss of the processor's cache.
class parked {
public:
    // Suspends the coroutine, whose executor is kept at work until it goes on, and calls `begin`, which sees to it that
    // resume() is called.
    template <class Begin>
    boost::asio::awaitable<void> wait(Begin begin) {
        auto initiate = [this, begin = std::move(begin)](handler suspended) {
            executor_.emplace(boost::asio::prefer(boost::asio::get_associated_executor(suspended),
                                                  boost::asio::execution::outstanding_work_t::tracked));
            suspended_.emplace(std::move(suspended));
            begin();
        };
        return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(std::move(initiate),
                                                                                         boost::asio::use_awaitable);
    }

    // Lets the coroutine go on, on its own executor. Once for each wait(), on any thread; this object may be gone when
    // the call returns.
    void resume() {
        const auto executor = *std::exchange(executor_, std::nullopt);
        boost::asio::post(executor, [suspended = *std::exchange(suspended_, std::nullopt)]() mutable {
            handler go_on = std::move(suspended);
            go_on();
        });
    }

private:
    using handler = boost::asio::async_result<boost::asio::use_awaitable_t<>, void()>::handler_type;

    std::optional<boost::asio::any_io_executor> executor_;
    std::optional<handler> suspended_;
};

} // namespace catalog
