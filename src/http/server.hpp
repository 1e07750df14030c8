// This file is the HTTP server: connections, limits, timeouts, graceful stop. It knows sockets and nothing of backups.
#pragma once

#include "api/message.hpp"
#include "http/request_reader.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace catalog::http {

class tls_source;

struct server_options {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0; // 0: the system picks one
    // A listening TCP socket that somebody else made and keeps open, instead of address and port; the server takes its
    // copy over. What waits in its backlog when the server stops is answered by whoever accepts next.
    std::optional<int> inherited_socket;
    std::size_t max_connections = 4096;
    request_limits limits;
    // Response bodies that wait for their clients, of all connections together; beyond, requests are answered 503.
    std::size_t max_unsent_bytes = 256U << 20U;
    std::chrono::milliseconds idle_timeout{60000};    // waiting for the first byte of a request
    std::chrono::milliseconds receive_timeout{10000}; // from the first byte of a request to its last; TLS handshake
    std::chrono::milliseconds write_timeout{30000};   // one response
    std::chrono::milliseconds linger{500};            // after stop(): waiting for one more request
    std::shared_ptr<tls_source> tls;                  // null: plain HTTP
    bool counted = true;                              // its connections go into the metrics
    // One thread runs the io_context: then it is a strand by itself, and the connections need none of their own.
    bool one_thread = false;
};

// Answers a request; must not throw. Runs on the connection's strand.
using handler = std::function<boost::asio::awaitable<api::response>(api::request)>;

// A request that is over, answered or refused.
struct exchange {
    std::string_view request_id;
    std::string_view client; // address
    std::string_view method; // as it came; empty: it could not be read
    unsigned status = 0;
    std::size_t bytes = 0;              // of the body
    bool complete = true;               // the client took all of it
    std::chrono::nanoseconds total{};   // from the request's last byte to the response's last byte
    std::chrono::nanoseconds writing{}; // the part of it that the client took to read
    const request_record* record = {};  // never null
};

// Told of every exchange; must not throw, nor block. Runs on the connection's strand.
using observer = std::function<void(const exchange&)>;

class server {
public:
    // Binds and listens. Throws boost::system::system_error when the address can't be had, or the inherited socket is
    // none that listens.
    server(boost::asio::io_context& io, server_options options, handler handle, observer observe = {});
    ~server();
    server(const server&) = delete;
    server& operator=(const server&) = delete;

    // Where it listens.
    std::string address() const;
    std::uint16_t port() const;

    // Starts to accept.
    void start();

    // Accepts no more and lets responses under way finish with `Connection: close`. Idle connections may make one more
    // request while they linger, since the client may have sent it already. Thread-safe.
    void stop();

    // Closes what is left, whatever it is doing. Thread-safe.
    void abort();

    // Connections that are open. Thread-safe.
    std::size_t open_connections() const;

private:
    class implementation;
    std::shared_ptr<implementation> implementation_;
};

} // namespace catalog::http
