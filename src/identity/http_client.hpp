// This file is a small HTTP/1.1 client for one server: kept connections, TLS, and a bound on everything.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace catalog::identity {

// An http or https URL, taken apart.
struct server_url {
    bool tls = false;
    std::string host; // a name, or an address without brackets
    std::string port;
    std::string path; // empty, or "/…" without a slash at its end

    // Value of the header Host (RFC 9110 section 7.2).
    std::string authority() const;
    // True where what is sent does not leave the machine.
    bool is_loopback() const;
};

// Nothing for anything but http(s)://HOST[:PORT][/PATH] without user, query and fragment (RFC 3986 section 3). Pure.
std::optional<server_url> parse_server_url(std::string_view text);

struct http_client_options {
    server_url server;
    std::string ca_file;                             // PEM; empty: the system's authorities
    std::chrono::milliseconds connect_timeout{2000}; // looking the name up, TCP and TLS together
    std::size_t max_kept = 8;                        // connections kept open between two exchanges
    std::chrono::milliseconds max_kept_time{4000};   // how long; less than servers' own usual 5 s
    std::size_t max_header_bytes = 65536;            // of an answer
    std::size_t max_body_bytes = 1 << 20;            // the same
};

struct http_exchange {
    std::string method;
    std::string target; // under the server's path
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body; // JSON; empty for none
};

struct http_answer {
    unsigned status = 0;
    std::string body;
    std::string subject_token; // X-Subject-Token
};

class http_client {
public:
    // Everything happens on the strand `place`. Throws std::runtime_error for a CA file that can't be read.
    http_client(boost::asio::any_io_executor place, http_client_options options);
    ~http_client();
    http_client(const http_client&) = delete;
    http_client& operator=(const http_client&) = delete;

    // One request and its answer. The request must be safe to send twice: it is, when a kept connection turns out to be
    // closed. Throws boost::system::system_error when there is no answer by `deadline` (error::timeout of Beast or
    // asio::error::timed_out), or none that is HTTP within the bounds. On the strand.
    boost::asio::awaitable<http_answer> exchange(http_exchange what, std::chrono::steady_clock::time_point deadline);

private:
    class implementation;
    std::shared_ptr<implementation> implementation_;
};

} // namespace catalog::identity
