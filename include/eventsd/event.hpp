// Events, as they travel from a publisher to the store and to subscribers.
#pragma once

#include <array>
#include <cassert>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "eventsd/channel_namespace.hpp"
#include "eventsd/pooled_allocator.hpp"

namespace eventsd {

// A place in a namespace's order; the first event has 1. Positions grow, gaps are allowed.
using Position = std::uint64_t;

// The server's name of an event: a UUID. Held in place, for every event has one.
class EventId {
 public:
  static constexpr std::size_t kMaxSize = 36;

  EventId() = default;
  // REQUIRES: text.size() <= kMaxSize
  EventId(std::string_view text)
      : size_(static_cast<std::uint8_t>(text.copy(text_.data(), kMaxSize))) {
    assert(text.size() <= kMaxSize);
  }
  EventId(const std::string& text) : EventId(std::string_view(text)) {}
  EventId(const char* text) : EventId(std::string_view(text)) {}

  std::string_view text() const { return {text_.data(), size_}; }
  operator std::string_view() const { return text(); }
  friend bool operator==(const EventId& a, const EventId& b) { return a.text() == b.text(); }

 private:
  std::array<char, kMaxSize> text_;  // of which size_ are set
  std::uint8_t size_ = 0;
};

// A text that is made once and only read from then on.
using PooledText = std::basic_string<char, std::char_traits<char>, PooledAllocator<char>>;

struct Event {
  EventId id;
  // UTF-8 JSON text, as subscribers get it. Empty where no history keeps it: there it is only in
  // the suffix (protocol::payload_of).
  std::string payload;
  // Everything of a data frame after the subscription id, encoded once for all subscribers:
  // `","event":"<payload as a JSON string>"`, without the closing brace.
  PooledText data_suffix;
  std::uint32_t payload_size = 0;  // bytes
  std::uint32_t index = 0;         // in the client's request
};

using Events = std::vector<Event, PooledAllocator<Event>>;

// The accepted events of one publish: same channel, consecutive positions. Immutable once it has
// been given to Broker::publish, and shared by all shards.
struct EventBatch {
  std::shared_ptr<const ChannelNamespace> channel_namespace;
  std::string channel;  // normalised path, no wildcard
  Events events;
  std::chrono::system_clock::time_point accepted_at;  // stored with millisecond precision
  std::size_t bytes = 0;                              // what it counts for in queues
};

using EventBatchPtr = std::shared_ptr<const EventBatch>;

inline std::shared_ptr<EventBatch> make_event_batch() {
  return std::allocate_shared<EventBatch>(PooledAllocator<EventBatch>());
}

// A batch with its place in the namespace's order; event i has first_position + i.
struct SequencedBatch {
  EventBatchPtr batch;
  Position first_position = 0;
};

}  // namespace eventsd
