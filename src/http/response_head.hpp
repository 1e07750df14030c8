// This file writes the head of a response.
#pragma once

#include "api/message.hpp"

#include <string>
#include <string_view>

namespace catalog::http {

struct connection_traits {
    bool keep_alive = true;
    bool tls = false;
};

// Status line and headers with their empty line, for a body of response.body's size, or in chunks. A header that the
// response names itself replaces the common one. Thread-safe.
std::string response_head(const api::response& response, std::string_view request_id, connection_traits traits);

} // namespace catalog::http
