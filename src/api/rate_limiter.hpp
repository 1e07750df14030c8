// This file limits how many requests a caller may make: a token bucket for each project, in bounded memory.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace catalog::api {

struct rate_limit {
    std::uint64_t per_second = 0; // requests of a project in the long run; 0: no limit
    std::uint64_t burst = 100;    // requests that a project that was quiet may make at once; at least 1
    // Projects remembered. Beyond, the one that was quiet for longest is forgotten, and begins with a full burst again:
    // only callers with valid tokens of so many projects could gain by it.
    std::size_t max_projects = 65536;
};

class rate_limiter {
public:
    using clock = std::chrono::steady_clock;

    explicit rate_limiter(rate_limit limit)
        : limit_(limit) {}

    // Takes one request out of the project's bucket: nothing if it may go on, otherwise after how many seconds (at
    // least 1) it may come again. `now` must not go back. Thread-safe.
    std::optional<unsigned> refuse(std::string_view project, clock::time_point now = clock::now());

    // Projects remembered now. Thread-safe.
    std::size_t projects() const;

private:
    struct bucket {
        std::string project;
        double left;
        clock::time_point filled; // when `left` was right
    };

    const rate_limit limit_;
    mutable std::mutex mutex_;
    std::list<bucket> buckets_; // the most recently used first
    std::unordered_map<std::string_view, std::list<bucket>::iterator> by_project_;
};

} // namespace catalog::api
