#include "core/authorization.hpp"

#include <gtest/gtest.h>

#include "unit/core/support/api_fixture.hpp"

namespace eventsd::core {
namespace {

using test::FakeAuthorizer;
using test::key;
using test::token;
constexpr const char* kJwt = "eyJhbGciOi.eyJzdWIiOi.c2ln";

class AuthorizationTest : public ::testing::Test {
 protected:
  FakeAuthorizer& provide(AuthMode mode, std::string secret) {
    auto made = std::make_shared<FakeAuthorizer>(mode, std::move(secret));
    api_->authorizers[static_cast<std::size_t>(mode)] = made;
    return *made;
  }
  Result<Identity> ask(Credentials credentials, AuthModes allowed) {
    Result<Identity> answer = fail(ErrorKind::internal, "no answer");
    TaskGroup tasks([](std::exception_ptr) { FAIL(); });
    tasks.spawn(into(answer, authorize(api_, request(std::move(credentials)), allowed)));
    return answer;
  }
  static AuthorizationRequest request(Credentials credentials) {
    return {
        Operation::publish, "default", "/default/a", std::move(credentials), "192.0.2.1", "", ""};
  }
  static Task<void> into(Result<Identity>& answer, Task<Result<Identity>> task) {
    answer = co_await task;
  }
  AuthMode mode(const Credentials& credentials) { return mode_of(credentials, *api_); }

  std::shared_ptr<Api> api_ = test::make_api();
};

TEST_F(AuthorizationTest, TellsAMissingCredentialFromAWrongOne) {
  const AuthModes allowed{AuthMode::api_key};
  EXPECT_EQ(ask({}, allowed).error().kind, ErrorKind::missing_credentials);
  EXPECT_EQ(ask(key("bad"), allowed).error().kind, ErrorKind::unauthorized);
  EXPECT_EQ(ask(key("good"), allowed)->mode, AuthMode::api_key);
}

TEST_F(AuthorizationTest, ForbidsAValidCredentialOfAnotherMode) {
  EXPECT_EQ(ask(key("good"), {AuthMode::iam}).error().kind, ErrorKind::forbidden);
}

TEST_F(AuthorizationTest, TellsOnlyTheValidThatTheirModeIsNotAllowed) {
  EXPECT_EQ(ask(key("bad"), {AuthMode::iam}).error().kind, ErrorKind::unauthorized);
}

TEST_F(AuthorizationTest, RefusesAModeThatTheApiDoesNotHave) {
  EXPECT_EQ(ask(token("AWS4-HMAC-SHA256 x"), {AuthMode::iam}).error().kind,
            ErrorKind::unauthorized);
}

TEST_F(AuthorizationTest, GivesTheAuthorizerTheWholeQuestion) {
  FakeAuthorizer& authorizer = provide(AuthMode::lambda, "custom");
  ASSERT_TRUE(ask(token("custom"), {AuthMode::lambda}));
  ASSERT_EQ(authorizer.asked.size(), 1u);
  EXPECT_EQ(authorizer.asked[0].channel, "/default/a");
  EXPECT_EQ(authorizer.asked[0].source_ip, "192.0.2.1");
}

TEST_F(AuthorizationTest, TellsModesByTheLookOfTheCredentials) {
  provide(AuthMode::oidc, "x");
  EXPECT_EQ(mode(key("k")), AuthMode::api_key);
  EXPECT_EQ(mode(token("AWS4-HMAC-SHA256 Credential=x")), AuthMode::iam);
  EXPECT_EQ(mode(token(kJwt)), AuthMode::oidc);
  EXPECT_EQ(mode(token(std::string("Bearer ") + kJwt)), AuthMode::oidc);
  EXPECT_EQ(mode(token(std::string("bearer  ") + kJwt)), AuthMode::oidc);
  EXPECT_EQ(mode(token("custom-token")), AuthMode::lambda);
}

TEST_F(AuthorizationTest, GivesATokenToCognitoBeforeOidc) {
  provide(AuthMode::oidc, "x");
  provide(AuthMode::cognito, "x");
  EXPECT_EQ(mode(token(kJwt)), AuthMode::cognito);
}

TEST_F(AuthorizationTest, GivesATokenToTheOneThatRecognisesIt) {
  provide(AuthMode::oidc, "x");
  provide(AuthMode::cognito, "x").stranger = true;
  EXPECT_EQ(mode(token(kJwt)), AuthMode::oidc);
}

TEST_F(AuthorizationTest, GivesATokenThatNobodyRecognisesToTheLambdaOrToWhoSaysWhy) {
  provide(AuthMode::oidc, "x").stranger = true;
  EXPECT_EQ(mode(token(kJwt)), AuthMode::oidc);
  provide(AuthMode::lambda, "x");
  EXPECT_EQ(mode(token(kJwt)), AuthMode::lambda);
}

TEST_F(AuthorizationTest, GivesATokenToTheLambdaWhereNobodyElseTakesTokens) {
  EXPECT_EQ(mode(token(kJwt)), AuthMode::lambda);
}

TEST_F(AuthorizationTest, ChecksTheKeyOfTwoCredentialsFirst) {
  provide(AuthMode::iam, "AWS4-HMAC-SHA256 x");
  Credentials both = key("good");
  both.authorization = "AWS4-HMAC-SHA256 x";
  EXPECT_EQ(ask(both, {AuthMode::api_key})->mode, AuthMode::api_key);
  EXPECT_EQ(ask(both, {AuthMode::iam})->mode, AuthMode::iam);
  EXPECT_EQ(ask(both, {}).error().kind, ErrorKind::forbidden);
}

// Whether the key is looked at must not depend on the namespace, or strangers learn which there
// are.
TEST_F(AuthorizationTest, RefusesABadKeyWhateverElseIsAllowed) {
  provide(AuthMode::iam, "AWS4-HMAC-SHA256 x");
  Credentials both = key("bad");
  both.authorization = "AWS4-HMAC-SHA256 x";
  for (const AuthModes allowed :
       {AuthModes{}, AuthModes{AuthMode::iam}, AuthModes{AuthMode::api_key}}) {
    EXPECT_EQ(ask(both, allowed).error().kind, ErrorKind::unauthorized);
  }
}

}  // namespace
}  // namespace eventsd::core
