// History is switched on or off while batches of the namespace are on their way.
#include <gtest/gtest.h>

#include <map>

#include "unit/cluster/support/shard_world.hpp"

namespace eventsd::cluster {
namespace {

using test::batch_of;
using test::numbered_namespace;
using test::ShardWorld;

using Answer = Completion<Result<Position>>;

std::vector<std::string> delivered_ids(const ShardWorld::Shard& shard) {
  std::vector<std::string> ids;
  for (const test::Delivery& delivery : shard.delivered) ids.push_back(delivery.id);
  return ids;
}

TEST(HistoryChange, BatchesWithoutHistoryWaitForAppendsThatAreUnderWay) {
  ShardWorld world(1);
  const auto with = numbered_namespace(1, true);
  const auto without = numbered_namespace(1, false);
  world.join(0, with);
  Answer first, second;
  world[0].broker->publish(batch_of(with, "kept"), first);
  world[0].broker->publish(batch_of(without, "not kept"), second);
  world.run_until_idle();
  EXPECT_TRUE(world[0].delivered.empty());
  EXPECT_FALSE(second.await_ready());
  world.store.commit();
  world.run_until_idle();
  EXPECT_EQ(delivered_ids(world[0]), (std::vector<std::string>{"kept", "not kept"}));
  EXPECT_TRUE(first.await_ready() && second.await_ready());
}

TEST(HistoryChange, AppendsWaitForBatchesThatWait) {
  ShardWorld world(1);
  const auto with = numbered_namespace(1, true);
  const auto without = numbered_namespace(1, false);
  world.join(0, with);
  std::vector<Answer> answers(5);
  world[0].broker->publish(batch_of(with, "1"), answers[0]);
  world[0].broker->publish(batch_of(without, "2"), answers[1]);
  world[0].broker->publish(batch_of(with, "3"), answers[2]);
  world[0].broker->publish(batch_of(with, "4"), answers[3]);
  world[0].broker->publish(batch_of(without, "5"), answers[4]);
  for (int commits = 0; commits < 2; ++commits) {
    world.run_until_idle();
    ASSERT_FALSE(world.store.empty());
    world.store.commit();
  }
  world.run_until_idle();
  EXPECT_EQ(delivered_ids(world[0]), (std::vector<std::string>{"1", "2", "3", "4", "5"}));
  for (const Answer& answer : answers) EXPECT_TRUE(answer.await_ready());
}

TEST(HistoryChange, BatchesThatWaitGoOnWhenTheAppendFails) {
  ShardWorld world(2);
  const auto with = numbered_namespace(1, true);
  const auto without = numbered_namespace(1, false);
  world.join(1, with);
  Answer first, second;
  world[0].broker->publish(batch_of(with, "kept"), first);
  world[0].broker->publish(batch_of(without, "not kept"), second);
  world.run_until_idle();
  world.store.fail_commit(ErrorKind::store_full);
  world.run_until_idle();
  EXPECT_EQ(first.await_resume().error().kind, ErrorKind::store_full);
  EXPECT_TRUE(second.await_resume());
  EXPECT_EQ(delivered_ids(world[1]), (std::vector<std::string>{"not kept"}));
}

TEST(HistoryChange, PositionsGoOnFromThoseOfTheStore) {
  ShardWorld world(1);
  EXPECT_EQ(world.publish(0, batch_of(numbered_namespace(1, true), "a", 3)).value(), 1u);
  EXPECT_EQ(world.publish(0, batch_of(numbered_namespace(1, false), "b")).value(), 4u);
}

TEST(HistoryChange, CountsWhatWaitsAsPressure) {
  ShardWorld world(1);
  world.caps.mailbox = 15;
  const auto with = numbered_namespace(1, true);
  const auto without = numbered_namespace(1, false);
  Answer first, second, third;
  world[0].broker->publish(batch_of(with, "a"), first);
  world.run_until_idle();
  EXPECT_EQ(world[0].broker->pressure(*without), Pressure::none);  // now it is the store's
  world[0].broker->publish(batch_of(without, "b"), second);
  world[0].broker->publish(batch_of(without, "c"), third);
  EXPECT_EQ(world[0].broker->pressure(*without), Pressure::full);
  world.store.commit();
  world.run_until_idle();
  EXPECT_EQ(world[0].broker->pressure(*without), Pressure::none);
  EXPECT_EQ(world[0].mailbox.bytes(), 0u);
}

// Shards take over a new configuration at different moments.
TEST(HistoryChange, KeepsTheOrderOfEachPublisherWhileShardsDisagree) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    ShardWorld world(3, seed);
    const ChannelNamespacePtr kinds[] = {numbered_namespace(1, false), numbered_namespace(1, true)};
    for (std::size_t shard = 0; shard < world.size(); ++shard) world.join(shard, kinds[0]);
    std::vector<std::unique_ptr<Answer>> answers;
    std::vector<std::size_t> kind(world.size(), 1);
    for (int step = 0; step < 300; ++step) {
      const unsigned lot = world.random() % 10;
      const std::size_t shard = world.random() % world.size();
      if (lot < 3) {
        const std::string id = std::to_string(shard) + "/" + std::to_string(answers.size());
        answers.push_back(std::make_unique<Answer>());
        world[shard].broker->publish(batch_of(kinds[kind[shard]], id), *answers.back());
      } else if (lot == 3) {
        kind[shard] = 1 - kind[shard];
      } else if (lot == 4 && !world.store.empty()) {
        world.store.commit();
      } else {
        world.step();
      }
    }
    do {
      if (!world.store.empty()) world.store.commit();
      world.run_until_idle();
    } while (!world.store.empty());
    for (const auto& answer : answers) ASSERT_TRUE(answer->await_ready());
    for (std::size_t shard = 0; shard < world.size(); ++shard) {
      EXPECT_EQ(world[shard].delivered.size(), answers.size());
      EXPECT_EQ(delivered_ids(world[shard]), delivered_ids(world[0]));
      std::map<char, int> last;
      for (const std::string& id : delivered_ids(world[shard])) {
        const int number = std::stoi(id.substr(2));
        const auto before = last.try_emplace(id[0], -1).first;
        EXPECT_GT(number, before->second);
        before->second = number;
      }
    }
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace eventsd::cluster
