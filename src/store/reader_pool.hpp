// Threads that read history, each with its own connection.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "store/event_reader.hpp"
#include "store/health_board.hpp"

namespace eventsd::store {

using ReadDone = std::function<void(Result<Page>)>;

// Threads are made here rather than in app/: the store is the one part that must block, and its
// owner sees a plain asynchronous interface (EventStore).
class ReaderPool {
 public:
  // REQUIRES: health and epochs outlive the pool; threads > 0.
  ReaderPool(const StoreOptions& options, HealthBoard& health, EpochBook& epochs);
  ~ReaderPool() { stop(); }
  ReaderPool(const ReaderPool&) = delete;
  ReaderPool& operator=(const ReaderPool&) = delete;

  // Queues a read; after stop(), answers store_unavailable at once on the caller's thread.
  //   thread   any
  void read(ReadRequest request, ReadDone done);

  // Answers what is queued, then ends the threads. Idempotent.
  //   thread   any but the pool's own
  void stop();

 private:
  struct Job {
    ReadRequest request;
    ReadDone done;
  };
  void run();
  Result<Page> answer(std::optional<EventReader>& reader, const ReadRequest& request);

  // Constant after construction.
  std::string path_;
  std::string vfs_;
  HealthBoard& health_;
  EpochBook& epochs_;

  // Guards jobs_, stopping_ and, in stop(), threads_. It is the hand-over between threads that
  // block in the disk and so have no event loop to post to.
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace eventsd::store
