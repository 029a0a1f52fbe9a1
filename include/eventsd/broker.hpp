// The one door for accepted events: sequence, persist if the namespace keeps history, fan out.
#pragma once

#include "eventsd/event.hpp"
#include "eventsd/pressure.hpp"
#include "eventsd/result.hpp"
#include "eventsd/task.hpp"

namespace eventsd {

// The value of a completion that has none.
struct Done {};

// Each shard has one; it reaches the home shard of every namespace.
// Guarantees: one order a namespace, the same on every shard; with history an event is durable
// before publish() completes and before any subscriber sees it; append and publish are one act.
class Broker {
 public:
  virtual ~Broker() = default;

  // Accepts a batch: when the call returns, its place is behind all batches given to this broker
  // earlier for the same namespace. `done` may be completed before the call returns, and must stay
  // alive until it is.
  //   errors   overloaded, store_full, store_unavailable
  //   thread   the shard's
  virtual void publish(EventBatchPtr batch, Completion<Result<Position>>& done) = 0;

  // Records that this shard has a subscription in the namespace. Every batch sequenced after `done`
  // reaches the shard's hub. Counted: each join needs one leave.
  //   thread   the shard's
  virtual void join(const ChannelNamespace& channel_namespace, Completion<Done>& done) = 0;
  virtual void leave(const ChannelNamespace& channel_namespace) = 0;

  // How full the queues towards the namespace are.
  //   thread   the shard's
  virtual Pressure pressure(const ChannelNamespace& channel_namespace) const = 0;
};

}  // namespace eventsd
