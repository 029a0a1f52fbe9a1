#include "cluster/local_broker.hpp"

#include <cassert>
#include <unordered_map>
#include <vector>

namespace eventsd::cluster {
namespace {

class LocalBroker final : public ShardBroker {
 public:
  LocalBroker(std::uint32_t shard, std::span<Mailbox* const> mailboxes, EventStore* store,
              const QueueCaps& caps, DeliverHere deliver)
      : shard_(shard),
        mailboxes_(mailboxes.begin(), mailboxes.end()),
        store_(store),
        caps_(caps),
        deliver_(std::move(deliver)) {}

  void publish(EventBatchPtr batch, Completion<Result<Position>>& done) override {
    const std::uint32_t home = home_of(batch->channel_namespace->key);
    const std::uint64_t bytes = batch->bytes;
    Sequence request{std::move(batch), &done, shard_};
    if (home == shard_) {
      sequence(request);
    } else {
      mailboxes_[home]->push(std::move(request), bytes);
    }
  }

  void join(const ChannelNamespace& channel_namespace, Completion<Done>& done) override {
    Presence& presence = presence_[channel_namespace.key];
    ++presence.subscriptions;
    if (presence.recorded) {
      done.complete({});
      return;
    }
    const std::uint32_t home = home_of(channel_namespace.key);
    if (home == shard_) {
      presence.recorded = true;
      record({channel_namespace.key, shard_, true});
      done.complete({});
      return;
    }
    presence.waiting.push_back(&done);
    if (presence.waiting.size() == 1) {
      mailboxes_[home]->push(Interest{channel_namespace.key, shard_, true});
    }
  }

  void leave(const ChannelNamespace& channel_namespace) override {
    const auto found = presence_.find(channel_namespace.key);
    assert(found != presence_.end() && found->second.subscriptions > 0);
    if (--found->second.subscriptions > 0) return;
    // Nobody waits: a join that waits is counted. The home shard takes messages in order, so a
    // later join cannot overtake this.
    presence_.erase(found);
    const std::uint32_t home = home_of(channel_namespace.key);
    Interest ceased{channel_namespace.key, shard_, false};
    if (home == shard_) {
      record(ceased);
    } else {
      mailboxes_[home]->push(ceased);
    }
  }

  Pressure pressure(const ChannelNamespace& channel_namespace) const override {
    std::uint64_t cap = caps_.mailbox.load(std::memory_order_relaxed);
    Pressure worst = Pressure::none;
    // Any shard may have subscriptions in the namespace; a full one holds publishers up.
    for (const Mailbox* mailbox : mailboxes_) worst = std::max(worst, grade(mailbox->bytes(), cap));
    if (channel_namespace.history && store_) {
      worst = std::max(worst, grade(store_->queued_bytes(), store_->max_queue_bytes()));
    }
    return worst;
  }

  void handle(Message& message) override {
    if (auto* request = std::get_if<Sequence>(&message)) {
      sequence(*request);
    } else if (auto* delivery = std::get_if<Deliver>(&message)) {
      deliver_(delivery->batch);
    } else if (auto* accepted = std::get_if<Accepted>(&message)) {
      accepted->waiter->complete(std::move(accepted->position));
    } else if (auto* interest = std::get_if<Interest>(&message)) {
      record(*interest);
    } else if (auto* recorded = std::get_if<InterestRecorded>(&message)) {
      interest_recorded(recorded->namespace_key);
    } else if (auto* committed = std::get_if<Committed>(&message)) {
      for (AppendOutcome& outcome : committed->outcomes) settle(outcome);
    }
  }

 private:
  // What this shard has in a namespace.
  struct Presence {
    std::uint64_t subscriptions = 0;
    bool recorded = false;  // the home shard knows
    std::vector<Completion<Done>*> waiting;
  };
  // What a namespace has at home.
  struct Sequencer {
    Position next = 1;  // without history; with it the store assigns
    std::vector<bool> interested;
  };

  static Pressure grade(std::uint64_t bytes, std::uint64_t cap) {
    if (bytes >= cap) return Pressure::full;
    return bytes > cap / 2 ? Pressure::high : Pressure::none;
  }
  std::uint32_t home_of(std::uint32_t namespace_key) const {
    return home_shard(namespace_key, mailboxes_.size());
  }
  Sequencer& sequencer(std::uint32_t namespace_key) {
    Sequencer& found = sequencers_[namespace_key];
    if (found.interested.empty()) found.interested.resize(mailboxes_.size());
    return found;
  }

  void sequence(Sequence& request) {
    const ChannelNamespace& channel_namespace = *request.batch->channel_namespace;
    if (channel_namespace.history) {
      assert(store_);
      store_->append(std::move(request.batch), request.waiter, request.origin);
      return;
    }
    Sequencer& places = sequencer(channel_namespace.key);
    const Position first = places.next;
    places.next += request.batch->events.size();
    fan_out(places, {std::move(request.batch), first});
    answer(request.origin, request.waiter, first);
  }

  void settle(AppendOutcome& outcome) {
    if (outcome.first_position) {
      // Looked up first: within one call, the batch might be moved from before its key is read.
      const Sequencer& places = sequencer(outcome.batch->channel_namespace->key);
      fan_out(places, {std::move(outcome.batch), *outcome.first_position});
    }
    answer(outcome.origin, static_cast<Completion<Result<Position>>*>(outcome.waiter),
           std::move(outcome.first_position));
  }

  void fan_out(const Sequencer& places, const SequencedBatch& batch) {
    for (std::uint32_t shard = 0; shard < places.interested.size(); ++shard) {
      if (!places.interested[shard]) continue;
      if (shard == shard_) {
        deliver_(batch);
      } else {
        mailboxes_[shard]->push(Deliver{batch}, batch.batch->bytes);
      }
    }
  }

  void answer(std::uint32_t origin, Completion<Result<Position>>* waiter,
              Result<Position> position) {
    if (origin == shard_) {
      waiter->complete(std::move(position));
    } else {
      mailboxes_[origin]->push(Accepted{waiter, std::move(position)});
    }
  }

  void record(const Interest& interest) {
    sequencer(interest.namespace_key).interested[interest.origin] = interest.begins;
    if (interest.begins && interest.origin != shard_) {
      mailboxes_[interest.origin]->push(InterestRecorded{interest.namespace_key});
    }
  }

  void interest_recorded(std::uint32_t namespace_key) {
    const auto found = presence_.find(namespace_key);
    if (found == presence_.end()) return;
    found->second.recorded = true;
    for (Completion<Done>* waiter : std::exchange(found->second.waiting, {})) waiter->complete({});
  }

  // Constant after construction.
  const std::uint32_t shard_;
  const std::vector<Mailbox*> mailboxes_;
  EventStore* const store_;
  const QueueCaps& caps_;
  const DeliverHere deliver_;
  // By namespace key.
  std::unordered_map<std::uint32_t, Presence> presence_;
  std::unordered_map<std::uint32_t, Sequencer> sequencers_;
};

}  // namespace

std::uint32_t home_shard(std::uint32_t namespace_key, std::size_t shards) {
  // Fibonacci hashing: consecutive keys spread evenly.
  const std::uint64_t mixed = namespace_key * 0x9E3779B97F4A7C15ull;
  return static_cast<std::uint32_t>((mixed >> 32) % shards);
}

std::unique_ptr<ShardBroker> make_local_broker(std::uint32_t shard,
                                               std::span<Mailbox* const> mailboxes,
                                               EventStore* store, const QueueCaps& caps,
                                               DeliverHere deliver) {
  return std::make_unique<LocalBroker>(shard, mailboxes, store, caps, std::move(deliver));
}

EventStore::CommitSink make_commit_sink(std::span<Mailbox* const> mailboxes) {
  return [boxes = std::vector<Mailbox*>(mailboxes.begin(), mailboxes.end())](
             std::vector<AppendOutcome> outcomes) {
    std::vector<Committed> homes(boxes.size());
    for (AppendOutcome& outcome : outcomes) {
      const std::uint32_t home = home_shard(outcome.batch->channel_namespace->key, boxes.size());
      homes[home].outcomes.push_back(std::move(outcome));
    }
    for (std::size_t home = 0; home < homes.size(); ++home) {
      if (homes[home].outcomes.empty()) continue;
      std::uint64_t bytes = 0;
      for (const AppendOutcome& outcome : homes[home].outcomes) bytes += outcome.batch->bytes;
      boxes[home]->push(std::move(homes[home]), bytes);
    }
  };
}

}  // namespace eventsd::cluster
