// This file is the HTTP server: connections, limits, timeouts, graceful stop. It knows sockets and nothing of backups.
#pragma once

#include "api/message.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace catalog::http {

struct server_options {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0; // 0: the system picks one
    std::size_t max_connections = 4096;
    std::size_t max_target_bytes = 8192;              // request target; beyond: 414
    std::size_t max_header_bytes = 32768;             // request line and headers together; beyond: 431
    std::size_t max_body_bytes = 65536;               // bodies are read and ignored; beyond: 413
    std::chrono::milliseconds idle_timeout{60000};    // waiting for the first byte of a request
    std::chrono::milliseconds receive_timeout{10000}; // from the first byte of a request to its last
    std::chrono::milliseconds write_timeout{30000};   // one response
};

// Answers a request; must not throw. Runs on the connection's strand.
using handler = std::function<boost::asio::awaitable<api::response>(api::request)>;

class server {
public:
    // Binds and listens. Throws boost::system::system_error when the address can't be had.
    server(boost::asio::io_context& io, server_options options, handler handle);
    ~server();
    server(const server&) = delete;
    server& operator=(const server&) = delete;

    // The port listened on.
    std::uint16_t port() const;

    // Starts to accept.
    void start();

    // Accepts no more, closes idle connections, lets responses under way finish with `Connection: close`. Thread-safe.
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
