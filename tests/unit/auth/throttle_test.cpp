#include "auth/throttle.hpp"

#include <gtest/gtest.h>

namespace eventsd::auth {
namespace {

using Leave = FailureThrottle::Leave;
using std::chrono::seconds;

Digest digest(const std::string& text) { return digest_of_text(text); }

class ThrottleTest : public ::testing::Test {
 protected:
  Leave ask(const std::string& question, const std::string& ip = "192.0.2.1",
            const std::string& credential = "token") {
    return throttle_.may_ask(digest(question), digest(credential), ip, now_);
  }
  // Asks and fails until it may not.
  int failures_until_throttled(const std::string& prefix, const std::string& ip) {
    for (int count = 0; count < 100; ++count) {
      const std::string question = prefix + std::to_string(count);
      if (ask(question, ip) != Leave::ask) return count;
      throttle_.failed(digest(question), ip, now_);
    }
    return 100;
  }

  ThrottleLimits limits_{};
  FailureThrottle throttle_{limits_, [](const std::string& ip) { return ip == "198.51.100.1"; }};
  FailureThrottle::Clock::time_point now_ = FailureThrottle::Clock::now();
};

TEST_F(ThrottleTest, AllowsABurstOfFailuresPerAddress) {
  EXPECT_EQ(failures_until_throttled("a", "192.0.2.1"), 20);
  EXPECT_EQ(ask("other"), Leave::address);
  EXPECT_EQ(ask("other", "192.0.2.2"), Leave::ask);
}

TEST_F(ThrottleTest, AllowsOneMoreASecond) {
  failures_until_throttled("a", "192.0.2.1");
  now_ += seconds(1);
  EXPECT_EQ(failures_until_throttled("b", "192.0.2.1"), 1);
  now_ += seconds(60);
  EXPECT_EQ(failures_until_throttled("c", "192.0.2.1"), 20);
}

TEST_F(ThrottleTest, ConfinesOneClientThatRepeatsItsQuestion) {
  int asked = 0;
  for (int tries = 0; tries < 600; ++tries) {  // ten a second, for a minute
    if (ask("same") == Leave::ask) {
      ++asked;
      throttle_.failed(digest("same"), "192.0.2.1", now_);
    }
    now_ += std::chrono::milliseconds(100);
  }
  EXPECT_GE(asked, 16);
  EXPECT_LE(asked, 17);
  now_ -= std::chrono::milliseconds(100);
  EXPECT_EQ(ask("same"), Leave::repeated_question);
  // A colleague behind the same address is not affected.
  EXPECT_EQ(ask("other"), Leave::ask);
}

TEST_F(ThrottleTest, AlwaysAsksAboutACredentialThatWasAcceptedBefore) {
  throttle_.succeeded(digest("good"));
  failures_until_throttled("a", "192.0.2.1");
  EXPECT_EQ(ask("other", "192.0.2.1", "good"), Leave::ask);
  EXPECT_EQ(ask("other", "192.0.2.1", "bad"), Leave::address);
}

TEST_F(ThrottleTest, HasNoLimitForLoopbackAndTrustedProxies) {
  for (const char* ip : {"127.0.0.1", "127.0.0.9", "::1", "::ffff:127.0.0.1", "198.51.100.1"}) {
    EXPECT_EQ(failures_until_throttled("a", ip), 100) << ip;
  }
}

TEST_F(ThrottleTest, TakesAnIpv6NetworkAsOneAddress) {
  failures_until_throttled("a", "2001:db8::1");
  EXPECT_EQ(ask("x", "2001:db8::2"), Leave::address);
  EXPECT_EQ(ask("x", "2001:db8:0:1::1"), Leave::ask);
  EXPECT_EQ(throttled_address("::ffff:192.0.2.1"), "192.0.2.1");
}

TEST(RecentMap, ForgetsWhatWasNotAskedForLongest) {
  RecentMap<int, int> map(3, 100);
  for (int i = 0; i < 3; ++i) map.put(i, i);
  EXPECT_NE(map.find(0), nullptr);
  map.put(3, 3);
  EXPECT_EQ(map.find(1), nullptr);
  EXPECT_NE(map.find(0), nullptr);
  EXPECT_EQ(map.size(), 3u);
}

TEST(RecentMap, StaysWithinItsCost) {
  RecentMap<int, int> map(1000, 100);
  map.put(1, 1, 60);
  map.put(2, 2, 60);
  EXPECT_EQ(map.find(1), nullptr);
  EXPECT_EQ(map.cost(), 60u);
  map.put(3, 3, 101);
  EXPECT_EQ(map.find(3), nullptr);
  map.put(2, 5, 10);
  EXPECT_EQ(*map.find(2), 5);
  EXPECT_EQ(map.cost(), 10u);
}

}  // namespace
}  // namespace eventsd::auth
