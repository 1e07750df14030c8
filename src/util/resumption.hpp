// This file brings an answer from another thread back to the coroutine that waits for it.
#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>

#include <memory>
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

} // namespace catalog
