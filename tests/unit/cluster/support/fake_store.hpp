// A store that commits when the test says so, and gives each namespace its positions.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "eventsd/event_store.hpp"

namespace eventsd::test {

class FakeStore final : public EventStore {
 public:
  void set_commit_sink(CommitSink sink) override { sink_ = std::move(sink); }
  void append(EventBatchPtr batch, void* waiter, std::uint32_t origin) override {
    queue_.push_back({std::move(batch), Position{0}, waiter, origin});
  }
  std::uint64_t queued_bytes() const override { return queued; }
  std::uint64_t max_queue_bytes() const override { return 100; }
  void read(ReadRequest, std::function<void(Result<Page>)> done) override { done(Page{}); }
  void set_namespaces(std::vector<ChannelNamespacePtr>) override {}
  void set_limits(std::uint64_t, std::uint64_t) override {}
  void run_retention(std::function<void()> done) override { done(); }
  StoreHealth health() const override { return {}; }
  void stop() override {}

  bool empty() const { return queue_.empty(); }
  // Everything that waits becomes durable in one transaction.
  void commit() {
    for (AppendOutcome& outcome : queue_) {
      Position& last = last_[outcome.batch->channel_namespace->key];
      outcome.first_position = last + 1;
      last += outcome.batch->events.size();
    }
    sink_(std::exchange(queue_, {}));
  }
  // The transaction fails.
  void fail_commit(ErrorKind kind) {
    for (AppendOutcome& outcome : queue_) outcome.first_position = fail(kind);
    sink_(std::exchange(queue_, {}));
  }

  std::uint64_t queued = 0;

 private:
  CommitSink sink_;
  std::vector<AppendOutcome> queue_;
  std::map<std::uint32_t, Position> last_;
};

}  // namespace eventsd::test
