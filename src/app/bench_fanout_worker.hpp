// One thread's share of a fan-out: its subscribers and its publishers.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "app/bench_publisher.hpp"
#include "app/bench_ramp.hpp"
#include "app/bench_run.hpp"
#include "app/bench_sequence.hpp"

namespace eventsd::app::bench {

class FanoutWorker;

// Every publisher of the run, by its number; they belong to the workers.
using Publishers = std::vector<Publisher*>;

class Subscriber final : public Session {
 public:
  Subscriber(Loop& loop, const Access& access, FanoutWorker& worker, std::size_t number)
      : Session(loop, access), worker_(worker), number_(number) {}

  std::size_t number() const { return number_; }
  bool is_lost() const { return is_lost_; }
  const Sequence& sequence(std::size_t publisher) const { return sequences_[publisher]; }
  bool has_sequences() const { return sequences_ != nullptr; }

 private:
  void on_ready() override;
  void on_message(std::string_view text) override;
  void on_lost(const std::string& reason, bool was_ready) override;

  FanoutWorker& worker_;
  std::size_t number_;  // among all subscribers
  bool is_lost_ = false;
  std::unique_ptr<Sequence[]> sequences_;  // by publisher
};

class FanoutWorker final : public Worker {
 public:
  // All must outlive it. `all`: filled when every worker is made.
  FanoutWorker(const Run& run, const Plan& plan, const Publishers& all, std::size_t index);

  Clock::time_point on_turn(Phase phase, Clock::time_point now) override;
  bool is_done(Phase phase) const override;
  void close_all() override;

  // One event has come to one of its subscribers, whose `sequences` are by publisher.
  //   thread   the worker's
  void count_event(const Stamp& stamp, Sequence* sequences);

  std::size_t publisher_count() const { return plan_.publishers; }
  Ramp& ramp() { return ramp_; }
  const std::vector<std::unique_ptr<Publisher>>& publishers() const { return publishers_; }
  const std::vector<std::unique_ptr<Subscriber>>& subscribers() const { return subscribers_; }

  std::atomic<std::uint64_t> deliveries{0};
  std::atomic<std::uint64_t> lost_subscribers{0};
  // After the run.
  Histogram latencies;
  Failures failures;
  std::uint64_t duplicates = 0;
  std::uint64_t out_of_order = 0;
  std::uint64_t foreign = 0;

 private:
  Session& begin(std::size_t i, Result<void>& begun);

  const Run& run_;
  const Plan& plan_;
  const Publishers& all_;
  std::size_t index_;
  std::deque<std::string> names_;  // of the subscribers' channels; they keep views
  std::vector<std::unique_ptr<Subscriber>> subscribers_;
  std::vector<std::unique_ptr<Publisher>> publishers_;
  Ramp ramp_;
};

}  // namespace eventsd::app::bench
