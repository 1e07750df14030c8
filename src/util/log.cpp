// This file implements the log with a single write(2) a line, which keeps lines of several threads apart.
#include "util/log.hpp"

#include "util/text.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>
#include <unistd.h>

namespace catalog {

void log_event(std::string_view level, std::string_view event, std::initializer_list<log_field> fields) {
    const auto now = std::chrono::system_clock::now();
    const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
    const auto micros =
        std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count() % 1'000'000;
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    std::array<char, 40> stamp{};
    const std::size_t length = std::strftime(stamp.data(), stamp.size(), "%Y-%m-%dT%H:%M:%S", &utc);
    std::snprintf(stamp.data() + length, stamp.size() - length, ".%06dZ", static_cast<int>(micros));

    std::string line = R"({"time":")";
    line += stamp.data();
    line += R"(","level":)";
    append_json_string(line, level);
    line += R"(,"event":)";
    append_json_string(line, event);
    for (const auto& [name, value] : fields) {
        line += ',';
        append_json_string(line, name);
        line += ':';
        append_json_string(line, value);
    }
    line += "}\n";
    // Nowhere to report that the log itself is gone.
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

} // namespace catalog
