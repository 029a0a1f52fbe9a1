// Events, as they travel from a publisher to the store and to subscribers.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "eventsd/channel_namespace.hpp"

namespace eventsd {

// A place in a namespace's order; the first event has 1. Positions grow, gaps are allowed.
using Position = std::uint64_t;

struct Event {
  std::string id;       // server-made UUID, 36 characters
  std::string payload;  // UTF-8 JSON text, as subscribers get it
  // Everything of a data frame after the subscription id, encoded once for all subscribers:
  // `","event":"<payload as a JSON string>"`, without the closing brace.
  std::string data_suffix;
};

// The accepted events of one publish: same channel, consecutive positions. Immutable once it has
// been given to Broker::publish, and shared by all shards.
struct EventBatch {
  std::shared_ptr<const ChannelNamespace> channel_namespace;
  std::string channel;  // normalised path, no wildcard
  std::vector<Event> events;
  std::chrono::system_clock::time_point accepted_at;  // stored with millisecond precision
  std::size_t bytes = 0;                              // what it counts for in queues
};

using EventBatchPtr = std::shared_ptr<const EventBatch>;

// A batch with its place in the namespace's order; event i has first_position + i.
struct SequencedBatch {
  EventBatchPtr batch;
  Position first_position = 0;
};

}  // namespace eventsd
