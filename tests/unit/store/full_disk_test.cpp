#include <filesystem>
#include <future>

#include "unit/store/support/store_test.hpp"

namespace eventsd::store_test {
namespace {

using std::chrono::hours;
using testing::HasSubstr;

constexpr std::uint64_t kReserve = 16 << 20;

class FullDiskTest : public StoreTest {
 protected:
  FullDiskTest() {
    StoreOptions with = options();
    with.reserve_bytes = kReserve;
    open(with);
  }

  bool reserve_is_there() const {
    const std::string path = folder_.path() + "/events.reserve";
    return std::filesystem::exists(path) && std::filesystem::file_size(path) == kReserve;
  }
  // Leaves `bytes` of free space from now on.
  void leave_free(std::uint64_t bytes) { vfs_.set_capacity(vfs_.used_bytes() + bytes); }

  // Publishes large events until one is refused; returns how many were taken.
  int fill() {
    for (int taken = 0;; ++taken) {
      const Result<Position> first = store_->append(batch("/default/a", {large_}));
      if (first) continue;
      EXPECT_EQ(first.error().kind, ErrorKind::store_full);
      return taken;
    }
  }

  const std::string large_ = std::string(100'000, 'x');
};

TEST_F(FullDiskTest, TheReserveIsMadeAtTheStart) {
  publish("/default/a", {"1"});
  EXPECT_TRUE(reserve_is_there());
}

TEST_F(FullDiskTest, AppendsAreRefusedAndHealthTellsSo) {
  leave_free(500'000);
  EXPECT_GT(fill(), 0);
  EXPECT_EQ(health(), StoreHealth::State::full);
  EXPECT_THAT(store_->store().health().detail, HasSubstr("disk full: " + folder_.database()));
  EXPECT_EQ(refusal_of(batch("/default/a", {"small"})), ErrorKind::store_full);
  EXPECT_FALSE(reserve_is_there());
}

TEST_F(FullDiskTest, WhatWasAcknowledgedCanBeReadWhileTheDiskIsFull) {
  leave_free(500'000);
  const int taken = fill();
  EXPECT_EQ(newer("/default/a").events.size(), static_cast<std::size_t>(taken));
  EXPECT_EQ(newer("/default/a").head, static_cast<Position>(taken));
}

TEST_F(FullDiskTest, AppendsResumeOnceThereIsSpace) {
  leave_free(500'000);
  const int taken = fill();
  store_->run_retention();  // a try in vain
  EXPECT_EQ(health(), StoreHealth::State::full);
  vfs_.set_capacity(std::nullopt);
  store_->run_retention();
  EXPECT_EQ(health(), StoreHealth::State::ok);
  EXPECT_TRUE(reserve_is_there());
  EXPECT_EQ(publish("/default/a", {"next"}), static_cast<Position>(taken) + 1);
}

TEST_F(FullDiskTest, AppendsResumeByThemselves) {
  leave_free(500'000);
  fill();
  vfs_.set_capacity(std::nullopt);
  // The last thing the writer does before it takes publishes again is to sync the reserve.
  std::promise<void> reserve_synced;
  vfs_.set_sync_hook([&, told = false](const std::string& path) mutable {
    if (path.ends_with(".reserve") && !told) reserve_synced.set_value();
    told = told || path.ends_with(".reserve");
  });
  reserve_synced.get_future().get();
  EXPECT_TRUE(store_->append(batch("/default/a", {"next"})).has_value());
  EXPECT_EQ(health(), StoreHealth::State::ok);
}

TEST_F(FullDiskTest, RetentionRunsInTheSpaceOfTheReserveAndPublishesResume) {
  HistoryPolicy policy = keep_everything();
  policy.max_age = hours(1);
  keep(policy);
  leave_free(20'000'000);
  fill();
  clock_.advance(hours(2));
  store_->run_retention();
  // Nothing was freed outside: the events that are gone have left room inside the file.
  EXPECT_EQ(health(), StoreHealth::State::ok) << store_->store().health().detail;
  EXPECT_TRUE(reserve_is_there());
  EXPECT_TRUE(newer("/default/a").events.empty());
  for (int i = 0; i < 20; ++i) publish("/default/a", {large_});
}

TEST_F(FullDiskTest, AStoreThatStartsOnAFullDiskComesUpFullAndRecovers) {
  publish("/default/a", {"1"});
  store_.reset();
  std::mt19937_64 random;
  vfs_.restore_power(CrashVfs::Unsynced::lost, random);
  std::filesystem::remove(folder_.path() + "/events.reserve");
  vfs_.set_capacity(0);
  StoreOptions with = options();
  with.reserve_bytes = kReserve;
  open(with);
  EXPECT_EQ(health(), StoreHealth::State::full);
  EXPECT_EQ(refusal_of(batch("/default/a", {"2"})), ErrorKind::store_full);
  vfs_.set_capacity(std::nullopt);
  store_->run_retention();
  EXPECT_EQ(health(), StoreHealth::State::ok);
  EXPECT_EQ(publish("/default/a", {"2"}), 2u);
}

}  // namespace
}  // namespace eventsd::store_test
