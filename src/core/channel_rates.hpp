// How busy each channel is, counted only while somebody looks.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/live_view.hpp"
#include "eventsd/event.hpp"

namespace eventsd::core {

// Two windows of ten seconds: the one that is being filled, and the part of the one before that is
// not older than ten seconds.
//   thread   the shard's
class ChannelRates {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kWindow{10};
  // Channels counted in a window; events of further ones are only counted together.
  static constexpr std::size_t kMaxChannels = 2000;

  explicit ChannelRates(Clock::time_point now) : begun_(now), window_begun_(now) {}

  void add(const EventBatch& batch);
  // Begins a new window when the old one is full. Call at least once a second.
  void turn(Clock::time_point now);

  // In no order; subscribers are 0.
  std::vector<LiveChannel> rates(Clock::time_point now) const;
  std::uint64_t uncounted_events() const { return uncounted_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };
  struct Count {
    ChannelNamespacePtr channel_namespace;
    double events = 0;
    double bytes = 0;
  };
  // Keyed by the API's number (4 bytes) and the channel.
  using Window = std::unordered_map<std::string, Count, Hash, std::equal_to<>>;

  const Clock::time_point begun_;
  Clock::time_point window_begun_;
  Window current_;
  Window before_;
  std::string scratch_;
  std::uint64_t uncounted_ = 0;
};

}  // namespace eventsd::core
