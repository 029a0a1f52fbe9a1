// Several shards on one thread. Each has an event loop of its own, and the test decides whose turn
// it is, so that every interleaving of threads has a seed.
#pragma once

#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "cluster/local_broker.hpp"
#include "unit/cluster/support/fake_store.hpp"

namespace eventsd::test {

inline ChannelNamespacePtr numbered_namespace(std::uint32_t key, bool history = false) {
  auto made = std::make_shared<ChannelNamespace>();
  made->key = key;
  made->name = "n" + std::to_string(key);
  if (history) made->history.emplace();
  return made;
}

inline EventBatchPtr batch_of(const ChannelNamespacePtr& channel_namespace, std::string id,
                              std::size_t events = 1) {
  auto batch = std::make_shared<EventBatch>();
  batch->channel_namespace = channel_namespace;
  batch->channel = "/" + channel_namespace->name + "/a";
  for (std::size_t i = 0; i < events; ++i) batch->events.push_back({id, "1", ""});
  batch->bytes = 10;
  return batch;
}

struct Delivery {
  std::string id;
  std::uint32_t namespace_key;
  Position position;
  bool operator==(const Delivery&) const = default;
};

class ShardWorld {
 public:
  struct Shard {
    boost::asio::io_context io;
    cluster::Mailbox mailbox{io};
    std::unique_ptr<cluster::ShardBroker> broker;
    std::vector<Delivery> delivered;
  };

  explicit ShardWorld(std::size_t count, unsigned seed = 0) : random(seed) {
    for (std::size_t i = 0; i < count; ++i) shards_.push_back(std::make_unique<Shard>());
    for (auto& shard : shards_) mailboxes.push_back(&shard->mailbox);
    for (std::uint32_t i = 0; i < count; ++i) {
      Shard& shard = *shards_[i];
      shard.broker = cluster::make_local_broker(
          i, mailboxes, &store, caps, [&shard](const SequencedBatch& batch) {
            shard.delivered.push_back({std::string(batch.batch->events.front().id),
                                       batch.batch->channel_namespace->key, batch.first_position});
          });
      // As a shard does, or as one that leaves the end of its turns to messages.
      shard.mailbox.set_reader([this, &shard](std::vector<cluster::Message>& messages) {
        const bool in_turn = random() % 2 == 0;
        if (in_turn) shard.broker->begin_turn();
        for (cluster::Message& message : messages) shard.broker->handle(message);
        if (in_turn) shard.broker->end_turn();
      });
    }
    store.set_commit_sink(cluster::make_commit_sink(mailboxes));
  }

  Shard& operator[](std::size_t index) { return *shards_[index]; }
  std::size_t size() const { return shards_.size(); }

  // A shard that is not the home of the namespace.
  std::size_t away_from(const ChannelNamespacePtr& channel_namespace) const {
    return (cluster::home_shard(channel_namespace->key, size()) + 1) % size();
  }
  Shard& home_of(const ChannelNamespacePtr& channel_namespace) {
    return *shards_[cluster::home_shard(channel_namespace->key, size())];
  }

  // One handler of one shard, drawn by lot. False: that shard had nothing to do.
  bool step() { return run_one(*shards_[random() % size()]); }
  static bool run_one(Shard& shard) {
    shard.io.restart();
    return shard.io.poll_one() > 0;
  }
  void run_until_idle() {
    for (bool busy = true; busy;) {
      busy = false;
      for (std::size_t i = 0; i < 4 * size(); ++i) busy |= step();
      for (auto& shard : shards_) busy |= run_one(*shard);
    }
  }

  // Joins and waits until the interest is recorded.
  void join(std::size_t shard, const ChannelNamespacePtr& channel_namespace) {
    Completion<Done> joined;
    shards_[shard]->broker->join(*channel_namespace, joined);
    run_until_idle();
    if (!joined.await_ready()) std::abort();
  }
  // Publishes; the answer when everything has come to rest.
  Result<Position> publish(std::size_t shard, EventBatchPtr batch) {
    Completion<Result<Position>> done;
    shards_[shard]->broker->publish(std::move(batch), done);
    run_until_idle();
    if (!store.empty()) store.commit();
    run_until_idle();
    return done.await_resume();
  }

  std::mt19937 random;
  FakeStore store;
  cluster::QueueCaps caps;
  std::vector<cluster::Mailbox*> mailboxes;

 private:
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace eventsd::test
