// What the allocation functions of this program count, and fail on demand.
#pragma once

#include <atomic>
#include <cstddef>

namespace eventsd::server_test {

struct Allocations {
  static inline std::atomic<bool> counting{false};
  static inline std::atomic<std::size_t> count{0};
  // Every allocation beyond so many, while counting, fails once. 0: none does.
  static inline std::atomic<std::size_t> fails_at{0};
};

}  // namespace eventsd::server_test
