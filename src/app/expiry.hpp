// When a key ends, as a person writes it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "eventsd/result.hpp"

namespace eventsd::app {

// 2200-01-01, in seconds since 1970: the clock counts nanoseconds, which end in 2262.
inline constexpr std::int64_t kLatestExpiry = 7'258'118'400;

// "90m", "12h", "30d" from `now`, or an ISO 8601 time in UTC: "2027-12-31", "2027-12-31T00:00:00Z".
//   errors   bad_request: malformed, not after `now`, or after kLatestExpiry
Result<std::chrono::system_clock::time_point> parse_expiry(
    std::string_view text, std::chrono::system_clock::time_point now);

// "2027-12-31T00:00:00Z"
std::string format_expiry(std::chrono::system_clock::time_point time);

}  // namespace eventsd::app
