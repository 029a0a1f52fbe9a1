#include "core/operation_queue.hpp"

#include <utility>

namespace eventsd::core {

OperationQueue::Slot::Slot(OperationQueue& queue, Kind kind, std::size_t bytes)
    : queue_(queue), previous_(queue.tail_), bytes_(bytes), kind_(kind) {
  (queue.tail_ ? queue.tail_->next_ : queue.head_) = this;
  queue.tail_ = this;
  ++queue.count_;
  queue.bytes_ += bytes;
}

OperationQueue::Slot::~Slot() {
  (previous_ ? previous_->next_ : queue_.head_) = next_;
  (next_ ? next_->previous_ : queue_.tail_) = previous_;
  --queue_.count_;
  if (started_) --queue_.started_;
  queue_.bytes_ -= bytes_;
  queue_.wake();
}

bool OperationQueue::Slot::may_start() const {
  if (kind_ == Kind::other) return is_head();
  // A started publish has only started publishes before it.
  return previous_ == nullptr || (previous_->kind_ == Kind::publish && previous_->started_);
}

void OperationQueue::Slot::effect_started() {
  if (!started_) ++queue_.started_;
  started_ = true;
  queue_.wake();
}

// Resuming one operation may end it and others; so it starts over after each, and a call from
// inside only asks for another round.
void OperationQueue::wake() {
  if (waking_) {
    wake_again_ = true;
    return;
  }
  waking_ = true;
  do {
    wake_again_ = false;
    for (Slot* slot = head_; slot; slot = slot->next_) {
      if (!slot->waiter_) continue;
      if (slot->waits_for_answer_ ? !slot->is_head() : !slot->may_start()) continue;
      std::exchange(slot->waiter_, {}).resume();
      wake_again_ = true;
      break;
    }
  } while (wake_again_);
  waking_ = false;
}

}  // namespace eventsd::core
