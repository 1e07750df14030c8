// This file declares what the tests do with text: query strings, lines, curl lines, and small differences of JSON.
#pragma once

#include <boost/json.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace support {

// Percent-encodes everything but unreserved characters.
std::string percent_encode(std::string_view text);

// A target for the names and values.
std::string target_of(std::string_view path, const std::vector<std::pair<std::string, std::string>>& query);

// A line to paste into a shell.
std::string curl_line(std::string_view base_url, std::string_view target, std::string_view token,
                      std::string_view method = "GET");

// The lines of a text, without their ends.
std::vector<std::string> lines_of(const std::string& text);

// Where two values differ, at most `limit` places, each a line "path: wanted … but got …"; empty when they are equal.
std::string difference(const boost::json::value& wanted, const boost::json::value& got, std::size_t limit = 8);

} // namespace support
