// Byte buffers of one shard, reused so that the steady path allocates nothing.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

namespace eventsd::server {

// Sizes are powers of two from 512 B to 1 MiB; larger ones come from the heap each time.
//   thread   the shard's
class BufferPool {
 public:
  // What stays in the pool at the most; the rest goes back to the heap.
  static constexpr std::size_t kMaxKept = 32u << 20;

  BufferPool() = default;
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;
  ~BufferPool();

  // At least `size` bytes; `capacity` is set to what there is.
  char* take(std::size_t size, std::size_t& capacity);
  void give_back(char* buffer, std::size_t capacity);
  // Gives back to the heap what nobody has needed since the last call; by a timer, now and then.
  void trim();
  // Bytes that wait to be used again.
  std::size_t kept() const { return kept_; }

 private:
  static constexpr std::size_t kSmallest = 9;  // 2^9 = 512
  static constexpr std::size_t kClasses = 12;  // … 2^20 = 1 MiB
  struct Class {
    std::vector<char*> free;
    std::size_t fewest = 0;  // that were free at once since the last trim: these were not needed
  };
  std::array<Class, kClasses> classes_;
  std::size_t kept_ = 0;
};

}  // namespace eventsd::server
