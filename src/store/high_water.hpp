// How far the history had come, kept beside the database: what shows that a database is an older
// one than the last that ran here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace eventsd::store {

// The sum of all namespaces' positions, in a small file of its own (events.db.high). It is written
// after what it counts has been committed, so a crash leaves it behind the database, never ahead;
// a database that is behind it has been restored from a backup. It also names the database file by
// inode and time of birth, which a copy has anew: so a restore of both files together shows too.
//   thread   the writer's
class HighWater {
 public:
  explicit HighWater(const std::string& database)
      : database_(database), path_(database + ".high") {}

  // True when `sum`, of the database that has just been opened, need not be the newest: it is
  // behind the file, or holds events without any file beside it, or is another file than was here
  // before.
  bool is_older(std::uint64_t sum) const;

  // Notes `sum`. Not synced, and a failure only makes a restore look older than it is later on.
  void note(std::uint64_t sum);

 private:
  struct Noted {
    std::uint64_t sum = 0;
    std::string identity;  // empty: noted by a version that did not know it, or there is none
  };
  std::optional<Noted> read() const;
  std::string identity() const;

  const std::string database_;
  const std::string path_;
  std::optional<std::uint64_t> noted_;
};

}  // namespace eventsd::store
