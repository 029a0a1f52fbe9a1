// Properties of the broker over random interleavings of shards, publishers, subscribers and
// commits.
#include <gtest/gtest.h>

#include <algorithm>

#include "unit/cluster/support/shard_world.hpp"

namespace eventsd::cluster {
namespace {

using test::batch_of;
using test::Delivery;
using test::numbered_namespace;
using test::ShardWorld;

// One subscriber of one namespace on one shard: joins, stays a while, leaves, joins again.
struct Subscriber {
  std::size_t shard;
  ChannelNamespacePtr channel_namespace;
  std::unique_ptr<Completion<Done>> joining;  // or joined, when it is complete
};

struct Play {
  explicit Play(std::size_t shards, unsigned seed) : world(shards, seed) {
    for (std::uint32_t key = 1; key <= 3; ++key) {
      namespaces.push_back(numbered_namespace(key, key == 3));
      for (std::size_t shard = 0; shard < shards; ++shard) {
        subscribers.push_back({shard, namespaces.back(), nullptr});
      }
    }
  }

  void publish() {
    answers.push_back(std::make_unique<Completion<Result<Position>>>());
    const std::size_t shard = world.random() % world.size();
    const auto& where = namespaces[world.random() % namespaces.size()];
    const std::string id = std::to_string(shard) + "/" + std::to_string(answers.size());
    world[shard].broker->publish(batch_of(where, id, 1 + world.random() % 3), *answers.back());
  }

  // A batch that is published after a join has completed must reach the subscriber.
  void check_fresh_join(Subscriber& subscriber) {
    const std::size_t publisher = world.random() % world.size();
    answers.push_back(std::make_unique<Completion<Result<Position>>>());
    const std::string id = "promised/" + std::to_string(answers.size());
    world[publisher].broker->publish(batch_of(subscriber.channel_namespace, id), *answers.back());
    promised.push_back({subscriber.shard, id});
    pinned.push_back(&subscriber);
  }

  void change(Subscriber& subscriber) {
    Broker& broker = *world[subscriber.shard].broker;
    if (!subscriber.joining) {
      subscriber.joining = std::make_unique<Completion<Done>>();
      broker.join(*subscriber.channel_namespace, *subscriber.joining);
    } else if (subscriber.joining->await_ready()) {
      if (std::ranges::find(pinned, &subscriber) != pinned.end()) return;
      if (world.random() % 4 == 0) return check_fresh_join(subscriber);
      broker.leave(*subscriber.channel_namespace);
      subscriber.joining.reset();
    }
  }

  void run() {
    for (int step = 0; step < 400; ++step) {
      const unsigned lot = world.random() % 10;
      if (lot < 2) publish();
      if (lot == 2) change(subscribers[world.random() % subscribers.size()]);
      if (lot == 3 && !world.store.empty()) world.store.commit();
      if (lot > 3) world.step();
    }
    do {
      if (!world.store.empty()) world.store.commit();
      world.run_until_idle();
    } while (!world.store.empty());
  }

  ShardWorld world;
  std::vector<ChannelNamespacePtr> namespaces;
  std::vector<Subscriber> subscribers;
  std::vector<std::unique_ptr<Completion<Result<Position>>>> answers;
  std::vector<std::pair<std::size_t, std::string>> promised;  // shard and batch
  std::vector<Subscriber*> pinned;                            // stay to the end
};

class BrokerOrder : public ::testing::TestWithParam<std::size_t> {
 protected:
  template <typename Check>
  void for_each_play(Check check) {
    for (unsigned seed = 0; seed < 60; ++seed) {
      SCOPED_TRACE("seed " + std::to_string(seed));
      Play play(GetParam(), seed);
      play.run();
      check(play);
      if (HasFailure()) return;
    }
  }
};

TEST_P(BrokerOrder, GrowsOnEveryShard) {
  for_each_play([](Play& play) {
    for (std::size_t shard = 0; shard < play.world.size(); ++shard) {
      std::map<std::uint32_t, Position> last;
      for (const Delivery& delivery : play.world[shard].delivered) {
        EXPECT_GT(delivery.position, last[delivery.namespace_key]);
        last[delivery.namespace_key] = delivery.position;
      }
    }
  });
}

TEST_P(BrokerOrder, GivesABatchTheSamePlaceOnEveryShard) {
  for_each_play([](Play& play) {
    std::map<std::pair<std::uint32_t, Position>, std::string> places;
    for (std::size_t shard = 0; shard < play.world.size(); ++shard) {
      for (const Delivery& delivery : play.world[shard].delivered) {
        const auto place = std::pair(delivery.namespace_key, delivery.position);
        EXPECT_EQ(places.try_emplace(place, delivery.id).first->second, delivery.id);
      }
    }
  });
}

TEST_P(BrokerOrder, KeepsTheOrderOfEachPublisher) {
  for_each_play([](Play& play) {
    for (std::size_t shard = 0; shard < play.world.size(); ++shard) {
      std::map<std::pair<std::uint32_t, char>, int> last;  // by namespace and publishing shard
      for (const Delivery& delivery : play.world[shard].delivered) {
        if (delivery.id.starts_with("promised")) continue;
        const int number = std::stoi(delivery.id.substr(2));
        int& before = last[{delivery.namespace_key, delivery.id[0]}];
        EXPECT_GT(number, before);
        before = number;
      }
    }
  });
}

TEST_P(BrokerOrder, LosesNothingThatIsPublishedAfterAJoin) {
  std::size_t checked = 0;
  for_each_play([&](Play& play) {
    for (const auto& [shard, id] : play.promised) {
      const auto& delivered = play.world[shard].delivered;
      EXPECT_EQ(std::ranges::count(delivered, id, &Delivery::id), 1) << id;
      ++checked;
    }
  });
  EXPECT_GT(checked, 50u);
}

TEST_P(BrokerOrder, AnswersEveryPublish) {
  for_each_play([](Play& play) {
    for (const auto& answer : play.answers) ASSERT_TRUE(answer->await_ready());
  });
}

INSTANTIATE_TEST_SUITE_P(Shards, BrokerOrder, ::testing::Values(1, 2, 3, 4));

}  // namespace
}  // namespace eventsd::cluster
