// The frames of coroutines.
#include "eventsd/frame_pool.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <thread>
#include <vector>

namespace eventsd::detail {
namespace {

TEST(FramePool, GivesTheFrameThatCameBackLast) {
  void* const first = FramePool::take(1500);
  std::memset(first, 1, 1500);
  FramePool::give_back(first, 1500);
  void* const again = FramePool::take(1400);  // of the same step
  if (FramePool::kKeeps) EXPECT_EQ(again, first);
  void* const other = FramePool::take(1500);
  EXPECT_NE(other, again);
  FramePool::give_back(again, 1400);
  FramePool::give_back(other, 1500);
}

TEST(FramePool, TakesAnySize) {
  for (const std::size_t size : {1u, 255u, 256u, 257u, 4096u, 4097u, 100'000u}) {
    void* const frame = FramePool::take(size);
    std::memset(frame, 1, size);
    FramePool::give_back(frame, size);
  }
}

// Far more than it keeps; what is too much goes back at once, the rest with the thread (which the
// leak sanitizer would tell of).
TEST(FramePool, KeepsWithinBoundsAndForgetsAtTheEndOfItsThread) {
  std::thread([] {
    std::vector<void*> frames;
    for (int i = 0; i < 1000; ++i) frames.push_back(FramePool::take(4096));
    for (void* frame : frames) FramePool::give_back(frame, 4096);
  }).join();
}

TEST(FramePool, TakesBackFramesOfOtherThreads) {
  void* const frame = FramePool::take(600);
  std::thread([frame] { FramePool::give_back(frame, 600); }).join();
}

}  // namespace
}  // namespace eventsd::detail
