// Operations of one connection: they may overlap, but take effect and are answered in the order in
// which they arrived.
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>

namespace eventsd::core {

// Publishes may follow each other before the first is answered (so that durable publishes share a
// commit); everything else waits until all before it have been answered.
//   thread   the shard's
class OperationQueue {
 public:
  // Operations whose effect has not started, and all of them. What has been given to the broker
  // only waits for its answer: so many share a turn of two event loops, or a commit.
  static constexpr std::size_t kMaxOperations = 64;
  static constexpr std::size_t kMaxUnanswered = 256;
  static constexpr std::size_t kMaxBytes = 8u << 20;

  enum class Kind : std::uint8_t { publish, other };

  // One operation, embedded in its coroutine. Created in arrival order, leaves when destroyed.
  class Slot {
   public:
    Slot(OperationQueue& queue, Kind kind, std::size_t bytes);
    ~Slot();
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;

    struct Turn {
      Slot* slot;
      std::coroutine_handle<>* waiter;
      bool for_answer;
      bool await_ready() const {
        return !slot || (for_answer ? slot->is_head() : slot->may_start());
      }
      void await_suspend(std::coroutine_handle<> handle) const {
        slot->waits_for_answer_ = for_answer;
        *waiter = handle;
      }
      void await_resume() const {}
    };
    // The same for operations of no connection, which have no slot and never wait.
    static Turn effect_turn_of(Slot* slot) {
      return slot ? slot->effect_turn() : Turn{nullptr, nullptr, false};
    }
    static Turn answer_turn_of(Slot* slot) {
      return slot ? slot->answer_turn() : Turn{nullptr, nullptr, true};
    }
    // Waits until the operation may take effect.
    Turn effect_turn() { return {this, &waiter_, false}; }
    // The effect has its place: the next publish may start. Resumes it before returning.
    void effect_started();
    // Waits until everything that arrived earlier has been answered.
    Turn answer_turn() { return {this, &waiter_, true}; }

   private:
    friend class OperationQueue;
    bool is_head() const { return queue_.head_ == this; }
    bool may_start() const;

    OperationQueue& queue_;
    Slot* previous_ = nullptr;
    Slot* next_ = nullptr;
    std::coroutine_handle<> waiter_;
    std::size_t bytes_;
    Kind kind_;
    bool started_ = false;
    bool waits_for_answer_ = false;
  };

  bool empty() const { return head_ == nullptr; }
  bool full() const {
    return count_ - started_ >= kMaxOperations || count_ >= kMaxUnanswered || bytes_ >= kMaxBytes;
  }

 private:
  void wake();

  Slot* head_ = nullptr;
  Slot* tail_ = nullptr;
  std::uint32_t count_ = 0;
  std::uint32_t started_ = 0;  // of these
  bool waking_ = false;
  bool wake_again_ = false;
  std::size_t bytes_ = 0;
};

}  // namespace eventsd::core
