// What is remembered of tokens, and when it ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "auth/jwt_authorizer.hpp"
#include "unit/auth/support/tokens.hpp"

namespace eventsd::auth {
namespace {

using auth_test::key_set;
using auth_test::kNow;
using auth_test::TestKey;
using auth_test::Tokens;
using ::testing::HasSubstr;

TEST_F(Tokens, ThatWereAcceptedAreAnsweredWithoutAHop) {
  const auto pool = cognito();
  const std::string token = sign(access_);
  EXPECT_FALSE(ask_at_once(*pool, sign(id_)));  // a token that is not known does hop
  const auto first = ask(*pool, token, "192.0.2.1");
  const auto again = ask_at_once(*pool, "Bearer " + token, "192.0.2.1");
  ASSERT_TRUE(again && *again);
  EXPECT_EQ((*again)->document, first->document);
  const auto elsewhere = ask_at_once(*pool, token, "192.0.2.2");
  ASSERT_TRUE(elsewhere && *elsewhere);
  EXPECT_THAT(*(*elsewhere)->document, HasSubstr(R"("sourceIp":["192.0.2.2"])"));
}

TEST_F(Tokens, ThatWereAcceptedEndWhenTheyExpire) {
  const auto pool = cognito();
  const std::string token = sign(access_);
  EXPECT_EQ(reason(*pool, token), "");
  unix_now = kNow + 3600 + 59;
  EXPECT_EQ(reason(*pool, token), "");
  unix_now = kNow + 3600 + 60;
  EXPECT_THAT(reason(*pool, token), HasSubstr("expired 60 s ago"));
}

TEST_F(Tokens, ThatWereAcceptedEndWithTheLimitsOfTheIssuer) {
  const auto issuer = oidc({"", "", 60'000, 120'000, ""});
  const std::string token = sign(open_);
  EXPECT_EQ(reason(*issuer, token), "");
  unix_now = kNow + 59;
  EXPECT_EQ(reason(*issuer, token), "");
  unix_now = kNow + 60;
  EXPECT_THAT(reason(*issuer, token), HasSubstr("iat is 60 s ago"));
}

TEST_F(Tokens, ThatWereAcceptedEndWhenTheirKeyIsRemoved) {
  const auto issuer = oidc();
  const std::string token = sign(open_);
  ASSERT_EQ(reason(*issuer, token), "");
  const TestKey next = TestKey::make_ec("P-256");
  server_.publish(key_set({next.jwk("next")}));
  steady_now += std::chrono::seconds(60);
  EXPECT_EQ(reason(*issuer, auth_test::token("ES256", "next", json(open_), next)), "");
  EXPECT_THAT(reason(*issuer, token), HasSubstr("kid \"ec\" is not among the keys"));
}

TEST_F(Tokens, OfANewKeyAreAcceptedAfterARotation) {
  const auto issuer = oidc();
  const std::string old_token = sign(open_);
  ASSERT_EQ(reason(*issuer, old_token), "");
  const TestKey next = TestKey::make_ec("P-256");
  const std::string new_token = auth_test::token("ES256", "next", json(open_), next);
  server_.publish(key_set({ec_.jwk("ec"), next.jwk("next")}));
  steady_now += std::chrono::seconds(60);
  EXPECT_EQ(reason(*issuer, new_token), "");
  EXPECT_EQ(reason(*issuer, old_token), "");
}

TEST_F(Tokens, ThatWereRefusedAreRefusedAgainWithoutAHop) {
  const auto issuer = oidc();
  const std::string bad = auth_test::token("ES256", "ec", json(open_), TestKey::make_ec("P-256"));
  const std::string why = reason(*issuer, bad);
  EXPECT_THAT(why, HasSubstr("signature"));
  const auto again = ask_at_once(*issuer, bad);
  ASSERT_TRUE(again && !*again);
  EXPECT_EQ(again->error().reason, why);
}

TEST_F(Tokens, ThatWereRefusedAreLookedAtAnewAfterFiveSeconds) {
  const auto issuer = oidc();
  const std::string early = sign(with(open_, "nbf", std::to_string(kNow + 62)));
  EXPECT_THAT(reason(*issuer, early), HasSubstr("not valid before"));
  unix_now = kNow + 4;
  EXPECT_THAT(reason(*issuer, early), HasSubstr("not valid before"));
  unix_now = kNow + 5;
  EXPECT_EQ(reason(*issuer, early), "");
}

TEST_F(Tokens, OfAnIssuerThatIsDownAreAcceptedOnceItIsUp) {
  server_.set_down(true);
  const auto issuer = oidc();
  const std::string token = sign(open_);
  EXPECT_THAT(reason(*issuer, token), HasSubstr("are not known"));
  server_.set_down(false);
  steady_now += std::chrono::seconds(60);
  EXPECT_EQ(reason(*issuer, token), "");
}

TEST_F(Tokens, AreAcceptedFromManyCallersAtOnce) {
  const auto issuer = oidc();
  std::vector<std::optional<Result<Identity>>> answers(100);
  TaskGroup tasks([](std::exception_ptr) { ADD_FAILURE(); });
  for (std::size_t i = 0; i < answers.size(); ++i) {
    AuthorizationRequest request;
    request.credentials.authorization = sign(with(open_, "jti", std::to_string(i / 2)));
    tasks.spawn([](Task<Result<Identity>> task, auto& into) -> Task<void> {
      into.emplace(co_await task);
    }(issuer->authorize(std::move(request)), answers[i]));
  }
  ASSERT_TRUE(run_until([&] { return tasks.running() == 0; }));
  for (const auto& answer : answers) EXPECT_TRUE(answer->has_value());
}

}  // namespace
}  // namespace eventsd::auth
