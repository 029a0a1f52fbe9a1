// How full a queue is. Pressure flows to publishers.
#pragma once

#include <algorithm>
#include <cstdint>

namespace eventsd {

enum class Pressure : std::uint8_t {
  none,
  high,  // above half of a cap: read no further publishes for a while
  full,  // at a cap: refuse
};

// Of two queues that a publish passes, the fuller one counts.
constexpr Pressure fuller(Pressure a, Pressure b) { return std::max(a, b); }

}  // namespace eventsd
