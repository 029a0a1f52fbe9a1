// How many commits the writer has made, and how large they were.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>

#include "eventsd/counter.hpp"
#include "eventsd/event_store.hpp"

namespace eventsd::store {

//   thread   committed: the writer's; read: any
class CommitCounters {
 public:
  // A group of `rows` events was committed.
  void committed(std::uint64_t rows, std::chrono::nanoseconds took) {
    times_.add(static_cast<std::uint64_t>(took.count()));
    const auto& bounds = StoreStats::kRowBounds;
    const auto bound = std::lower_bound(bounds.begin(), bounds.end(), rows);
    by_rows_[static_cast<std::size_t>(bound - bounds.begin())].add();
    rows_.add(rows);
  }

  StoreStats read() const {
    StoreStats stats;
    stats.rows = rows_.value();
    for (std::size_t i = 0; i < by_rows_.size(); ++i) {
      stats.commits_by_rows[i] = by_rows_[i].value();
      stats.commits += stats.commits_by_rows[i];
    }
    for (std::size_t i = 0; i < times_.counts().size(); ++i) {
      stats.commits_by_time[i] = times_.counts()[i].value();
    }
    stats.commit_nanoseconds = times_.sum();
    return stats;
  }

 private:
  Counter rows_;
  Histogram<kTimeBounds, 1'000'000'000> times_;
  std::array<Counter, StoreStats::kRowBounds.size() + 1> by_rows_;
};

}  // namespace eventsd::store
