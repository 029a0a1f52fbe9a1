#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/print.hpp"
#include "unit/config/support/loading.hpp"

namespace eventsd::config {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string provider(const std::string& text) { return "api: {authProviders: [{" + text + "}]}"; }

TEST(CognitoConfig, LivesAtAwsUnlessSaidOtherwise) {
  const auto config =
      load_good("region: eu-west-1\n" + provider("authType: AMAZON_COGNITO_USER_POOLS, "
                                                 "cognitoConfig: {userPoolId: eu-west-1_x}"));
  const CognitoConfig& pool = config->apis[0].auth_providers[0].cognito;
  EXPECT_EQ(pool.aws_region, "eu-west-1");
  EXPECT_EQ(pool.issuer, "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_x");
}

TEST(CognitoConfig, IsFoundThroughUserPools) {
  const auto config = load_good(
      "userPools: {us-east-1_abc: \"http://127.0.0.1:9229/us-east-1_abc\"}\n" +
      provider("authType: AMAZON_COGNITO_USER_POOLS, cognitoConfig: {userPoolId: us-east-1_abc}"));
  EXPECT_EQ(config->apis[0].auth_providers[0].cognito.issuer,
            "http://127.0.0.1:9229/us-east-1_abc");
}

TEST(CognitoConfig, NeedsAPool) {
  EXPECT_THAT(faults_of(provider("authType: AMAZON_COGNITO_USER_POOLS")),
              ElementsAre(HasSubstr("cognitoConfig.userPoolId: is missing")));
}

TEST(OpenIdConnectConfig, NeedsAnIssuerOverHttps) {
  EXPECT_THAT(faults_of(provider("authType: OPENID_CONNECT")),
              ElementsAre(HasSubstr("openIDConnectConfig.issuer: is missing")));
  EXPECT_THAT(faults_of(provider("authType: OPENID_CONNECT, "
                                 "openIDConnectConfig: {issuer: \"http://example.com\"}")),
              ElementsAre(HasSubstr("https (http is for loopback addresses only)")));
  EXPECT_THAT(faults_of(provider("authType: OPENID_CONNECT, "
                                 "openIDConnectConfig: {issuer: \"http://localhost:9000\"}")),
              IsEmpty());
}

TEST(OpenIdConnectConfig, RefusesARegularExpressionThatIsNone) {
  EXPECT_THAT(faults_of(provider("authType: OPENID_CONNECT, openIDConnectConfig: "
                                 "{issuer: \"https://a\", clientId: \"(\"}")),
              ElementsAre(HasSubstr("clientId: expected a regular expression")));
}

TEST(AuthProviderConfig, RefusesTheSectionOfAnotherMode) {
  EXPECT_THAT(faults_of(provider("authType: API_KEY, cognitoConfig: {userPoolId: a}")),
              ElementsAre(HasSubstr("belongs to AMAZON_COGNITO_USER_POOLS, not API_KEY")));
}

TEST(AuthProviderConfig, HasAnIssuerOnce) {
  const std::string one =
      "{authType: OPENID_CONNECT, openIDConnectConfig: {issuer: \"https://a\"}}";
  EXPECT_THAT(faults_of("api: {authProviders: [" + one + ", " + one + "]}"),
              ElementsAre(HasSubstr("the issuer https://a is already that of")));
}

TEST(LambdaAuthorizerConfig, NamesAConfiguredFunction) {
  const std::string lambda = provider(
      "authType: AWS_LAMBDA, lambdaAuthorizerConfig: {authorizerUri: "
      "\"arn:aws:lambda:us-east-1:000000000000:function:auth\", authorizerResultTtlInSeconds: "
      "300}");
  EXPECT_THAT(faults_of(lambda), ElementsAre(HasSubstr("add \"auth: {url: …}\" there")));
  const auto config =
      load_good("lambda: {functions: {auth: {url: \"http://127.0.0.1:9001\"}}}\n" + lambda);
  EXPECT_EQ(config->lambda_functions[0].name, "auth");
  EXPECT_EQ(config->lambda_functions[0].url, "http://127.0.0.1:9001");
  EXPECT_EQ(config->apis[0].auth_providers[0].lambda.result_ttl, 300u);
}

TEST(LambdaAuthorizerConfig, IsOneAnApi) {
  const std::string one = "{authType: AWS_LAMBDA, lambdaAuthorizerConfig: {authorizerUri: auth}}";
  EXPECT_THAT(faults_of("lambda: {functions: {auth: {url: \"http://a\"}}}\n"
                        "api: {authProviders: [" +
                        one + ", " + one + "]}"),
              ElementsAre(HasSubstr("an API has one Lambda authorizer")));
}

TEST(LambdaFunctions, NeedAnAddress) {
  EXPECT_THAT(faults_of("lambda: {functions: {auth: {}}}"),
              ElementsAre(HasSubstr("lambda.functions.auth.url: is missing")));
  EXPECT_THAT(faults_of("lambda: {functions: {auth: {url: \"http://u:p@a\"}}}"),
              ElementsAre(HasSubstr("without credentials in it")));
  EXPECT_THAT(faults_of("lambda: {functions: [auth]}"),
              ElementsAre(HasSubstr("expected a section of names")));
}

TEST(IamUsers, HaveAKeyAndAPolicy) {
  const auto config = load_good(
      "iam: {users: [{accessKeyId: AKID, secretAccessKey: s, policy: "
      "[{Effect: Allow, Action: \"appsync:Event*\", Resource: [a, b]}]}]}");
  const IamUserConfig& user = config->iam_users[0];
  EXPECT_EQ(user.user_name, "AKID");
  EXPECT_THAT(user.policy[0].actions, ElementsAre("appsync:Event*"));
  EXPECT_THAT(user.policy[0].resources, ElementsAre("a", "b"));
}

TEST(IamUsers, AreRefusedWhenIncomplete) {
  EXPECT_THAT(faults_of("iam: {users: [{accessKeyId: A}]}"),
              ElementsAre(HasSubstr("secretAccessKey: is missing")));
  EXPECT_THAT(faults_of("iam: {users: [{accessKeyId: A, secretAccessKey: s, "
                        "policy: [{Effect: Permit, Action: a, Resource: b}]}]}"),
              ElementsAre(HasSubstr("expected one of Allow, Deny")));
  EXPECT_THAT(faults_of("iam: {users: [{accessKeyId: A, secretAccessKey: s}, "
                        "{accessKeyId: A, secretAccessKey: s}]}"),
              ElementsAre(HasSubstr("is already used by iam.users[0]")));
  EXPECT_THAT(faults_of("iam: {users: [{accessKeyId: A, secretAccessKey: s, policy: "
                        "[{Effect: Allow, NotAction: a, Resource: b}]}]}"),
              ElementsAre(HasSubstr("Action: is missing"), HasSubstr("unknown key \"NotAction\"")));
}

TEST(DevIssuer, StaysOnLoopback) {
  EXPECT_THAT(faults_of("devIssuer: {enabled: true}\n"
                        "admin: {listen: \"0.0.0.0:1\", token: aaaaaaaaaaaaaaaaaaaaaaaa}"),
              ElementsAre(HasSubstr("devIssuer.enabled: needs admin.listen on a loopback")));
}

TEST(OutboundConfig, HasBothHalvesOfAKey) {
  EXPECT_THAT(faults_of("outbound: {credentials: {accessKeyId: A}}"),
              ElementsAre(HasSubstr("needs accessKeyId and secretAccessKey, or neither")));
}

TEST(AuthConfig, PrintsAndReadsBackWithItsSecretsMasked) {
  const auto config = load_good(
      "userPools: {p: \"https://a\"}\n"
      "lambda: {functions: {auth: {url: \"http://a\"}, \"arn:x\": {url: \"http://b\"}}}\n"
      "iam: {users: [{accessKeyId: AKID, secretAccessKey: hidden, policy: "
      "[{Effect: Allow, Action: a, Resource: b}]}]}\n"
      "api: {authProviders: [AWS_IAM, {authType: OPENID_CONNECT, openIDConnectConfig: "
      "{issuer: \"https://a\", secret: hidden}}]}");
  const std::string printed = print_config(*config);
  EXPECT_THAT(printed, AllOf(HasSubstr("auth:\n"), HasSubstr("url: \"http://b\""),
                             HasSubstr("p: \"https://a\""), HasSubstr("openIDConnectConfig:"),
                             Not(HasSubstr("cognitoConfig")), Not(HasSubstr("hidden"))));
}

}  // namespace
}  // namespace eventsd::config
