// What a shard keeps for an operator who looks: nothing but the last slow readers, until somebody
// does.
#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/channel_rates.hpp"
#include "core/live_view.hpp"

namespace eventsd::server {

class Connection;
struct ShardContext;

// Rates and frames are kept as long as they are asked for at least every kLease; then they go.
//   thread   the shard's
class ShardWatch {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kLease{15};
  static constexpr std::size_t kSlowKept = 50;
  // Connections whose frames are kept at a time; of each the newest frames, up to kFrames and
  // kFrameBytes, each cut after kFrameText.
  static constexpr std::size_t kTaps = 4;
  static constexpr std::size_t kFrames = 500;
  static constexpr std::size_t kFrameBytes = 1u << 20;
  static constexpr std::size_t kFrameText = 16 * 1024;

  // Of a publish that was accepted. Costs a comparison while nobody looks.
  void accepted(const EventBatch& batch) {
    if (rates_) rates_->add(batch);
  }
  void closed_as_slow(core::SlowClose close);
  const std::deque<core::SlowClose>& slow() const { return slow_; }

  // Counts from now on, for kLease. What has been counted so far.
  const core::ChannelRates& rates(Clock::time_point now);
  bool counts() const { return rates_.has_value(); }

  // The frames of a connection behind a number. Begins to keep them, if that is new.
  core::FrameView frames(ShardContext& shard, const core::FrameQuery& query,
                         Clock::time_point now);
  // Called for connections that are watched (Connection::watch).
  void received(const Connection& connection, std::string_view text);
  void sent(const Connection& connection, std::string_view text);
  void ended(const Connection& connection);

  // Lets go of what nobody has asked for of late. Called several times a second.
  void turn(Clock::time_point now);

 private:
  using Direction = core::WatchedFrame::Direction;
  struct Tap {
    std::string request_id;
    Connection* connection = nullptr;  // null: it has ended
    Clock::time_point until;
    std::deque<core::WatchedFrame> frames;
    std::size_t bytes = 0;
    std::uint64_t last = 0;
  };
  void keep(const Connection& connection, Direction direction, std::string_view text);

  std::optional<core::ChannelRates> rates_;
  Clock::time_point rates_until_{};
  std::vector<Tap> taps_;
  std::deque<core::SlowClose> slow_;  // newest first
};

// What a shard has to show.
core::LiveView look(ShardContext& shard, const core::LiveQuery& query, std::uint32_t index,
                    ShardWatch::Clock::time_point now);

}  // namespace eventsd::server
