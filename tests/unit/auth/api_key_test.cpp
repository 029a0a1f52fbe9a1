#include "auth/api_key.hpp"

#include <gtest/gtest.h>

namespace eventsd::auth {
namespace {

using Time = std::chrono::system_clock::time_point;
constexpr Time kExpiry{std::chrono::seconds(1'000'000)};
Time now_is;

// "never" has no end, "dated" expires.
bool accepts(std::string presented, Time now = kExpiry - std::chrono::seconds(1)) {
  now_is = now;
  const auto authorizer = make_api_key_authorizer(
      {{"never-ends", std::nullopt}, {"ends-soon!", kExpiry}}, [] { return now_is; });
  std::optional<Result<Identity>> answer;
  TaskGroup tasks([](std::exception_ptr) { FAIL(); });
  AuthorizationRequest request;
  request.credentials.api_key = std::move(presented);
  const std::string asked = request.credentials.api_key;
  tasks.spawn([](Task<Result<Identity>> task, auto& into) -> Task<void> {
    into.emplace(co_await task);
  }(authorizer->authorize(std::move(request)), answer));
  EXPECT_TRUE(answer.has_value());
  if (!answer->has_value()) EXPECT_EQ(answer->error().kind, ErrorKind::unauthorized);
  EXPECT_EQ(answer->has_value(), authorizer->grants_at_once(asked));
  return answer->has_value() && (*answer)->mode == AuthMode::api_key;
}

TEST(ApiKeyAuthorizer, AcceptsEachOfItsKeys) {
  EXPECT_TRUE(accepts("never-ends"));
  EXPECT_TRUE(accepts("ends-soon!"));
}

TEST(ApiKeyAuthorizer, RefusesEverythingElse) {
  for (const char* wrong : {"", "never-endS", "Never-ends", "never-soon!", "*"}) {
    EXPECT_FALSE(accepts(wrong)) << wrong;
  }
}

TEST(ApiKeyAuthorizer, RefusesAKeyThatDiffersInOneByteAnywhere) {
  const std::string key = "da2-abcdefghijklmnopqrstuvwxyz0";
  const auto authorizer = make_api_key_authorizer({{key, std::nullopt}});
  EXPECT_TRUE(authorizer->grants_at_once(key));
  for (std::size_t at = 0; at < key.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string wrong = key;
      wrong[at] = static_cast<char>(wrong[at] ^ 1 << bit);
      EXPECT_FALSE(authorizer->grants_at_once(wrong)) << at;
    }
  }
}

TEST(ApiKeyAuthorizer, RefusesBeginningsAndExtensionsOfAKey) {
  EXPECT_FALSE(accepts("never-end"));
  EXPECT_FALSE(accepts("never-ends "));
  EXPECT_FALSE(accepts(std::string("never-ends\0", 11)));
}

TEST(ApiKeyAuthorizer, RefusesAKeyFromTheMomentItExpires) {
  EXPECT_TRUE(accepts("ends-soon!", kExpiry - std::chrono::nanoseconds(1)));
  EXPECT_FALSE(accepts("ends-soon!", kExpiry));
  EXPECT_FALSE(accepts("ends-soon!", kExpiry + std::chrono::hours(1)));
}

TEST(ApiKeyAuthorizer, LetsNoOtherKeyExpireWithOne) {
  EXPECT_TRUE(accepts("never-ends", kExpiry + std::chrono::hours(1)));
}

TEST(ApiKeyAuthorizer, RefusesEverybodyWithoutKeys) {
  const auto authorizer = make_api_key_authorizer({});
  bool refused = false;
  TaskGroup tasks([](std::exception_ptr) { FAIL(); });
  tasks.spawn([](Task<Result<Identity>> task, bool& into) -> Task<void> {
    const Result<Identity> answer = co_await task;
    into = !answer.has_value();
  }(authorizer->authorize({}), refused));
  EXPECT_TRUE(refused);
}

}  // namespace
}  // namespace eventsd::auth
