// What is going on right now, for the operator's eyes: rows that shards make and the control thread
// joins. Bounded: a view of a process with a hundred thousand connections is no larger than one of
// a hundred.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "eventsd/auth_mode.hpp"

namespace eventsd::core {

// Rows of each kind in an answer.
inline constexpr std::size_t kLiveRows = 100;
// Connections and topics that a shard looks at for one answer, so that looking never holds it up.
inline constexpr std::size_t kLiveWalk = 20'000;
// Channels named for a connection.
inline constexpr std::size_t kLiveChannels = 3;

struct LiveConnection {
  std::string request_id;
  std::string source_ip;
  std::string api_id;
  std::optional<AuthMode> mode;  // that it connected with; none as long as it has not
  bool tls = false;
  std::chrono::seconds age{0};
  std::uint32_t shard = 0;
  std::uint64_t queued_bytes = 0;
  std::size_t subscriptions = 0;
  std::vector<std::string> channels;  // of the first few subscriptions
};

struct LiveChannel {
  std::string api_id;
  std::string channel;
  std::size_t subscribers = 0;
  double events_per_second = 0;  // published to it, over the last ten seconds
  double bytes_per_second = 0;
};

// A connection that was closed because it did not read.
struct SlowClose {
  std::chrono::system_clock::time_point at;
  std::string request_id;
  std::string source_ip;
  std::string api_id;
  std::uint64_t queued_bytes = 0;
  std::size_t subscriptions = 0;
};

struct LiveQuery {
  // Only connections whose address, request id or one of whose channels holds this; empty: all.
  std::string filter;
  enum class Order : std::uint8_t { fullest, newest, oldest, most_subscriptions };
  Order order = Order::fullest;
};

struct LiveView {
  std::vector<LiveConnection> connections;
  std::vector<LiveChannel> channels;  // the busiest, then those with most subscribers
  std::vector<SlowClose> slow;        // newest first
  std::size_t matching = 0;           // connections that the filter lets through
  std::size_t topics = 0;             // channels and wildcards with a subscriber, shards added up
  std::size_t not_looked_at = 0;      // connections and topics over kLiveWalk
  std::uint64_t uncounted_events = 0;  // of channels for which no counter was left
  std::size_t most_subscriptions = 0;  // of one connection
  std::uint64_t fullest_queue = 0;     // bytes
  std::uint64_t fullest_mailbox = 0;   // bytes, of one shard
};

// Sorts as the query asks and keeps the first kLiveRows of each kind.
void trim(LiveView& view, LiveQuery::Order order);

// Adds what another shard has seen; channels of the same name become one row. trim() afterwards.
void join(LiveView& view, LiveView other);

// One frame of a connection that somebody watches.
struct WatchedFrame {
  std::uint64_t number = 0;  // grows by one; a gap is what was dropped
  std::chrono::system_clock::time_point at;
  enum class Direction : std::uint8_t { in, out } direction = Direction::in;
  std::size_t size = 0;  // of the payload, in bytes
  std::string text;      // credentials masked; cut when it is long
};

struct FrameQuery {
  std::string request_id;  // of the connection
  std::uint64_t after = 0;
};

struct FrameView {
  enum class State : std::uint8_t { unknown, open, ended, busy };
  State state = State::unknown;  // busy: too many are watched at once
  std::vector<WatchedFrame> frames;
};

}  // namespace eventsd::core
