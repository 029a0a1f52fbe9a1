// Holds the writer inside a sync of the write-ahead log until a test lets it go.
#pragma once

#include <condition_variable>
#include <mutex>

#include "unit/store/support/crash_vfs.hpp"

namespace eventsd::store_test {

// Open at first. Opens for good at its end.
//   thread   any
class SyncGate {
 public:
  explicit SyncGate(CrashVfs& vfs) {
    vfs.set_sync_hook([this](const std::string& path) { pass(path); });
  }

  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  void open() {
    const std::lock_guard lock(mutex_);
    closed_ = false;
    changed_.notify_all();
  }
  // Returns once the writer waits at the gate.
  void wait_for_writer() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_; });
  }

 private:
  void pass(const std::string& path) {
    if (!path.ends_with("-wal")) return;
    std::unique_lock lock(mutex_);
    waiting_ = closed_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !closed_; });
    waiting_ = false;
  }

  // Guards the rest: the writer waits here, the test on its own thread.
  std::mutex mutex_;
  std::condition_variable changed_;
  bool closed_ = false;
  bool waiting_ = false;
};

}  // namespace eventsd::store_test
