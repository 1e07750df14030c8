// This file turns the bytes of a connection into requests, without sockets: what is let in is decided here alone, by
// RFC 9112 and RFC 9110, strictly, because a proxy in front may read a lenient message differently (smuggling).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace catalog::http {

struct request_limits {
    std::size_t max_target_bytes = 16384; // request target; beyond: 414
    std::size_t max_header_bytes = 32768; // request line and headers together; beyond: 431
    std::size_t max_header_fields = 100;  // beyond: 431
    std::size_t max_body_bytes = 65536;   // bodies are read and ignored; beyond: 413
};

// Why a request is not served. The connection can't go on after it: where the next request begins is not known.
struct refused_request {
    unsigned status;
    std::string message;
};

// What is needed of a request; complete once its head is, and there until the reader is reset.
struct request_head {
    std::string_view method;
    std::string_view target;
    std::optional<std::string_view> token; // X-Auth-Token
    std::string_view traceparent;          // as it came; empty: none
    std::string accept;                    // Accept, several joined; empty: none, or HTTP/1.0, which knows no chunks
    bool wants_timing = false;             // X-Server-Timing
    bool keep_alive = false;
};

class request_reader {
public:
    enum class progress {
        needs_more, // bytes
        complete,   // the request is read to its end
        refused     // and nothing more will be read
    };

    explicit request_reader(const request_limits& limits);
    ~request_reader();
    request_reader(const request_reader&) = delete;
    request_reader& operator=(const request_reader&) = delete;

    // Takes bytes from the front of `bytes`, which is everything that was received and not taken yet; `taken` is how
    // many. Never asks for more than max_unread() bytes at once. Throws std::bad_alloc alone.
    progress read(std::string_view bytes, std::size_t& taken);

    // The most bytes that it may leave untaken while it needs more.
    std::size_t max_unread() const;

    // True once after the head of a request whose sender waits for "100 Continue" before it sends the body
    // (RFC 9110 section 10.1.1).
    bool wants_continue();

    // After `complete`, or once has_head().
    const request_head& head() const;
    bool has_head() const;

    // After `refused`.
    const refused_request& refusal() const;

    // True if nothing of the next request was seen yet.
    bool is_fresh() const;

    // Begins with the next request.
    void reset();

private:
    class implementation;
    std::unique_ptr<implementation> implementation_;
};

} // namespace catalog::http
