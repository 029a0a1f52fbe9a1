// How a connection ends, and the deadlines that may end it.
#include <spdlog/spdlog.h>

#include <cassert>

#include "protocol/server_message.hpp"
#include "server/connection.hpp"

namespace eventsd::server {

using protocol::CloseCode;
using protocol::Opcode;

namespace {

// A slow reader gets this long to take its 1013; it costs a socket and nothing more.
constexpr std::chrono::seconds kSlowGrace{30};
// How often a connection that waits for pressure to ease looks again.
constexpr std::chrono::milliseconds kPressurePoll{20};
// RFC 6455 section 7.4.1: a Close without a code, and an end without a Close.
constexpr std::uint16_t kNoCode = 1005;
constexpr std::uint16_t kLostCode = 1006;

}  // namespace

void Connection::close(CloseCode code, std::string_view reason) {
  if (state_ != State::open) return;
  if (!overflowed_) {
    for (const auto& subscription : subscriptions_) shard_.hub.settle(*subscription);
  }
  state_ = State::closing;
  end_code_ = static_cast<std::uint16_t>(code);
  ended_by_peer_ = false;
  end_subscriptions();
  outbound_.append_frame(Opcode::close, protocol::close_payload(code, reason));
  close_sent_ = true;
  const Clock::time_point now = Clock::now();
  deadline_ = now + kCloseGrace;
  schedule(now);
  held_.reset();
  mark_dirty();
  read_later();  // its Close, or the end of the stream
}

void Connection::close_as_slow() {
  if (state_ != State::open) return;
  shard_.metrics.slow_consumers_closed.add();
  shard_.watch.closed_as_slow({std::chrono::system_clock::now(), std::string(request_id()),
                               source_ip_, api_->id, outbound_.size(), subscriptions_.size()});
  outbound_.drop_unstarted(transport_.pending_write());
  close(CloseCode::try_again_later, "slow consumer");
  deadline_ = Clock::now() + kSlowGrace;
  schedule(Clock::now());
}

void Connection::configuration_changed() {
  if (state_ != State::open) return;
  const core::Snapshot& snapshot = *shard_.snapshot;
  decoder_.set_max_message(snapshot.limits().max_frame_size);
  core::ApiPtr now;
  for (const core::ApiPtr& api : snapshot.apis) {
    if (api->key == api_->key) now = api;
  }
  if (!now) return close(CloseCode::service_restart, "the API has been removed");
  for (const auto& subscription : subscriptions_) {
    const ChannelNamespace& before = *subscription->topic->channel_namespace;
    const ChannelNamespacePtr& after = now->find_namespace(before.name);
    if (!after) return close(CloseCode::service_restart, "the channel namespace has been removed");
    const bool readable = after->history && after->history->read == HistoryRead::subscribe;
    if (subscription->replay && !readable) {
      return close(CloseCode::service_restart, "the namespace's history has been removed");
    }
  }
  api_ = std::move(now);
}

core::Subscription* Connection::find_subscription(std::string_view id) const {
  for (const auto& subscription : subscriptions_) {
    if (subscription->id == id) return subscription.get();
  }
  return nullptr;
}

void Connection::remove_subscription(core::Subscription& subscription) {
  if (subscription.replay) subscription.replay->cancel();
  if (subscription.topic) {
    shard_.hub.settle(subscription);
    shard_.broker.leave(*shard_.hub.leave(subscription));
  }
  shard_.metrics.subscriptions_active.subtract();
  subscription.metrics->subscriptions_active.subtract();
  std::erase_if(subscriptions_, [&](const auto& held) { return held.get() == &subscription; });
}

void Connection::end_subscriptions() {
  while (!subscriptions_.empty()) remove_subscription(*subscriptions_.back());
  for (Completion<Done>* waiter : std::exchange(drain_waiters_, {})) waiter->complete({});
}

// The peer has ended the stream.
void Connection::gone() {
  if (!shard_.departures.put_off(self_)) return finish();
  broken_ = true;
  transport_.forget_waits();
}

void Connection::finish() {
  if (state_ == State::finished) return;
  end_subscriptions();
  state_ = State::finished;
  account();
  timer_.disarm();
  held_.reset();
  transport_.close();
  outbound_.discard();  // to the shard's pool, which a late handler of this connection may outlive
  shard_.connections[place_] = shard_.connections.back();
  shard_.connections[place_]->place_ = place_;
  shard_.connections.pop_back();
  count_end();
  shard_.connected_at[place_] = shard_.connected_at.back();
  shard_.connected_at.pop_back();
  shard_.metrics.connections_active.subtract();
  ++shard_.ended_connections;
  if (dirty_) shard_.flusher.forget(*this);
  if (watched_) shard_.watch.ended(*this);
  if (on_end_) std::exchange(on_end_, {})();
  // Whoever called this holds another reference; without one this would be the last line.
  const auto last = std::move(self_);
}

void Connection::count_end() {
  ShardMetrics& metrics = shard_.metrics;
  const std::uint16_t code = end_code_ == 0 ? kLostCode : end_code_;
  (ended_by_peer_ ? metrics.closed_by_client : metrics.closed_by_server).add(code);
  const auto lasted = std::chrono::duration_cast<std::chrono::milliseconds>(
      Clock::now() - shard_.connected_at[place_]);
  metrics.connection_seconds.add(static_cast<std::uint64_t>(lasted.count()));
  if (shard_.snapshot->config->log.access) {
    spdlog::info("access websocket code={} by={} ms={} ip={} request={}", code,
                 ended_by_peer_ ? "client" : "server", lasted.count(), source_ip_,
                 std::string_view(request_id_.data(), request_id_.size()));
  }
  if (connecting_) return;  // refused, or gone before that was known
  if (code == 1000 || code == 1001 || code == kNoCode || code == 1012) {
    metrics.disconnects.success.add();
  } else if (code == 1011) {
    metrics.disconnects.server_errors.add();
  } else {
    metrics.disconnects.client_errors.add();
  }
}

void Connection::on_timer() {
  const auto self = shared_from_this();
  const Clock::time_point now = Clock::now();
  if (now >= deadline_) return finish();
  if (held_ && frame_deadline_ != Clock::time_point::max()) {
    // Not the peer's fault: nothing is read as long as messages are held.
    frame_deadline_ = now + shard_.snapshot->limits().idle_http_timeout;
  }
  if (state_ == State::open && !held_ && now >= frame_deadline_) {
    close(CloseCode::policy_violation, "frame not completed in time");
  }
  if (state_ == State::open && now >= operation_deadline_) {
    // Whether it still takes effect is not known, so there is nothing true to answer.
    close(CloseCode::internal_error, "an operation was not completed in time");
  }
  if (state_ == State::open && now >= lifetime_end_) {
    close(CloseCode::going_away, "maximum connection lifetime");
  }
  if (state_ == State::open && now >= next_keep_alive_ && refusal_) {
    send_refusal();
  } else if (state_ == State::open && now >= next_keep_alive_) {
    send_text(protocol::keep_alive());
    next_keep_alive_ = now + shard_.snapshot->limits().keep_alive_interval;
  }
  schedule(now);
  if (pressure_until_ != Clock::time_point{}) resume_held();
}

void Connection::schedule(Clock::time_point now) {
  if (state_ == State::finished) return;
  Clock::time_point next = deadline_;
  if (state_ == State::open) {
    next = std::min({lifetime_end_, next_keep_alive_, frame_deadline_, operation_deadline_});
    const bool held_by_pressure = pressure_until_ != Clock::time_point{};
    if (held_by_pressure) next = std::min(next, now + kPressurePoll);
  }
  if (next == Clock::time_point::max()) return timer_.disarm();
  shard_.timers.arm(timer_, std::max(std::chrono::ceil<std::chrono::milliseconds>(next - now),
                                     std::chrono::milliseconds(0)));
}

}  // namespace eventsd::server
