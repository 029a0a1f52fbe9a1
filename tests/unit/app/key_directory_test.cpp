#include "app/key_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/data_dir.hpp"
#include "app/key_admin.hpp"
#include "unit/net/support/temp_dir.hpp"

namespace eventsd::app {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

constexpr std::int64_t kLater = 4'000'000'000;

class KeyDirectoryTest : public ::testing::Test {
 protected:
  KeyDirectoryTest() {
    auto config = std::make_shared<Config>();
    ApiConfig& api = config->apis.emplace_back();
    api.id = "api1";
    api.name = "chat";
    api.api_keys.push_back({"da2-file", "web", {}, {"eventsd.yaml", 12, 5}});
    config_ = config;
  }
  test::TempDir dir_;
  std::unique_ptr<store::StateStore> state_ = *store::open_state_store(dir_.path("state.db"));
  ConfigPtr config_;
  int changes_ = 0;
  std::unique_ptr<admin::ApiKeyDirectory> directory_ =
      make_key_directory(*state_, [this] { return config_; }, [this] { ++changes_; });
};

TEST_F(KeyDirectoryTest, ListsTheFilesKeysAndTheStoredOnesOfTheApi) {
  ASSERT_TRUE(state_->put_api_key({"api1", "da2-stored", "", 0, kLater}));
  ASSERT_TRUE(state_->put_api_key({"api2", "da2-other", "", 0, kLater}));
  const auto keys = directory_->list("api1");
  ASSERT_TRUE(keys);
  ASSERT_EQ(keys->size(), 2u);
  EXPECT_EQ((*keys)[0].id, "da2-file");
  EXPECT_EQ((*keys)[0].expires, std::nullopt);
  EXPECT_EQ((*keys)[1].id, "da2-stored");
  EXPECT_EQ((*keys)[1].expires, kLater);
}

TEST_F(KeyDirectoryTest, StoresANewKeyAndTellsTheDaemon) {
  const auto key = directory_->create("api1", "mobile", kLater);
  ASSERT_TRUE(key);
  EXPECT_THAT(key->id, MatchesRegex("da2-[a-z0-9]{26}"));
  EXPECT_EQ(state_->api_keys()->at(0).id, key->id);
  EXPECT_EQ(changes_, 1);
}

TEST_F(KeyDirectoryTest, ChangesOnlyWhatAnUpdateNames) {
  const std::string id = directory_->create("api1", "before", kLater)->id;
  EXPECT_EQ(directory_->update("api1", id, "after", {})->expires, kLater);
  EXPECT_EQ(directory_->update("api1", id, {}, kLater + 1)->description, "after");
  EXPECT_EQ(changes_, 3);
}

TEST_F(KeyDirectoryTest, DeletesAKeyAndTellsTheDaemon) {
  const std::string id = directory_->create("api1", "", kLater)->id;
  EXPECT_TRUE(directory_->remove("api1", id));
  EXPECT_TRUE(state_->api_keys()->empty());
  EXPECT_EQ(changes_, 2);
}

TEST_F(KeyDirectoryTest, DoesNotChangeWhatTheFileDefines) {
  for (const Error& error : {directory_->remove("api1", "da2-file").error(),
                             directory_->update("api1", "da2-file", "x", {}).error()}) {
    EXPECT_EQ(error.kind, ErrorKind::conflict);
    EXPECT_THAT(error.message, HasSubstr("eventsd.yaml:12"));
  }
  EXPECT_EQ(changes_, 0);
}

TEST_F(KeyDirectoryTest, KnowsNoKeyOfAnotherApi) {
  ASSERT_TRUE(state_->put_api_key({"api2", "da2-other", "", 0, kLater}));
  EXPECT_EQ(directory_->remove("api1", "da2-other").error().kind, ErrorKind::not_found);
  EXPECT_EQ(directory_->list("api2").error().kind, ErrorKind::not_found);
  EXPECT_EQ(directory_->create("api2", "", kLater).error().kind, ErrorKind::not_found);
}

class OfflineKeys : public ::testing::Test {
 protected:
  OfflineKeys() {
    const auto state = store::open_state_store(dir_.path("state.db"));
    EXPECT_TRUE((*state)->put_api_id("default", "api1"));
  }
  test::TempDir dir_;
};

TEST_F(OfflineKeys, AreMadeListedAndDeletedInTheDataDirectory) {
  const auto admin = open_offline_key_admin(dir_.path(), "");
  ASSERT_TRUE(admin);
  const auto key = (*admin)->create("mobile", {});
  ASSERT_TRUE(key);
  EXPECT_EQ((*admin)->list()->at(0).id, key->id);
  EXPECT_EQ((*admin)->list()->at(0).description, "mobile");
  EXPECT_TRUE((*admin)->remove(key->id));
  EXPECT_TRUE((*admin)->list()->empty());
  EXPECT_EQ((*admin)->remove(key->id).error().kind, ErrorKind::not_found);
}

TEST_F(OfflineKeys, LiveForSevenDaysWhenNothingIsSaid) {
  const auto before = std::chrono::system_clock::now();
  const auto key = (*open_offline_key_admin(dir_.path(), ""))->create("", {});
  const auto lives = *key->expires - before;
  EXPECT_GE(lives, std::chrono::hours(24 * 7));
  EXPECT_LT(lives, std::chrono::hours(24 * 7 + 1));
}

TEST_F(OfflineKeys, AreKeptFromARunningDaemon) {
  const auto daemon = DataDir::open(dir_.path());
  EXPECT_EQ(open_offline_key_admin(dir_.path(), "").error().kind, ErrorKind::conflict);
}

TEST_F(OfflineKeys, NeedAnApi) {
  test::TempDir empty;
  EXPECT_EQ(open_offline_key_admin(empty.path(), "").error().kind, ErrorKind::not_found);
  EXPECT_TRUE(open_offline_key_admin(empty.path(), "api1"));
}

}  // namespace
}  // namespace eventsd::app
