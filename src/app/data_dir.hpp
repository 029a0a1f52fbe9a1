// dataDir: one daemon at a time, and the small files in it.
#pragma once

#include <string>

#include "eventsd/result.hpp"

namespace eventsd::app {

// Holds the lock on a data directory, made if it is missing (0700).
class DataDir {
 public:
  //   errors   internal: the directory cannot be made, or another eventsd runs on it
  static Result<DataDir> open(const std::string& path);
  DataDir(DataDir&& other) noexcept;
  DataDir& operator=(DataDir&&) = delete;
  ~DataDir();

  std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }
  const std::string& path() const { return path_; }

 private:
  DataDir(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::string path_;
  int lock_;
};

// Replaces a file whole, so that no reader ever sees half of it. `mode` as in chmod.
Result<void> write_file(const std::string& path, const std::string& text, int mode);
// Trailing white space is cut. Errors: not_found.
Result<std::string> read_file(const std::string& path);

}  // namespace eventsd::app
