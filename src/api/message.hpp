// This file is a request and its response as the API sees them, without sockets.
#pragma once

#include "util/request_record.hpp"

#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace catalog::api {

struct request {
    std::string id;                   // 32 hex digits, X-Request-Id
    std::string method;               // as it came
    std::string target;               // path and query as they came
    std::optional<std::string> token; // X-Auth-Token
    std::string traceparent = {};     // as it came; empty: none
    bool wants_timing = false;        // X-Server-Timing is there
    std::stop_token left = {};        // asked to stop: the client is gone, nobody wants the answer
};

struct response {
    unsigned status = 200;
    std::string body;                                         // JSON
    std::vector<std::pair<std::string, std::string>> headers; // beyond the common ones
    request_record record;
};

} // namespace catalog::api
