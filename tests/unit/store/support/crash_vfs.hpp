// A SQLite VFS over the real one that knows which bytes were synced, can lose the rest, and can
// pretend that the disk is full, slow or broken.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

struct sqlite3_vfs;

namespace eventsd::store_test {

// Files live in the real file system; nothing is ever really synced, so runs are fast. Creating and
// deleting files counts as durable at once.
//   thread   any
class CrashVfs {
 public:
  CrashVfs();   // registered with SQLite under name()
  ~CrashVfs();  // REQUIRES: every file of it is closed
  CrashVfs(const CrashVfs&) = delete;
  CrashVfs& operator=(const CrashVfs&) = delete;

  const std::string& name() const { return name_; }

  // The power goes with the n-th write, truncation or sync from now on: it and everything after it
  // fails with SQLITE_IOERR.
  void cut_power_after(std::uint64_t operations);
  bool power_is_off() const;
  // What became of bytes that were written but not synced.
  enum class Unsynced : std::uint8_t { lost, partly_kept };
  // REQUIRES: every file is closed. Afterwards the files hold what the disk had.
  void restore_power(Unsynced unsynced, std::mt19937_64& random);

  // Files may not grow beyond `bytes` together; absent: no limit.
  void set_capacity(std::optional<std::uint64_t> bytes);
  std::uint64_t used_bytes() const;

  // Called before each sync, on the syncing thread, with the file's path. It may block.
  void set_sync_hook(std::function<void(const std::string& path)> hook);
  // From now on syncs fail with SQLITE_IOERR_FSYNC.
  void break_syncs();
  // Syncs so far of files whose path ends like this.
  std::uint64_t syncs_of(const std::string& ending) const;

 private:
  friend struct ShadowMethods;
  struct Change {
    std::int64_t offset = 0;  // of a write; the new size of a truncation
    std::string bytes;
    bool truncation = false;
  };
  struct Shadow {
    std::string synced;            // what the disk has for sure
    std::vector<Change> unsynced;  // since the last sync
    std::uint64_t size = 0;        // as the program sees it
    std::uint64_t syncs = 0;
    bool exists = true;
  };

  // All take the lock. A result that is not 0 is SQLite's code to fail with.
  Shadow* open(const std::string& path);
  void remove(const std::string& path);
  int write(Shadow& shadow, const void* bytes, int size, std::int64_t offset);
  int truncate(Shadow& shadow, std::int64_t size);
  int sync(Shadow& shadow, const std::string& path);
  bool operation_loses_power();  // REQUIRES: the lock is held
  std::uint64_t used() const;    // REQUIRES: the lock is held

  std::string name_;
  std::unique_ptr<sqlite3_vfs> vfs_;

  // Guards everything below: SQLite calls from several threads.
  mutable std::mutex mutex_;
  std::map<std::string, Shadow> shadows_;
  std::optional<std::uint64_t> operations_left_;
  bool power_is_off_ = false;
  bool syncs_broken_ = false;
  std::optional<std::uint64_t> capacity_;
  std::function<void(const std::string&)> sync_hook_;
};

}  // namespace eventsd::store_test
