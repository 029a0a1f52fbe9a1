// A connection that publishes numbered, timed events, and knows what became of each.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/bench_histogram.hpp"
#include "app/bench_link.hpp"
#include "app/bench_options.hpp"
#include "app/bench_report.hpp"
#include "app/bench_stream.hpp"

namespace eventsd::app::bench {

// What all publishers and subscribers of a run share.
struct Plan {
  std::uint32_t run = 0;                // tells this run's events from others
  std::vector<std::string> channels;    // published to in turn
  std::vector<std::uint64_t> audience;  // subscribers of each channel
  std::size_t publishers = 1;
  std::size_t event_bytes = 100;
  std::size_t batch = 1;
  std::size_t in_flight = 1;
  // Between publishes of one publisher; absent: a new one when one in flight has ended.
  std::optional<Clock::duration> period;
  PublishOver over = PublishOver::http;
};

// What the options say, and a new `run`; channels and audience are the scenario's.
Plan make_plan(const Options& options);

// What an event carries.
struct Stamp {
  std::uint32_t run = 0;
  std::uint32_t publisher = 0;
  std::uint32_t slot = 0;    // which of the publisher's publishes in flight
  std::uint32_t number = 0;  // of the publisher's events on this channel
  Clock::time_point sent;    // with a rate: when it was due
};

// The least size of an event that holds a stamp.
std::size_t least_event_bytes();

// An event's JSON text of `bytes` bytes, with a stamp whose place is `stamp_at`. In it no character
// but the quotes needs escaping.
std::string make_event(std::size_t bytes, std::size_t& stamp_at);
void write_stamp(char* at, const Stamp& stamp);
// The first stamp in `text`, which is then shortened to what follows it; nullopt: there is none.
std::optional<Stamp> take_stamp(std::string_view& text);

//   thread   its loop's, but for deliveries
class Publisher final : private Link::Listener {
 public:
  // `access` and `plan` must outlive it. `index`: of this publisher.
  Publisher(Loop& loop, const Access& access, const Plan& plan, std::uint32_t index);
  ~Publisher() override;

  // Connects what needs a connection before it can publish.
  void prepare() { link_->prepare(); }
  bool is_prepared() const { return link_->is_ready(); }

  // Publishes what is due. Returns when the next is due.
  Clock::time_point publish_due(Clock::time_point now);
  // Publishes nothing more, but takes answers.
  void stop() { is_stopped_ = true; }

  // One event of a publish in flight has reached one subscriber.
  //   thread   any; `current` is the caller's loop
  void count_delivery(std::uint32_t slot, const Loop& current);

  void close() { link_->close(); }

  // Read by any thread, for progress.
  std::atomic<std::uint64_t> publishes{0};  // accepted
  std::atomic<std::uint64_t> refusals{0};   // publishes, and single events
  std::atomic<std::uint64_t> expected{0};   // deliveries of accepted events
  std::atomic<std::uint64_t> pending{0};    // publishes without an answer
  // After the run.
  const Histogram& latencies() const { return latencies_; }
  const Failures& failures() const { return failures_; }
  std::uint64_t accepted_events() const { return accepted_events_; }
  std::uint32_t numbered(std::size_t channel) const { return channels_[channel].next; }
  // Numbers that need not arrive, ascending.
  std::span<const std::uint32_t> refused(std::size_t channel) const {
    return channels_[channel].refused;
  }
  // Brings what refused() shows into order. Publishes that are still without an answer need not
  // arrive either.
  void conclude();

 private:
  struct Pending {
    std::size_t channel = 0;
    std::uint32_t first = 0;  // number of its first event
    std::uint32_t slot = 0;
    Clock::time_point sent;
    bool is_open = false;
  };
  struct Channel {
    std::uint32_t next = 0;
    std::vector<std::uint32_t> refused;
  };
  struct Active {
    std::uint32_t slot = 0;
    Clock::time_point since;
  };

  void publish(Clock::time_point sent);
  void reclaim_slots(Clock::time_point now);
  Pending* find_pending(std::uint64_t id);
  void close_pending(Pending& closed);
  void refuse_all(const Pending& publish);
  void on_ready() override {}
  void on_outcome(std::uint64_t id, const Outcome& outcome) override;
  void on_link_lost(const std::string& reason) override;

  Loop& loop_;
  const Plan& plan_;
  std::uint32_t index_;
  std::unique_ptr<Link> link_;
  std::string event_;  // escaped for its place in a JSON string, quotes included
  std::size_t stamp_at_ = 0;
  std::string events_;  // of the publish being made
  std::deque<Pending> pending_;
  std::uint64_t first_id_ = 0;  // of pending_.front()
  std::size_t next_channel_;
  std::vector<Channel> channels_;
  // Deliveries that a slot still waits for, its acknowledgement among them.
  std::vector<std::atomic<std::uint32_t>> left_;
  std::vector<std::uint32_t> free_;
  std::vector<Active> active_;
  Clock::time_point next_due_{};
  Clock::time_point paused_until_{};
  bool is_stopped_ = false;
  Histogram latencies_;
  Failures failures_;
  std::uint64_t accepted_events_ = 0;
};

}  // namespace eventsd::app::bench
