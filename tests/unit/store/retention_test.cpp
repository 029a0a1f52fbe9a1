#include "unit/store/support/store_test.hpp"

namespace eventsd::store_test {
namespace {

using std::chrono::hours;
using testing::ElementsAre;
using testing::IsEmpty;

class RetentionTest : public StoreTest {
 protected:
  RetentionTest() { open(); }

  void keep_age(milliseconds max_age) {
    HistoryPolicy policy = keep_everything();
    policy.max_age = max_age;
    keep(policy);
  }
  void keep_count(std::uint64_t events) {
    HistoryPolicy policy = keep_everything();
    policy.max_events_per_channel = events;
    keep(policy);
  }
  void keep_bytes(std::uint64_t bytes) {
    HistoryPolicy policy = keep_everything();
    policy.max_bytes = bytes;
    keep(policy);
  }
};

TEST_F(RetentionTest, EventsOlderThanMaxAgeGo) {
  keep_age(hours(1));
  publish("/default/a", {"old"});
  clock_.advance(hours(1));
  publish("/default/a", {"young"});
  store_->run_retention();
  EXPECT_THAT(payloads(newer("/default/a")), ElementsAre("old", "young"));
  clock_.advance(milliseconds(1));
  store_->run_retention();
  EXPECT_THAT(payloads(newer("/default/a")), ElementsAre("young"));
}

TEST_F(RetentionTest, AStampFromTheFutureDoesNotKeepOtherChannelsEvents) {
  keep_age(hours(1));
  store_->append(make_batch(default_, "/default/a", {"odd"}, clock_.now() + hours(1000)));
  publish("/default/b", {"old"});
  publish("/default/a", {"behind odd"});
  clock_.advance(hours(2));
  store_->run_retention();
  EXPECT_THAT(payloads(newer("/default/b")), IsEmpty());
  EXPECT_THAT(payloads(newer("/default/a")), ElementsAre("odd", "behind odd"));
}

TEST_F(RetentionTest, EachChannelKeepsItsNewestEvents) {
  keep_count(2);
  publish("/default/a", {"1", "2", "3", "4"});
  publish("/default/b", {"5"});
  store_->run_retention();
  EXPECT_THAT(payloads(newer("/default/a")), ElementsAre("3", "4"));
  EXPECT_THAT(payloads(newer("/default/b")), ElementsAre("5"));
}

TEST_F(RetentionTest, TheOldestEventsOfTheNamespaceGoWhenItHasTooManyBytes) {
  keep_bytes(8);
  publish("/default/a", {"aaaa"});
  publish("/default/b", {"bbbb"});
  publish("/default/a", {"cccc"});
  store_->run_retention();
  EXPECT_THAT(payloads(newer("/default/*")), ElementsAre("bbbb", "cccc"));
}

TEST_F(RetentionTest, TheOldestEventsOfTheStoreGoWhenItHasTooManyBytes) {
  publish("/default/a", {std::string(1'000, 'a')});
  clock_.advance(hours(1));
  store_->append(make_batch(other_, "/other/a", {std::string(1'000, 'b')}, clock_.now()));
  clock_.advance(hours(1));
  publish("/default/a", {std::string(1'000, 'c')});
  store_->store().set_limits(1 << 20, 3'000);
  store_->run_retention();
  EXPECT_THAT(positions(newer("/default/a")), ElementsAre(2));
  ReadRequest there = request("/other/a", Direction::newer);
  there.channel_namespace = other_;
  EXPECT_EQ(read(there).events.size(), 1u);
}

TEST_F(RetentionTest, ALoweredLimitAppliesToWhatIsStored) {
  publish_many("/default/a", 5);
  keep_count(1);
  store_->run_retention();
  EXPECT_THAT(payloads(newer("/default/a")), ElementsAre("5"));
}

TEST_F(RetentionTest, NothingWithinTheLimitsIsRemoved) {
  HistoryPolicy policy = keep_everything();
  policy.max_age = hours(1);
  policy.max_events_per_channel = 3;
  keep(policy);
  publish_many("/default/a", 3);
  clock_.advance(hours(1));
  store_->run_retention();
  EXPECT_THAT(payloads(newer("/default/a")), ElementsAre("1", "2", "3"));
  EXPECT_EQ(newer("/default/a").removed_through, 0u);
}

TEST_F(RetentionTest, ItRunsByItselfAfterACommitThatGoesOverALimit) {
  keep_count(1);
  publish("/default/a", {"1"});
  // Retention's share comes before the next group, so the second answer shows the first's effect.
  publish("/default/a", {"2"});
  publish("/default/b", {"3"});
  EXPECT_THAT(payloads(newer("/default/a")), ElementsAre("2"));
}

TEST_F(RetentionTest, ManyMoreEventsThanOneBatchAllGo) {
  for (int i = 0; i < 40; ++i) publish("/default/a", std::vector<std::string>(50, "x"));
  keep_count(3);
  store_->run_retention();
  EXPECT_THAT(positions(newer("/default/a")), ElementsAre(1998, 1999, 2000));
}

TEST_F(RetentionTest, ANamespaceThatIsNotListedKeepsItsHistory) {
  keep_count(1);
  publish_many("/default/a", 1);
  store_->store().set_namespaces({other_});
  publish_many("/default/a", 3);
  clock_.advance(hours(24 * 365 * 200));
  store_->run_retention();
  EXPECT_EQ(newer("/default/a").events.size(), 4u);
}

TEST_F(RetentionTest, SwitchingHistoryOffRemovesThePastAndEndsTheEpoch) {
  publish_many("/default/a", 3);
  const std::uint64_t epoch = newer("/default/a").epoch;
  keep(std::nullopt);
  store_->run_retention();
  EXPECT_THAT(newer("/default/*").events, IsEmpty());
  EXPECT_NE(newer("/default/a").epoch, epoch);
  EXPECT_EQ(newer("/default/a").removed_through, 3u);
}

TEST_F(RetentionTest, EventsThatWereOnTheirWayWhenHistoryWasSwitchedOffGoToo) {
  // A publish goes by the namespace as it was when it came, and its handler may take a while.
  const ChannelNamespacePtr before = default_;
  publish_many("/default/a", 1);
  keep(std::nullopt);
  store_->run_retention();
  store_->append(make_batch(before, "/default/a", {"late"}, clock_.now()));
  store_->append(make_batch(before, "/default/b", {"late, on a channel of its own"}, clock_.now()));
  store_->run_retention();
  EXPECT_THAT(newer("/default/*").events, IsEmpty());
}

TEST_F(RetentionTest, PositionsGoOnWhenEverythingWasRemoved) {
  keep_age(hours(1));
  publish_many("/default/a", 3);
  clock_.advance(hours(2));
  store_->run_retention();
  EXPECT_EQ(newer("/default/a").head, 3u);
  open();
  EXPECT_EQ(publish("/default/a", {"4"}), 4u);
}

TEST_F(RetentionTest, ARunningChannelTellsTheNewestPositionThatWasRemoved) {
  keep_count(1);
  publish("/default/a", {"1"});
  publish("/default/b", {"2"});
  publish("/default/a", {"3"});
  store_->run_retention();
  EXPECT_EQ(newer("/default/a").removed_through, 1u);
  EXPECT_EQ(newer("/default/b").removed_through, 0u);
  EXPECT_EQ(newer("/default/*").removed_through, 1u);
}

TEST_F(RetentionTest, AnEmptiedChannelStillTellsWhatWasRemoved) {
  keep_age(hours(1));
  publish("/default/a", {"1", "2"});
  clock_.advance(hours(2));
  store_->run_retention();
  EXPECT_EQ(newer("/default/a").removed_through, 2u);
  publish("/default/a", {"3"});
  EXPECT_EQ(newer("/default/a").removed_through, 2u);
}

TEST_F(RetentionTest, AWildcardTellsTheNewestRemovalAmongItsChannelsOnly) {
  keep_count(1);
  for (const char* text : {"1", "2"}) publish("/default/busy/a", {text});
  publish("/default/quiet/a", {"3"});
  store_->run_retention();
  EXPECT_EQ(newer("/default/busy/*").removed_through, 1u);
  EXPECT_EQ(newer("/default/quiet/*").removed_through, 0u);
}

TEST_F(RetentionTest, PublishesToAFullStoreAreTakenAsLongAsSomethingMayBeRemoved) {
  store_->store().set_limits(1 << 20, 10'000);
  for (int i = 0; i < 100; ++i) publish("/default/a", {std::string(1'000, 'x')});
  store_->run_retention();
  EXPECT_EQ(health(), StoreHealth::State::ok);
  EXPECT_EQ(newer("/default/a").events.size(), 8u);  // (10,000 - 256) / 1,128
}

TEST_F(RetentionTest, AFullStoreWithNothingToRemoveRefusesAndResumesByItself) {
  store_->store().set_limits(1 << 20, 10'000);
  store_->store().set_namespaces({other_});  // default's history is now nobody's to remove
  for (int i = 0; i < 8; ++i) publish("/default/a", {std::string(1'000, 'x')});
  EXPECT_EQ(refusal_of(batch("/default/a", {std::string(1'000, 'x')})), ErrorKind::store_full);
  EXPECT_EQ(health(), StoreHealth::State::full);
  publish("/default/a", {std::string(500, 'x')});
  EXPECT_EQ(refusal_of(batch("/default/a", {"x"})), ErrorKind::store_full);
  store_->store().set_namespaces({default_, other_});
  publish("/default/a", {std::string(1'000, 'x')});
  EXPECT_EQ(health(), StoreHealth::State::ok);
}

}  // namespace
}  // namespace eventsd::store_test
