#include "app/bench_fanout_worker.hpp"

#include <algorithm>

namespace eventsd::app::bench {

void Subscriber::on_ready() {
  if (!sequences_) sequences_ = std::make_unique<Sequence[]>(worker_.publisher_count());
  worker_.ramp().count_ready();
}

void Subscriber::on_message(std::string_view text) {
  bool is_event = false;
  while (const auto stamp = take_stamp(text)) {
    is_event = true;
    if (!sequences_) sequences_ = std::make_unique<Sequence[]>(worker_.publisher_count());
    worker_.count_event(*stamp, sequences_.get());
  }
  if (is_event || text.find(R"("broadcast_error")") == std::string_view::npos) return;
  worker_.failures.add("broadcast_error");
}

void Subscriber::on_lost(const std::string& reason, bool was_ready) {
  if (!was_ready) return worker_.ramp().count_failed(reason);
  is_lost_ = true;
  ++worker_.lost_subscribers;
  worker_.failures.add("subscriber: " + reason);
}

FanoutWorker::FanoutWorker(const Run& run, const Plan& plan, const Publishers& all,
                           std::size_t index)
    : run_(run),
      plan_(plan),
      all_(all),
      index_(index),
      ramp_(share(run.options.subscribers, index, run.options.threads),
            std::max<std::size_t>(1, run.options.concurrency / run.options.threads),
            [this](std::size_t i, Result<void>& begun) -> Session& { return begin(i, begun); }) {
  for (std::size_t p = index; p < plan.publishers; p += run.options.threads) {
    publishers_.push_back(
        std::make_unique<Publisher>(loop(), run.access, plan, static_cast<std::uint32_t>(p)));
  }
}

Clock::time_point FanoutWorker::on_turn(Phase phase, Clock::time_point now) {
  auto wake_at = now + std::chrono::milliseconds(200);
  if (phase == Phase::prepare) {
    ramp_.advance(now);
    for (const auto& publisher : publishers_) publisher->prepare();
    return wake_at;
  }
  for (const auto& publisher : publishers_) {
    if (phase == Phase::settle) publisher->stop();
    wake_at = std::min(wake_at, publisher->publish_due(now));
  }
  return wake_at;
}

bool FanoutWorker::is_done(Phase phase) const {
  if (phase != Phase::prepare || !ramp_.is_done()) return false;
  if (ramp_.failed > 0) return true;  // the run ends here
  return std::all_of(publishers_.begin(), publishers_.end(),
                     [](const auto& publisher) { return publisher->is_prepared(); });
}

void FanoutWorker::close_all() {
  for (const auto& publisher : publishers_) publisher->close();
  for (const auto& subscriber : subscribers_) subscriber->close_socket();
}

void FanoutWorker::count_event(const Stamp& stamp, Sequence* sequences) {
  if (stamp.run != plan_.run || stamp.publisher >= plan_.publishers) {
    ++foreign;
    return;
  }
  const Sequence::Seen seen = sequences[stamp.publisher].see(stamp.number);
  if (seen == Sequence::Seen::duplicate) {
    ++duplicates;
    return;
  }
  if (seen == Sequence::Seen::late) ++out_of_order;
  latencies.record(loop().now() - stamp.sent);
  deliveries.fetch_add(1, std::memory_order_relaxed);
  all_[stamp.publisher]->count_delivery(stamp.slot, loop());
}

Session& FanoutWorker::begin(std::size_t i, Result<void>& begun) {
  const std::size_t number = i * run_.options.threads + index_;
  auto& subscriber =
      *subscribers_.emplace_back(std::make_unique<Subscriber>(loop(), run_.access, *this, number));
  const std::size_t channel = number % plan_.channels.size();
  // Spread evenly, whatever the share.
  const auto wildcards_before = [&](std::size_t n) {
    return static_cast<std::size_t>(static_cast<double>(n) * run_.options.wildcard_share);
  };
  // Per channel, or a share of one half and two channels would meet in one of them.
  const std::size_t turn = number / plan_.channels.size();
  const bool is_wildcard = wildcards_before(turn + 1) > wildcards_before(turn);
  names_.push_back(plan_.channels[channel]);
  std::string& name = names_.back();
  if (is_wildcard) name.replace(name.rfind('/') + 1, std::string::npos, "*");
  begun = subscriber.begin(name, plan_.publishers + number);
  return subscriber;
}

}  // namespace eventsd::app::bench
