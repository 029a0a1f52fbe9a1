// Finds what was lost, doubled or reordered among events that are numbered from zero.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace eventsd::app::bench {

// One publisher's events on one channel, as one subscription sees them. 16 bytes while all is well.
class Sequence {
 public:
  enum class Seen : std::uint8_t {
    in_order,   // the next one, or one after a gap
    late,       // fills a gap
    duplicate,  // was here before
  };

  Seen see(std::uint32_t number);

  // How many of the numbers below `count` never came. `refused` are those that need not come:
  // ascending.
  std::uint64_t missing(std::uint32_t count, std::span<const std::uint32_t> refused) const;

 private:
  struct Gap {  // first to last, both missing
    std::uint32_t first;
    std::uint32_t last;
  };
  std::unique_ptr<std::vector<Gap>> gaps_;  // ascending; null: none
  std::uint32_t next_ = 0;                  // one more than the highest that came
};

}  // namespace eventsd::app::bench
