// The rules of `api` and `apis`.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/config/support/loading.hpp"

namespace eventsd::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using namespace std::chrono_literals;

constexpr AuthModes kApiKeyOnly{AuthMode::api_key};

TEST(ApiConfig, ReadsEverything) {
  const auto config = load_good(
      "api:\n"
      "  id: abcdefghijklmnopqrstuvwxyz\n"
      "  name: chat\n"
      "  domains: [Events.Example.com]\n"
      "  authProviders: [{authType: API_KEY}]\n"
      "  apiKeys:\n"
      "    - {id: da2-abcdefghijklmnop, description: web, expires: 2097-12-31T00:00:00Z}\n"
      "  channelNamespaces:\n"
      "    - {name: default, history: {maxAge: 1h, maxEventsPerChannel: 5, maxBytes: 1KiB, "
      "read: none}}\n"
      "    - name: quiet\n");
  ASSERT_THAT(config->apis, SizeIs(1));
  const ApiConfig& api = config->apis[0];
  EXPECT_EQ(api.id, "abcdefghijklmnopqrstuvwxyz");
  EXPECT_EQ(api.name, "chat");
  EXPECT_THAT(api.domains, ElementsAre("events.example.com"));
  ASSERT_THAT(api.api_keys, SizeIs(1));
  EXPECT_EQ(api.api_keys[0].id, "da2-abcdefghijklmnop");
  EXPECT_EQ(api.api_keys[0].description, "web");
  EXPECT_TRUE(api.api_keys[0].expires.has_value());
  ASSERT_THAT(api.channel_namespaces, SizeIs(2));
  const HistoryPolicy wanted{1h, 5, 1024, HistoryRead::none};
  EXPECT_EQ(api.channel_namespaces[0].history, wanted);
  EXPECT_EQ(api.channel_namespaces[0].api_id, api.id);
  EXPECT_EQ(api.channel_namespaces[1].history, std::nullopt);
}

TEST(ApiConfig, RemembersWhereThingsAreDefined) {
  const auto config =
      load_good("threads: 1\napi:\n  name: a\n  apiKeys:\n    - id: 0123456789abcdef\n");
  EXPECT_EQ(config->apis[0].place.file, "f.yaml");
  EXPECT_EQ(config->apis[0].place.line, 2);
  EXPECT_EQ(config->apis[0].api_keys[0].place.line, 5);
}

TEST(ApiConfig, SeveralApisAreAList) {
  const auto config = load_good("apis:\n  - {name: a, domains: [a.example]}\n  - name: b\n");
  ASSERT_THAT(config->apis, SizeIs(2));
  EXPECT_EQ(config->apis[1].name, "b");
  EXPECT_EQ(config->apis[1].place.line, 3);
}

TEST(ApiConfig, OneAndSeveralExcludeEachOther) {
  EXPECT_THAT(faults_of("api: {name: a}\napis: [{name: b}]"),
              ElementsAre(HasSubstr("api and apis exclude each other")));
}

TEST(ApiConfig, EmptyHistoryTakesTheDefaultsAndNothingIsAmbiguous) {
  const auto config = load_good("api: {channelNamespaces: [{name: a, history: {}}]}");
  EXPECT_EQ(config->apis[0].channel_namespaces[0].history, HistoryPolicy{});
  EXPECT_THAT(faults_of("api: {channelNamespaces: [{name: a, history: }]}"),
              ElementsAre(HasSubstr("write {} for the defaults")));
}

TEST(ApiConfig, NamespaceNamesFollowTheGrammar) {
  const auto named = [](const std::string& name) {
    return faults_of("api: {channelNamespaces: [{name: \"" + name + "\"}]}");
  };
  EXPECT_THAT(named("a"), IsEmpty());
  EXPECT_THAT(named("A-1"), IsEmpty());
  EXPECT_THAT(named(std::string(50, 'x')), IsEmpty());
  for (const std::string& bad : {std::string(), std::string(51, 'x'), std::string("-a"),
                                 std::string("a-"), std::string("a/b"), std::string("a_b")}) {
    EXPECT_THAT(named(bad), ElementsAre(HasSubstr("channelNamespaces[0].name: expected"))) << bad;
  }
}

TEST(ApiConfig, ANamespaceNeedsAName) {
  EXPECT_THAT(faults_of("api: {channelNamespaces: [{history: {}}]}"),
              ElementsAre(HasSubstr("api.channelNamespaces[0]: needs a name")));
}

TEST(ApiConfig, NamespacesKeysIdsAndDomainsAreUsedOnce) {
  EXPECT_THAT(faults_of("api:\n  channelNamespaces:\n    - name: a\n    - name: a\n"),
              ElementsAre("f.yaml:4:13: api.channelNamespaces[1].name: the namespace \"a\" is "
                          "already used in f.yaml:3"));
  EXPECT_THAT(faults_of("api: {apiKeys: [{id: k}, {id: k}]}"),
              ElementsAre(HasSubstr("apiKeys[1].id: this key is already used")));
  const std::string id(26, 'a');
  EXPECT_THAT(faults_of("apis: [{name: a, id: " + id + "}, {name: b, id: " + id + "}]"),
              ElementsAre(HasSubstr("apis[1].id: this id is already used")));
  EXPECT_THAT(faults_of("apis: [{name: a, domains: [x.example]}, {name: b, domains: [X.example]}]"),
              ElementsAre(HasSubstr("apis[1].domains[0]: x.example is already used")));
}

TEST(ApiConfig, AKeyOfTwoApisIsRefused) {
  EXPECT_THAT(faults_of("apis: [{name: a, apiKeys: [{id: k}]}, {name: b, apiKeys: [{id: k}]}]"),
              ElementsAre(HasSubstr("apis[1].apiKeys[0].id: this key is already used")));
}

TEST(ApiConfig, ApisWithoutIdsNeedDifferentNames) {
  EXPECT_THAT(faults_of("apis: [{}, {}]"), ElementsAre(HasSubstr("needs a name of its own")));
  const std::string ids = "apis: [{id: " + std::string(26, 'a') + "}, {id: " + std::string(26, 'b');
  EXPECT_THAT(faults_of(ids + "}]"), IsEmpty());
}

TEST(ApiConfig, AnIdHas26LowerCaseLettersAndDigits) {
  EXPECT_THAT(faults_of("api: {id: ABC}"), ElementsAre(HasSubstr("api.id: expected 26")));
  EXPECT_THAT(faults_of("api: {id: \"\"}"), IsEmpty());
}

TEST(ApiConfig, AnExpiryIsIso8601) {
  EXPECT_THAT(faults_of("api: {apiKeys: [{id: k, expires: tomorrow}]}"),
              ElementsAre(HasSubstr("apiKeys[0].expires: expected a time such as")));
}

TEST(ApiConfig, AnExpiredKeyWarns) {
  EXPECT_THAT(warnings_of("api: {apiKeys: [{id: 0123456789abcdef, expires: 2001-01-01}]}"),
              ElementsAre(HasSubstr("the key has expired")));
}

TEST(ApiConfig, AKeyThatIsRefusedIsNotPrinted) {
  const auto faults = faults_of("api: {apiKeys: [{id: \"se cret\"}]}");
  ASSERT_THAT(faults, SizeIs(1));
  EXPECT_THAT(faults[0], ::testing::Not(HasSubstr("se cret")));
}

TEST(AuthModesConfig, ApiKeyAloneIsTheDefault) {
  const auto config = load_good("api: {channelNamespaces: [{name: a}]}");
  const ApiConfig& api = config->apis[0];
  ASSERT_THAT(api.auth_providers, SizeIs(1));
  EXPECT_EQ(api.auth_providers[0].mode, AuthMode::api_key);
  EXPECT_EQ(api.connection_modes, kApiKeyOnly);
  EXPECT_EQ(api.default_publish_modes, kApiKeyOnly);
  EXPECT_EQ(api.default_subscribe_modes, kApiKeyOnly);
  EXPECT_EQ(api.channel_namespaces[0].publish_modes, kApiKeyOnly);
  EXPECT_EQ(api.channel_namespaces[0].subscribe_modes, kApiKeyOnly);
}

TEST(AuthModesConfig, AListTakesNamesAndSections) {
  const auto config = load_good(
      "api: {authProviders: [API_KEY], connectionAuthModes: [{authType: API_KEY}],\n"
      "  defaultPublishAuthModes: API_KEY}");
  EXPECT_EQ(config->apis[0].connection_modes, kApiKeyOnly);
  EXPECT_EQ(config->apis[0].default_publish_modes, kApiKeyOnly);
}

TEST(AuthModesConfig, AnUnknownModeIsAnsweredWithTheKnownOnes) {
  EXPECT_THAT(faults_of("api: {authProviders: [{authType: IAM}]}"),
              ElementsAre(HasSubstr("expected API_KEY, AWS_IAM, AMAZON_COGNITO_USER_POOLS, "
                                    "OPENID_CONNECT or AWS_LAMBDA, not \"IAM\"")));
}

TEST(AuthModesConfig, AModeNeedsAProvider) {
  EXPECT_THAT(faults_of("api: {authProviders: [AWS_IAM], connectionAuthModes: [API_KEY]}"),
              ElementsAre(HasSubstr("API_KEY is not among authProviders")));
  EXPECT_THAT(faults_of("api: {connectionAuthModes: [AWS_LAMBDA]}"),
              ElementsAre(HasSubstr("AWS_LAMBDA is not among authProviders")));
}

TEST(AuthModesConfig, EmptyListsAreRefused) {
  EXPECT_THAT(faults_of("api: {authProviders: []}"), ElementsAre(HasSubstr("needs at least one")));
  EXPECT_THAT(faults_of("api: {connectionAuthModes: []}"),
              ElementsAre(HasSubstr("needs at least one mode")));
}

TEST(AuthModesConfig, AProviderIsGivenOnce) {
  EXPECT_THAT(faults_of("api: {authProviders: [API_KEY, {authType: API_KEY}]}"),
              ElementsAre(HasSubstr("authProviders[1]: API_KEY is given twice")));
}

TEST(AuthModesConfig, AProviderNeedsAnAuthType) {
  EXPECT_THAT(faults_of("api: {authProviders: [{}]}"), ElementsAre(HasSubstr("needs an authType")));
}

}  // namespace
}  // namespace eventsd::config
