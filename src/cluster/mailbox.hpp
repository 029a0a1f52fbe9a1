// What other threads tell a shard: a queue with one reader, drained a whole batch at a time.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <exception>
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
// To oneself: the turn is over, send what it has gathered.
struct EndOfTurn {};
// Anything rare.
using Call = std::function<void()>;

using Message = std::variant<Call, Sequence, Deliver, Accepted, Interest, InterestRecorded,
                             Committed, EndOfTurn>;

// Calls `handle` for each item. One that throws does not keep the rest from being handled; its
// exception leaves at the end (the first, when there are several).
template <typename Range, typename Handle>
void handle_each(Range& items, Handle handle) {
  std::exception_ptr failure;
  for (auto& item : items) {
    try {
      handle(item);
    } catch (...) {
      if (!failure) failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
}

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

  // The same for several, which are moved from; `bytes` of them all.
  void push_all(std::vector<Message>& messages, std::uint64_t bytes);

  // Counts what the reader has taken out and keeps for later, so that senders see it.
  void keep(std::uint64_t bytes) { bytes_.fetch_add(bytes, std::memory_order_relaxed); }
  void let_go(std::uint64_t bytes) { bytes_.fetch_sub(bytes, std::memory_order_relaxed); }

  // Handles everything that is there now. What the reader throws leaves it; the messages have then
  // been handled for good, and their bytes are off the count.
  void drain();

 private:
  void wake();

  boost::asio::io_context& io_;
  Reader reader_;
  // Guards queue_, queue_bytes_ and woken_ between senders and the reader. A mutex and one wake-up
  // a batch instead of an asio post a message: measured cheaper, and the queue is counted in bytes.
  std::mutex mutex_;
  std::vector<Message> queue_;
  std::uint64_t queue_bytes_ = 0;
  bool woken_ = false;          // a drain is on its way
  std::vector<Message> taken_;  // the reader's, kept for its capacity
  std::atomic<std::uint64_t> bytes_{0};
};

}  // namespace eventsd::cluster
