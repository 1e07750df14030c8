// This file is a request and its response as the API sees them, without sockets.
#pragma once

#include "util/request_record.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace catalog::api {

// Its texts are the connection's, which keeps them until the response is there.
struct request {
    std::string_view id;                   // 32 hex digits, X-Request-Id
    std::string_view method;               // as it came
    std::string_view target;               // path and query as they came
    std::optional<std::string_view> token; // X-Auth-Token
    std::string_view traceparent = {};     // as it came; empty: none
    std::string_view accept = {};          // as it came; empty: none, or the client can't take a body in chunks
    bool wants_timing = false;             // X-Server-Timing is there
    std::stop_token left = {};             // asked to stop: the client is gone, nobody wants the answer
};

// A body that is made while it is written. Whoever makes it stops when the object goes.
class body_stream {
public:
    virtual ~body_stream() = default;

    // The next piece, never empty; nothing at the end. Throws if the rest can't be had: then the client must not take
    // what it got for the whole. One call at a time.
    virtual boost::asio::awaitable<std::optional<std::string>> next() = 0;

    // Backups in the pieces so far.
    virtual std::uint64_t rows() const = 0;
};

struct response {
    unsigned status = 200;
    std::string body;                                         // JSON
    std::shared_ptr<body_stream> stream = {};                 // instead of `body`, if there
    std::vector<std::pair<std::string, std::string>> headers; // beyond the common ones
    request_record record;
};

} // namespace catalog::api
