// This file implements the HTTP server with Beast: one coroutine a connection, each on a strand of its own.
#include "http/server.hpp"

#include "api/error_response.hpp"
#include "util/log.hpp"
#include "util/text.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <atomic>
#include <mutex>
#include <unordered_set>

namespace catalog::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;

namespace {

// Connections beyond the limit that are being told so at the same time; more are closed without a word.
constexpr std::size_t max_refusals = 64;
// What is read and thrown away of a refused request, so that the client sees the answer and not a reset.
constexpr std::size_t max_drained_bytes = 1U << 20U;

bhttp::response<bhttp::string_body> to_http(api::response&& from, const std::string& request_id, bool keep_alive) {
    bhttp::response<bhttp::string_body> out;
    out.version(11);
    out.result(from.status);
    out.set(bhttp::field::content_type, "application/json");
    out.set("X-Request-Id", request_id);
    for (const auto& [name, value] : from.headers)
        out.set(name, value);
    out.body() = std::move(from.body);
    out.content_length(out.body().size());
    out.keep_alive(keep_alive);
    return out;
}

// The refusal of a request that could not be read, if the client may still be listening.
std::optional<api::response> refusal_of(error_code ec, bool has_request_line, const server_options& options,
                                        const std::string& request_id) {
    const auto refuse = [&](unsigned status, const std::string& message) {
        return api::transport_error(status, message, request_id);
    };
    if (ec == bhttp::error::header_limit || ec == bhttp::error::buffer_overflow) {
        if (!has_request_line)
            return refuse(414, "The request line is too long; allowed: " + std::to_string(options.max_target_bytes) +
                                   " bytes of target");
        return refuse(431, "The request's headers are too large; allowed: " + std::to_string(options.max_header_bytes) +
                               " bytes");
    }
    if (ec == bhttp::error::body_limit)
        return refuse(413,
                      "The request's body is too large; allowed: " + std::to_string(options.max_body_bytes) + " bytes");
    if (ec == beast::error::timeout) return refuse(408, "The request did not arrive in time");
    if (ec.category() == bhttp::make_error_code(bhttp::error::bad_method).category() &&
        ec != bhttp::error::end_of_stream && ec != bhttp::error::partial_message)
        return refuse(400, "The request is not valid HTTP/1.1: " + ec.message());
    return std::nullopt;
}

} // namespace

class connection : public std::enable_shared_from_this<connection> {
public:
    connection(tcp::socket socket, const server_options& options, const handler& handle)
        : stream_(std::move(socket))
        , options_(options)
        , handle_(handle) {}

    // Serves requests until the client leaves, a request can't be read, or stop was asked.
    asio::awaitable<void> serve() {
        while (!stopping_) {
            const bool more = co_await serve_one();
            if (!more) break;
        }
        error_code ignored;
        stream_.socket().shutdown(tcp::socket::shutdown_both, ignored);
    }

    // Tells a client that there is no place for it.
    asio::awaitable<void> refuse_overload() {
        const std::string id = random_hex_id();
        auto out = api::transport_error(503, "The service has too many connections; try again later.", id);
        co_await write(std::move(out), id, false, false);
        co_await drain();
    }

    void stop() {
        asio::dispatch(stream_.get_executor(), [self = shared_from_this()] {
            self->stopping_ = true;
            if (self->idle_) self->close();
        });
    }

    void abort() {
        asio::dispatch(stream_.get_executor(), [self = shared_from_this()] { self->close(); });
    }

private:
    void close() { stream_.close(); }

    // One request and its response. Returns true if another may follow on the connection.
    asio::awaitable<bool> serve_one() {
        error_code ec;
        if (buffer_.size() == 0) {
            buffer_ = beast::flat_buffer(); // an idle connection keeps no memory of its last request
            idle_ = true;
            stream_.expires_after(options_.idle_timeout);
            const std::size_t n =
                co_await stream_.async_read_some(buffer_.prepare(2048), asio::redirect_error(asio::use_awaitable, ec));
            idle_ = false;
            if (ec || stopping_) co_return false;
            buffer_.commit(n);
        }

        const std::string id = random_hex_id();
        bhttp::request_parser<bhttp::string_body> parser;
        parser.header_limit(static_cast<std::uint32_t>(options_.max_header_bytes));
        parser.body_limit(options_.max_body_bytes);
        // The stream's own timer would close the socket, and 408 could not be said any more.
        stream_.expires_never();
        const auto late = std::make_shared<bool>(false);
        const auto arrived = std::make_shared<bool>(false);
        asio::steady_timer receive_timer(stream_.get_executor(), options_.receive_timeout);
        receive_timer.async_wait([self = shared_from_this(), late, arrived](error_code failed) {
            if (failed || *arrived) return;
            *late = true;
            self->stream_.socket().cancel();
        });
        // The parser itself goes in: parser.get() would lose its limits.
        co_await bhttp::async_read_header(stream_, buffer_, parser, asio::redirect_error(asio::use_awaitable, ec));
        if (!ec && beast::iequals(parser.get()[bhttp::field::expect], "100-continue")) {
            constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
            co_await asio::async_write(stream_, asio::buffer(go_on), asio::redirect_error(asio::use_awaitable, ec));
        }
        if (!ec) co_await bhttp::async_read(stream_, buffer_, parser, asio::redirect_error(asio::use_awaitable, ec));
        *arrived = true;
        receive_timer.cancel();
        if (*late) ec = beast::error::timeout;
        if (ec) {
            const bool has_request_line = !parser.get().target().empty();
            auto refusal = refusal_of(ec, has_request_line, options_, id);
            if (!refusal) co_return false;
            co_await write(std::move(*refusal), id, false, false);
            co_await drain();
            co_return false;
        }

        const bool keep_alive = parser.keep_alive();
        const bool head = parser.get().method() == bhttp::verb::head;
        api::response response;
        if (parser.get().target().size() > options_.max_target_bytes) {
            response = api::transport_error(
                414, "The request target is too long; allowed: " + std::to_string(options_.max_target_bytes) + " bytes",
                id);
        } else {
            api::request request;
            request.id = id;
            request.method = std::string(parser.get().method_string());
            request.target = std::string(parser.get().target());
            if (const auto token = parser.get().find("X-Auth-Token"); token != parser.get().end())
                request.token = std::string(token->value());
            parser.get() = {};
            stream_.expires_never(); // the handler has time limits of its own
            response = co_await handle_(std::move(request));
        }
        const bool again = keep_alive && !stopping_;
        co_return co_await write(std::move(response), id, again, head) && again;
    }

    // Writes a response; for HEAD without its body. Returns false when the client is gone.
    asio::awaitable<bool> write(api::response&& response, const std::string& id, bool keep_alive, bool head) {
        error_code ec;
        auto message = to_http(std::move(response), id, keep_alive);
        bhttp::response_serializer<bhttp::string_body> serializer(message);
        stream_.expires_after(options_.write_timeout);
        if (head)
            co_await bhttp::async_write_header(stream_, serializer, asio::redirect_error(asio::use_awaitable, ec));
        else
            co_await bhttp::async_write(stream_, serializer, asio::redirect_error(asio::use_awaitable, ec));
        co_return !ec;
    }

    // Closes our side and reads what the client still sends, within bounds.
    asio::awaitable<void> drain() {
        error_code ec;
        stream_.socket().shutdown(tcp::socket::shutdown_send, ec);
        std::array<char, 4096> sink{};
        std::size_t drained = 0;
        stream_.expires_after(std::chrono::seconds(1));
        while (!ec && drained < max_drained_bytes)
            drained +=
                co_await stream_.async_read_some(asio::buffer(sink), asio::redirect_error(asio::use_awaitable, ec));
    }

    beast::tcp_stream stream_;
    const server_options& options_;
    const handler& handle_;
    beast::flat_buffer buffer_;
    bool idle_ = false;     // on the connection's strand
    bool stopping_ = false; // on the connection's strand
};

class server::implementation : public std::enable_shared_from_this<implementation> {
public:
    implementation(asio::io_context& io, server_options options, handler handle)
        : io_(io)
        , options_(std::move(options))
        , handle_(std::move(handle))
        , acceptor_(asio::make_strand(io)) {
        const tcp::endpoint endpoint(asio::ip::make_address(options_.address), options_.port);
        acceptor_.open(endpoint.protocol());
        acceptor_.set_option(tcp::acceptor::reuse_address(true));
        acceptor_.bind(endpoint);
        acceptor_.listen(4096);
    }

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

    void start() {
        asio::co_spawn(
            acceptor_.get_executor(), [self = shared_from_this()] { return self->accept(); }, asio::detached);
    }

    void stop() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true; // a connection that is being accepted now is not admitted
        }
        asio::dispatch(acceptor_.get_executor(), [self = shared_from_this()] {
            error_code ignored;
            self->acceptor_.close(ignored);
        });
        for (const auto& open : open_now())
            open->stop();
    }

    void abort() {
        for (const auto& open : open_now())
            open->abort();
    }

    std::size_t open_connections() const {
        const std::lock_guard lock(mutex_);
        return connections_.size();
    }

private:
    asio::awaitable<void> accept() {
        for (;;) {
            error_code ec;
            tcp::socket socket =
                co_await acceptor_.async_accept(asio::make_strand(io_), asio::redirect_error(asio::use_awaitable, ec));
            if (!acceptor_.is_open()) co_return;
            if (ec) {
                // Out of file descriptors, most likely: waiting lets connections end; spinning would not.
                log_event("error", "accept_failed", {{"reason", ec.message()}});
                asio::steady_timer pause(acceptor_.get_executor(), std::chrono::milliseconds(50));
                co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ec));
                continue;
            }
            socket.set_option(tcp::no_delay(true), ec);
            admit(std::move(socket));
        }
    }

    void admit(tcp::socket socket) {
        const auto strand = socket.get_executor();
        auto client = std::make_shared<connection>(std::move(socket), options_, handle_);
        {
            const std::lock_guard lock(mutex_);
            if (stopping_) return;
            if (connections_.size() < options_.max_connections) {
                connections_.insert(client);
                asio::co_spawn(
                    strand, [client] { return client->serve(); },
                    [self = shared_from_this(), client](const std::exception_ptr& failure) {
                        self->forget(client);
                        self->report(failure);
                    });
                return;
            }
        }
        if (refusing_.fetch_add(1) >= max_refusals) {
            refusing_.fetch_sub(1);
            return;
        }
        asio::co_spawn(
            strand, [client] { return client->refuse_overload(); },
            [self = shared_from_this(), client](const std::exception_ptr& failure) {
                self->refusing_.fetch_sub(1);
                self->report(failure);
            });
    }

    void forget(const std::shared_ptr<connection>& client) {
        const std::lock_guard lock(mutex_);
        connections_.erase(client);
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
    const server_options options_;
    const handler handle_;
    tcp::acceptor acceptor_;
    mutable std::mutex mutex_;
    std::unordered_set<std::shared_ptr<connection>> connections_;
    bool stopping_ = false;
    std::atomic<std::size_t> refusing_{0};
};

server::server(asio::io_context& io, server_options options, handler handle)
    : implementation_(std::make_shared<implementation>(io, std::move(options), std::move(handle))) {}

server::~server() = default;

std::uint16_t server::port() const {
    return implementation_->port();
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
