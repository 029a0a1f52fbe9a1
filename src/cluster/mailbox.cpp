#include "cluster/mailbox.hpp"

#include <boost/asio/post.hpp>

namespace eventsd::cluster {

void Mailbox::push(Message message, std::uint64_t bytes) {
  bytes_.fetch_add(bytes, std::memory_order_relaxed);
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    wake = queue_.empty();
    queue_.push_back(std::move(message));
    queue_bytes_ += bytes;
  }
  if (wake) boost::asio::post(io_, [this] { drain(); });
}

void Mailbox::drain() {
  std::vector<Message> batch;
  batch.swap(taken_);
  std::uint64_t bytes = 0;
  {
    const std::lock_guard lock(mutex_);
    batch.swap(queue_);
    bytes = std::exchange(queue_bytes_, 0);
  }
  if (!batch.empty()) reader_(batch);
  bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  batch.clear();
  // A burst's capacity is not kept for ever.
  if (batch.capacity() <= 4096) taken_ = std::move(batch);
}

}  // namespace eventsd::cluster
