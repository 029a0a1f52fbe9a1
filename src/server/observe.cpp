#include "server/observe.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>

namespace eventsd::server {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kAgesEvery{1};

// A walk over one array of 8 bytes a connection: 10,000 take some 20 µs.
void note_ages(ShardContext& shard, Clock::time_point now) {
  std::array<std::uint64_t, kAgeBounds.size() + 1> counts{};
  std::uint64_t sum = 0;
  for (const Clock::time_point since : shard.connected_at) {
    const auto age = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(now - since).count());
    sum += age;
    ++counts[static_cast<std::size_t>(
        std::lower_bound(kAgeBounds.begin(), kAgeBounds.end(), age) - kAgeBounds.begin())];
  }
  for (std::size_t i = 0; i < counts.size(); ++i) shard.metrics.open_by_age[i].set(counts[i]);
  shard.metrics.open_age_milliseconds.set(sum);
}

}  // namespace

void observe(ShardContext& shard, std::chrono::milliseconds interval) {
  const Clock::time_point now = Clock::now();
  // The wheel itself may be late by a tick; what is beyond that is the loop's.
  const Clock::time_point due = shard.observed_at == Clock::time_point{}
                                    ? now
                                    : shard.observed_at + interval + net::TimerWheel::kTick;
  const auto second = [](Clock::time_point time) { return time.time_since_epoch() / kAgesEvery; };
  if (second(now) != second(shard.observed_at)) note_ages(shard, now);
  shard.observed_at = now;
  // And what is ready waits for those before it in the queue.
  boost::asio::post(shard.io, [&shard, since = std::min(now, due)] {
    const auto late = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - since);
    shard.metrics.loop_lag_seconds.add(static_cast<std::uint64_t>(late.count()));
  });
}

void count_published(ShardContext& shard, NamespaceMetrics& counted, OutcomeCounters& outcomes,
                     const core::PublishOutcome& outcome) {
  shard.metrics.publish_success.add();
  shard.metrics.events_accepted.add(outcome.batch->events.size());
  outcomes.success.add();
  counted.events_successful.add(outcome.batch->events.size());
  counted.events_failed.add(outcome.failed.size());
  counted.events_dropped.add(outcome.dropped);
  if (outcome.handled) counted.publish_handler_invocations.add();
  shard.watch.accepted(*outcome.batch);
  for (const Event& event : outcome.batch->events) counted.event_bytes.add(event.payload_size);
}

void count_refusal(NamespaceMetrics& counted, Counter& invocations, ErrorKind kind) {
  const bool failed = kind == ErrorKind::handler_failed;
  if (!failed && kind != ErrorKind::handler_refused && kind != ErrorKind::handler_unauthorized) {
    return;
  }
  invocations.add();
  if (failed) counted.handler_errors.add();
}

}  // namespace eventsd::server
