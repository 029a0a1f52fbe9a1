// Coroutines: Task<T> is lazy, owned by whoever awaits or spawns it, and completes synchronously
// when nothing in it has to wait, so a use case that needs no I/O costs one frame and no queue.
#pragma once

#include <cassert>
#include <coroutine>
#include <exception>
#include <functional>
#include <optional>
#include <utility>

#include "eventsd/frame_pool.hpp"

namespace eventsd {

template <typename T>
class [[nodiscard]] Task;

namespace detail {

struct TaskPromiseBase : PooledFrame {
  std::coroutine_handle<> continuation;
  std::exception_ptr exception;

  struct FinalAwaiter {
    bool await_ready() const noexcept { return false; }
    template <typename P>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<P> handle) const noexcept {
      const auto next = handle.promise().continuation;
      return next ? next : std::noop_coroutine();
    }
    void await_resume() const noexcept {}
  };
  std::suspend_always initial_suspend() const noexcept { return {}; }
  FinalAwaiter final_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept { exception = std::current_exception(); }
};

template <typename T>
struct TaskPromise : TaskPromiseBase {
  std::optional<T> value;
  Task<T> get_return_object();
  template <typename U>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
  T take() {
    if (exception) std::rethrow_exception(exception);
    return std::move(*value);
  }
};

template <>
struct TaskPromise<void> : TaskPromiseBase {
  Task<void> get_return_object();
  void return_void() const noexcept {}
  void take() const {
    if (exception) std::rethrow_exception(exception);
  }
};

}  // namespace detail

// A coroutine that yields one T. Await it once, or hand a Task<void> to TaskGroup::spawn.
//   thread   runs where it is awaited; awaiters resume it on the thread they document
template <typename T>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::TaskPromise<T>;

  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      if (handle_) handle_.destroy();
      handle_ = std::exchange(other.handle_, {});
    }
    return *this;
  }
  ~Task() {
    if (handle_) handle_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) noexcept {
    handle_.promise().continuation = caller;
    return handle_;
  }
  T await_resume() { return handle_.promise().take(); }

 private:
  friend promise_type;
  explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  std::coroutine_handle<promise_type> handle_;
};

namespace detail {
template <typename T>
Task<T> TaskPromise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<TaskPromise<T>>::from_promise(*this));
}
inline Task<void> TaskPromise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<TaskPromise<void>>::from_promise(*this));
}
}  // namespace detail

// The children of one owner: every spawned coroutine is counted until it ends, and the owner can
// learn when the last one has. Exceptions that leave a child go to the group's sink.
//   thread   one thread, the owner's
class TaskGroup {
 public:
  using ErrorSink = std::function<void(std::exception_ptr)>;
  explicit TaskGroup(ErrorSink on_error) : on_error_(std::move(on_error)) {}
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  // Starts the task at once on this thread; it runs until it first has to wait.
  //   errors   std::bad_alloc: it has not begun
  void spawn(Task<void> task) { run(std::move(task)); }
  std::size_t running() const { return running_; }

  // Called on this thread each time the last child ends.
  void on_idle(std::function<void()> callback) { on_idle_ = std::move(callback); }

 private:
  struct Detached {
    struct promise_type : detail::PooledFrame {
      Detached get_return_object() const noexcept { return {}; }
      std::suspend_never initial_suspend() const noexcept { return {}; }
      std::suspend_never final_suspend() const noexcept { return {}; }
      void return_void() const noexcept {}
      void unhandled_exception() const noexcept { std::terminate(); }
    };
  };
  Detached run(Task<void> task) {
    ++running_;  // not before there is a frame
    try {
      Task<void> child = std::move(task);  // its frame goes before it counts as ended
      co_await child;
    } catch (...) {
      on_error_(std::current_exception());
    }
    if (--running_ == 0 && on_idle_) on_idle_();
  }

  std::size_t running_ = 0;
  ErrorSink on_error_;
  std::function<void()> on_idle_;
};

// Suspends until complete(value) is called, once, on the same thread. The bridge from callbacks.
template <typename T>
class Completion {
 public:
  Completion() = default;
  Completion(const Completion&) = delete;
  Completion& operator=(const Completion&) = delete;

  void complete(T value) {
    assert(!value_);
    value_.emplace(std::move(value));
    if (waiter_) std::exchange(waiter_, {}).resume();
  }
  bool await_ready() const noexcept { return value_.has_value(); }
  void await_suspend(std::coroutine_handle<> waiter) noexcept { waiter_ = waiter; }
  T await_resume() { return std::move(*value_); }

 private:
  std::optional<T> value_;
  std::coroutine_handle<> waiter_;
};

}  // namespace eventsd
