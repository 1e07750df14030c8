// This file implements Server-Timing.
#include "api/observed.hpp"

#include <array>
#include <cstdio>

namespace catalog::api {

void add_server_timing(response& answer, const request_record& record) {
    if (std::string timing = server_timing(record); !timing.empty())
        answer.headers.emplace_back("Server-Timing", std::move(timing));
}

std::string server_timing(const request_record& record) {
    std::string out;
    for (std::size_t i = 0; i < stage_names.size(); ++i) {
        if (record.times[i].count() == 0) continue;
        std::array<char, 32> text{};
        std::snprintf(text.data(), text.size(), ";dur=%.3f",
                      std::chrono::duration<double, std::milli>(record.times[i]).count());
        if (!out.empty()) out += ", ";
        out += stage_names[i];
        out += text.data();
    }
    return out;
}

} // namespace catalog::api
