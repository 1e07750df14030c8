// This file accepts connections, counts them, and ends those that take too long. What is said on one is session.hpp's.
#include "http/server.hpp"

#include "http/connection.hpp"
#include "http/tls.hpp"
#include "util/log.hpp"
#include "util/metrics.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <mutex>
#include <sys/socket.h>
#include <unordered_set>
#include <vector>

namespace catalog::http {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

namespace {

// Connections beyond the limit that are being told so at the same time; more are closed without a word.
constexpr std::size_t max_refusals = 64;
// Clients that wait for an answer and are looked for at the same time; five times a second.
constexpr std::size_t most_looked_at = 512;

} // namespace

void server_state::tell_failed_handshake(const error_code& ec) {
    failed_handshakes.fetch_add(1);
    const std::int64_t now =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
    std::int64_t told = handshakes_told.load();
    if (told == now || !handshakes_told.compare_exchange_strong(told, now)) return;
    log_event("warning", "tls_handshake_failed",
              {{"reason", ec.message()}, {"since_last_told", std::to_string(failed_handshakes.exchange(0))}});
}

class server::implementation : public std::enable_shared_from_this<implementation> {
public:
    implementation(asio::io_context& io, server_options options, handler handle, observer observe)
        : io_(io)
        , state_{std::move(options), std::move(handle), std::move(observe)}
        , acceptor_(asio::make_strand(io))
        , clock_(acceptor_.get_executor()) {
        if (state_.options.inherited_socket) {
            take_over(*state_.options.inherited_socket);
            return;
        }
        const tcp::endpoint endpoint(asio::ip::make_address(state_.options.address), state_.options.port);
        acceptor_.open(endpoint.protocol());
        acceptor_.set_option(tcp::acceptor::reuse_address(true));
        acceptor_.bind(endpoint);
        acceptor_.listen(4096);
    }

    std::string address() const { return acceptor_.local_endpoint().address().to_string(); }
    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

    void start() {
        asio::co_spawn(
            acceptor_.get_executor(), [self = shared_from_this()] { return self->accept(); }, asio::detached);
        asio::co_spawn(
            acceptor_.get_executor(), [self = shared_from_this()] { return self->watch_time(); }, asio::detached);
    }

    void stop() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true; // a connection that is being accepted now may make one request
        }
        asio::dispatch(acceptor_.get_executor(), [self = shared_from_this()] {
            if (!self->state_.options.inherited_socket) self->accept_backlog();
            error_code ignored;
            self->acceptor_.close(ignored);
        });
        for (const auto& open : open_now())
            open->stop();
    }

    void abort() {
        asio::dispatch(acceptor_.get_executor(), [self = shared_from_this()] {
            self->watching_ = false;
            self->clock_.cancel();
        });
        for (const auto& open : open_now())
            open->abort();
    }

    std::size_t open_connections() const {
        const std::lock_guard lock(mutex_);
        return connections_.size();
    }

private:
    void take_over(int socket) {
        int listens = 0;
        socklen_t size = sizeof listens;
        sockaddr_storage name{};
        socklen_t name_size = sizeof name;
        const bool named = getsockname(socket, reinterpret_cast<sockaddr*>(&name), &name_size) == 0;
        if (!named || getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0 ||
            (name.ss_family != AF_INET && name.ss_family != AF_INET6))
            throw boost::system::system_error(boost::system::errc::make_error_code(boost::system::errc::not_a_socket));
        acceptor_.assign(name.ss_family == AF_INET ? tcp::v4() : tcp::v6(), socket);
    }

    asio::any_io_executor executor_for_connection() {
        if (state_.options.one_thread) return io_.get_executor();
        return asio::make_strand(io_);
    }

    // Those who have connected and were not accepted yet would see their connections reset when the socket closes.
    void accept_backlog() {
        error_code ec;
        acceptor_.non_blocking(true, ec);
        while (!ec) {
            tcp::endpoint peer;
            tcp::socket socket(executor_for_connection());
            acceptor_.accept(socket, peer, ec);
            if (!ec) admit(std::move(socket), peer.address().to_string());
        }
    }

    // Ends what is late, and sees who has left. Looks at all connections ten times in the shortest of the times that
    // they have, and five times a second at least.
    asio::awaitable<void> watch_time() {
        const server_options& o = state_.options;
        const auto pause =
            std::clamp<std::chrono::milliseconds>(std::min({o.idle_timeout, o.receive_timeout, o.write_timeout}) / 10,
                                                  std::chrono::milliseconds(5), std::chrono::milliseconds(200));
        std::vector<connection*>
            waiting; // those whose clients have waited for an answer so long that they may have left
        while (watching_) {
            error_code ec;
            clock_.expires_after(pause);
            co_await clock_.async_wait(asio::redirect_error(asio::use_awaitable, ec));
            const auto now = connection::clock::now();
            const std::lock_guard lock(mutex_);
            waiting.clear();
            for (const auto* const some : {&connections_, &refused_})
                for (const auto& one : *some) {
                    if (!one->is_late(now)) continue;
                    if (one->waiting_client() >= 0)
                        waiting.push_back(one.get());
                    else
                        one->expire();
                }
            look_for_clients(waiting);
        }
    }

    // One system call for many, and not for all of the thousands that wait in an overload: that takes 2 ms, for which
    // everybody else would wait.
    void look_for_clients(const std::vector<connection*>& waiting) {
        const std::size_t first = looked_at_ < waiting.size() ? looked_at_ : 0;
        const std::size_t end = std::min(waiting.size(), first + most_looked_at);
        looked_at_ = end;
        if (first == end) return;
        std::vector<pollfd> sockets;
        sockets.reserve(end - first);
        for (std::size_t i = first; i < end; ++i)
            sockets.push_back({waiting[i]->waiting_client(), POLLRDHUP, 0});
        if (::poll(sockets.data(), sockets.size(), 0) <= 0) return;
        for (std::size_t i = 0; i < sockets.size(); ++i)
            if ((sockets[i].revents & left_events) != 0) waiting[first + i]->look_for_client();
    }

    asio::awaitable<void> accept() {
        for (;;) {
            error_code ec;
            tcp::endpoint peer;
            tcp::socket socket = co_await acceptor_.async_accept(executor_for_connection(), peer,
                                                                 asio::redirect_error(asio::use_awaitable, ec));
            if (ec && !acceptor_.is_open()) co_return;
            if (ec) {
                // Out of file descriptors, most likely: waiting lets connections end; spinning would not.
                log_event("error", "accept_failed", {{"reason", ec.message()}});
                asio::steady_timer pause(acceptor_.get_executor(), std::chrono::milliseconds(50));
                co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ec));
                continue;
            }
            socket.set_option(tcp::no_delay(true), ec);
            admit(std::move(socket), peer.address().to_string());
        }
    }

    std::shared_ptr<connection> make_connection(tcp::socket socket, std::string address) {
        if (state_.options.tls)
            return make_tls_connection(std::move(socket), std::move(address), state_, state_.options.tls->current());
        return make_plain_connection(std::move(socket), std::move(address), state_);
    }

    void admit(tcp::socket socket, std::string address) {
        const auto strand = socket.get_executor();
        auto client = make_connection(std::move(socket), std::move(address));
        {
            const std::lock_guard lock(mutex_);
            if (stopping_) client->stop();
            if (connections_.size() < state_.options.max_connections) {
                connections_.insert(client);
                if (state_.options.counted) metrics::connections.add(1);
                if (state_.options.counted) metrics::connections_accepted.add(1);
                asio::co_spawn(
                    strand, [client] { return client->serve(); },
                    [self = shared_from_this(), client](const std::exception_ptr& failure) {
                        self->forget(client);
                        self->report(failure);
                    });
                return;
            }
            if (refused_.size() >= max_refusals) return;
            refused_.insert(client);
        }
        asio::co_spawn(
            strand, [client] { return client->refuse_overload(); },
            [self = shared_from_this(), client](const std::exception_ptr& failure) {
                self->forget(client);
                self->report(failure);
            });
    }

    void forget(const std::shared_ptr<connection>& client) {
        const std::lock_guard lock(mutex_);
        if (connections_.erase(client) > 0 && state_.options.counted) metrics::connections.add(-1);
        refused_.erase(client);
    }

    void report(const std::exception_ptr& failure) const {
        if (!failure) return;
        try {
            std::rethrow_exception(failure);
        } catch (const std::exception& e) {
            log_event("error", "connection_failed", {{"reason", e.what()}});
        }
    }

    std::vector<std::shared_ptr<connection>> open_now() const {
        const std::lock_guard lock(mutex_);
        return {connections_.begin(), connections_.end()};
    }

    asio::io_context& io_;
    server_state state_;
    tcp::acceptor acceptor_;
    asio::steady_timer clock_;
    // On the acceptor's strand:
    bool watching_ = true;
    std::size_t looked_at_ = 0; // of the clients that wait
    mutable std::mutex mutex_;
    std::unordered_set<std::shared_ptr<connection>> connections_;
    std::unordered_set<std::shared_ptr<connection>> refused_; // of more connections than allowed
    bool stopping_ = false;
};

server::server(asio::io_context& io, server_options options, handler handle, observer observe)
    : implementation_(std::make_shared<implementation>(io, std::move(options), std::move(handle), std::move(observe))) {
}

server::~server() = default;

std::uint16_t server::port() const {
    return implementation_->port();
}
std::string server::address() const {
    return implementation_->address();
}
void server::start() {
    implementation_->start();
}
void server::stop() {
    implementation_->stop();
}
void server::abort() {
    implementation_->abort();
}
std::size_t server::open_connections() const {
    return implementation_->open_connections();
}

} // namespace catalog::http
