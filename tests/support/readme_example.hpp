// This file declares how the README's example is read, so that what it promises can be tested.
#pragma once

#include <string>
#include <string_view>

namespace support {

struct readme_example {
    std::string command; // the curl line, continued lines joined
    std::string answer;  // the JSON below it
};

// The two fenced blocks after the line `<!-- example: NAME -->`. Throws where there is no such line, or no two blocks.
readme_example find_example(const std::string& markdown, const std::string& name);

// What a curl line asks for: the path with the query, and the X-Auth-Token header.
struct curl_request {
    std::string target;
    std::string token;
};
curl_request parse_curl(const std::string& command);

} // namespace support
