#include "server/buffer_pool.hpp"

#include <algorithm>
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
  for (Class& sized : classes_) {
    for (char* buffer : sized.free) std::free(buffer);
  }
}

char* BufferPool::take(std::size_t size, std::size_t& capacity) {
  capacity = std::bit_ceil(std::max(size, std::size_t{1} << kSmallest));
  const std::size_t index = static_cast<std::size_t>(std::countr_zero(capacity)) - kSmallest;
  if (index >= kClasses || classes_[index].free.empty()) return allocate(capacity);
  Class& sized = classes_[index];
  char* const buffer = sized.free.back();
  sized.free.pop_back();
  sized.fewest = std::min(sized.fewest, sized.free.size());
  kept_ -= capacity;
  return buffer;
}

void BufferPool::give_back(char* buffer, std::size_t capacity) {
  const std::size_t index = static_cast<std::size_t>(std::countr_zero(capacity)) - kSmallest;
  if (index >= kClasses || kept_ + capacity > kMaxKept) {
    std::free(buffer);
    return;
  }
  try {
    classes_[index].free.push_back(buffer);
  } catch (const std::bad_alloc&) {
    std::free(buffer);
    return;
  }
  kept_ += capacity;
}

void BufferPool::trim() {
  for (std::size_t index = 0; index < kClasses; ++index) {
    Class& sized = classes_[index];
    for (; sized.fewest > 0; --sized.fewest) {
      std::free(sized.free.back());
      sized.free.pop_back();
      kept_ -= std::size_t{1} << (index + kSmallest);
    }
    if (sized.free.capacity() > 2 * sized.free.size() + 16) sized.free.shrink_to_fit();
    sized.fewest = sized.free.size();
  }
}

}  // namespace eventsd::server
