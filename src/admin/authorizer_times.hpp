// How long authorizers take, by mode: a histogram for /metrics.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

#include "eventsd/auth_mode.hpp"

namespace eventsd::admin {

//   thread   add(): any, each of which has counters of its own but for some that share theirs;
//            append(): any
class AuthorizerTimes {
 public:
  void add(AuthMode mode, std::chrono::nanoseconds took);
  // eventsd_authorizer_seconds{mode}, as Prometheus text.
  void append(std::string& out) const;

  // Upper bounds in seconds; one more bucket has none.
  static constexpr std::array<double, 13> kBounds = {1e-5, 5e-5, 1e-4, 5e-4, 1e-3, 5e-3, 1e-2,
                                                     5e-2, 0.1,  0.5,  1,    5,    10};

 private:
  using Count = std::atomic<std::uint64_t>;
  struct Histogram {
    std::array<Count, kBounds.size() + 1> buckets{};
    Count nanoseconds{0};
  };
  // A thread's own cache lines.
  struct alignas(64) Stripe {
    std::array<Histogram, kAuthModeNames.size()> modes;
  };
  std::array<Stripe, 16> stripes_;
};

}  // namespace eventsd::admin
