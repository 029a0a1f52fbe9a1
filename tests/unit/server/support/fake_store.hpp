// A store that commits when the test says so, and a history that answers when the test says so.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "core/history.hpp"
#include "eventsd/event_store.hpp"

namespace eventsd::server_test {

//   thread   the test's
class FakeStore final : public EventStore {
 public:
  static constexpr std::uint64_t kEpoch = 7;

  // Appends that wait for a commit.
  std::size_t waiting() const { return waiting_.size(); }
  // Every append so far.
  std::size_t appended() const { return appended_; }
  // Commits the oldest `count` appends in one go, or refuses them.
  void commit(std::size_t count = ~std::size_t{0});
  void refuse(ErrorKind kind);

  // Makes an event part of the past without any append; returns its position.
  Position remember(std::string channel, std::string payload);
  // Retention: forgets everything through `position`.
  void forget_through(Position position);
  void begin_another_epoch() { ++epoch_; }
  Position head() const { return head_; }
  Page page(const ReadRequest& request) const;
  // What queued_bytes() says, and its cap.
  void set_queue(std::uint64_t bytes, std::uint64_t cap);

  void set_commit_sink(CommitSink sink) override { sink_ = std::move(sink); }
  void append(EventBatchPtr batch, void* waiter, std::uint32_t origin) override;
  std::uint64_t queued_bytes() const override { return queued_; }
  std::uint64_t max_queue_bytes() const override { return cap_; }
  void read(ReadRequest request, std::function<void(Result<Page>)> done) override {
    done(page(request));
  }
  void set_namespaces(std::vector<ChannelNamespacePtr>) override {}
  void set_limits(std::uint64_t, std::uint64_t) override {}
  void run_retention(std::function<void()> done) override { done(); }
  StoreHealth health() const override { return {}; }
  void stop() override {}

 private:
  struct Append {
    EventBatchPtr batch;
    void* waiter;
    std::uint32_t origin;
  };
  std::deque<Append> waiting_;
  std::vector<StoredEvent> events_;
  CommitSink sink_;
  std::size_t appended_ = 0;
  Position head_ = 0;
  Position removed_through_ = 0;
  std::uint64_t epoch_ = kEpoch;
  std::uint64_t queued_ = 0;
  std::uint64_t cap_ = 1u << 20;
};

// Reads of a FakeStore. While held, a read is two steps of the test's: look (the page is what the
// store has then) and answer (the shard learns of it).
//   thread   the test's
class FakeHistory final : public core::History {
 public:
  explicit FakeHistory(FakeStore& store) : store_(store) {}

  void read(ReadRequest request, Completion<Result<Page>>& done) override;

  void hold() { held_ = true; }
  // Answers everything from now on, at once.
  void release();
  // Each false when there is nothing to do.
  bool look();
  bool answer();
  // Reads fail from now on.
  void break_down() { broken_ = true; }
  std::size_t waiting() const { return reads_.size(); }
  std::size_t reads() const { return count_; }

 private:
  struct Read {
    ReadRequest request;
    Completion<Result<Page>>* done;
    std::optional<Result<Page>> page;
  };
  Result<Page> look_up(const ReadRequest& request) const;

  FakeStore& store_;
  std::deque<Read> reads_;
  std::size_t count_ = 0;
  bool held_ = false;
  bool broken_ = false;
};

}  // namespace eventsd::server_test
