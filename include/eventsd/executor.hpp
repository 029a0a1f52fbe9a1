// Work for another thread, and the way back: coroutines resume on the thread that they began on.
#pragma once

#include <cassert>
#include <coroutine>
#include <functional>
#include <optional>
#include <utility>

namespace eventsd {

// Has one thread call a function soon, in order, never from within the post. Callable from any
// thread for as long as the thread's loop exists: whoever posts is stopped before it.
using Executor = std::function<void(std::function<void()>)>;

namespace detail {
inline thread_local const Executor* current_executor = nullptr;
}  // namespace detail

// While it lives, its thread is reached by `executor`. A shard's thread makes one at its start.
class ExecutorScope {
 public:
  explicit ExecutorScope(Executor executor)
      : executor_(std::move(executor)),
        outer_(std::exchange(detail::current_executor, &executor_)) {}
  ExecutorScope(const ExecutorScope&) = delete;
  ExecutorScope& operator=(const ExecutorScope&) = delete;
  ~ExecutorScope() { detail::current_executor = outer_; }

 private:
  const Executor executor_;
  const Executor* const outer_;
};

// What reaches the calling thread. REQUIRES: the thread has an ExecutorScope.
inline const Executor& current_executor() {
  assert(detail::current_executor);
  return *detail::current_executor;
}

// Begins something on another thread and suspends until it is done:
//   HandOff<Answer> lookup(auth, [&](auto done) { directory.find(key, std::move(done)); });
//   … and await `lookup` for the Answer.
// What `begin` captures by reference lives in the waiting coroutine, which stays where it is until
// `done` is called: `begin` touches nothing of it afterwards.
//   thread   `begin` runs on the other thread; `done` is called exactly once, there or on any
//            thread, also from within `begin`; the coroutine resumes on its own thread. Throws
//            nothing: neither may `begin`.
template <typename T>
class [[nodiscard]] HandOff {
 public:
  using Done = std::function<void(T)>;
  using Begin = std::function<void(Done)>;

  HandOff(Executor there, Begin begin) : there_(std::move(there)), begin_(std::move(begin)) {}
  HandOff(const HandOff&) = delete;
  HandOff& operator=(const HandOff&) = delete;

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiter) {
    here_ = current_executor();
    waiter_ = waiter;
    // Nothing resumes the waiter, and with it ends this object, before this thread is back in its
    // loop.
    there_([this] {
      // Called from the stack: the waiter may have resumed, and ended, before either call returns.
      const Begin begin = std::move(begin_);
      begin([this](T value) {
        value_.emplace(std::move(value));
        const Executor here = std::move(here_);
        here([this] { waiter_.resume(); });
      });
    });
  }
  T await_resume() { return std::move(*value_); }

 private:
  Executor there_;
  Executor here_;
  Begin begin_;
  std::coroutine_handle<> waiter_;
  std::optional<T> value_;
};

}  // namespace eventsd
