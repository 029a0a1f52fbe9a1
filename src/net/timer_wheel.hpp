// One timer for all deadlines of a thread: intrusive entries, no allocation, no heap.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>

namespace eventsd::net {

class TimerWheel;

// A deadline that a wheel watches. Embedded in what it guards; its destructor disarms it.
class TimerEntry {
 public:
  using Fire = void (*)(void* owner);
  TimerEntry(Fire fire, void* owner) : fire_(fire), owner_(owner) {}
  TimerEntry(const TimerEntry&) = delete;
  TimerEntry& operator=(const TimerEntry&) = delete;
  ~TimerEntry() { disarm(); }

  bool armed() const { return next_ != nullptr; }
  void disarm();

 private:
  friend class TimerWheel;
  TimerEntry* next_ = nullptr;
  TimerEntry* previous_ = nullptr;
  std::uint64_t tick_ = 0;
  Fire fire_;
  void* owner_;
};

// Hashed wheel. Deadlines fire late by at most one tick plus the loop's own delay, never early.
//   units    tick 20 ms, one turn 1,024 ticks; longer deadlines stay for further turns
//   thread   the io_context's
class TimerWheel {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kTick{20};

  explicit TimerWheel(boost::asio::io_context& io);
  ~TimerWheel();

  // Arms, or moves, an entry. Its callback runs once, disarmed, and may arm it again.
  void arm(TimerEntry& entry, std::chrono::milliseconds delay);

  // Fires everything due at `now`; the wheel calls it by itself, tests call it with virtual time.
  void advance(Clock::time_point now);

 private:
  static constexpr std::size_t kSlots = 1024;
  struct Slot {
    TimerEntry head{nullptr, nullptr};
  };
  std::uint64_t tick_of(Clock::time_point time) const;
  void link(TimerEntry& entry);
  void schedule();

  boost::asio::steady_timer timer_;
  Clock::time_point origin_;
  std::uint64_t current_ = 0;        // the last tick that has been fired
  std::uint64_t scheduled_ = ~0ull;  // the tick the timer waits for; ~0: none
  std::array<Slot, kSlots> slots_;
};

}  // namespace eventsd::net
