#include "core/hub.hpp"

#include <gtest/gtest.h>

#include <new>

#include "unit/core/support/api_fixture.hpp"

namespace eventsd::core {
namespace {

struct Recorder final : Subscriber {
  void deliver(Subscription& subscription, Batches batches, Moment) override {
    for (const SequencedBatch& batch : batches) {
      if (subscription.id == out_of_memory) throw std::bad_alloc();
      seen.push_back(subscription.id + ":" + batch.batch->channel);
    }
  }
  void lost() noexcept override { ++lost_count; }
  std::string out_of_memory;  // the subscription that cannot be delivered to
  int lost_count = 0;
  std::vector<std::string> seen;
};

class HubTest : public ::testing::Test {
 protected:
  std::unique_ptr<Subscription> join(std::string id, std::string_view channel,
                                     const ChannelNamespacePtr& channel_namespace) {
    auto made = std::make_unique<Subscription>(recorder_);
    made->id = std::move(id);
    hub_.join(*made, channel_namespace, Channel::parse(channel, Wildcard::allow).value());
    return made;
  }
  std::unique_ptr<Subscription> join(std::string id, std::string_view channel) {
    return join(std::move(id), channel, default_);
  }
  std::vector<std::string> deliver(std::string channel) {
    recorder_.seen.clear();
    gather(std::move(channel));
    hub_.end_turn();
    return recorder_.seen;
  }
  void gather(std::string channel, std::size_t bytes = 0) {
    auto batch = std::make_shared<EventBatch>();
    batch->channel_namespace = default_;
    batch->channel = std::move(channel);
    batch->bytes = bytes;
    hub_.deliver({std::move(batch), 1});
  }

  using Seen = std::vector<std::string>;
  ChannelNamespacePtr default_ = test::make_namespace("default", 1);
  Recorder recorder_;
  Hub hub_;
};

TEST_F(HubTest, DeliversToTheVeryChannel) {
  const auto one = join("1", "/default/a");
  const auto two = join("2", "/default/b");
  EXPECT_EQ(deliver("/default/a"), (Seen{"1:/default/a"}));
}

TEST_F(HubTest, GathersATurnsBatchesForItsEnd) {
  const auto one = join("1", "/default/*");
  gather("/default/a");
  gather("/default/b");
  EXPECT_EQ(recorder_.seen, (Seen{}));
  hub_.end_turn();
  EXPECT_EQ(recorder_.seen, (Seen{"1:/default/a", "1:/default/b"}));
}

TEST_F(HubTest, AsksForTheEndOfATurnOnce) {
  int asked = 0;
  hub_.on_turn([&asked] { ++asked; });
  const auto one = join("1", "/default/*");
  gather("/default/a");
  gather("/default/b");
  EXPECT_EQ(asked, 1);
  hub_.end_turn();
  gather("/default/c");
  EXPECT_EQ(asked, 2);
}

TEST_F(HubTest, DoesNotGiveANewcomerWhatCameBeforeIt) {
  const auto one = join("1", "/default/a");
  gather("/default/a");
  const auto late = join("2", "/default/a");
  gather("/default/a");
  hub_.end_turn();
  EXPECT_EQ(recorder_.seen, (Seen{"1:/default/a", "1:/default/a", "2:/default/a"}));
}

TEST_F(HubTest, SettlesWithOneSubscriptionBeforeTheTurnEnds) {
  const auto one = join("1", "/default/a");
  gather("/default/a");
  hub_.settle(*one);
  EXPECT_EQ(recorder_.seen, (Seen{"1:/default/a"}));
  hub_.end_turn();
  EXPECT_EQ(recorder_.seen, (Seen{"1:/default/a"}));
}

TEST_F(HubTest, HandsOutWithinTheTurnWhatHasGrownLarge) {
  const auto one = join("1", "/default/a");
  gather("/default/a", Hub::kMaxTurnBytes + 1);
  EXPECT_EQ(recorder_.seen, (Seen{"1:/default/a"}));
  gather("/default/a");
  hub_.end_turn();
  EXPECT_EQ(recorder_.seen, (Seen{"1:/default/a", "1:/default/a"}));
}

TEST_F(HubTest, ForgetsWhatItGatheredForAChannelThatEverybodyLeft) {
  auto one = join("1", "/default/a");
  gather("/default/a");
  hub_.leave(*one);
  hub_.end_turn();
  EXPECT_EQ(recorder_.seen, (Seen{}));
  EXPECT_EQ(hub_.topics(), 0u);
}

TEST_F(HubTest, DeliversToEveryAncestorsWildcard) {
  const auto far = join("far", "/default/*");
  const auto near = join("near", "/default/a/b/*");
  const auto aside = join("aside", "/default/x/*");
  EXPECT_EQ(deliver("/default/a/b/c"), (Seen{"near:/default/a/b/c", "far:/default/a/b/c"}));
}

TEST_F(HubTest, DoesNotDeliverAChannelToItsOwnWildcard) {
  const auto wildcard = join("1", "/default/a/*");
  EXPECT_EQ(deliver("/default/a"), (Seen{}));
  const auto whole = join("2", "/default/*");
  EXPECT_EQ(deliver("/default"), (Seen{}));
}

TEST_F(HubTest, DeliversOnceForEachSubscription) {
  const auto one = join("1", "/default/a");
  const auto same = join("2", "/default/a");
  const auto wildcard = join("3", "/default/*");
  EXPECT_EQ(deliver("/default/a").size(), 3u);
}

TEST_F(HubTest, KeepsApisApart) {
  auto other = std::make_shared<ChannelNamespace>(*default_);
  other->api_key = 2;
  const auto stranger = join("1", "/default/a", other);
  const auto stranger_too = join("2", "/default/*", other);
  EXPECT_EQ(deliver("/default/a"), (Seen{}));
}

// An API's number is binary in the topic's key; 0x2F is a slash and 0x2A an asterisk.
TEST_F(HubTest, IsNotConfusedByApiNumbersThatLookLikeChannels) {
  auto odd = std::make_shared<ChannelNamespace>(*default_);
  odd->api_key = 0x2A2F2A2F;
  default_ = odd;
  const auto wildcard = join("1", "/default/*");
  EXPECT_EQ(deliver("/default/a/b"), (Seen{"1:/default/a/b"}));
  EXPECT_EQ(deliver("/default"), (Seen{}));
}

TEST_F(HubTest, ForgetsASubscriptionThatIsDestroyed) {
  auto one = join("1", "/default/a");
  const auto two = join("2", "/default/a");
  one.reset();
  EXPECT_EQ(deliver("/default/a"), (Seen{"2:/default/a"}));
}

TEST_F(HubTest, ForgetsATopicWithItsLastSubscription) {
  auto one = join("1", "/default/*");
  EXPECT_EQ(hub_.topics(), 1u);
  EXPECT_EQ(Hub::channel_of(*one), "/default/*");
  EXPECT_EQ(hub_.leave(*one), default_);
  EXPECT_EQ(hub_.topics(), 0u);
  EXPECT_EQ(deliver("/default/a"), (Seen{}));
}

TEST_F(HubTest, KeepsTheOthersWhenOneLeavesFromTheMiddle) {
  std::vector<std::unique_ptr<Subscription>> all;
  for (const char* id : {"1", "2", "3", "4"}) all.push_back(join(id, "/default/a"));
  all.erase(all.begin() + 1);
  all.erase(all.begin());
  EXPECT_EQ(deliver("/default/a").size(), 2u);
  all.clear();
  EXPECT_EQ(hub_.topics(), 0u);
}

TEST_F(HubTest, TakesASubscriptionThatHasLeftAgain) {
  auto one = join("1", "/default/a");
  (void)hub_.leave(*one);
  hub_.join(*one, default_, Channel::parse("/default/b", Wildcard::allow).value());
  EXPECT_EQ(deliver("/default/b"), (Seen{"1:/default/b"}));
}

TEST_F(HubTest, DeliversToTheOthersWhenOneCannotBeGivenIt) {
  const auto one = join("1", "/default/a");
  const auto two = join("2", "/default/a");
  const auto three = join("3", "/default/a");
  recorder_.out_of_memory = "2";
  EXPECT_EQ(deliver("/default/a"), (Seen{"1:/default/a", "3:/default/a"}));
  EXPECT_EQ(recorder_.lost_count, 1);
  recorder_.out_of_memory.clear();
  EXPECT_EQ(deliver("/default/a"), (Seen{"1:/default/a", "2:/default/a", "3:/default/a"}));
}

TEST_F(HubTest, GathersAgainAfterATurnThatCouldNotBeScheduled) {
  bool fails = true;
  int asked = 0;
  hub_.on_turn([&] {
    if (fails) throw std::bad_alloc();
    ++asked;
  });
  const auto one = join("1", "/default/a");
  gather("/default/a");  // nobody would come to hand it out: who waits for it is lost
  EXPECT_EQ(recorder_.lost_count, 1);
  fails = false;
  EXPECT_EQ(deliver("/default/a"), (Seen{"1:/default/a"}));
  EXPECT_EQ(asked, 1);
}

TEST_F(HubTest, AsksForTheEndOnceAlsoWhenItHandsOutWithinTheTurn) {
  int asked = 0;
  hub_.on_turn([&asked] { ++asked; });
  const auto one = join("1", "/default/a");
  gather("/default/a", Hub::kMaxTurnBytes + 1);
  EXPECT_EQ(recorder_.seen, (Seen{"1:/default/a"}));
  gather("/default/a");
  EXPECT_EQ(asked, 1);
  hub_.end_turn();
  EXPECT_EQ(recorder_.seen, (Seen{"1:/default/a", "1:/default/a"}));
}

}  // namespace
}  // namespace eventsd::core
