#include "cluster/local_broker.hpp"

#include <gtest/gtest.h>

#include <set>

#include "unit/cluster/support/shard_world.hpp"

namespace eventsd::cluster {
namespace {

using test::batch_of;
using test::Delivery;
using test::numbered_namespace;
using test::ShardWorld;

TEST(HomeShard, SpreadsConsecutiveNamespaces) {
  std::set<std::uint32_t> homes;
  for (std::uint32_t key = 1; key <= 16; ++key) {
    EXPECT_LT(home_shard(key, 4), 4u);
    homes.insert(home_shard(key, 4));
  }
  EXPECT_EQ(homes.size(), 4u);
  EXPECT_EQ(home_shard(12345, 1), 0u);
}

TEST(LocalBroker, GivesConsecutivePositionsWhereverItIsAsked) {
  ShardWorld world(3);
  const auto channel_namespace = numbered_namespace(1);
  EXPECT_EQ(world.publish(0, batch_of(channel_namespace, "a", 3)).value(), 1u);
  EXPECT_EQ(world.publish(1, batch_of(channel_namespace, "b", 1)).value(), 4u);
  EXPECT_EQ(world.publish(2, batch_of(channel_namespace, "c", 1)).value(), 5u);
}

TEST(LocalBroker, NumbersEachNamespaceByItself) {
  ShardWorld world(2);
  EXPECT_EQ(world.publish(0, batch_of(numbered_namespace(1), "a", 3)).value(), 1u);
  EXPECT_EQ(world.publish(0, batch_of(numbered_namespace(2), "b", 1)).value(), 1u);
}

TEST(LocalBroker, AnswersAtOnceAtHome) {
  ShardWorld world(2);
  const auto channel_namespace = numbered_namespace(1);
  Completion<Result<Position>> done;
  world.home_of(channel_namespace).broker->publish(batch_of(channel_namespace, "a"), done);
  EXPECT_TRUE(done.await_ready());
}

TEST(LocalBroker, DeliversOnlyToShardsWithSubscriptions) {
  ShardWorld world(4);
  const auto channel_namespace = numbered_namespace(1);
  world.join(0, channel_namespace);
  world.join(2, channel_namespace);
  (void)world.publish(1, batch_of(channel_namespace, "a"));
  EXPECT_EQ(world[0].delivered, (std::vector<Delivery>{{"a", 1, 1}}));
  EXPECT_EQ(world[2].delivered, world[0].delivered);
  EXPECT_TRUE(world[1].delivered.empty());
  EXPECT_TRUE(world[3].delivered.empty());
}

TEST(LocalBroker, CompletesAJoinOnlyWhenHomeHasRecordedIt) {
  ShardWorld world(2);
  const auto channel_namespace = numbered_namespace(1);
  ShardWorld::Shard& away = world[world.away_from(channel_namespace)];
  Completion<Done> joined;
  away.broker->join(*channel_namespace, joined);
  EXPECT_FALSE(ShardWorld::run_one(away));
  EXPECT_FALSE(joined.await_ready());
  EXPECT_TRUE(ShardWorld::run_one(world.home_of(channel_namespace)));
  EXPECT_FALSE(joined.await_ready());  // recorded; the news is on its way
  EXPECT_TRUE(ShardWorld::run_one(away));
  EXPECT_TRUE(joined.await_ready());
}

TEST(LocalBroker, CompletesFurtherJoinsWithTheFirst) {
  ShardWorld world(2);
  const auto channel_namespace = numbered_namespace(1);
  ShardWorld::Shard& away = world[world.away_from(channel_namespace)];
  Completion<Done> first, second, third;
  away.broker->join(*channel_namespace, first);
  away.broker->join(*channel_namespace, second);
  world.run_until_idle();
  EXPECT_TRUE(first.await_ready() && second.await_ready());
  away.broker->join(*channel_namespace, third);
  EXPECT_TRUE(third.await_ready());
}

TEST(LocalBroker, StaysInterestedUntilTheLastSubscriptionLeaves) {
  ShardWorld world(2);
  const auto channel_namespace = numbered_namespace(1);
  const std::size_t away = world.away_from(channel_namespace);
  world.join(away, channel_namespace);
  world.join(away, channel_namespace);
  world[away].broker->leave(*channel_namespace);
  (void)world.publish(away, batch_of(channel_namespace, "a"));
  EXPECT_EQ(world[away].delivered.size(), 1u);
  world[away].broker->leave(*channel_namespace);
  (void)world.publish(away, batch_of(channel_namespace, "b"));
  EXPECT_EQ(world[away].delivered.size(), 1u);
}

TEST(LocalBroker, LosesNothingWhenAJoinFollowsALeaveAtOnce) {
  ShardWorld world(2);
  const auto channel_namespace = numbered_namespace(1);
  const std::size_t away = world.away_from(channel_namespace);
  world.join(away, channel_namespace);
  world[away].broker->leave(*channel_namespace);
  world.join(away, channel_namespace);
  (void)world.publish(away, batch_of(channel_namespace, "a"));
  EXPECT_EQ(world[away].delivered.size(), 1u);
}

// The home shard finds all of it in one drain.
TEST(LocalBroker, CompletesAJoinBehindWhatWasPlacedForAnEarlierInterest) {
  ShardWorld world(2);
  const auto channel_namespace = numbered_namespace(1);
  const std::size_t index = world.away_from(channel_namespace);
  ShardWorld::Shard& away = world[index];
  world.join(index, channel_namespace);
  Completion<Result<Position>> accepted;
  away.broker->publish(batch_of(channel_namespace, "a"), accepted);
  while (ShardWorld::run_one(away)) {
  }
  away.broker->leave(*channel_namespace);
  std::optional<std::size_t> delivered_before;
  TaskGroup tasks([](std::exception_ptr) { FAIL(); });
  tasks.spawn([](ShardWorld::Shard& shard, ChannelNamespacePtr where,
                 std::optional<std::size_t>& before) -> Task<void> {
    Completion<Done> joined;
    shard.broker->join(*where, joined);
    co_await joined;
    before = shard.delivered.size();
  }(away, channel_namespace, delivered_before));
  world.run_until_idle();
  EXPECT_EQ(delivered_before, 1u);
}

// A subscriber that has gone while it joined leaves from within the completion of its join.
TEST(LocalBroker, LetsAWaitingJoinLeaveAsItCompletes) {
  ShardWorld world(2);
  const auto channel_namespace = numbered_namespace(1);
  Broker& away = *world[world.away_from(channel_namespace)].broker;
  TaskGroup tasks([](std::exception_ptr) { FAIL(); });
  const auto join_and_leave = [](Broker& broker, ChannelNamespacePtr where) -> Task<void> {
    Completion<Done> joined;
    broker.join(*where, joined);
    co_await joined;
    broker.leave(*where);
  };
  tasks.spawn(join_and_leave(away, channel_namespace));
  tasks.spawn(join_and_leave(away, channel_namespace));
  world.run_until_idle();
  EXPECT_EQ(tasks.running(), 0u);
  (void)world.publish(0, batch_of(channel_namespace, "a"));
  for (std::size_t i = 0; i < world.size(); ++i) EXPECT_TRUE(world[i].delivered.empty());
}

TEST(LocalBroker, DeliversHistoryOnlyWhenItIsDurable) {
  ShardWorld world(2);
  const auto channel_namespace = numbered_namespace(1, true);
  world.join(0, channel_namespace);
  Completion<Result<Position>> done;
  world[0].broker->publish(batch_of(channel_namespace, "a"), done);
  world.run_until_idle();
  EXPECT_TRUE(world[0].delivered.empty());
  EXPECT_FALSE(done.await_ready());
  world.store.commit();
  world.run_until_idle();
  EXPECT_EQ(world[0].delivered.size(), 1u);
  EXPECT_EQ(done.await_resume().value(), 1u);
}

TEST(LocalBroker, TellsThePublisherAloneThatTheStoreFailed) {
  ShardWorld world(2);
  const auto channel_namespace = numbered_namespace(1, true);
  world.join(1, channel_namespace);
  Completion<Result<Position>> done;
  world[0].broker->publish(batch_of(channel_namespace, "a"), done);
  world.run_until_idle();
  world.store.fail_commit(ErrorKind::store_full);
  world.run_until_idle();
  EXPECT_EQ(done.await_resume().error().kind, ErrorKind::store_full);
  EXPECT_TRUE(world[1].delivered.empty());
}

TEST(LocalBroker, GradesPressureByTheFullestMailbox) {
  ShardWorld world(2);
  world.caps.mailbox = 100;
  const auto channel_namespace = numbered_namespace(1);
  const auto pressure = [&] { return world[0].broker->pressure(*channel_namespace); };
  world[1].mailbox.push(Call([] {}), 50);
  EXPECT_EQ(pressure(), Pressure::none);
  world[1].mailbox.push(Call([] {}), 1);
  EXPECT_EQ(pressure(), Pressure::high);
  world[1].mailbox.push(Call([] {}), 49);
  EXPECT_EQ(pressure(), Pressure::full);
  world.run_until_idle();
  EXPECT_EQ(pressure(), Pressure::none);
}

TEST(LocalBroker, CountsTheStoresQueueForNamespacesWithHistoryOnly) {
  ShardWorld world(1);
  world.store.queued = 51;  // of 100
  EXPECT_EQ(world[0].broker->pressure(*numbered_namespace(1)), Pressure::none);
  EXPECT_EQ(world[0].broker->pressure(*numbered_namespace(2, true)), Pressure::high);
  world.store.queued = 100;
  EXPECT_EQ(world[0].broker->pressure(*numbered_namespace(2, true)), Pressure::full);
}

}  // namespace
}  // namespace eventsd::cluster
