#include "auth/throttle_delay.hpp"

#include <gtest/gtest.h>

namespace eventsd::auth {
namespace {

using namespace std::chrono_literals;

class RefusalDelayTest : public ::testing::Test {
 protected:
  std::chrono::milliseconds refuse(int times, bool speaks_for_many = false) {
    std::chrono::milliseconds last{0};
    for (int i = 0; i < times; ++i) last = delay_.add("192.0.2.1", speaks_for_many, now_);
    return last;
  }
  RefusalDelay delay_;
  RefusalDelay::Clock::time_point now_ = RefusalDelay::Clock::now();
};

TEST_F(RefusalDelayTest, TellsTheFirstHundredAtOnce) {
  EXPECT_EQ(refuse(100), 0ms);
  EXPECT_EQ(refuse(1), 500ms);
  EXPECT_EQ(delay_.add("192.0.2.2", false, now_), 0ms);
}

TEST_F(RefusalDelayTest, HoldsEachLongerUpToFourSeconds) {
  refuse(100);
  EXPECT_EQ(refuse(1), 500ms);
  EXPECT_EQ(refuse(1), 1000ms);
  EXPECT_EQ(refuse(6), 4000ms);
  EXPECT_EQ(refuse(1000), 4000ms);
}

TEST_F(RefusalDelayTest, ForgetsInAMinute) {
  refuse(5000);
  now_ += 4s;
  EXPECT_EQ(refuse(1), 500ms);
  now_ += 60s;
  EXPECT_EQ(refuse(100), 0ms);
}

TEST_F(RefusalDelayTest, SlowsALoopingClientToAFewTriesASecondAtMost) {
  int tries = 0;
  for (const auto end = now_ + 10min; now_ < end; ++tries) now_ += 1ms + refuse(1);
  // 100 at once, then one whenever 500 ms have been paid back.
  EXPECT_LE(tries, 100 + 2 * 600 + 10);
}

TEST_F(RefusalDelayTest, IsMorePatientWithThoseWhoSpeakForMany) {
  EXPECT_EQ(refuse(1000, true), 0ms);
  EXPECT_EQ(refuse(1, true), 500ms);
}

}  // namespace
}  // namespace eventsd::auth
