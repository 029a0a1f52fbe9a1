#include "core/token_bucket.hpp"

#include <gtest/gtest.h>

namespace eventsd::core {
namespace {

using std::chrono::milliseconds;
const TokenBucket::Clock::time_point kStart{std::chrono::hours(1)};

int taken_at(TokenBucket& bucket, std::uint32_t rate, TokenBucket::Clock::time_point now) {
  int taken = 0;
  while (taken < 1000 && bucket.take(rate, now)) ++taken;
  return taken;
}

TEST(TokenBucket, LetsABurstOfTheRateThrough) {
  TokenBucket bucket;
  EXPECT_EQ(taken_at(bucket, 25, kStart), 25);
}

TEST(TokenBucket, RefillsEvenly) {
  TokenBucket bucket;
  (void)taken_at(bucket, 25, kStart);
  EXPECT_EQ(taken_at(bucket, 25, kStart + milliseconds(39)), 0);
  EXPECT_EQ(taken_at(bucket, 25, kStart + milliseconds(40)), 1);
  EXPECT_EQ(taken_at(bucket, 25, kStart + milliseconds(440)), 10);
}

TEST(TokenBucket, NeverHoldsMoreThanOneSecond) {
  TokenBucket bucket;
  (void)taken_at(bucket, 25, kStart);
  EXPECT_EQ(taken_at(bucket, 25, kStart + std::chrono::hours(1)), 25);
}

TEST(TokenBucket, ChargesNothingForARefusal) {
  TokenBucket bucket;
  (void)taken_at(bucket, 2, kStart);
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(bucket.take(2, kStart));
  EXPECT_TRUE(bucket.take(2, kStart + milliseconds(500)));
}

TEST(TokenBucket, HasNoLimitAtRateZero) {
  TokenBucket bucket;
  EXPECT_EQ(taken_at(bucket, 0, kStart), 1000);
}

TEST(TokenBucket, FollowsARateThatChanges) {
  TokenBucket bucket;
  EXPECT_EQ(taken_at(bucket, 1, kStart), 1);
  EXPECT_EQ(taken_at(bucket, 1, kStart + milliseconds(500)), 0);
  EXPECT_EQ(taken_at(bucket, 10, kStart + milliseconds(500)), 5);
}

}  // namespace
}  // namespace eventsd::core
