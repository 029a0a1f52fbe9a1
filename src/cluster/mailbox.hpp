// What other threads tell a shard: a queue with one reader, drained a whole batch at a time.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <mutex>
#include <variant>
#include <vector>

#include "eventsd/broker.hpp"
#include "eventsd/event_store.hpp"

namespace eventsd::cluster {

// To the home shard: give this batch its place. The waiter lives on shard `origin`.
struct Sequence {
  EventBatchPtr batch;
  Completion<Result<Position>>* waiter = nullptr;
  std::uint32_t origin = 0;
};
// To a shard with subscriptions in the namespace.
struct Deliver {
  SequencedBatch batch;
};
// To the origin of a batch.
struct Accepted {
  Completion<Result<Position>>* waiter = nullptr;
  Result<Position> position;
};
// To the home shard: shard `origin` has begun (waiter set) or ceased to have subscriptions.
struct Interest {
  std::uint32_t namespace_key = 0;
  std::uint32_t origin = 0;
  bool begins = true;
};
// To the shard that asked: the home shard has recorded its interest.
struct InterestRecorded {
  std::uint32_t namespace_key = 0;
};
// To the home shard: what the storage thread has committed, in order.
struct Committed {
  std::vector<AppendOutcome> outcomes;
};
// Anything rare.
using Call = std::function<void()>;

using Message =
    std::variant<Call, Sequence, Deliver, Accepted, Interest, InterestRecorded, Committed>;

// thread   push, bytes: any; drain and its handler: the reader's
class Mailbox {
 public:
  using Reader = std::function<void(std::vector<Message>&)>;
  explicit Mailbox(boost::asio::io_context& io) : io_(io) {}

  // Set before the first push is drained.
  void set_reader(Reader reader) { reader_ = std::move(reader); }

  // `bytes`: what the message keeps alive. Never refused; senders look at bytes() first.
  void push(Message message, std::uint64_t bytes = 0);
  std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

  // Handles everything that is there now.
  void drain();

 private:
  boost::asio::io_context& io_;
  Reader reader_;
  // Guards queue_ and queue_bytes_ between senders and the reader. A mutex and one wake-up a batch
  // instead of an asio post a message: measured cheaper, and the queue is counted in bytes.
  std::mutex mutex_;
  std::vector<Message> queue_;
  std::uint64_t queue_bytes_ = 0;
  std::vector<Message> taken_;  // the reader's, kept for its capacity
  std::atomic<std::uint64_t> bytes_{0};
};

}  // namespace eventsd::cluster
