#include "app/data_dir.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "unit/net/support/temp_dir.hpp"

namespace eventsd::app {
namespace {

using ::testing::HasSubstr;

unsigned mode_of(const std::string& path) {
  struct stat status{};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 0777;
}

class DataDirectory : public ::testing::Test {
 protected:
  test::TempDir temp_;
};

TEST_F(DataDirectory, IsMadeForItsOwnerAlone) {
  const auto opened = DataDir::open(temp_.path("a/b"));
  ASSERT_TRUE(opened);
  EXPECT_EQ(mode_of(temp_.path("a/b")), 0700u);
  EXPECT_EQ(opened->file("x"), temp_.path("a/b") + "/x");
}

TEST_F(DataDirectory, KeepsItsModeWhenItIsThereAlready) {
  ::mkdir(temp_.path("a").c_str(), 0750);
  ::chmod(temp_.path("a").c_str(), 0750);
  ASSERT_TRUE(DataDir::open(temp_.path("a")));
  EXPECT_EQ(mode_of(temp_.path("a")), 0750u);
}

TEST_F(DataDirectory, IsForOneDaemonAtATime) {
  const auto first = DataDir::open(temp_.path("a"));
  const auto second = DataDir::open(temp_.path("a"));
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("in use by another eventsd"));
}

TEST_F(DataDirectory, IsFreeAgainWhenItsOwnerIsGone) {
  {
    ASSERT_TRUE(DataDir::open(temp_.path("a")));
  }
  EXPECT_TRUE(DataDir::open(temp_.path("a")));
}

TEST_F(DataDirectory, KeepsItsLockWhenItIsMoved) {
  auto first = DataDir::open(temp_.path("a"));
  const DataDir moved = std::move(*first);
  EXPECT_FALSE(DataDir::open(temp_.path("a")));
}

TEST_F(DataDirectory, ThatIsAFileIsRefusedWithItsName) {
  const std::string file = temp_.write("file", "");
  const auto opened = DataDir::open(file);
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, HasSubstr(file));
}

TEST_F(DataDirectory, WritesAFileWholeWithItsMode) {
  ASSERT_TRUE(write_file(temp_.path("key"), "first", 0600));
  ASSERT_TRUE(write_file(temp_.path("key"), "second", 0600));
  EXPECT_EQ(test::read_file(temp_.path("key")), "second");
  EXPECT_EQ(mode_of(temp_.path("key")), 0600u);
  EXPECT_FALSE(std::filesystem::exists(temp_.path("key.new")));
}

TEST_F(DataDirectory, GivesASecretItsModeWhateverAnInterruptedWriteLeft) {
  ::chmod(temp_.write("key.new", "left").c_str(), 0666);
  ASSERT_TRUE(write_file(temp_.path("key"), "secret", 0600));
  EXPECT_EQ(mode_of(temp_.path("key")), 0600u);
}

TEST_F(DataDirectory, SaysWhichFileCannotBeWritten) {
  const auto written = write_file(temp_.path("none/key"), "x", 0600);
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().message, HasSubstr(temp_.path("none/key")));
}

TEST_F(DataDirectory, ReadsAFileWithoutTheSpaceAtItsEnd) {
  EXPECT_EQ(*read_file(temp_.write("key", " a b \r\n\n")), " a b");
  EXPECT_EQ(read_file(temp_.path("none")).error().kind, ErrorKind::not_found);
}

}  // namespace
}  // namespace eventsd::app
