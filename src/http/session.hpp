// This file is the one implementation of a connection, over a plain or a TLS stream: one coroutine on a strand.
#pragma once

#include "api/error_response.hpp"
#include "http/connection.hpp"
#include "http/receive_buffer.hpp"
#include "http/request_reader.hpp"
#include "http/response_head.hpp"
#include "util/text.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <charconv>
#include <optional>
#include <stop_token>
#include <type_traits>

namespace catalog::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// What is read and thrown away of a refused request, so that the client sees the answer and not a reset.
inline constexpr std::size_t max_drained_bytes = 1U << 20U;
// How long a client is trusted to be there while its request is answered; then it is looked for.
inline constexpr std::chrono::milliseconds leave_check{200};
// What one system call is given to write.
inline constexpr std::size_t max_written_at_once = 256U << 10U;
// How long a client may take to close its side.
inline constexpr std::chrono::milliseconds closing_time{1000};

// Stream: tcp::socket, or asio::ssl::stream of one.
template <class Stream>
class session final : public connection, public std::enable_shared_from_this<session<Stream>> {
public:
    session(Stream stream, std::string client, server_state& state)
        : stream_(std::move(stream))
        , client_(std::move(client))
        , state_(state)
        , reader_(state.options.limits) {}

    asio::awaitable<void> serve() override {
        if (!co_await shake_hands()) co_return;
        for (bool more = true; more;) {
            const bool received = co_await receive();
            if (!received) break;
            const auto arrived = clock::now();
            write_random_hex_id(id_);
            api::response response;
            const bool served = !late_ && progress_ != request_reader::progress::refused;
            if (!served) {
                response = late_ ? api::transport_error(408, "The request did not arrive in time", id())
                                 : api::transport_error(reader_.refusal().status, reader_.refusal().message, id());
            } else if (!has_room(0)) {
                response = too_much_unsent();
            } else {
                // No coroutine of its own: what lies in this frame, the connection has once, and what it calls is there
                // for each of the thousands of requests that may wait.
                api::request request = begin_asking();
                response = co_await state_.handle(std::move(request)); // has time limits of its own
                end_asking();
                // Looked at again: many may have been let in while nothing was unsent.
                if (!has_room(response.body.size())) {
                    request_record record = std::move(response.record);
                    response = too_much_unsent();
                    response.record = std::move(record);
                }
            }
            const bool again = served && reader_.head().keep_alive && !stopping_;
            const bool taken = co_await answer(response, again, arrived);
            if (!served) {
                co_await drain();
                break;
            }
            more = taken && again;
        }
        co_await close_gracefully();
    }

    asio::awaitable<void> refuse_overload() override {
        if (!co_await shake_hands()) co_return;
        write_random_hex_id(id_);
        auto out = api::transport_error(503, "The service has too many connections; try again later.", id());
        co_await answer(out, false, clock::now());
        co_await drain();
    }

    void stop() override {
        asio::dispatch(stream_.get_executor(), [self = this->shared_from_this()] {
            self->stopping_ = true;
            if (self->idle_) self->allow(self->state_.options.linger);
        });
    }

    void look_for_client() override {
        asio::dispatch(stream_.get_executor(), [self = this->shared_from_this()] {
            if (self->waiting_client() < 0 || !has_left(self->waiting_client())) return;
            self->left_.request_stop();
            self->set_waiting_client(-1);
        });
    }

    void abort() override {
        asio::dispatch(stream_.get_executor(), [self = this->shared_from_this()] { self->close(); });
    }

private:
    static constexpr bool is_tls = !std::is_same_v<Stream, tcp::socket>;

    auto& socket() { return stream_.lowest_layer(); }

    void close() {
        error_code ignored;
        socket().close(ignored);
    }

    void allow(std::chrono::milliseconds time) {
        expired_ = false;
        deadline_.store((clock::now() + time).time_since_epoch().count(), std::memory_order_relaxed);
    }

    void allow_any_time() { deadline_.store(no_deadline, std::memory_order_relaxed); }

    void expire() override {
        asio::dispatch(stream_.get_executor(), [self = this->shared_from_this()] {
            // Looked at again on the strand: what was late may be over.
            if (!self->is_late(clock::now()) || self->waiting_client() >= 0) return;
            self->expired_ = true;
            error_code ignored;
            self->socket().cancel(ignored);
        });
    }

    void set_waiting_client(int descriptor) { waiting_client_.store(descriptor, std::memory_order_relaxed); }

    // The request for the API, which is told if the client leaves meanwhile.
    api::request begin_asking() {
        if (!left_.stop_possible() || left_.stop_requested()) left_ = std::stop_source();
        set_waiting_client(socket().native_handle());
        allow(leave_check);
        const request_head& head = reader_.head();
        return {id(),        head.method,       head.target,      head.token, head.traceparent,
                head.accept, head.wants_timing, left_.get_token()};
    }

    void end_asking() {
        set_waiting_client(-1);
        allow_any_time();
    }

    asio::awaitable<bool> shake_hands() {
        if constexpr (is_tls) {
            error_code ec;
            allow(state_.options.receive_timeout);
            co_await stream_.async_handshake(Stream::server, asio::redirect_error(asio::use_awaitable, ec));
            if (expired_) ec = asio::error::timed_out;
            if (ec && !stopping_) state_.tell_failed_handshake(ec);
            co_return !ec;
        }
        co_return true;
    }

    // Reads until a request is complete or refused. Returns false when there is none: the client left, or was quiet for
    // too long, or stop was asked.
    asio::awaitable<bool> receive() {
        error_code ec;
        bool begun = false;
        reader_.reset();
        for (auto progress = read_buffered(); progress == request_reader::progress::needs_more;
             progress = read_buffered()) {
            if (reader_.wants_continue()) {
                constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
                co_await asio::async_write(stream_, asio::buffer(go_on), asio::redirect_error(asio::use_awaitable, ec));
                if (ec) co_return false;
            }
            if (reader_.is_fresh()) {
                received_.release();
                idle_ = true;
                allow(stopping_ ? state_.options.linger : state_.options.idle_timeout);
            } else if (!begun) {
                begun = true;
                allow(state_.options.receive_timeout);
            }
            const auto [memory, size] = received_.space();
            const std::size_t n = co_await stream_.async_read_some(asio::buffer(memory, size),
                                                                   asio::redirect_error(asio::use_awaitable, ec));
            idle_ = false;
            if (expired_ && begun) {
                late_ = true;
                co_return true;
            }
            if (ec) co_return false;
            received_.received(n);
        }
        allow_any_time();
        received_.release();
        co_return true;
    }

    request_reader::progress read_buffered() {
        std::size_t taken = 0;
        const auto progress = reader_.read(received_.unread(), taken);
        received_.take(taken);
        progress_ = progress;
        return progress;
    }

    // Whether a body of this size may wait for its client beside those that do already.
    bool has_room(std::size_t bytes) const {
        const std::size_t unsent = state_.unsent_bytes.load(std::memory_order_relaxed);
        return unsent == 0 || unsent + bytes < state_.options.max_unsent_bytes;
    }

    std::string_view id() const { return {id_.data(), id_.size()}; }

    std::string_view method() const { return reader_.has_head() ? reader_.head().method : std::string_view(); }

    api::response too_much_unsent() const {
        return api::transport_error(503, "The service waits for slow clients; try again later.", id());
    }

    // Writes a response; for HEAD without its body. Returns false when the client is gone.
    asio::awaitable<bool> answer(api::response& response, bool keep_alive, clock::time_point arrived) {
        const bool head_only = method() == "HEAD";
        const std::string head = response_head(response, id(), {keep_alive, is_tls});
        std::size_t bytes = head_only ? 0 : response.body.size();
        const std::array<asio::const_buffer, 2> message{asio::buffer(head), asio::buffer(response.body.data(), bytes)};
        const auto begun = clock::now();
        bool complete = co_await write(message, bytes);
        if (complete && response.stream && !head_only) {
            bytes = 0;
            complete = co_await write_chunks(*response.stream, bytes);
            response.record.rows = response.stream->rows();
        }
        response.stream.reset();
        if (state_.observe) {
            const auto end = clock::now();
            state_.observe({id(), client_, method(), response.status, bytes, complete, end - arrived, end - begun,
                            &response.record});
        }
        co_return complete;
    }

    // Writes within the time that a client has to take it. `unsent` is what counts as waiting for the client meanwhile.
    template <class Buffers>
    asio::awaitable<bool> write(const Buffers& buffers, std::size_t unsent) {
        error_code ec;
        state_.unsent_bytes.fetch_add(unsent, std::memory_order_relaxed);
        allow(state_.options.write_timeout);
        // A completion condition says how much may go into the next system call. Asio's own says 64 kB, which cuts the
        // page of a portal (50 backups, 68 kB) in two; more than this would let one large page hold up the thread.
        const auto at_once = [](const error_code& failed, std::size_t) { return failed ? 0 : max_written_at_once; };
        co_await asio::async_write(stream_, buffers, at_once, asio::redirect_error(asio::use_awaitable, ec));
        allow_any_time();
        state_.unsent_bytes.fetch_sub(unsent, std::memory_order_relaxed);
        co_return !ec;
    }

    // A body in chunks (RFC 9112 section 7.1), as it comes; `bytes` is how much of it was written. Where the body
    // breaks, the last chunk is missing, so that the client sees that it does not have all.
    asio::awaitable<bool> write_chunks(api::body_stream& body, std::size_t& bytes) {
        for (;;) {
            std::optional<std::string> piece;
            try {
                piece = co_await body.next();
            } catch (const std::exception&) {
                co_return false; // whoever makes the body has told the log
            }
            const std::size_t size = piece ? piece->size() : 0;
            std::array<char, 20> digits{};
            const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), size, 16).ptr;
            const std::string_view length(digits.data(), static_cast<std::size_t>(end - digits.data()));
            const std::array<asio::const_buffer, 4> chunk{asio::buffer(length), asio::buffer("\r\n", 2),
                                                          asio::buffer(piece ? *piece : std::string_view{}),
                                                          asio::buffer("\r\n", 2)};
            const bool taken = co_await write(chunk, size);
            if (!taken || !piece) co_return taken;
            bytes += size;
        }
    }

    // Closes our side, and reads what the client still sends, within bounds.
    asio::awaitable<void> drain() {
        error_code ec;
        co_await shut_down_tls();
        socket().shutdown(tcp::socket::shutdown_send, ec);
        std::array<char, 4096> sink{};
        std::size_t drained = 0;
        allow(closing_time);
        auto& raw = raw_socket();
        while (!ec && drained < max_drained_bytes)
            drained += co_await raw.async_read_some(asio::buffer(sink), asio::redirect_error(asio::use_awaitable, ec));
        close();
    }

    asio::awaitable<void> close_gracefully() {
        if (!socket().is_open()) co_return;
        co_await shut_down_tls();
        error_code ignored;
        socket().shutdown(tcp::socket::shutdown_both, ignored);
        close();
    }

    asio::awaitable<void> shut_down_tls() {
        if constexpr (is_tls) {
            error_code ignored;
            allow(closing_time);
            co_await stream_.async_shutdown(asio::redirect_error(asio::use_awaitable, ignored));
        }
        co_return;
    }

    tcp::socket& raw_socket() {
        if constexpr (is_tls)
            return stream_.next_layer();
        else
            return stream_;
    }

    Stream stream_;
    const std::string client_; // address
    server_state& state_;
    receive_buffer received_;
    request_reader reader_;
    request_reader::progress progress_{};
    std::array<char, 32> id_{}; // of the request under way
    std::stop_source left_{std::nostopstate};
    // All on the connection's strand:
    bool idle_ = false;
    bool stopping_ = false;
    bool expired_ = false; // the time for what is under way is over
    bool late_ = false;    // a request has begun and did not arrive in time
};

} // namespace catalog::http
