#include "store/high_water.hpp"

#include <filesystem>
#include <fstream>

#include "unit/store/support/store_test.hpp"

namespace eventsd::store_test {
namespace {

namespace fs = std::filesystem;

// On the real file system, so that files can be copied about as an operator does.
class RestoreTest : public StoreTest {
 protected:
  RestoreTest() { open_really(); }
  void open_really() {
    StoreOptions real = options();
    real.vfs.clear();
    open(real);
  }
  std::uint64_t epoch() { return newer("/default/a").epoch; }
  void copy(const std::string& from, const std::string& to) {
    fs::copy_file(from, to, fs::copy_options::overwrite_existing);
  }
};

TEST_F(RestoreTest, ARestartKeepsTheEpoch) {
  publish("/default/a", {"1"});
  const std::uint64_t before = epoch();
  open_really();
  EXPECT_EQ(epoch(), before);
}

TEST_F(RestoreTest, AnOlderDatabaseGetsANewEpoch) {
  publish("/default/a", {"1"});
  const std::uint64_t before = epoch();
  store_.reset();
  copy(folder_.database(), folder_.database() + ".backup");
  open_really();
  publish("/default/a", {"2"});
  store_.reset();
  copy(folder_.database() + ".backup", folder_.database());
  open_really();
  EXPECT_NE(epoch(), before);
  EXPECT_THAT(payloads(newer("/default/a")), testing::ElementsAre("1"));
}

TEST_F(RestoreTest, ADatabaseMovedHereFromElsewhereGetsANewEpoch) {
  publish("/default/a", {"1"});
  const std::uint64_t before = epoch();
  store_.reset();
  fs::remove(folder_.database() + ".high");
  open_really();
  EXPECT_NE(epoch(), before);
}

TEST_F(RestoreTest, BothFilesCopiedBackTogetherGetANewEpoch) {
  publish("/default/a", {"1"});
  const std::uint64_t before = epoch();
  store_.reset();
  for (const char* ending : {"", ".high"}) {
    copy(folder_.database() + ending, folder_.database() + ending + ".backup");
  }
  open_really();
  publish("/default/a", {"2"});
  store_.reset();
  for (const char* ending : {"", ".high"}) {
    fs::remove(folder_.database() + ending);
    copy(folder_.database() + ending + ".backup", folder_.database() + ending);
  }
  open_really();
  EXPECT_NE(epoch(), before);
}

TEST_F(RestoreTest, AMoveOrOtherRightsKeepTheEpoch) {
  publish("/default/a", {"1"});
  const std::uint64_t before = epoch();
  store_.reset();
  fs::permissions(folder_.database(), fs::perms::owner_all);
  fs::rename(folder_.database(), folder_.database() + ".moved");
  fs::rename(folder_.database() + ".moved", folder_.database());
  open_really();
  EXPECT_EQ(epoch(), before);
}

TEST_F(RestoreTest, AFileThatDoesNotNameTheDatabaseIsTaken) {
  publish("/default/a", {"1"});
  const std::uint64_t before = epoch();
  store_.reset();
  std::ofstream(folder_.database() + ".high") << "1\n";  // as earlier versions wrote it
  open_really();
  EXPECT_EQ(epoch(), before);
}

TEST_F(RestoreTest, TheNewEpochStays) {
  publish("/default/a", {"1"});
  store_.reset();
  fs::remove(folder_.database() + ".high");
  open_really();
  const std::uint64_t renewed = epoch();
  open_really();
  EXPECT_EQ(epoch(), renewed);
}

TEST(HighWater, AnEmptyDatabaseWithoutAFileIsNew) {
  const TempFolder folder;
  EXPECT_FALSE(store::HighWater(folder.database()).is_older(0));
}

TEST(HighWater, ADatabaseAheadOfTheFileIsNotOlder) {
  const TempFolder folder;
  store::HighWater high_water(folder.database());
  high_water.note(5);
  EXPECT_FALSE(high_water.is_older(7));
  EXPECT_TRUE(high_water.is_older(4));
}

}  // namespace
}  // namespace eventsd::store_test
