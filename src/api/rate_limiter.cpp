// This file implements the token bucket: it fills on demand, so that quiet projects cost no time.
#include "api/rate_limiter.hpp"

#include <algorithm>
#include <cmath>

namespace catalog::api {

std::optional<unsigned> rate_limiter::refuse(std::string_view project, clock::time_point now) {
    if (limit_.per_second == 0) return std::nullopt;
    const auto rate = static_cast<double>(limit_.per_second);
    const auto burst = static_cast<double>(limit_.burst);
    const std::lock_guard lock(mutex_);
    if (const auto found = by_project_.find(project); found != by_project_.end()) {
        buckets_.splice(buckets_.begin(), buckets_, found->second);
    } else {
        if (buckets_.size() >= limit_.max_projects) {
            by_project_.erase(buckets_.back().project);
            buckets_.pop_back();
        }
        buckets_.push_front({std::string(project), burst, now});
        by_project_.emplace(buckets_.front().project, buckets_.begin());
    }
    bucket& own = buckets_.front();
    const std::chrono::duration<double> passed = now - own.filled;
    own.left = std::min(burst, own.left + passed.count() * rate);
    own.filled = now;
    if (own.left >= 1) {
        own.left -= 1;
        return std::nullopt;
    }
    return static_cast<unsigned>(std::max(1.0, std::ceil((1 - own.left) / rate)));
}

std::size_t rate_limiter::projects() const {
    const std::lock_guard lock(mutex_);
    return buckets_.size();
}

} // namespace catalog::api
