// For what comes and goes with every publish.
#pragma once

#include <cstddef>

#include "eventsd/frame_pool.hpp"

namespace eventsd {

// Takes memory from the thread's pool of coroutine frames: the batches of a turn are many at once,
// and more than malloc keeps at hand, where taking and giving back cost some 350 instructions.
//   thread   any; memory may be given back on another thread than it was taken on
template <typename T>
struct PooledAllocator {
  using value_type = T;

  PooledAllocator() = default;
  template <typename U>
  PooledAllocator(const PooledAllocator<U>&) {}

  T* allocate(std::size_t count) {
    static_assert(alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);
    return static_cast<T*>(detail::FramePool::take(count * sizeof(T)));
  }
  void deallocate(T* memory, std::size_t count) noexcept {
    detail::FramePool::give_back(memory, count * sizeof(T));
  }

  template <typename U>
  bool operator==(const PooledAllocator<U>&) const {
    return true;
  }
};

}  // namespace eventsd
