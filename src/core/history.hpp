// Reading the past from a shard.
#pragma once

#include "eventsd/event_store.hpp"
#include "eventsd/task.hpp"

namespace eventsd::core {

// thread   the shard's: `done` is completed there
class History {
 public:
  virtual ~History() = default;
  // `done` must stay alive until it is completed.
  virtual void read(ReadRequest request, Completion<Result<Page>>& done) = 0;
};

}  // namespace eventsd::core
