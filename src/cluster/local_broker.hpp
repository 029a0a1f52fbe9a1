// The Broker of a single machine: each namespace has a home shard that gives its batches their
// places and knows which shards have subscriptions in it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <span>

#include "cluster/mailbox.hpp"
#include "eventsd/broker.hpp"
#include "eventsd/event_store.hpp"

namespace eventsd::cluster {

// Caps in bytes; set at start and at each reload.
struct QueueCaps {
  std::atomic<std::uint64_t> mailbox{64u << 20};
};

// What a broker's shard does with batches that have their place.
using DeliverHere = std::function<void(const SequencedBatch&)>;

// One a shard. `mailboxes` holds every shard's, indexed by shard; `store` may be null.
//   thread   the shard's
class ShardBroker : public Broker {
 public:
  // Takes messages of the mailbox that concern the broker (all but Call).
  virtual void handle(Message& message) = 0;

  // Between the two what leaves this shard is gathered; without them an EndOfTurn message to its
  // own mailbox sees to it.
  virtual void begin_turn() noexcept = 0;
  virtual void end_turn() = 0;
};

std::unique_ptr<ShardBroker> make_local_broker(std::uint32_t shard,
                                               std::span<Mailbox* const> mailboxes,
                                               EventStore* store, const QueueCaps& caps,
                                               DeliverHere deliver);

// The home shard of a namespace.
std::uint32_t home_shard(std::uint32_t namespace_key, std::size_t shards);

// Brings the storage thread's outcomes home, one message a shard and commit. For
// EventStore::set_commit_sink; called on the storage thread.
EventStore::CommitSink make_commit_sink(std::span<Mailbox* const> mailboxes);

}  // namespace eventsd::cluster
