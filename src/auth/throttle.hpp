// Keeps those who fail again and again from having somebody remote asked each time.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "auth/lambda_event.hpp"
#include "auth/recent_map.hpp"

namespace eventsd::auth {

// Only failures count, and only those for which somebody was asked. Three things keep one bad
// client from locking out others behind the same address: the same question, repeated, has a small
// allowance of its own and draws no more from the address's; a credential that was accepted before
// is always asked about; and loopback and trusted proxies, which speak for many, have no limit.
struct ThrottleLimits {
  // Failures in a row, and the time after which one more is allowed.
  std::uint32_t question_burst = 5;
  std::chrono::milliseconds question_interval{5'000};
  std::uint32_t address_burst = 20;
  std::chrono::milliseconds address_interval{1'000};
  std::size_t remembered = 10'000;  // of each: questions, addresses, accepted credentials
};

//   thread   one, the auth executor's
class FailureThrottle {
 public:
  using Clock = std::chrono::steady_clock;
  // `is_exempt`: addresses besides loopback that have no limit.
  FailureThrottle(const ThrottleLimits& limits, std::function<bool(const std::string&)> is_exempt)
      : limits_(limits),
        is_exempt_(std::move(is_exempt)),
        questions_(limits.remembered, 0),
        addresses_(limits.remembered, 0),
        accepted_(limits.remembered, 0) {}

  enum class Leave : std::uint8_t { ask, repeated_question, address };
  // Whether somebody may be asked. `question` is what would be asked, `credential` its secret part.
  Leave may_ask(const Digest& question, const Digest& credential, const std::string& source_ip,
                Clock::time_point now);
  void failed(const Digest& question, const std::string& source_ip, Clock::time_point now);
  void succeeded(const Digest& credential);
  // The credential has been refused: its questions count again.
  void forget(const Digest& credential);

 private:
  // When the last failure will have been forgiven; one failure adds one interval.
  using Debt = Clock::time_point;
  bool is_free(const std::string& source_ip) const;

  const ThrottleLimits limits_;
  const std::function<bool(const std::string&)> is_exempt_;
  RecentMap<Digest, Debt, DigestHash> questions_;
  RecentMap<std::string, Debt> addresses_;
  RecentMap<Digest, bool, DigestHash> accepted_;
};

// The part of an address that stands for one customer: IPv6 by its first 64 bits.
std::string throttled_address(const std::string& ip);
bool is_loopback_address(const std::string& ip);

}  // namespace eventsd::auth
