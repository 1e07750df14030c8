// This file is a connection as the server sees it, plain or TLS: something that serves, stops and runs out of time.
#pragma once

#include "http/server.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

#include <atomic>
#include <chrono>
#include <memory>

namespace boost::asio::ssl {
class context;
}

namespace catalog::http {

// What all connections of a server share.
struct server_state {
    const server_options options;
    const handler handle;
    const observer observe;
    std::atomic<std::size_t> unsent_bytes{0};
    // Failed TLS handshakes since the log told of some; once a second at most, as anybody may cause them.
    std::atomic<std::uint64_t> failed_handshakes{0};
    std::atomic<std::int64_t> handshakes_told{0};

    void tell_failed_handshake(const boost::system::error_code& ec);
};

class connection {
public:
    using clock = std::chrono::steady_clock;

    virtual ~connection() = default;

    // Serves requests until the client leaves, a request can't be read, the time is over, or stop was asked. On the
    // connection's strand.
    virtual boost::asio::awaitable<void> serve() = 0;

    // Tells a client that there is no place for it. On the connection's strand.
    virtual boost::asio::awaitable<void> refuse_overload() = 0;

    // Thread-safe, all three: stops after the response under way, or after one more request if there comes one while
    // the connection lingers; closes at once; ends what takes longer than it may.
    virtual void stop() = 0;
    virtual void abort() = 0;
    void end_if_late(clock::time_point now) {
        if (now.time_since_epoch().count() > deadline_.load(std::memory_order_relaxed)) expire();
    }

protected:
    static constexpr clock::rep no_deadline = clock::duration::max().count();

    // Ends what is under way, unless its deadline has moved meanwhile. Thread-safe.
    virtual void expire() = 0;

    // One clock reading and one store for each phase of a request instead of a timer for each: the server looks at all
    // deadlines now and then.
    std::atomic<clock::rep> deadline_{no_deadline};
};

// Two programs from one template (session.hpp), so that plain connections do not pay for TLS.
std::shared_ptr<connection> make_plain_connection(boost::asio::ip::tcp::socket socket, std::string client,
                                                  server_state& state);
std::shared_ptr<connection> make_tls_connection(boost::asio::ip::tcp::socket socket, std::string client,
                                                server_state& state,
                                                const std::shared_ptr<boost::asio::ssl::context>& context);

} // namespace catalog::http
