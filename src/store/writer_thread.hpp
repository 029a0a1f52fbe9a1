// The one thread that writes: its inbox, its order of work, its end.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "store/commit_counters.hpp"
#include "store/writer_database.hpp"

namespace eventsd::store {

// Each turn takes everything that waits: new settings, then all appends as one group, then a share
// of retention, then a checkpoint when it is due. Appends never wait for more than one retention
// step. The thread is made here rather than in app/ because it blocks in the disk.
class WriterThread {
 public:
  // REQUIRES: database outlives the thread and is used by nobody else from now on.
  WriterThread(const StoreOptions& options, WriterDatabase& database, HealthBoard& health);
  ~WriterThread() { stop(); }
  WriterThread(const WriterThread&) = delete;
  WriterThread& operator=(const WriterThread&) = delete;

  // As in EventStore.
  void set_commit_sink(EventStore::CommitSink sink);
  void append_all(std::span<Append> appends);
  void set_namespaces(std::vector<ChannelNamespacePtr> namespaces);
  void set_limits(std::uint64_t max_queue_bytes, std::uint64_t max_store_bytes);
  void run_retention(std::function<void()> done);
  std::uint64_t queued_bytes() const { return queued_bytes_.load(std::memory_order_relaxed); }
  std::uint64_t max_queue_bytes() const { return max_queue_bytes_.load(std::memory_order_relaxed); }
  StoreStats stats() const { return counters_.read(); }
  void stop();

 private:
  using Clock = std::chrono::steady_clock;

  // What came in since the last turn.
  struct Inbox {
    std::vector<PendingAppend> appends;
    std::optional<std::vector<ChannelNamespacePtr>> namespaces;
    std::optional<std::uint64_t> max_store_bytes;
    std::vector<std::function<void()>> retention_waiters;
    bool empty() const {
      return appends.empty() && !namespaces && !max_store_bytes && retention_waiters.empty();
    }
  };

  void run();
  // Waits until there is something to do. False: stop() was called and the inbox is empty.
  bool take_inbox(Inbox& inbox);
  void gather(std::unique_lock<std::mutex>& lock);
  void apply_settings(Inbox& inbox);
  GroupSize write_appends(std::vector<PendingAppend> group);
  void run_retention_share(const GroupSize& group);
  void call_retention_waiters();

  HealthBoard& health_;
  WriterDatabase& database_;

  // Guards inbox_, sink_, wanted_, stopping_, finished_ and thread_. It is the inbox itself: the
  // writer blocks in the disk and so has no event loop to post to.
  std::mutex mutex_;
  std::condition_variable wake_;
  Inbox inbox_;
  EventStore::CommitSink sink_;
  // So many appends wake the writer; fewer are left to lie until its wait is over.
  std::size_t wanted_ = 1;
  bool stopping_ = false;
  bool finished_ = false;  // nothing is taken from the inbox any more

  std::atomic<std::uint64_t> queued_bytes_{0};
  std::atomic<std::uint64_t> max_queue_bytes_;
  CommitCounters counters_;

  // Writer thread only.
  bool retention_behind_ = true;  // the last step found work, or something changed since
  std::vector<std::function<void()>> retention_waiters_;
  Clock::time_point next_tick_;
  std::size_t last_group_ = 0;     // batches
  Clock::duration last_commit_{};  // how long its commit took

  std::thread thread_;  // last: it uses the rest
};

}  // namespace eventsd::store
