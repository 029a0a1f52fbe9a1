// A broker that records what it is asked, and answers when the test wants it to.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "eventsd/broker.hpp"

namespace eventsd::test {

class FakeBroker final : public Broker {
 public:
  void publish(EventBatchPtr batch, Completion<Result<Position>>& done) override {
    const Position first = next_;
    next_ += batch->events.size();
    published.push_back(batch);
    if (deliver) deliver({std::move(batch), first});
    waiting.emplace_back(&done, first);
    if (answers_at_once) answer();
  }
  void join(const ChannelNamespace&, Completion<Done>& done) override {
    ++joined;
    done.complete({});
  }
  void leave(const ChannelNamespace&) override { --joined; }
  Pressure pressure(const ChannelNamespace&) const override { return pressure_now; }

  // Answers everything that waits, oldest first.
  void answer() {
    for (auto [done, first] : std::exchange(waiting, {})) done->complete(first);
  }

  std::vector<EventBatchPtr> published;
  std::vector<std::pair<Completion<Result<Position>>*, Position>> waiting;
  std::function<void(const SequencedBatch&)> deliver;
  bool answers_at_once = true;
  Pressure pressure_now = Pressure::none;
  int joined = 0;

 private:
  Position next_ = 1;
};

}  // namespace eventsd::test
