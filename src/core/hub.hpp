// Subscriptions of one shard, by channel; who gets an event is decided here.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/live_view.hpp"
#include "eventsd/channel.hpp"
#include "eventsd/event.hpp"
#include "eventsd/namespace_metrics.hpp"

namespace eventsd::core {

class Replay;
struct Subscription;

// Batches of one channel, in order.
using Batches = std::span<const SequencedBatch>;

// Where a subscription's events go: the connection.
class Subscriber {
 public:
  virtual ~Subscriber() = default;
  // Must not join or leave subscriptions. At the end of a loop turn, or when much has been
  // gathered, what is given may be written at once.
  enum class Moment : std::uint8_t { turn_end, within_turn };
  virtual void deliver(Subscription& subscription, Batches batches, Moment moment) = 0;
  // Something could not be delivered (no memory): it must end, for a gap would go unnoticed. The
  // same rules as for deliver().
  virtual void lost() noexcept = 0;
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
  std::uint32_t seen = 0;   // of the topic's batches of this turn, how many it has been given
  NamespaceMetrics* metrics = nullptr;  // of its namespace; the connection counts
};

struct Topic {
  std::string key;
  ChannelNamespacePtr channel_namespace;
  class Hub* hub = nullptr;
  std::vector<Subscription*> subscriptions;
  std::vector<SequencedBatch> turn;  // this loop turn's batches
  std::size_t turn_bytes = 0;
  bool is_gathering = false;  // it is among the hub's gathering topics
};

// Batches are gathered for the length of a loop turn, so that a connection is looked at, and
// written to, once a turn and not once an event.
//   thread   the shard's
class Hub {
 public:
  // A topic that has gathered this much is handed out within the turn.
  static constexpr std::size_t kMaxTurnBytes = 256 * 1024;

  Hub();

  // Called when the first batch of a turn has come: end_turn() is due.
  void on_turn(std::function<void()> schedule) { schedule_ = std::move(schedule); }

  // REQUIRES: not joined.
  void join(Subscription& subscription, const ChannelNamespacePtr& channel_namespace,
            const Channel& channel);
  // The namespace that it was joined under, for the broker's interest. REQUIRES: joined.
  ChannelNamespacePtr leave(Subscription& subscription);

  // Takes a batch for every subscription of its channel and of the channel's ancestors' "/*". Who
  // cannot be given it is lost; the others are not affected.
  void deliver(const SequencedBatch& batch);
  // Gives everybody what has been gathered.
  void end_turn();
  // Gives one subscription what it has not been given yet; before it leaves.
  void settle(Subscription& subscription);

  // How often a topic has been handed out, from 1 on. While it stays the same, deliveries at the
  // end of a turn that are equally many are of the same batches.
  std::uint64_t hand_outs() const { return hand_outs_; }

  std::size_t topics() const { return topics_.size(); }
  // Appends a row for each of the `rows` topics with the most subscriptions, among the first `walk`
  // that are met.
  //   returns  how many topics were not looked at
  std::size_t largest_topics(std::size_t rows, std::size_t walk,
                             std::vector<LiveChannel>& out) const;
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
  void gather(Topic& topic, const SequencedBatch& batch);
  void hand_out(Topic& topic);

  // Keyed by the API's number (4 bytes) and the channel, so that APIs never meet.
  std::unordered_map<std::string, std::unique_ptr<Topic>, Hash, std::equal_to<>> topics_;
  std::size_t wildcard_topics_ = 0;
  std::uint64_t hand_outs_ = 0;
  std::string scratch_;
  std::vector<Topic*> gathering_;  // topics that have batches of this turn
  std::function<void()> schedule_;
};

}  // namespace eventsd::core
