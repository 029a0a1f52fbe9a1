#include "handler/engine_heap.hpp"

#include <gtest/gtest.h>

namespace eventsd::handler {
namespace {

constexpr std::size_t kLimit = 1 << 20;
constexpr std::size_t kReserve = 8 << 20;

class EngineHeapTest : public ::testing::Test {
 protected:
  void* allocate(std::size_t size) { return functions_.js_malloc(&state_, size); }
  void* reallocate(void* block, std::size_t size) {
    return functions_.js_realloc(&state_, block, size);
  }
  void release(void* block) { functions_.js_free(&state_, block); }

  int told_ = 0;
  EngineHeap heap_{kLimit, [this] { ++told_; }};
  const JSMallocFunctions& functions_ = *EngineHeap::functions();
  JSMallocState state_{0, 0, 0, &heap_};
};

TEST_F(EngineHeapTest, CountsWhatIsTaken) {
  void* block = allocate(1000);
  EXPECT_EQ(state_.malloc_count, 1u);
  EXPECT_GE(state_.malloc_size, 1000u);
  block = reallocate(block, 5000);
  EXPECT_EQ(state_.malloc_count, 1u);
  EXPECT_GE(state_.malloc_size, 5000u);
  block = reallocate(block, 10);
  EXPECT_LT(state_.malloc_size, 5000u);
  EXPECT_EQ(reallocate(block, 0), nullptr);
  EXPECT_EQ(state_.malloc_count, 0u);
  EXPECT_EQ(state_.malloc_size, 0u);
  release(nullptr);
  EXPECT_EQ(reallocate(nullptr, 0), nullptr);
  EXPECT_FALSE(heap_.is_exceeded());
}

TEST_F(EngineHeapTest, ServesTheReserveAndSaysSo) {
  void* const first = allocate(kLimit - 4096);
  EXPECT_FALSE(heap_.is_exceeded());
  void* second = reallocate(nullptr, 8192);
  ASSERT_NE(second, nullptr);
  EXPECT_TRUE(heap_.is_exceeded());
  second = reallocate(second, kReserve / 2);
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(told_, 0);
  release(first);
  release(second);
  EXPECT_TRUE(heap_.is_exceeded());
  heap_.look_again();
  EXPECT_FALSE(heap_.is_exceeded());
}

TEST_F(EngineHeapTest, TellsWhenTheReserveIsGoneToo) {
  EXPECT_EQ(allocate(kLimit + kReserve + 1), nullptr);
  EXPECT_EQ(told_, 1);
  void* const block = allocate(100);
  EXPECT_EQ(reallocate(block, static_cast<std::size_t>(-1)), nullptr);
  EXPECT_EQ(told_, 2);
  EXPECT_TRUE(heap_.is_exceeded());
  EXPECT_EQ(state_.malloc_count, 1u);  // the block is as it was
  release(block);
}

}  // namespace
}  // namespace eventsd::handler
