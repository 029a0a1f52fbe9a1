// The threads that read requests and tables, each with a read-only connection.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "data/dynamodb/rows.hpp"

namespace eventsd::data::dynamodb {

// Threads of their own because they block in the disk; their owner has an asynchronous interface.
class ReaderPool {
 public:
  // `rows` is null when the file cannot be opened for reading.
  using Job = std::function<void(Rows* rows)>;

  ReaderPool(std::string path, unsigned threads, std::uint64_t max_queue_bytes);
  ~ReaderPool() { stop(); }
  ReaderPool(const ReaderPool&) = delete;
  ReaderPool& operator=(const ReaderPool&) = delete;

  // Queues a job that counts for so many bytes. False: the queue is full, or stop() was called.
  //   thread   any
  [[nodiscard]] bool submit(Job job, std::uint64_t bytes);

  // Does what is queued, then ends the threads. Idempotent.
  void stop();

 private:
  void run();

  const std::string path_;
  const std::uint64_t max_queue_bytes_;

  // Guards what follows. It is the hand-over to threads that block in the disk and so have no event
  // loop to post to.
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::pair<Job, std::uint64_t>> jobs_;
  std::uint64_t queued_bytes_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace eventsd::data::dynamodb
