// The memory of one engine: what it may take, and what happens when that is used up.
#pragma once

#include <quickjs/quickjs.h>

#include <cstddef>
#include <functional>
#include <utility>

namespace eventsd::handler {

// The engine's own way out of an allocation that fails is not safe everywhere: tried at 200 limits,
// one allocation bomb ended six times without a word and four times in a segmentation fault. So it
// is not told. Past the limit a reserve is served and `is_exceeded` says so, which the engine's
// next question about interrupts turns into the end of the call. Code that takes the reserve too
// before that question is asked has the process ended by `on_exhausted`; only without one does the
// allocation fail.
//   thread   the engine's
class EngineHeap {
 public:
  // on_exhausted: may not return to the engine, nor allocate from it. May be empty.
  EngineHeap(std::size_t limit, std::function<void()> on_exhausted)
      : limit_(limit), on_exhausted_(std::move(on_exhausted)) {}
  EngineHeap(const EngineHeap&) = delete;
  EngineHeap& operator=(const EngineHeap&) = delete;

  // For JS_NewRuntime2(functions(), this).
  static const JSMallocFunctions* functions();

  bool is_exceeded() const { return exceeded_; }
  // Where what took the memory is gone.
  void look_again() { exceeded_ = used_ > limit_; }

 private:
  static void* allocate(JSMallocState* state, std::size_t size);
  static void* reallocate(JSMallocState* state, void* block, std::size_t size);
  static void release(JSMallocState* state, void* block);

  // False: `more` bytes are not to be had.
  bool may_grow(std::size_t more);
  void* exhausted();
  // The engine decides by the state's numbers when to collect garbage.
  void count(JSMallocState* state, std::size_t before, std::size_t after);

  const std::size_t limit_;  // bytes
  const std::function<void()> on_exhausted_;
  std::size_t used_ = 0;  // bytes
  bool exceeded_ = false;
};

}  // namespace eventsd::handler
