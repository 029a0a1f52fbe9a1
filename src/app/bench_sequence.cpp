#include "app/bench_sequence.hpp"

#include <algorithm>

namespace eventsd::app::bench {

Sequence::Seen Sequence::see(std::uint32_t number) {
  if (number == next_) {
    ++next_;
    return Seen::in_order;
  }
  if (number > next_) {
    if (!gaps_) gaps_ = std::make_unique<std::vector<Gap>>();
    gaps_->push_back({next_, number - 1});
    next_ = number + 1;
    return Seen::in_order;
  }
  if (!gaps_) return Seen::duplicate;
  const auto gap = std::lower_bound(gaps_->begin(), gaps_->end(), number,
                                    [](const Gap& g, std::uint32_t n) { return g.last < n; });
  if (gap == gaps_->end() || gap->first > number) return Seen::duplicate;
  if (gap->first == gap->last) {
    gaps_->erase(gap);
  } else if (number == gap->first) {
    ++gap->first;
  } else if (number == gap->last) {
    --gap->last;
  } else {
    const Gap rest{number + 1, gap->last};
    gap->last = number - 1;
    gaps_->insert(gap + 1, rest);
  }
  return Seen::late;
}

std::uint64_t Sequence::missing(std::uint32_t count, std::span<const std::uint32_t> refused) const {
  std::uint64_t missing = 0;
  const auto add = [&](std::uint32_t first, std::uint32_t end) {  // end is not part of it
    end = std::min(end, count);
    if (first >= end) return;
    const auto from = std::lower_bound(refused.begin(), refused.end(), first);
    const auto to = std::lower_bound(from, refused.end(), end);
    missing += end - first - static_cast<std::uint64_t>(to - from);
  };
  if (gaps_) {
    for (const Gap& gap : *gaps_) add(gap.first, gap.last + 1);
  }
  add(next_, count);
  return missing;
}

}  // namespace eventsd::app::bench
