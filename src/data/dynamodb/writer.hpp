// The one thread that writes: every job that waits shares one transaction and one commit.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "data/dynamodb/write_context.hpp"

namespace eventsd::data::dynamodb {

// Like the event store's writer it has a thread of its own, because it blocks in the disk.
class Writer {
 public:
  using Reply = Outcome<std::string>;
  using Done = std::function<void(Reply)>;
  struct Settings {
    std::uint64_t max_queue_bytes = 0;
    std::chrono::milliseconds ttl_interval{1000};
    std::function<std::chrono::system_clock::time_point()> now;
    // Called after a commit that changed the catalog, before the jobs' answers.
    std::function<void(CatalogPtr)> publish;
    // Called when the file cannot be used any more.
    std::function<void(std::string)> on_trouble;
  };

  Writer(store::Connection connection, Catalog catalog, Settings settings);
  ~Writer() { stop(); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Queues a job; `done` is called on the writer thread after the commit, or at once on the
  // caller's when the queue is full or the writer has stopped. `bytes`: what it counts for in the
  // queue.
  //   thread   any
  void submit(WriteJob job, Done done, std::uint64_t bytes);

  // Looks for expired items now; `done` is called when there are none left.
  void expire(std::function<void()> done);

  // Does what is queued, then ends the thread. Idempotent.
  void stop();

 private:
  using Clock = std::chrono::steady_clock;
  struct Pending {
    WriteJob job;
    Done done;
    std::uint64_t bytes = 0;
  };

  void run();
  // False: stop() was called and nothing waits.
  bool take(std::vector<Pending>& group, std::vector<std::function<void()>>& waiters);
  void write(std::vector<Pending> group);
  // Runs `work` in a transaction and commits it; absent: it worked.
  std::optional<Failure> transact(const std::function<Status(WriteContext&)>& work);
  void expire_all();
  bool any_ttl() const;
  void note_trouble(const std::string& what);

  store::Connection connection_;
  Rows rows_;
  CatalogPtr catalog_;
  const Settings settings_;
  bool broken_ = false;  // the file is damaged or in doubt

  // Guards what follows but the thread. It is the hand-over to a thread that blocks in the disk and
  // so has no event loop to post to.
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Pending> queue_;
  std::uint64_t queued_bytes_ = 0;
  std::vector<std::function<void()>> expiry_waiters_;
  bool stopping_ = false;
  bool finished_ = false;

  Clock::time_point next_expiry_;  // writer thread only
  std::thread thread_;             // last: it uses the rest
};

}  // namespace eventsd::data::dynamodb
