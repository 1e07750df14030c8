// This file writes JSON for people's eyes.
#pragma once

#include <boost/json/value.hpp>

#include <string>

namespace catalog {

// `value` as JSON, two blanks a level, members in their order; empty arrays and objects on one line. Pure.
std::string indented(const boost::json::value& value);

} // namespace catalog
