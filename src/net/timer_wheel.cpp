#include "net/timer_wheel.hpp"

#include <algorithm>

namespace eventsd::net {

void TimerEntry::disarm() {
  if (!armed()) return;
  previous_->next_ = next_;
  next_->previous_ = previous_;
  next_ = previous_ = nullptr;
}

TimerWheel::TimerWheel(boost::asio::io_context& io) : timer_(io), origin_(Clock::now()) {
  for (Slot& slot : slots_) slot.head.next_ = slot.head.previous_ = &slot.head;
}

TimerWheel::~TimerWheel() {
  for (Slot& slot : slots_) {
    while (slot.head.next_ != &slot.head) slot.head.next_->disarm();
    slot.head.next_ = slot.head.previous_ = nullptr;
  }
}

std::uint64_t TimerWheel::tick_of(Clock::time_point time) const {
  return static_cast<std::uint64_t>((time - origin_) / kTick);
}

void TimerWheel::arm(TimerEntry& entry, std::chrono::milliseconds delay) {
  entry.disarm();
  // Rounded up, and one more because the present tick has already begun.
  entry.tick_ = std::max(tick_of(Clock::now() + delay), current_) + 1;
  link(entry);
  if (entry.tick_ < scheduled_) schedule();
}

void TimerWheel::link(TimerEntry& entry) {
  TimerEntry& head = slots_[entry.tick_ % kSlots].head;
  entry.previous_ = head.previous_;
  entry.next_ = &head;
  head.previous_->next_ = &entry;
  head.previous_ = &entry;
}

void TimerWheel::advance(Clock::time_point now) {
  const std::uint64_t target = tick_of(now);
  // After a long pause every slot is visited once, not once a missed tick.
  const std::uint64_t first = target - current_ > kSlots ? target - kSlots + 1 : current_ + 1;
  current_ = std::max(current_, target);
  for (std::uint64_t tick = first; tick <= target; ++tick) {
    // The due entries move to a list of their own, so that callbacks may arm and disarm freely.
    TimerEntry due{nullptr, nullptr};
    due.next_ = due.previous_ = &due;
    TimerEntry& head = slots_[tick % kSlots].head;
    for (TimerEntry* entry = head.next_; entry != &head;) {
      TimerEntry* const next = entry->next_;
      if (entry->tick_ <= target) {
        entry->disarm();
        entry->previous_ = due.previous_;
        entry->next_ = &due;
        due.previous_->next_ = entry;
        due.previous_ = entry;
      }
      entry = next;
    }
    while (due.next_ != &due) {
      TimerEntry& entry = *due.next_;
      entry.disarm();
      entry.fire_(entry.owner_);
    }
    due.next_ = due.previous_ = nullptr;
  }
}

void TimerWheel::schedule() {
  std::uint64_t next = ~0ull;
  for (std::uint64_t tick = current_ + 1; tick <= current_ + kSlots; ++tick) {
    const TimerEntry& head = slots_[tick % kSlots].head;
    if (head.next_ != &head) {
      next = tick;
      break;
    }
  }
  scheduled_ = next;
  if (next == ~0ull) {
    timer_.cancel();
    return;
  }
  timer_.expires_at(origin_ + kTick * static_cast<std::int64_t>(next));
  timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    scheduled_ = ~0ull;
    advance(Clock::now());
    schedule();
  });
}

}  // namespace eventsd::net
