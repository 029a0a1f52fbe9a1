#include "handler/engine_heap.hpp"

#include <malloc.h>

#include <cstdlib>

namespace eventsd::handler {
namespace {

// Between two questions about interrupts lie some ten thousand steps.
constexpr std::size_t kReserve = 8u << 20;

constexpr std::size_t kBlockOverhead = 8;  // of the C library's allocator

std::size_t size_of(const void* block) { return ::malloc_usable_size(const_cast<void*>(block)); }

EngineHeap& heap_of(const JSMallocState* state) { return *static_cast<EngineHeap*>(state->opaque); }

}  // namespace

const JSMallocFunctions* EngineHeap::functions() {
  static constexpr JSMallocFunctions kFunctions = {&EngineHeap::allocate, &EngineHeap::release,
                                                   &EngineHeap::reallocate, &size_of};
  return &kFunctions;
}

bool EngineHeap::may_grow(std::size_t more) {
  const std::size_t most = limit_ + kReserve;
  if (used_ >= most || more > most - used_) return false;
  if (used_ + more > limit_) exceeded_ = true;
  return true;
}

void* EngineHeap::exhausted() {
  exceeded_ = true;
  if (on_exhausted_) on_exhausted_();
  return nullptr;
}

void EngineHeap::count(JSMallocState* state, std::size_t before, std::size_t after) {
  used_ = used_ - before + after;
  state->malloc_size = used_;
}

void* EngineHeap::allocate(JSMallocState* state, std::size_t size) {
  EngineHeap& heap = heap_of(state);
  void* const block = heap.may_grow(size) ? std::malloc(size) : nullptr;
  if (!block) return heap.exhausted();
  ++state->malloc_count;
  heap.count(state, 0, size_of(block) + kBlockOverhead);
  return block;
}

void* EngineHeap::reallocate(JSMallocState* state, void* block, std::size_t size) {
  if (!block) return size == 0 ? nullptr : allocate(state, size);
  if (size == 0) {
    release(state, block);
    return nullptr;
  }
  EngineHeap& heap = heap_of(state);
  const std::size_t before = size_of(block);
  const bool may = size <= before || heap.may_grow(size - before);
  void* const moved = may ? std::realloc(block, size) : nullptr;
  if (!moved) return heap.exhausted();
  heap.count(state, before, size_of(moved));
  return moved;
}

void EngineHeap::release(JSMallocState* state, void* block) {
  if (!block) return;
  --state->malloc_count;
  heap_of(state).count(state, size_of(block) + kBlockOverhead, 0);
  std::free(block);
}

}  // namespace eventsd::handler
