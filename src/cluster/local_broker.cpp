#include "cluster/local_broker.hpp"

#include <cassert>
#include <deque>
#include <unordered_map>
#include <utility>
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
        deliver_(std::move(deliver)),
        outboxes_(mailboxes.size()) {}

  void publish(EventBatchPtr batch, Completion<Result<Position>>& done) override {
    const std::uint32_t home = home_of(batch->channel_namespace->key);
    Sequence request{std::move(batch), &done, shard_};
    if (home == shard_) {
      sequence(request);
    } else {
      const std::uint64_t bytes = request.batch->bytes;
      outboxes_[home].requests.add(std::move(request), bytes);
      end_turn_later();
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
      settle_all(committed->outcomes);
    } else if (std::holds_alternative<EndOfTurn>(message)) {
      hand_over();
    }
  }

  void begin_turn() noexcept override { in_turn_ = true; }

  void end_turn() override {
    in_turn_ = false;
    hand_over();
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
    // While history is switched on or off, batches of both kinds meet. One without history must not
    // overtake one that is still being written, so it waits here, and all that come after it.
    std::size_t appending = 0;  // at the store
    std::deque<Sequence> held;
  };
  // Messages for one shard, gathered in a turn.
  struct Parcel {
    std::vector<Message> messages;
    std::uint64_t bytes = 0;
    void add(Message message, std::uint64_t size) {
      messages.push_back(std::move(message));
      bytes += size;
    }
    void send(Mailbox& to) {
      to.push_all(messages, bytes);
      bytes = 0;
    }
  };
  struct Outbox {
    Parcel deliveries;
    Parcel requests;  // Sequence and Accepted
  };
  // An answer to a publisher of this shard.
  struct Answer {
    Completion<Result<Position>>* waiter;
    Result<Position> position;
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

  Mailbox& own_mailbox() { return *mailboxes_[shard_]; }

  void sequence(Sequence& request) {
    const ChannelNamespace& channel_namespace = *request.batch->channel_namespace;
    Sequencer& places = sequencer(channel_namespace.key);
    const bool waits = channel_namespace.history ? !places.held.empty()
                                                 : places.appending > 0 || !places.held.empty();
    if (!waits) return place(places, request);
    const std::uint64_t bytes = request.batch->bytes;
    places.held.push_back(std::move(request));
    own_mailbox().keep(bytes);
  }

  void place(Sequencer& places, Sequence& request) {
    if (request.batch->channel_namespace->history) {
      assert(store_);
      const std::uint64_t bytes = request.batch->bytes;
      appends_.push_back({std::move(request.batch), request.waiter, request.origin});
      ++places.appending;
      own_mailbox().keep(bytes);
      append_bytes_ += bytes;
      end_turn_later();
      return;
    }
    const Position first = places.next;
    places.next += request.batch->events.size();
    const bool sends = fan_out(places, {std::move(request.batch), first});
    if (request.origin != shard_) {
      outboxes_[request.origin].requests.add(Accepted{request.waiter, first}, 0);
      end_turn_later();
    } else if (sends) {
      answers_.push_back({request.waiter, first});
      end_turn_later();
    } else {
      request.waiter->complete(first);
    }
  }

  // What waited for a namespace's last append, up to and with the next appends.
  void release(Sequencer& places) {
    while (!places.held.empty()) {
      Sequence& next = places.held.front();
      if (places.appending > 0 && !next.batch->channel_namespace->history) return;
      own_mailbox().let_go(next.batch->bytes);
      Sequence request = std::move(next);
      places.held.pop_front();
      place(places, request);
    }
  }

  void settle_all(std::vector<AppendOutcome>& outcomes) {
    // Deliveries leave before any answer does.
    const auto finish = [this] {
      send_deliveries();
      complete_answers();
    };
    try {
      handle_each(outcomes, [this](AppendOutcome& outcome) { settle(outcome); });
    } catch (...) {
      finish();
      throw;
    }
    finish();
  }

  void settle(AppendOutcome& outcome) {
    Sequencer& places = sequencer(outcome.batch->channel_namespace->key);
    --places.appending;
    if (outcome.first_position) {
      const Position first = *outcome.first_position;
      places.next = std::max(places.next, first + outcome.batch->events.size());
      fan_out(places, {std::move(outcome.batch), first});
    }
    auto* waiter = static_cast<Completion<Result<Position>>*>(outcome.waiter);
    if (outcome.origin == shard_) {
      answers_.push_back({waiter, std::move(outcome.first_position)});
    } else {
      outboxes_[outcome.origin].requests.add(Accepted{waiter, std::move(outcome.first_position)},
                                             0);
      end_turn_later();
    }
    if (places.appending == 0) release(places);
  }

  //   returns  whether something is for another shard, and so leaves at the end of the turn
  bool fan_out(const Sequencer& places, const SequencedBatch& batch) {
    bool sends = false;
    for (std::uint32_t shard = 0; shard < places.interested.size(); ++shard) {
      if (!places.interested[shard] || shard == shard_) continue;
      outboxes_[shard].deliveries.add(Deliver{batch}, batch.batch->bytes);
      sends = true;
    }
    // First, so that they write to their connections while this shard writes to its own.
    if (sends) end_turn_later();
    if (places.interested[shard_]) deliver_(batch);
    return sends;
  }

  // Other shards and the store are told of a whole turn at once: each hand-over takes a lock and
  // may wake a thread, which costs more than what is handed over.
  void end_turn_later() {
    if (end_turn_is_due_) return;
    if (!in_turn_) own_mailbox().push(EndOfTurn{});
    end_turn_is_due_ = true;  // only now: without the message nobody would ever clear it
  }

  void hand_over() {
    if (!std::exchange(end_turn_is_due_, false)) return;
    send_deliveries();
    for (std::size_t shard = 0; shard < outboxes_.size(); ++shard) {
      outboxes_[shard].requests.send(*mailboxes_[shard]);
    }
    if (!appends_.empty()) {
      store_->append_all(appends_);
      appends_.clear();
      own_mailbox().let_go(std::exchange(append_bytes_, 0));
    }
    complete_answers();
  }

  // Before any answer: who has been told that a publish succeeded, and unsubscribes elsewhere, must
  // find its events there.
  void send_deliveries() {
    for (std::size_t shard = 0; shard < outboxes_.size(); ++shard) {
      outboxes_[shard].deliveries.send(*mailboxes_[shard]);
    }
  }

  void complete_answers() {
    std::vector<Answer> answers;
    answers.swap(answers_);
    handle_each(answers,
                [](Answer& answer) { answer.waiter->complete(std::move(answer.position)); });
    answers.clear();
    if (answers_.empty()) answers_.swap(answers);  // for its capacity
  }

  void record(const Interest& interest) {
    sequencer(interest.namespace_key).interested[interest.origin] = interest.begins;
    if (interest.begins && interest.origin != shard_) {
      // Behind what was placed before it and has not left yet: a subscription that begins with this
      // must not get a few events of an earlier interest, and then miss those in between.
      Parcel& deliveries = outboxes_[interest.origin].deliveries;
      deliveries.add(InterestRecorded{interest.namespace_key}, 0);
      deliveries.send(*mailboxes_[interest.origin]);
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
  // What this turn has gathered.
  std::vector<Outbox> outboxes_;  // by shard
  std::vector<Append> appends_;
  std::uint64_t append_bytes_ = 0;
  std::vector<Answer> answers_;
  bool end_turn_is_due_ = false;
  bool in_turn_ = false;
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
