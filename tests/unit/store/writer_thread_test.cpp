#include <future>
#include <thread>

#include "unit/store/support/store_test.hpp"
#include "unit/store/support/sync_gate.hpp"

namespace eventsd::store_test {
namespace {

using testing::ElementsAre;

class WriterThreadTest : public StoreTest {
 protected:
  WriterThreadTest() {
    open();
    publish("/default/a", {"first"});
  }
  ~WriterThreadTest() override { gate_.open(); }

  // Blocks the writer in the commit of one append; returns that append.
  std::size_t block_writer() {
    gate_.close();
    const std::size_t append = store_->start_append(batch("/default/a", {"blocked"}));
    gate_.wait_for_writer();
    return append;
  }

  SyncGate gate_{vfs_};
};

TEST_F(WriterThreadTest, EverythingThatWaitsSharesOneTransaction) {
  const std::size_t blocked = block_writer();
  std::vector<std::size_t> waiting;
  for (int i = 0; i < 50; ++i) waiting.push_back(store_->start_append(batch("/default/a", {"x"})));
  const std::uint64_t before = vfs_.syncs_of("-wal");
  gate_.open();
  store_->wait_for(blocked);
  for (const std::size_t append : waiting) {
    ASSERT_TRUE(store_->wait_for(append).first_position.has_value());
  }
  EXPECT_EQ(vfs_.syncs_of("-wal") - before, 2u);  // the blocked commit and the group's
  EXPECT_THAT(store_->groups(), ElementsAre(1, 1, 50));
}

TEST_F(WriterThreadTest, ALonePublisherHasACommitOfItsOwn) {
  publish("/default/a", {"2"});
  publish("/default/a", {"3"});
  EXPECT_THAT(store_->groups(), ElementsAre(1, 1, 1));
}

TEST_F(WriterThreadTest, NothingIsAcknowledgedBeforeItIsSynced) {
  const std::size_t blocked = block_writer();
  EXPECT_THAT(store_->groups(), ElementsAre(1));
  gate_.open();
  EXPECT_TRUE(store_->wait_for(blocked).first_position.has_value());
}

TEST_F(WriterThreadTest, ReadsGoOnWhileACommitIsBlocked) {
  const std::size_t blocked = block_writer();
  EXPECT_THAT(payloads(newer("/default/a")), ElementsAre("first"));
  EXPECT_EQ(newer("/default/*").head, 1u);
  EXPECT_NE(newer("/default/never/written").epoch, 0u);
  gate_.open();
  store_->wait_for(blocked);
  EXPECT_THAT(payloads(newer("/default/a")), ElementsAre("first", "blocked"));
}

TEST_F(WriterThreadTest, QueuedBytesGrowWhileTheWriterIsBusyAndGoBackToNothing) {
  const std::size_t blocked = block_writer();
  const std::size_t waiting = store_->start_append(batch("/default/a", {"12345"}));
  EXPECT_EQ(store_->store().queued_bytes(), 7u + 5u);
  gate_.open();
  store_->wait_for(blocked);
  store_->wait_for(waiting);
  EXPECT_EQ(store_->store().queued_bytes(), 0u);
}

TEST_F(WriterThreadTest, AnAppendOverTheCapOfTheQueueIsRefusedAndSmallerOnesAreNot) {
  store_->store().set_limits(20, UINT64_MAX);
  EXPECT_EQ(store_->store().max_queue_bytes(), 20u);
  const std::size_t blocked = block_writer();  // 7 bytes
  const std::size_t refused = store_->start_append(batch("/default/a", {std::string(14, 'x')}));
  const std::size_t taken = store_->start_append(batch("/default/a", {std::string(13, 'x')}));
  gate_.open();
  EXPECT_TRUE(store_->wait_for(blocked).first_position.has_value());
  EXPECT_EQ(store_->wait_for(refused).first_position.error().kind, ErrorKind::overloaded);
  EXPECT_EQ(*store_->wait_for(taken).first_position, 3u);
  EXPECT_EQ(store_->store().queued_bytes(), 0u);
}

TEST_F(WriterThreadTest, ABatchAboveTheCapIsTakenWhenNothingWaits) {
  store_->store().set_limits(20, UINT64_MAX);
  publish("/default/a", {std::string(100, 'x')});
}

TEST_F(WriterThreadTest, StopCommitsWhatIsQueued) {
  block_writer();
  for (int i = 0; i < 10; ++i) store_->start_append(batch("/default/a", {"queued"}));
  std::thread stopping([this] { store_->store().stop(); });
  gate_.open();
  stopping.join();
  open();
  EXPECT_EQ(newer("/default/a").events.size(), 12u);
}

TEST_F(WriterThreadTest, AfterStopEverythingIsRefusedAndStopMayBeCalledAgain) {
  store_->store().stop();
  store_->store().stop();
  EXPECT_EQ(refusal_of(batch("/default/a", {"x"})), ErrorKind::store_unavailable);
  EXPECT_TRUE(store_->read(request("/default/a", Direction::newer)).has_error());
  store_->run_retention();
}

TEST_F(WriterThreadTest, AppendsFromManyThreadsKeepEachThreadsOrder) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 50; ++i) {
        store_->store().append(batch("/default/t" + std::to_string(t), {std::to_string(i)}),
                               nullptr, static_cast<std::uint32_t>(1'000 + t * 100 + i));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int t = 0; t < 4; ++t) {
    store_->wait_for(static_cast<std::size_t>(1'000 + t * 100 + 49));
    const Page page = newer("/default/t" + std::to_string(t));
    ASSERT_EQ(page.events.size(), 50u);
    for (int i = 0; i < 50; ++i) EXPECT_EQ(page.events[i].payload, std::to_string(i));
  }
}

}  // namespace
}  // namespace eventsd::store_test
