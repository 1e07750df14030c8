// This file counts exchanges in the metrics.
#pragma once

#include "http/server.hpp"

namespace catalog::http {

// Adds an exchange that is over to the metrics: duration by route, status and access path, stages, rows, bytes, tokens
// checked. An observer's part; any thread.
void count_exchange(const exchange& exchange);

} // namespace catalog::http
