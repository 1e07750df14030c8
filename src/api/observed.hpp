// This file says what a request took to whom asks for it.
#pragma once

#include "api/service.hpp"

namespace catalog::api {

// service.handle(), with the header Server-Timing on the answer to a request that had X-Server-Timing. Counts requests
// under way. Runs where service.handle() does.
boost::asio::awaitable<response> handle_observed(service& service, request request);

// `identity;dur=0.12, wait;dur=…`: milliseconds of the stages that took any time (W3C Server Timing). Pure.
std::string server_timing(const request_record& record);

} // namespace catalog::api
