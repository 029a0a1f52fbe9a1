// How long refusals are held back from those who are refused again and again.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

namespace eventsd::auth {

// Each refusal of an address adds to its debt, which time pays back. As long as the debt is small
// refusals are told at once; then each is held a little longer, up to `most`. Grants are never
// held, so that others behind the same address notice nothing as long as they are in the right.
struct DelayLimits {
  std::uint32_t burst = 100;            // refusals without delay
  std::uint32_t burst_of_many = 1'000;  // of loopback and trusted proxies, who speak for many
  std::chrono::milliseconds forgiven_after{500};  // each
  // Together with the ten seconds that an authorizer may take below the 15 s that clients wait.
  std::chrono::milliseconds most{4'000};
};

// Addresses share a table of fixed size; two that meet in one place share their debt, which costs
// time in answers that are refusals anyway.
//   thread   any
class RefusalDelay {
 public:
  using Clock = std::chrono::steady_clock;
  explicit RefusalDelay(const DelayLimits& limits = {}) : limits_(limits) {}

  // Counts one refusal and says how long it is to be held.
  std::chrono::milliseconds add(const std::string& source_ip, bool speaks_for_many,
                                Clock::time_point now);

 private:
  const DelayLimits limits_;
  // When the debt will have been paid, in milliseconds of Clock.
  std::array<std::atomic<std::int64_t>, 4096> paid_at_{};
};

}  // namespace eventsd::auth
