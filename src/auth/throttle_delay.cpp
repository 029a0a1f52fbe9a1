#include "auth/throttle_delay.hpp"

#include <algorithm>
#include <functional>

#include "auth/throttle.hpp"

namespace eventsd::auth {

std::chrono::milliseconds RefusalDelay::add(const std::string& source_ip, bool speaks_for_many,
                                            Clock::time_point now) {
  using std::chrono::milliseconds;
  const std::int64_t step = limits_.forgiven_after.count();
  const std::int64_t free = step * (speaks_for_many ? limits_.burst_of_many : limits_.burst);
  const std::int64_t most = limits_.most.count();
  const std::int64_t at = std::chrono::duration_cast<milliseconds>(now.time_since_epoch()).count();
  const std::size_t place =
      std::hash<std::string>{}(throttled_address(source_ip)) % paid_at_.size();
  std::atomic<std::int64_t>& paid_at = paid_at_[place];
  std::int64_t before = paid_at.load(std::memory_order_relaxed);
  std::int64_t debt = 0;
  do {
    // No more debt than gives the longest delay, so that it is paid back soon.
    debt = std::min(std::max(before - at, std::int64_t{0}) + step, free + most);
  } while (!paid_at.compare_exchange_weak(before, at + debt, std::memory_order_relaxed));
  return milliseconds(std::clamp(debt - free, std::int64_t{0}, most));
}

}  // namespace eventsd::auth
