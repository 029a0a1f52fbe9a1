#include "server/buffer_pool.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

namespace eventsd::server {
namespace {

TEST(BufferPool, GivesAtLeastWhatIsAskedForInPowersOfTwo) {
  BufferPool pool;
  const std::vector<std::pair<std::size_t, std::size_t>> cases = {{0, 512},
                                                                  {1, 512},
                                                                  {512, 512},
                                                                  {513, 1024},
                                                                  {1u << 20, 1u << 20},
                                                                  {(1u << 20) + 1, 1u << 21}};
  for (const auto& [size, expected] : cases) {
    std::size_t capacity = 0;
    char* const buffer = pool.take(size, capacity);
    EXPECT_EQ(capacity, expected) << size;
    std::memset(buffer, 1, capacity);
    pool.give_back(buffer, capacity);
  }
}

TEST(BufferPool, GivesABufferOutAgain) {
  BufferPool pool;
  std::size_t capacity = 0;
  char* const first = pool.take(1000, capacity);
  pool.give_back(first, capacity);
  char* const second = pool.take(600, capacity);
  EXPECT_EQ(first, second);
  pool.give_back(second, capacity);
}

TEST(BufferPool, NeverGivesOneBufferToTwo) {
  BufferPool pool;
  std::size_t capacity = 0;
  char* const first = pool.take(100, capacity);
  char* const second = pool.take(100, capacity);
  EXPECT_NE(first, second);
  pool.give_back(first, capacity);
  pool.give_back(second, capacity);
}

TEST(BufferPool, TrimmedKeepsWhatWasNeededMeanwhile) {
  BufferPool pool;
  std::size_t capacity = 0;
  std::vector<char*> buffers;
  for (int i = 0; i < 10; ++i) buffers.push_back(pool.take(4096, capacity));
  for (char* buffer : buffers) pool.give_back(buffer, capacity);
  pool.trim();
  EXPECT_EQ(pool.kept(), 10u * 4096);  // all of them have been in use since it was made
  for (int interval = 0; interval < 5; ++interval) {
    for (int i = 0; i < 3; ++i) buffers[static_cast<std::size_t>(i)] = pool.take(4096, capacity);
    for (int i = 0; i < 3; ++i) pool.give_back(buffers[static_cast<std::size_t>(i)], capacity);
    pool.trim();
    EXPECT_EQ(pool.kept(), 3u * 4096);
  }
  pool.trim();
  EXPECT_EQ(pool.kept(), 0u);
}

TEST(BufferPool, TrimmedGivesEveryBufferBackInTheEnd) {
  BufferPool pool;
  std::size_t capacity = 0;
  std::vector<char*> buffers;
  for (int i = 0; i < 100; ++i) buffers.push_back(pool.take(4096, capacity));
  for (char* buffer : buffers) pool.give_back(buffer, capacity);
  for (int i = 0; i < 8; ++i) pool.trim();
  char* const again = pool.take(4096, capacity);  // the pool still works when it is empty
  EXPECT_EQ(capacity, 4096u);
  pool.give_back(again, capacity);
}

}  // namespace
}  // namespace eventsd::server
