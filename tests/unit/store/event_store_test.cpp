#include "eventsd/event_store.hpp"

#include "unit/store/support/store_test.hpp"

namespace eventsd::store_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class EventStoreTest : public StoreTest {
 protected:
  EventStoreTest() { open(); }
};

TEST_F(EventStoreTest, PositionsCountFromOneAndEventsOfABatchFollowEachOther) {
  EXPECT_EQ(publish("/default/a", {"1", "2", "3"}), 1u);
  EXPECT_EQ(publish("/default/b", {"4"}), 4u);
  EXPECT_EQ(publish("/default/a", {"5"}), 5u);
  EXPECT_THAT(positions(newer("/default/a")), ElementsAre(1, 2, 3, 5));
}

TEST_F(EventStoreTest, PositionsFollowTheOrderOfAppends) {
  std::vector<std::size_t> appends;
  for (int i = 0; i < 100; ++i) {
    appends.push_back(store_->start_append(batch("/default/a", {std::to_string(i)})));
  }
  for (std::size_t i = 0; i < appends.size(); ++i) {
    EXPECT_EQ(*store_->wait_for(appends[i]).first_position, i + 1);
  }
}

TEST_F(EventStoreTest, AnEventIsReadAsItWasWritten) {
  publish("/default/room/1", {"{\"text\":\"grüß\"}"});
  const Page page = newer("/default/room/1");
  ASSERT_EQ(page.events.size(), 1u);
  EXPECT_EQ(page.events[0].payload, "{\"text\":\"grüß\"}");
  EXPECT_EQ(page.events[0].channel, "/default/room/1");
  EXPECT_EQ(page.events[0].id, "/default/room/1#{\"text\":\"grüß\"}");
  EXPECT_EQ(page.events[0].timestamp_ms, 1'700'000'000'000);
}

TEST_F(EventStoreTest, AnEmptyPayloadIsKept) {
  publish("/default/a", {""});
  EXPECT_THAT(payloads(newer("/default/a")), ElementsAre(""));
}

TEST_F(EventStoreTest, EachNamespaceOfEachApiHasItsOwnOrder) {
  const auto elsewhere = make_namespace("default", keep_everything(), "another-api");
  publish("/default/a", {"1", "2"});
  const Result<Position> first =
      store_->append(make_batch(elsewhere, "/default/a", {"x"}, clock_.now()));
  EXPECT_EQ(*first, 1u);
  ReadRequest there = request("/default/a", Direction::newer);
  there.channel_namespace = elsewhere;
  const Page page = read(there);
  EXPECT_THAT(payloads(page), ElementsAre("x"));
  EXPECT_NE(page.epoch, newer("/default/a").epoch);
  EXPECT_THAT(payloads(newer("/default/a")), ElementsAre("1", "2"));
}

TEST_F(EventStoreTest, OlderGivesTheNewestEventsOldestFirst) {
  publish_many("/default/a", 5);
  const Page page = older("/default/a", std::nullopt, 2);
  EXPECT_THAT(payloads(page), ElementsAre("4", "5"));
  EXPECT_EQ(page.next, 4u);
  EXPECT_EQ(page.head, 5u);
}

TEST_F(EventStoreTest, PagesGoBackToTheStartWithoutGapOrDuplicate) {
  publish_many("/default/a", 5);
  const Page second = older("/default/a", 4, 2);
  EXPECT_THAT(payloads(second), ElementsAre("2", "3"));
  const Page last = older("/default/a", second.next, 2);
  EXPECT_THAT(payloads(last), ElementsAre("1"));
  EXPECT_EQ(last.next, std::nullopt);
}

TEST_F(EventStoreTest, PagesGoForwardToTheEndWithoutGapOrDuplicate) {
  publish_many("/default/a", 5);
  const Page first = newer("/default/a", std::nullopt, 3);
  EXPECT_THAT(payloads(first), ElementsAre("1", "2", "3"));
  EXPECT_EQ(first.next, 3u);
  const Page last = newer("/default/a", first.next, 3);
  EXPECT_THAT(payloads(last), ElementsAre("4", "5"));
  EXPECT_EQ(last.next, std::nullopt);
}

TEST_F(EventStoreTest, APageThatEndsExactlyAtTheEndHasNoNext) {
  publish_many("/default/a", 3);
  EXPECT_EQ(newer("/default/a", std::nullopt, 3).next, std::nullopt);
  EXPECT_EQ(older("/default/a", std::nullopt, 3).next, std::nullopt);
}

TEST_F(EventStoreTest, APageEndsAtItsByteLimit) {
  for (const char* text : {"aaaa", "bbbb", "cccc"}) publish("/default/a", {text});
  ReadRequest wanted = request("/default/a", Direction::newer);
  wanted.max_bytes = 8;
  const Page page = read(wanted);
  EXPECT_THAT(payloads(page), ElementsAre("aaaa", "bbbb"));
  EXPECT_EQ(page.next, 2u);
}

TEST_F(EventStoreTest, APageHasAtLeastOneEventHoweverLargeItIs) {
  publish("/default/a", {std::string(100'000, 'x')});
  ReadRequest wanted = request("/default/a", Direction::older);
  wanted.max_bytes = 1;
  EXPECT_EQ(read(wanted).events.size(), 1u);
}

TEST_F(EventStoreTest, ALimitOfZeroTellsEpochAndHeadOnly) {
  publish_many("/default/a", 3);
  for (const char* channel : {"/default/a", "/default/*"}) {
    const Page page = older(channel, std::nullopt, 0);
    EXPECT_THAT(page.events, IsEmpty());
    EXPECT_EQ(page.head, 3u);
    EXPECT_NE(page.epoch, 0u);
    EXPECT_EQ(page.next, std::nullopt);
  }
}

TEST_F(EventStoreTest, CursorsPastTheEndAndBeforeTheStartFindNothing) {
  publish_many("/default/a", 3);
  EXPECT_THAT(newer("/default/a", 3).events, IsEmpty());
  EXPECT_THAT(newer("/default/a", UINT64_MAX).events, IsEmpty());
  EXPECT_THAT(older("/default/a", 1).events, IsEmpty());
  EXPECT_THAT(older("/default/a", 0).events, IsEmpty());
  EXPECT_THAT(payloads(older("/default/a", UINT64_MAX)), ElementsAre("1", "2", "3"));
  EXPECT_THAT(newer("/default/*", UINT64_MAX).events, IsEmpty());
}

TEST_F(EventStoreTest, TheEpochOfANamespaceIsTheSameBeforeAndAfterItsFirstEvent) {
  const std::uint64_t before = older("/default/a").epoch;
  EXPECT_NE(before, 0u);
  EXPECT_EQ(older("/default/b").epoch, before);
  publish("/default/a", {"1"});
  EXPECT_EQ(older("/default/a").epoch, before);
}

TEST_F(EventStoreTest, EverythingIsThereAfterARestartAndPositionsGoOn) {
  publish_many("/default/a", 3);
  const std::uint64_t epoch = newer("/default/a").epoch;
  open();
  EXPECT_EQ(newer("/default/a").epoch, epoch);
  EXPECT_EQ(publish("/default/a", {"4"}), 4u);
  EXPECT_THAT(payloads(newer("/default/a")), ElementsAre("1", "2", "3", "4"));
}

TEST_F(EventStoreTest, AnOutcomeCarriesBatchWaiterAndOrigin) {
  const EventBatchPtr sent = batch("/default/a", {"1"});
  const AppendOutcome outcome = store_->wait_for(store_->start_append(sent));
  EXPECT_EQ(outcome.batch, sent);
  EXPECT_EQ(outcome.waiter, store_.get());
  EXPECT_EQ(outcome.origin, 0u);
}

}  // namespace
}  // namespace eventsd::store_test
