// The counters of one shard by channel namespace.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "eventsd/channel_namespace.hpp"
#include "eventsd/counter.hpp"

namespace eventsd {

// What a shard has done in one namespace.
struct NamespaceMetrics {
  NamespaceMetrics(std::string_view api, std::string_view namespace_name)
      : api_id(api), name(namespace_name) {}
  const std::string api_id;
  const std::string name;

  OutcomeCounters socket_publishes;
  OutcomeCounters http_publishes;
  OutcomeCounters subscribes;
  OutcomeCounters unsubscribes;
  Counter subscriptions_active;
  // Data messages: queued for a subscriber, given up with a slow one, lost for want of memory.
  OutcomeCounters broadcasts;
  Counter events_successful;  // of publishes, accepted for broadcast
  Counter events_failed;      // listed in `failed` of the answer
  Counter events_dropped;     // left out by onPublish
  Histogram<kSizeBounds, 1> event_bytes;
  // Handlers; their time is counted where they run.
  Counter publish_handler_invocations;
  Counter subscribe_handler_invocations;
  Counter handler_errors;
};

// A place for every namespace that has been met, by ChannelNamespace::key, which is never used
// again. So a pointer into it is good for as long as the table lives.
class NamespaceTable {
 public:
  // Those beyond it share one place: the number of series stays bounded, whatever is deployed.
  static constexpr std::size_t kMost = 1000;

  // The place of a namespace.
  //   thread   the shard's
  NamespaceMetrics& of(const ChannelNamespace& which) {
    if (which.key >= kMost) return at(kMost, "", "other");
    return at(which.key, which.api_id, which.name);
  }
  // Of operations that name none, or one that does not exist: a stranger's text is no label.
  //   thread   the shard's
  NamespaceMetrics& unknown() { return at(kMost + 1, "", ""); }

  // Null: not met yet. `place` is below kPlaces and the same for all shards.
  //   thread   any
  static constexpr std::size_t kPlaces = kMost + 2;
  const NamespaceMetrics* find(std::size_t place) const {
    return places_[place].load(std::memory_order_acquire);
  }

 private:
  NamespaceMetrics& at(std::size_t place, std::string_view api_id, std::string_view name) {
    NamespaceMetrics* found = places_[place].load(std::memory_order_relaxed);
    if (!found) {
      owned_.push_back(std::make_unique<NamespaceMetrics>(api_id, name));
      found = owned_.back().get();
      places_[place].store(found, std::memory_order_release);
    }
    return *found;
  }

  std::array<std::atomic<NamespaceMetrics*>, kPlaces> places_{};
  std::vector<std::unique_ptr<NamespaceMetrics>> owned_;  // shard thread only
};

}  // namespace eventsd
