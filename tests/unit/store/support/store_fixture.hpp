// Synchronous use of an event store in tests, a clock that moves by hand, and builders.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "eventsd/event_store.hpp"

namespace eventsd::store_test {

using std::chrono::milliseconds;

// A folder that goes with its owner.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string database() const { return path_ + "/events.db"; }

 private:
  std::string path_;
};

//   thread   any
class ManualClock {
 public:
  std::chrono::system_clock::time_point now() const {
    return std::chrono::system_clock::time_point(milliseconds(now_ms_.load()));
  }
  void advance(milliseconds by) { now_ms_ += by.count(); }

 private:
  std::atomic<std::int64_t> now_ms_{1'700'000'000'000};
};

// No limit of its own: retention removes nothing.
HistoryPolicy keep_everything();

ChannelNamespacePtr make_namespace(std::string name, std::optional<HistoryPolicy> history,
                                   std::string api_id = "api");

// Events with ids "<channel>#<payload>".
EventBatchPtr make_batch(const ChannelNamespacePtr& channel_namespace, std::string channel,
                         const std::vector<std::string>& payloads,
                         std::chrono::system_clock::time_point accepted_at);

// Owns a store and waits for its answers.
class StoreUnderTest {
 public:
  explicit StoreUnderTest(StoreOptions options);
  ~StoreUnderTest();

  EventStore& store() { return *store_; }

  // Queues without waiting; wait_for() gives the outcome of the n-th append, counted from 0.
  std::size_t start_append(EventBatchPtr batch);
  AppendOutcome wait_for(std::size_t append);
  Result<Position> append(EventBatchPtr batch);

  Result<Page> read(ReadRequest request);
  void run_retention();

  // Sizes of the groups that reached the sink, in order.
  std::vector<std::size_t> groups();

 private:
  std::unique_ptr<EventStore> store_;

  // Guards the outcomes: the sink runs on the writer thread, tests wait on theirs.
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::size_t appends_ = 0;
  std::map<std::size_t, AppendOutcome> outcomes_;
  std::vector<std::size_t> groups_;
};

// All payloads of a page.
std::vector<std::string> payloads(const Page& page);
std::vector<Position> positions(const Page& page);

}  // namespace eventsd::store_test
