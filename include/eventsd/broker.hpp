// The one door for accepted events: sequence, persist if the namespace keeps history, fan out.
#pragma once

#include <functional>

#include "eventsd/event.hpp"
#include "eventsd/result.hpp"
#include "eventsd/task.hpp"

namespace eventsd {

// How full the queues towards a namespace are. Pressure flows to publishers.
enum class Pressure : std::uint8_t {
  none,
  high,  // above half of a cap: read no further publishes for a while
  full,  // at a cap: refuse
};

// Each shard has one; it reaches the home shard of every namespace.
// Guarantees: one order a namespace, the same on every shard; with history an event is durable
// before publish() completes and before any subscriber sees it; append and publish are one act.
class Broker {
 public:
  virtual ~Broker() = default;

  // Accepts a batch. It has its place behind all batches given to this broker earlier for the same
  // namespace as soon as the call returns the task and the task has been started.
  //   errors   overloaded, store_full, store_unavailable
  //   thread   the shard's
  virtual Task<Result<Position>> publish(EventBatchPtr batch) = 0;

  // Records that this shard has a subscription in the namespace. Every batch sequenced after the
  // task completes reaches the shard's sink. Counted: each join needs one leave.
  //   thread   the shard's
  virtual Task<void> join(ChannelNamespacePtr channel_namespace) = 0;
  virtual void leave(const ChannelNamespace& channel_namespace) = 0;

  //   thread   the shard's
  virtual Pressure pressure(const ChannelNamespace& channel_namespace) const = 0;
};

}  // namespace eventsd
