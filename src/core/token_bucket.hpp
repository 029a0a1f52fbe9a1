// A rate limit: `rate` a second, bursts of `rate`.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace eventsd::core {

class TokenBucket {
 public:
  using Clock = std::chrono::steady_clock;

  // Takes one token; false when there is none. `rate` 0: no limit.
  bool take(std::uint32_t rate, Clock::time_point now) {
    if (rate == 0) return true;
    const std::chrono::nanoseconds cost{std::chrono::nanoseconds(std::chrono::seconds(1)) / rate};
    // The bucket as the time at which it will be full again: empty is one second ahead.
    const Clock::time_point full_at = std::max(full_at_, now) + cost;
    if (full_at > now + std::chrono::seconds(1)) return false;
    full_at_ = full_at;
    return true;
  }

 private:
  Clock::time_point full_at_{};
};

}  // namespace eventsd::core
