#include "auth/token_cache.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace eventsd::auth {
namespace {

using std::chrono::seconds;
using Time = std::chrono::system_clock::time_point;
constexpr Time kNow{seconds(1'800'000'000)};

VerifiedTokenPtr verified(std::size_t size = 100, Time until = kNow + seconds(60)) {
  auto made = std::make_shared<VerifiedToken>();
  made->valid_until = until;
  made->head.assign(size, 'x');
  return made;
}
TokenDigest digest(int number) { return digest_of("token " + std::to_string(number)); }

TEST(TokenDigest, IsTheSha256OfTheToken) {
  const TokenDigest abc = digest_of("abc");
  EXPECT_EQ(abc[0], 0xba);
  EXPECT_EQ(abc[31], 0xad);
  EXPECT_EQ(digest_of("abc"), abc);
  EXPECT_NE(digest_of("abd"), abc);
  EXPECT_EQ(digest_of("abc"), abc);
  EXPECT_EQ(digest_of("")[0], 0xe3);
}

TEST(TokenCache, FindsWhatItWasGivenUntilItEnds) {
  TokenCache cache({});
  EXPECT_FALSE(cache.find(digest(1), kNow));
  const auto token = verified();
  cache.keep(digest(1), token);
  EXPECT_EQ(cache.find(digest(1), kNow), token);
  EXPECT_EQ(cache.find(digest(1), kNow + seconds(59)), token);
  EXPECT_FALSE(cache.find(digest(2), kNow));
  EXPECT_FALSE(cache.find(digest(1), kNow + seconds(60)));
}

TEST(TokenCache, ForgetsTokensOfRetiredKeys) {
  TokenCache cache({});
  const auto key = std::make_shared<PublicKey>();
  auto token = std::make_shared<VerifiedToken>(*verified());
  token->key = key;
  cache.keep(digest(1), token);
  EXPECT_TRUE(cache.find(digest(1), kNow));
  key->retired = true;
  EXPECT_FALSE(cache.find(digest(1), kNow));
}

TEST(TokenCache, KeepsNoMoreThanItsLimitAndTheMostRecentlyUsed) {
  TokenCache cache({.verified_bytes = 16 * 40'000, .refused_bytes = 0});
  cache.keep(digest(0), verified(1000));
  for (int i = 1; i < 10'000; ++i) {
    cache.keep(digest(i), verified(1000));
    EXPECT_TRUE(cache.find(digest(0), kNow)) << i;  // used all the time
  }
  int kept = 0;
  for (int i = 0; i < 10'000; ++i) kept += cache.find(digest(i), kNow) != nullptr;
  EXPECT_GT(kept, 16 * 10);
  EXPECT_LE(kept, 16 * 40);  // 40,000 bytes a stripe, over 1,000 each
}

TEST(TokenCache, TakesNothingThatAloneIsOverTheLimit) {
  TokenCache cache({.verified_bytes = 16 * 10'000, .refused_bytes = 0});
  cache.keep(digest(1), verified(20'000));
  EXPECT_FALSE(cache.find(digest(1), kNow));
}

TEST(TokenCache, RemembersRefusalsForAMoment) {
  TokenCache cache({.refused_for = std::chrono::milliseconds(5'000)});
  cache.refuse(digest(1), deny(ErrorKind::unauthorized, "why"), kNow);
  EXPECT_EQ(cache.refusal(digest(1), kNow + seconds(4))->reason, "why");
  EXPECT_FALSE(cache.refusal(digest(1), kNow + seconds(5)));
  EXPECT_FALSE(cache.refusal(digest(2), kNow));
}

TEST(TokenCache, BoundsRefusals) {
  TokenCache cache({.refused_bytes = 16 * 10'000});
  for (int i = 0; i < 10'000; ++i) {
    cache.refuse(digest(i), deny(ErrorKind::unauthorized, std::string(100, 'w')), kNow);
  }
  int kept = 0;
  for (int i = 0; i < 10'000; ++i) kept += cache.refusal(digest(i), kNow).has_value();
  EXPECT_GT(kept, 0);
  EXPECT_LE(kept, 16 * 100);
}

TEST(TokenCache, ServesManyThreads) {
  TokenCache cache({.verified_bytes = 16 * 20'000});
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&cache, thread] {
      for (int i = 0; i < 2'000; ++i) {
        cache.keep(digest((i + thread) % 100), verified());
        const auto found = cache.find(digest(i % 100), kNow);
        if (found) EXPECT_EQ(found->head.size(), 100u);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace eventsd::auth
