// Sets up many sessions, a bounded number of them at the same time.
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>

#include "app/bench_report.hpp"
#include "app/bench_session.hpp"

namespace eventsd::app::bench {

// One worker's part. Its owner tells it of each session that became ready or was lost.
//   thread   its loop's; the counters may be read by any
class Ramp {
 public:
  // `begin` begins the i-th session. `total` and `concurrency` are this worker's share.
  Ramp(std::size_t total, std::size_t concurrency,
       std::function<Session&(std::size_t i, Result<void>& begun)> begin)
      : total_(total), concurrency_(concurrency), begin_(std::move(begin)) {}

  // Begins what there is room for, and gives up what takes too long.
  void advance(Clock::time_point now);
  void count_ready() { ++ready; }
  void count_failed(const std::string& reason);

  bool is_done() const { return ready + failed == total_; }
  const Failures& failures() const { return failures_; }

  std::atomic<std::size_t> ready{0};
  std::atomic<std::size_t> failed{0};

 private:
  struct Begun {
    Session* session;
    Clock::time_point at;
  };

  std::size_t total_;
  std::size_t concurrency_;
  std::function<Session&(std::size_t, Result<void>&)> begin_;
  std::size_t begun_ = 0;
  std::deque<Begun> watched_;  // oldest first
  Failures failures_;
};

}  // namespace eventsd::app::bench
