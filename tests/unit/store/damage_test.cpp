#include <filesystem>
#include <fstream>

#include "unit/store/support/store_test.hpp"

namespace eventsd::store_test {
namespace {

using testing::HasSubstr;

class DamageTest : public StoreTest {
 protected:
  // Leaves a closed database with some thousand events.
  void make_history() {
    open();
    for (int i = 0; i < 100; ++i) publish("/default/a", std::vector<std::string>(20, "payload"));
    store_.reset();
  }
  void overwrite(std::int64_t at, const std::string& bytes) {
    std::fstream file(folder_.database(), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(at);
    file << bytes;
  }
  // The files were changed behind the VFS's back, so it is not used.
  void open_damaged() {
    StoreOptions plain = options();
    plain.vfs.clear();
    open(plain);
  }
  void expect_failed() {
    EXPECT_EQ(health(), StoreHealth::State::failed);
    EXPECT_THAT(store_->store().health().detail, HasSubstr(folder_.database()));
    EXPECT_EQ(refusal_of(batch("/default/a", {"x"})), ErrorKind::store_unavailable);
    const Result<Page> page = store_->read(request("/default/a", Direction::older));
    ASSERT_TRUE(page.has_error());
    EXPECT_EQ(page.error().kind, ErrorKind::store_unavailable);
    store_->run_retention();  // must answer, too
  }
};

TEST_F(DamageTest, AFileWithAGarbageHeaderFailsForGood) {
  make_history();
  overwrite(0, std::string(100, 'g'));
  open_damaged();
  expect_failed();
}

TEST_F(DamageTest, ATruncatedFileFailsForGood) {
  make_history();
  std::filesystem::resize_file(folder_.database(), 8'192);
  open_damaged();
  expect_failed();
}

TEST_F(DamageTest, AFileWithADamagedPageFailsForGood) {
  make_history();
  overwrite(4'096 * 8, std::string(4'096, 'g'));
  open_damaged();
  expect_failed();
}

TEST_F(DamageTest, ALargeFileThatIsSoundOpens) {
  open();
  const std::string payload(1'000'000, 'x');
  for (int i = 0; i < 40; ++i) publish("/default/a", {payload});  // above 32 MiB
  open();
  EXPECT_EQ(health(), StoreHealth::State::ok);
  EXPECT_EQ(older("/default/a", std::nullopt, 1).events.at(0).payload, payload);
}

TEST_F(DamageTest, AFolderThatIsNotThereFailsForGood) {
  StoreOptions nowhere = options();
  nowhere.path = folder_.path() + "/missing/events.db";
  open(nowhere);
  EXPECT_EQ(health(), StoreHealth::State::failed);
  EXPECT_EQ(refusal_of(batch("/default/a", {"x"})), ErrorKind::store_unavailable);
}

TEST_F(DamageTest, ACommitThatCannotBeSyncedIsNeverAcknowledgedAndFailsForGood) {
  open();
  publish("/default/a", {"1"});
  vfs_.break_syncs();
  EXPECT_EQ(refusal_of(batch("/default/a", {"2"})), ErrorKind::store_unavailable);
  expect_failed();
}

TEST_F(DamageTest, WhatWaitsBehindAFailedCommitIsRefusedToo) {
  open();
  vfs_.break_syncs();
  std::vector<std::size_t> appends;
  for (int i = 0; i < 10; ++i) appends.push_back(store_->start_append(batch("/default/a", {"x"})));
  for (const std::size_t append : appends) {
    EXPECT_EQ(store_->wait_for(append).first_position.error().kind, ErrorKind::store_unavailable);
  }
}

}  // namespace
}  // namespace eventsd::store_test
