#include "cluster/mailbox.hpp"

#include <boost/asio/post.hpp>
#include <iterator>
#include <utility>

namespace eventsd::cluster {

void Mailbox::push(Message message, std::uint64_t bytes) {
  bool wakes = false;
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(message));
    queue_bytes_ += bytes;
    bytes_.fetch_add(bytes, std::memory_order_relaxed);
    wakes = !std::exchange(woken_, true);
  }
  if (wakes) wake();
}

void Mailbox::push_all(std::vector<Message>& messages, std::uint64_t bytes) {
  if (messages.empty()) return;
  bool wakes = false;
  {
    const std::lock_guard lock(mutex_);
    if (queue_.empty()) {
      queue_.swap(messages);
    } else {
      queue_.reserve(queue_.size() + messages.size());
      std::move(messages.begin(), messages.end(), std::back_inserter(queue_));
    }
    queue_bytes_ += bytes;
    bytes_.fetch_add(bytes, std::memory_order_relaxed);
    wakes = !std::exchange(woken_, true);
  }
  messages.clear();
  if (wakes) wake();
}

void Mailbox::wake() {
  try {
    boost::asio::post(io_, [this] { drain(); });
  } catch (const std::bad_alloc&) {
    // The messages are in the queue and will be handled: the next sender wakes the reader.
    const std::lock_guard lock(mutex_);
    woken_ = false;
  }
}

void Mailbox::drain() {
  std::vector<Message> batch;
  batch.swap(taken_);
  std::uint64_t bytes = 0;
  {
    const std::lock_guard lock(mutex_);
    batch.swap(queue_);
    bytes = std::exchange(queue_bytes_, 0);
    woken_ = false;
  }
  // Off the count when they have been handled, however that ends.
  struct AtEnd {
    Mailbox& mailbox;
    std::uint64_t bytes;
    ~AtEnd() { mailbox.let_go(bytes); }
  };
  {
    const AtEnd at_end{*this, bytes};
    if (!batch.empty()) reader_(batch);
  }
  batch.clear();
  // A burst's capacity is not kept for ever.
  if (batch.capacity() <= 4096) taken_ = std::move(batch);
}

}  // namespace eventsd::cluster
