// The thread on which data sources talk to others.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <thread>

#include "data/outbound_calls.hpp"
#include "eventsd/data_source.hpp"
#include "eventsd/executor.hpp"
#include "eventsd/task.hpp"

namespace eventsd::app {

// Lives longer than every data source, and than the shards that ask them.
//   thread   control, but for what its members say
class DataThread {
 public:
  DataThread();
  ~DataThread();

  void start();
  // What waits for others is answered at once, and so is what comes later: the shards can end.
  void release_waiters() { calls_.close(); }
  // Ends the thread; what is under way is left. REQUIRES: nobody asks any more.
  void stop();

  const Executor& executor() const { return executor_; }
  boost::asio::io_context& io() { return io_; }
  data::OutboundCalls& calls() { return calls_; }

  // Runs work that nobody waits for, on the thread. It holds `bytes` until it has ended. False: too
  // much is under way already.
  //   thread   any
  bool spawn(std::function<Task<void>()> work, std::size_t bytes);

  // The same source, whose end comes on this thread whoever lets go of it last.
  std::shared_ptr<DataSource> own(std::shared_ptr<DataSource> source);

 private:
  static constexpr std::size_t kMaxSpawned = 1000;
  static constexpr std::size_t kMaxSpawnedBytes = 64u << 20;

  // What spawn() has under way.
  struct Spawned {
    std::atomic<std::size_t> count{0};
    std::atomic<std::size_t> bytes{0};
  };
  static Task<void> run_counted(std::function<Task<void>()> work, Spawned& spawned,
                                std::size_t bytes);

  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  const Executor executor_;
  data::OutboundCalls calls_{io_};
  Spawned spawned_;
  TaskGroup tasks_;  // the thread's
  std::thread thread_;
};

}  // namespace eventsd::app
