// A file of zeros that can be given up: its space lets retention run on a full disk.
#pragma once

#include <cstdint>
#include <string>

#include "store/sqlite.hpp"

namespace eventsd::store {

// Lies beside the database, as "events.reserve" beside "events.db". Goes through SQLite's VFS, so
// that it shares the disk, and the tests' pretended one, with the database.
//   thread   the writer's
class ReserveFile {
 public:
  ReserveFile(const std::string& database_path, std::string vfs, std::uint64_t bytes);

  // Makes sure the file is there in full, with `headroom` bytes to spare on the disk.
  //   errors   full: the file is then not there
  [[nodiscard]] SqlStatus make(std::uint64_t headroom);
  void release();

 private:
  [[nodiscard]] SqlStatus write(std::uint64_t headroom);

  std::string path_;
  std::string vfs_;
  std::uint64_t bytes_;
  bool there_ = false;
};

}  // namespace eventsd::store
