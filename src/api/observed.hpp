// This file says what a request took to whom asks for it.
#pragma once

#include "api/message.hpp"

#include <string>

namespace catalog::api {

// `identity;dur=0.12, wait;dur=…`: milliseconds of the stages that took any time (W3C Server Timing). Pure.
std::string server_timing(const request_record& record);

// Adds the header Server-Timing to a response, if any stage took time.
void add_server_timing(response& answer, const request_record& record);

} // namespace catalog::api
