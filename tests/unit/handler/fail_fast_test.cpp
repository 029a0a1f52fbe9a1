#include "handler/fail_fast.hpp"

#include <gtest/gtest.h>

#include "handler/supervisor.hpp"

namespace eventsd::handler {
namespace {

using namespace std::chrono_literals;

TEST(FailFast, RefusesAfterSoManyStrikesWithinAMinute) {
  FailFast fail_fast;
  const SteadyTime now{1h};
  for (unsigned i = 1; i < kStrikes; ++i) EXPECT_FALSE(fail_fast.strike(1, now));
  EXPECT_FALSE(fail_fast.refuses(1, now));
  EXPECT_TRUE(fail_fast.strike(1, now + 59s));
  EXPECT_TRUE(fail_fast.refuses(1, now + 59s));
  EXPECT_FALSE(fail_fast.refuses(2, now + 59s));
  EXPECT_TRUE(fail_fast.refuses(1, now + 59s + kFailFast - 1ms));
  EXPECT_FALSE(fail_fast.refuses(1, now + 59s + kFailFast));
}

TEST(FailFast, ForgetsStrikesAfterAMinute) {
  FailFast fail_fast;
  SteadyTime now{1h};
  for (unsigned i = 0; i < 10 * kStrikes; ++i, now += 16s) EXPECT_FALSE(fail_fast.strike(1, now));
}

}  // namespace
}  // namespace eventsd::handler
