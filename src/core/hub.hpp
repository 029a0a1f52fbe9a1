// Subscriptions of one shard, by channel; who gets an event is decided here.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "eventsd/channel.hpp"
#include "eventsd/event.hpp"

namespace eventsd::core {

class Replay;
struct Subscription;

// Where a subscription's events go: the connection.
class Subscriber {
 public:
  virtual ~Subscriber() = default;
  // Called during fan-out; must not join or leave subscriptions.
  virtual void deliver(Subscription& subscription, const SequencedBatch& batch) = 0;
};

struct Topic;

// One subscription of one connection. Owned by the connection; leaves the hub when destroyed.
struct Subscription {
  explicit Subscription(Subscriber& owner) : subscriber(&owner) {}
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;
  ~Subscription();

  Subscriber* subscriber;
  std::string id;
  std::shared_ptr<Replay> replay;  // only for subscriptions that asked for it
  // Set while joined.
  Topic* topic = nullptr;
  std::uint32_t place = 0;  // index in the topic
};

struct Topic {
  std::string key;
  ChannelNamespacePtr channel_namespace;
  class Hub* hub = nullptr;
  std::vector<Subscription*> subscriptions;
};

// thread   the shard's
class Hub {
 public:
  // REQUIRES: not joined.
  void join(Subscription& subscription, const ChannelNamespacePtr& channel_namespace,
            const Channel& channel);
  // The namespace that it was joined under, for the broker's interest. REQUIRES: joined.
  ChannelNamespacePtr leave(Subscription& subscription);

  // Hands the batch to every subscription of its channel and of the channel's ancestors' "/*".
  void deliver(const SequencedBatch& batch);

  std::size_t topics() const { return topics_.size(); }
  // The channel of a joined subscription.
  static std::string_view channel_of(const Subscription& subscription);

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };
  void deliver_to(std::string_view key, const SequencedBatch& batch);

  // Keyed by the API's number (4 bytes) and the channel, so that APIs never meet.
  std::unordered_map<std::string, std::unique_ptr<Topic>, Hash, std::equal_to<>> topics_;
  std::size_t wildcard_topics_ = 0;
  std::string scratch_;
};

}  // namespace eventsd::core
