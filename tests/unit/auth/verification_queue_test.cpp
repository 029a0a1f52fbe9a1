#include "auth/verification_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace eventsd::auth {
namespace {

using ::testing::HasSubstr;

class VerificationQueueTest : public ::testing::Test {
 protected:
  // How many of `count` tokens find a place; they keep it.
  int enter(const std::string& ip, int count) {
    int entered = 0;
    for (int i = 0; i < count; ++i) {
      auto place = queue_.enter(ip, now_);
      if (!place) {
        EXPECT_EQ(place.error().kind, ErrorKind::rate_limited);
        continue;
      }
      places_.push_back(std::move(*place));
      ++entered;
    }
    return entered;
  }
  void fail(const std::string& ip, int count) {
    for (int i = 0; i < count; ++i) queue_.enter(ip, now_)->failed(now_);
  }

  VerificationQueue::Clock::time_point now_{std::chrono::hours(1)};
  VerificationQueue queue_{[](const std::string& ip) { return ip == "192.0.2.200"; }};
  std::vector<VerificationQueue::Place> places_;
};

TEST_F(VerificationQueueTest, LeavesRoomForOthersWhateverOneAddressSends) {
  EXPECT_EQ(enter("192.0.2.1", 5000), 1024);
  EXPECT_EQ(enter("192.0.2.2", 1), 1);
  places_.clear();
  EXPECT_EQ(enter("192.0.2.1", 1), 1);
}

TEST_F(VerificationQueueTest, TakesFewFromAnAddressWhoseTokensFail) {
  fail("192.0.2.1", 20);
  EXPECT_EQ(enter("192.0.2.1", 65), 65);
  fail("192.0.2.1", 1);
  places_.clear();
  EXPECT_EQ(enter("192.0.2.1", 100), 64);
  EXPECT_THAT(queue_.enter("192.0.2.1", now_).error().reason, HasSubstr("have failed"));
  EXPECT_EQ(enter("192.0.2.2", 100), 100);
}

TEST_F(VerificationQueueTest, ForgivesAFloodInTheEnd) {
  fail("192.0.2.1", 100'000);
  now_ += std::chrono::seconds(9);
  EXPECT_EQ(enter("192.0.2.1", 100), 64);
  now_ += std::chrono::seconds(2);
  EXPECT_EQ(enter("192.0.2.1", 100), 100);
}

TEST_F(VerificationQueueTest, TakesTheAddressesOfOneIpv6CustomerForOne) {
  fail("2001:db8::1", 10);
  fail("2001:db8::2", 11);
  EXPECT_EQ(enter("2001:db8::3", 100), 64);
}

TEST_F(VerificationQueueTest, HasNoLimitForThoseWhoSpeakForMany) {
  for (const char* ip : {"127.0.0.1", "192.0.2.200"}) {
    fail(ip, 100);
    EXPECT_EQ(enter(ip, 2000), 2000) << ip;
  }
  EXPECT_EQ(enter("127.0.0.1", 2000), 96);  // but in all
  EXPECT_THAT(queue_.enter("192.0.2.1", now_).error().reason, HasSubstr("too many tokens wait"));
}

}  // namespace
}  // namespace eventsd::auth
