#include "auth/policy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace eventsd::auth {
namespace {

using testing::HasSubstr;
using Statements = std::vector<PolicyStatementConfig>;

PolicyStatementConfig statement(std::string effect, std::vector<std::string> actions,
                                std::vector<std::string> resources) {
  PolicyStatementConfig config;
  config.effect = std::move(effect);
  config.actions = std::move(actions);
  config.resources = std::move(resources);
  return config;
}

Policy policy(const Statements& statements) {
  const auto parsed = Policy::parse(statements);
  EXPECT_TRUE(parsed.has_value()) << parsed.error().message;
  return *parsed;
}

const std::string kApi = api_arn("us-east-1", "000000000000", "abc");
const std::string kNews = channel_namespace_arn(kApi, "news");

TEST(Wildcard, MatchesAnyCharactersOrOne) {
  struct {
    const char* pattern;
    const char* text;
    bool matches;
  } const cases[] = {
      {"", "", true},
      {"", "a", false},
      {"*", "", true},
      {"*", "a:b/c", true},
      {"?", "", false},
      {"?", "a", true},
      {"?", "ab", false},
      {"a*", "a", true},
      {"a*", "ba", false},
      {"*a", "bba", true},
      {"*a", "bab", false},
      {"a*b*c", "aXbYc", true},
      {"a*b*c", "aXcYb", false},
      {"*ab*ab", "abab", true},
      {"*ab*ab", "aab", false},
      {"a?c*", "abc", true},
      {"**", "", true},
      {"a**b", "ab", true},
      {"*?", "", false},
      {"*?", "a", true},
      {"[a]", "a", false},
  };
  for (const auto& test : cases) {
    EXPECT_EQ(matches_wildcard(test.pattern, test.text), test.matches)
        << test.pattern << " " << test.text;
  }
}

TEST(Wildcard, IsNotExponentialInItsStars) {
  std::string pattern;
  for (int i = 0; i < 500; ++i) pattern += "*a";
  pattern += "*b";
  EXPECT_FALSE(matches_wildcard(pattern, std::string(20'000, 'a')));
}

TEST(Policy, AllowsNothingByItself) {
  EXPECT_FALSE(Policy().allows("appsync:EventConnect", kApi));
  EXPECT_FALSE(policy({}).allows("appsync:EventConnect", kApi));
}

TEST(Policy, AllowsWhatAStatementNames) {
  const Policy p = policy({statement("Allow", {"appsync:EventPublish"}, {kNews})});
  EXPECT_TRUE(p.allows("appsync:EventPublish", kNews));
  EXPECT_FALSE(p.allows("appsync:EventSubscribe", kNews));
  EXPECT_FALSE(p.allows("appsync:EventPublish", kNews + "s"));
  EXPECT_FALSE(p.allows("appsync:EventPublish", kApi));
}

TEST(Policy, ComparesActionsWithoutCaseAndResourcesWithIt) {
  const Policy p = policy({statement("Allow", {"AppSync:eventpublish"}, {kNews})});
  EXPECT_TRUE(p.allows("appsync:EventPublish", kNews));
  EXPECT_FALSE(p.allows("appsync:EventPublish", channel_namespace_arn(kApi, "News")));
}

TEST(Policy, CoversAnApiAndItsNamespacesBySeparateResources) {
  const Policy api = policy({statement("Allow", {"appsync:Event*"}, {kApi})});
  EXPECT_TRUE(api.allows("appsync:EventConnect", kApi));
  EXPECT_FALSE(api.allows("appsync:EventPublish", kNews));
  const Policy within = policy({statement("Allow", {"appsync:Event*"}, {kApi + "/*"})});
  EXPECT_FALSE(within.allows("appsync:EventConnect", kApi));
  EXPECT_TRUE(within.allows("appsync:EventPublish", kNews));
}

TEST(Policy, DeniesBeforeItAllowsWhateverTheOrder) {
  const auto allow = statement("Allow", {"*"}, {"*"});
  const auto deny = statement("Deny", {"appsync:EventPublish"}, {kApi + "/channelNamespace/n*"});
  for (const Statements& order : {Statements{allow, deny}, Statements{deny, allow}}) {
    const Policy p = policy(order);
    EXPECT_FALSE(p.allows("appsync:EventPublish", kNews));
    EXPECT_TRUE(p.allows("appsync:EventSubscribe", kNews));
    EXPECT_TRUE(p.allows("appsync:EventPublish", channel_namespace_arn(kApi, "default")));
  }
}

TEST(Policy, TellsTheDataPlaneFromTheControlPlaneAndOtherServices) {
  const Policy p = policy({statement("Allow", {"appsync:Event*", "dynamodb:PutItem"}, {"*"})});
  EXPECT_FALSE(p.allows("appsync:CreateApi", kApi));
  EXPECT_TRUE(p.allows("dynamodb:PutItem", "arn:aws:dynamodb:us-east-1:000000000000:table/t"));
  EXPECT_FALSE(p.allows("dynamodb:DeleteTable", "arn:aws:dynamodb:us-east-1:000000000000:table/t"));
}

TEST(Policy, IsRefusedWithPlaceFaultAndRemedy) {
  struct {
    PolicyStatementConfig statement;
    const char* fault;
  } const cases[] = {
      {statement("allow", {"*"}, {"*"}), "Effect is \"allow\"; it must be Allow or Deny"},
      {statement("", {"*"}, {"*"}), "must be Allow or Deny"},
      {statement("Allow", {}, {"*"}), "no Action"},
      {statement("Allow", {"*"}, {}), "no Resource"},
      {statement("Allow", {"EventPublish"}, {"*"}), "Action \"EventPublish\" must be"},
      {statement("Allow", {":EventPublish"}, {"*"}), "must be \"*\" or SERVICE:NAME"},
      {statement("Allow", {"appsync:"}, {"*"}), "must be \"*\" or SERVICE:NAME"},
      {statement("Allow", {"appsync:a:b"}, {"*"}), "must be \"*\" or SERVICE:NAME"},
      {statement("Allow", {"appsync:Event Publish"}, {"*"}), "must be \"*\" or SERVICE:NAME"},
      {statement("Allow", {"*"}, {"apis/abc"}), "Resource \"apis/abc\" must be"},
      {statement("Allow", {"*"}, {"arn:aws: x"}), "must be \"*\" or an ARN"},
  };
  for (const auto& test : cases) {
    PolicyStatementConfig config = test.statement;
    config.place = {"eventsd.yaml", 7, 11};
    const auto parsed = Policy::parse({config});
    ASSERT_FALSE(parsed.has_value()) << test.fault;
    EXPECT_THAT(parsed.error().message, HasSubstr(test.fault));
    EXPECT_TRUE(parsed.error().message.starts_with("eventsd.yaml:7:11: "));
  }
}

}  // namespace
}  // namespace eventsd::auth
