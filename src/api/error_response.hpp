// This file is the one table of errors: situation to status, code, headers (contract section 5).
#pragma once

#include "api/message.hpp"
#include "util/problem.hpp"

#include <string_view>

namespace catalog::api {

// The response to a problem. `request_id` appears in the bodies that have one.
response error_response(const problem& problem, std::string_view request_id);

// A response for what HTTP itself refuses (414, 431, 413, 400, 408, 503), code APIGW.0201.
response transport_error(unsigned status, std::string_view message, std::string_view request_id);

} // namespace catalog::api
