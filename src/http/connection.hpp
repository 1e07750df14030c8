// This file is a connection as the server sees it, plain or TLS: something that serves, stops and runs out of time.
#pragma once

#include "http/server.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <poll.h>

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

// What poll (2) says of a client that has left. One that has closed its sending side after its request counts as gone,
// as with most proxies: a full close looks the same from here until something is written.
inline constexpr short left_events = POLLRDHUP | POLLHUP | POLLERR;

// Whether the client of this socket has left.
inline bool has_left(int descriptor) {
    pollfd one{descriptor, POLLRDHUP, 0};
    return ::poll(&one, 1, 0) > 0 && (one.revents & left_events) != 0;
}

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
    // the connection lingers; closes at once; ends what takes longer than it may, unless its deadline has moved.
    virtual void stop() = 0;
    virtual void abort() = 0;
    virtual void expire() = 0;

    // Whether what the connection is doing takes longer than it may, or longer than a client is trusted to be there
    // for its answer. Any thread.
    bool is_late(clock::time_point now) const {
        return now.time_since_epoch().count() > deadline_.load(std::memory_order_relaxed);
    }

    // The descriptor of the socket whose client waits for an answer, or -1. Any thread; it may be closed, or another's,
    // a moment later.
    int waiting_client() const { return waiting_client_.load(std::memory_order_relaxed); }

    // Looks whether the client that waits has left, and tells those who make its answer. Any thread; also where
    // waiting_client() was another's meanwhile.
    virtual void look_for_client() = 0;

protected:
    static constexpr clock::rep no_deadline = clock::duration::max().count();

    // One clock reading and one store for each phase of a request instead of a timer for each: the server looks at all
    // deadlines now and then.
    std::atomic<clock::rep> deadline_{no_deadline};
    std::atomic<int> waiting_client_{-1};
};

// Two programs from one template (session.hpp), so that plain connections do not pay for TLS.
std::shared_ptr<connection> make_plain_connection(boost::asio::ip::tcp::socket socket, std::string client,
                                                  server_state& state);
std::shared_ptr<connection> make_tls_connection(boost::asio::ip::tcp::socket socket, std::string client,
                                                server_state& state,
                                                const std::shared_ptr<boost::asio::ssl::context>& context);

} // namespace catalog::http
