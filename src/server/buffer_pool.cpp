#include "server/buffer_pool.hpp"

#include <bit>
#include <cstdlib>
#include <new>

namespace eventsd::server {
namespace {

char* allocate(std::size_t size) {
  void* const memory = std::malloc(size);
  if (!memory) throw std::bad_alloc();
  return static_cast<char*>(memory);
}

}  // namespace

BufferPool::~BufferPool() {
  for (std::vector<char*>& list : free_) {
    for (char* buffer : list) std::free(buffer);
  }
}

char* BufferPool::take(std::size_t size, std::size_t& capacity) {
  capacity = std::bit_ceil(std::max(size, std::size_t{1} << kSmallest));
  const std::size_t index = static_cast<std::size_t>(std::countr_zero(capacity)) - kSmallest;
  if (index >= kClasses || free_[index].empty()) return allocate(capacity);
  char* const buffer = free_[index].back();
  free_[index].pop_back();
  kept_ -= capacity;
  return buffer;
}

void BufferPool::give_back(char* buffer, std::size_t capacity) {
  const std::size_t index = static_cast<std::size_t>(std::countr_zero(capacity)) - kSmallest;
  if (index >= kClasses || kept_ + capacity > kMaxKept) {
    std::free(buffer);
    return;
  }
  free_[index].push_back(buffer);
  kept_ += capacity;
}

void BufferPool::trim() {
  for (std::size_t index = 0; index < kClasses; ++index) {
    std::vector<char*>& list = free_[index];
    for (std::size_t keep = list.size() / 2; list.size() > keep; list.pop_back()) {
      std::free(list.back());
      kept_ -= std::size_t{1} << (index + kSmallest);
    }
    if (list.capacity() > 2 * list.size() + 16) list.shrink_to_fit();
  }
}

}  // namespace eventsd::server
