#include "server/shard_watch.hpp"

#include <algorithm>

#include "protocol/mask_frame.hpp"
#include "server/connection.hpp"
#include "server/shard_context.hpp"

namespace eventsd::server {

void ShardWatch::closed_as_slow(core::SlowClose close) {
  slow_.push_front(std::move(close));
  if (slow_.size() > kSlowKept) slow_.pop_back();
}

const core::ChannelRates& ShardWatch::rates(Clock::time_point now) {
  rates_until_ = now + kLease;
  if (!rates_) rates_.emplace(now);
  return *rates_;
}

core::FrameView ShardWatch::frames(ShardContext& shard, const core::FrameQuery& query,
                                   Clock::time_point now) {
  core::FrameView view;
  auto tap = std::ranges::find(taps_, query.request_id, &Tap::request_id);
  if (tap == taps_.end()) {
    const auto connection = std::ranges::find(shard.connections, query.request_id,
                                              [](const Connection* one) { return one->request_id(); });
    if (connection == shard.connections.end()) return view;
    if (taps_.size() == kTaps) {
      view.state = core::FrameView::State::busy;
      return view;
    }
    (*connection)->watch(true);
    taps_.push_back({query.request_id, *connection, now, {}, 0, 0});
    tap = taps_.end() - 1;
  }
  tap->until = now + kLease;
  view.state = tap->connection ? core::FrameView::State::open : core::FrameView::State::ended;
  for (const core::WatchedFrame& frame : tap->frames) {
    if (frame.number > query.after) view.frames.push_back(frame);
  }
  return view;
}

void ShardWatch::received(const Connection& connection, std::string_view text) {
  keep(connection, Direction::in, text);
}

void ShardWatch::sent(const Connection& connection, std::string_view text) {
  keep(connection, Direction::out, text);
}

void ShardWatch::keep(const Connection& connection, Direction direction, std::string_view text) {
  const auto tap = std::ranges::find(taps_, &connection, &Tap::connection);
  if (tap == taps_.end()) return;
  core::WatchedFrame frame;
  frame.number = ++tap->last;
  frame.at = std::chrono::system_clock::now();
  frame.direction = direction;
  frame.size = text.size();
  // What we send holds no credential, but is masked alike: it may repeat what a client sent.
  frame.text = protocol::mask_credentials(text);
  if (frame.text.size() > kFrameText) frame.text.resize(kFrameText);
  frame.text.shrink_to_fit();
  tap->bytes += frame.text.size();
  tap->frames.push_back(std::move(frame));
  while (tap->frames.size() > kFrames || tap->bytes > kFrameBytes) {
    tap->bytes -= tap->frames.front().text.size();
    tap->frames.pop_front();
  }
}

void ShardWatch::ended(const Connection& connection) {
  for (Tap& tap : taps_) {
    if (tap.connection == &connection) tap.connection = nullptr;
  }
}

void ShardWatch::turn(Clock::time_point now) {
  if (rates_) rates_->turn(now);
  if (rates_ && now >= rates_until_) rates_.reset();
  std::erase_if(taps_, [now](Tap& tap) {
    if (now < tap.until) return false;
    if (tap.connection) tap.connection->watch(false);
    return true;
  });
}

}  // namespace eventsd::server
