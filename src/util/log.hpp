// This file writes the service's log: one line of JSON an event on standard error.
#pragma once

#include <initializer_list>
#include <string_view>
#include <utility>

namespace catalog {

using log_field = std::pair<std::string_view, std::string_view>;

// Writes one event with its fields, all as JSON strings, with the time in UTC. Thread-safe; a line is never torn.
// Never pass tokens, passwords or database URLs.
void log_event(std::string_view level, std::string_view event, std::initializer_list<log_field> fields = {});

} // namespace catalog
