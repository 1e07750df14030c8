// This file implements Server-Timing.
#include "api/observed.hpp"

#include "util/metrics.hpp"

#include <array>
#include <cstdio>

namespace catalog::api {

boost::asio::awaitable<response> handle_observed(service& service, request request) {
    const bool wants_timing = request.wants_timing;
    metrics::requests_running.add(1);
    response answer = co_await service.handle(std::move(request)); // never throws
    metrics::requests_running.add(-1);
    if (wants_timing)
        if (std::string timing = server_timing(answer.record); !timing.empty())
            answer.headers.emplace_back("Server-Timing", std::move(timing));
    co_return answer;
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
