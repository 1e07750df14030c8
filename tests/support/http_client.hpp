// This file declares a small blocking HTTP client, plain or TLS: one connection, kept alive, or raw bytes for what no
// client sends.
#pragma once

#include <boost/json/value.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct ssl_ctx_st; // OpenSSL's
struct ssl_st;

namespace support {

// The connection ended, timed out, or spoke no HTTP.
struct http_failure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

enum class tls_client_version { v1_1, v1_2, v1_3 };

using http_headers = std::vector<std::pair<std::string, std::string>>;

struct http_response {
    unsigned status = 0;
    http_headers headers;
    std::string body;
    bool keep_alive = false;

    // A header's value, the name in any case; how often it was sent.
    std::optional<std::string> header(std::string_view name) const;
    std::size_t count(std::string_view name) const;
    boost::json::value json() const; // throws http_failure for a body that is no JSON
};

// Not for two threads at once.
class http_client {
public:
    // base_url as the service prints it: http://ADDRESS:PORT or https://…, whose certificate is not checked.
    explicit http_client(const std::string& base_url, std::chrono::milliseconds limit = std::chrono::seconds(30));
    ~http_client();
    http_client(const http_client&) = delete;
    http_client& operator=(const http_client&) = delete;

    // Connects where needed, and once more when a kept connection turns out to be closed.
    http_response request(const std::string& method, const std::string& target, const http_headers& headers = {},
                          const std::string& body = {});
    http_response get(const std::string& target, const std::string& token);

    // The raw side. read_response is for the answer of any method but HEAD unless told so.
    void connect();
    void connect_from(const std::string& address);    // an address of this machine
    void speak_only(tls_client_version version);      // from the next connection on
    void receive_little();                            // the system takes few bytes of an answer that nobody reads
    bool has_bytes(std::chrono::milliseconds within); // whether there is something to read, or the end, in that time
    std::string peek(std::size_t bytes);              // what was received and not read, at most so much of it
    std::string read_raw(std::size_t bytes);          // exactly so much
    std::string peer_name() const;                    // common name of the server's certificate
    int connections() const { return connections_; }  // made so far
    void send(std::string_view bytes);
    http_response read_response(bool to_head = false);
    bool is_closed(std::chrono::milliseconds within); // whether the service closes the connection in that time
    void close();
    void finish_sending(); // closes our half

    const std::string& host() const { return host_; }

private:
    void shake_hands();
    bool fill(std::chrono::milliseconds within); // false at the end of the stream

    std::string host_; // ADDRESS:PORT
    std::string address_;
    std::string port_;
    std::chrono::milliseconds limit_;
    int socket_ = -1;
    int connections_ = 0;
    std::string source_; // address to connect from; empty: any
    bool is_tls_ = false;
    std::optional<tls_client_version> version_;
    std::unique_ptr<ssl_ctx_st, void (*)(ssl_ctx_st*)> context_;
    std::unique_ptr<ssl_st, void (*)(ssl_st*)> tls_;
    std::string received_;
};

} // namespace support
