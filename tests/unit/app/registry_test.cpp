#include "app/registry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/net/support/temp_dir.hpp"

namespace eventsd::app {
namespace {

using ::testing::IsEmpty;
using ::testing::MatchesRegex;

class RegistryTest : public ::testing::Test {
 protected:
  RegistryTest() : state_(*store::open_state_store(dir_.path("state.db"))) {}
  // Zero configuration, completed.
  ConfigPtr complete(const Config& config = {}) { return *registry_.complete(config); }
  static Config with_namespaces(const std::vector<std::string>& names) {
    Config config;
    ApiConfig& api = config.apis.emplace_back();
    api.id = "api1";
    api.auth_providers.emplace_back();
    for (const std::string& name : names) api.channel_namespaces.emplace_back().name = name;
    return config;
  }
  static std::uint32_t key_of(const ConfigPtr& config, std::string_view name) {
    for (const auto& one : config->apis.at(0).channel_namespaces) {
      if (one.name == name) return one.key;
    }
    return 0;
  }
  bool lets_in(const core::SnapshotPtr& snapshot, const std::string& key) {
    bool allowed = false;
    TaskGroup tasks([](std::exception_ptr) { ADD_FAILURE(); });
    tasks.spawn([](Authorizer& authorizer, std::string with, bool& out) -> Task<void> {
      AuthorizationRequest request;
      request.credentials.api_key = std::move(with);
      const Result<Identity> identity = co_await authorizer.authorize(std::move(request));
      out = identity.has_value();
    }(*snapshot->apis.at(0)->authorizers[0], key, allowed));
    return allowed;
  }
  test::TempDir dir_;
  std::unique_ptr<store::StateStore> state_;
  AuthThread auth_;
  Authorizers authorizers_{auth_};
  DataThread data_;
  Handlers handlers_{data_};
  Registry registry_{*state_, authorizers_, handlers_};
};

TEST_F(RegistryTest, MakesTheZeroConfigurationApi) {
  const ConfigPtr config = complete();
  ASSERT_EQ(config->apis.size(), 1u);
  EXPECT_THAT(config->apis[0].id, MatchesRegex("[a-z0-9]{26}"));
  ASSERT_EQ(config->apis[0].channel_namespaces.size(), 1u);
  EXPECT_EQ(config->apis[0].channel_namespaces[0].name, "default");
  EXPECT_TRUE(config->apis[0].channel_namespaces[0].history);
}

TEST_F(RegistryTest, MakesAKeyAtTheFirstStartThatOpensTheApi) {
  const ConfigPtr config = complete();
  EXPECT_THAT(registry_.generated_key(), MatchesRegex("da2-[a-z0-9]{26}"));
  const core::SnapshotPtr snapshot = *registry_.snapshot(config);
  EXPECT_TRUE(lets_in(snapshot, registry_.generated_key()));
  EXPECT_FALSE(lets_in(snapshot, "da2-another"));
}

TEST_F(RegistryTest, ReusesIdAndKeyAtTheSecondStart) {
  const std::string id = complete()->apis[0].id;
  const std::string key = registry_.generated_key();
  Registry second(*state_, authorizers_, handlers_);
  const ConfigPtr config = *second.complete({});
  EXPECT_EQ(config->apis[0].id, id);
  EXPECT_THAT(second.generated_key(), IsEmpty());
  EXPECT_TRUE(lets_in(*second.snapshot(config), key));
}

// Who began without a configuration and writes one later has not begun anew.
TEST_F(RegistryTest, KeepsIdAndKeyWhenAFirstConfigurationFileComes) {
  const std::string id = complete()->apis[0].id;
  const std::string key = registry_.generated_key();
  Config config = with_namespaces({"default"});
  config.apis[0].id.clear();
  config.apis[0].name = ApiConfig().name;
  Registry second(*state_, authorizers_, handlers_);
  const ConfigPtr completed = *second.complete(config);
  EXPECT_EQ(completed->apis[0].id, id);
  EXPECT_TRUE(lets_in(*second.snapshot(completed), key));
}

TEST_F(RegistryTest, MakesNoKeyWhereTheFileHasOne) {
  Config config = with_namespaces({"default"});
  config.apis[0].api_keys.push_back({"da2-file", "", {}, {}});
  const ConfigPtr completed = complete(config);
  EXPECT_THAT(registry_.generated_key(), IsEmpty());
  EXPECT_TRUE(state_->api_keys()->empty());
  EXPECT_TRUE(lets_in(*registry_.snapshot(completed), "da2-file"));
}

TEST_F(RegistryTest, MakesNoKeyForAnApiThatTakesNone) {
  Config config = with_namespaces({"default"});
  AuthProviderConfig& provider = config.apis[0].auth_providers.front();
  provider.mode = AuthMode::oidc;
  provider.open_id_connect.issuer = "http://127.0.0.1:9/issuer";
  const core::SnapshotPtr snapshot = *registry_.snapshot(complete(config));
  EXPECT_THAT(registry_.generated_key(), IsEmpty());
  EXPECT_EQ(snapshot->apis[0]->authorizers[0], nullptr);
}

TEST_F(RegistryTest, LetsAKeyOpenItsOwnApiOnly) {
  Config config = with_namespaces({"default"});
  ASSERT_TRUE(state_->put_api_key({"api1", "da2-mine", "", 0, {}}));
  ASSERT_TRUE(state_->put_api_key({"api2", "da2-other", "", 0, {}}));
  const core::SnapshotPtr snapshot = *registry_.snapshot(complete(config));
  EXPECT_TRUE(lets_in(snapshot, "da2-mine"));
  EXPECT_FALSE(lets_in(snapshot, "da2-other"));
}

TEST_F(RegistryTest, LetsNobodyInWithAnExpiredKey) {
  ASSERT_TRUE(state_->put_api_key({"api1", "da2-old", "", 0, 1}));
  EXPECT_FALSE(lets_in(*registry_.snapshot(complete(with_namespaces({"default"}))), "da2-old"));
}

TEST_F(RegistryTest, NumbersNamespacesForTheLifeOfTheProcess) {
  const std::uint32_t before = key_of(complete(with_namespaces({"a", "b"})), "b");
  EXPECT_NE(before, 0u);
  complete(with_namespaces({"a"}));
  const ConfigPtr again = complete(with_namespaces({"c", "b"}));
  EXPECT_EQ(key_of(again, "b"), before);
  EXPECT_NE(key_of(again, "c"), key_of(again, "b"));
}

TEST_F(RegistryTest, NumbersTheSameNamespaceOfTwoApisDifferently) {
  Config config = with_namespaces({"default"});
  config.apis.push_back(config.apis[0]);
  config.apis[1].id = "api2";
  const ConfigPtr completed = complete(config);
  const ChannelNamespace& first = completed->apis[0].channel_namespaces[0];
  const ChannelNamespace& second = completed->apis[1].channel_namespaces[0];
  EXPECT_NE(first.key, second.key);
  EXPECT_NE(first.api_key, second.api_key);
  EXPECT_EQ(second.api_id, "api2");
}

}  // namespace
}  // namespace eventsd::app
