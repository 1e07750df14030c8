// This file writes the access log: who asked what, when, with which answer, at what cost. One line of JSON a request.
#pragma once

#include "http/server.hpp"
#include "util/log.hpp"

#include <string>

namespace catalog::http {

// The line of an exchange with its line feed. What a client sent is in it only as far as it was checked: names of known
// parameters, ids of the token, known methods; never a value, a header or a path that does not exist. Thread-safe.
std::string access_line(const exchange& exchange);

} // namespace catalog::http
