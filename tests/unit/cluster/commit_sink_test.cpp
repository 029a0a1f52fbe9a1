#include <gtest/gtest.h>

#include "unit/cluster/support/shard_world.hpp"

namespace eventsd::cluster {
namespace {

using test::batch_of;
using test::numbered_namespace;

// Mailboxes of two shards whose messages are recorded.
class CommitSinkTest : public ::testing::Test {
 protected:
  CommitSinkTest() {
    for (std::size_t shard = 0; shard < 2; ++shard) {
      mailboxes_[shard]->set_reader([this, shard](std::vector<Message>& messages) {
        for (Message& message : messages) {
          std::string ids;
          for (const AppendOutcome& outcome : std::get<Committed>(message).outcomes) {
            ids += outcome.batch->events.front().id.text();
          }
          arrived_[shard].push_back(ids);
        }
      });
    }
    for (std::uint32_t key = 1; !at_[0] || !at_[1]; ++key) {
      auto& place = at_[home_shard(key, 2)];
      if (!place) place = numbered_namespace(key, true);
    }
  }
  AppendOutcome outcome(std::size_t home, std::string id) {
    return {batch_of(at_[home], std::move(id)), Position{1}, nullptr, 0};
  }

  using Messages = std::vector<std::string>;
  boost::asio::io_context io_;
  Mailbox first_{io_}, second_{io_};
  std::vector<Mailbox*> mailboxes_{&first_, &second_};
  ChannelNamespacePtr at_[2];  // a namespace at home on each shard
  Messages arrived_[2];
};

TEST_F(CommitSinkTest, SendsOneMessageAShardAndCommit) {
  const EventStore::CommitSink sink = make_commit_sink(mailboxes_);
  sink({outcome(0, "a"), outcome(1, "b"), outcome(0, "c")});
  sink({outcome(0, "d")});
  io_.poll();
  EXPECT_EQ(arrived_[0], (Messages{"ac", "d"}));
  EXPECT_EQ(arrived_[1], (Messages{"b"}));
}

TEST_F(CommitSinkTest, CountsTheBytesOfEachShardsBatches) {
  make_commit_sink(mailboxes_)({outcome(0, "a"), outcome(1, "b"), outcome(0, "c")});
  EXPECT_EQ(first_.bytes(), 20u);
  EXPECT_EQ(second_.bytes(), 10u);
}

TEST_F(CommitSinkTest, SendsNothingForAnEmptyCommit) {
  make_commit_sink(mailboxes_)({});
  EXPECT_EQ(io_.poll(), 0u);
}

}  // namespace
}  // namespace eventsd::cluster
