// What the store's threads know about the database, for everybody to read.
#pragma once

#include <atomic>
#include <mutex>
#include <string>

#include "eventsd/event_store.hpp"
#include "store/sqlite.hpp"

namespace eventsd::store {

// `failed` is final. `full` comes and goes.
//   thread   any
class HealthBoard {
 public:
  StoreHealth read() const;
  bool failed() const { return failed_.load(std::memory_order_acquire); }

  // The database is damaged or its state is in doubt. The first reason is kept, and logged.
  void fail(std::string detail);
  // Appends are refused for want of space / accepted again. Without effect after fail().
  void set_full(std::string detail);
  void clear_full();

 private:
  // Guards health_. Posting is not possible: health() must answer at once while the writer is
  // blocked in the disk.
  mutable std::mutex mutex_;
  StoreHealth health_;
  std::atomic<bool> failed_{false};
};

// "what: SQLite's text (code 778, errno 5)", for operators.
std::string describe(const std::string& what, const SqlError& error);

}  // namespace eventsd::store
