#include "app/data_dir.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

namespace eventsd::app {
namespace {

Error system_failure(const std::string& what) {
  return fail(ErrorKind::internal, what + ": " + std::strerror(errno));
}

}  // namespace

Result<DataDir> DataDir::open(const std::string& path) {
  std::error_code error;
  const bool existed = std::filesystem::exists(path, error);
  std::filesystem::create_directories(path, error);
  if (error) {
    return fail(ErrorKind::internal, "dataDir " + path + " cannot be made: " + error.message() +
                                         " (set dataDir or --data-dir to a writable place)");
  }
  if (!existed) ::chmod(path.c_str(), 0700);
  const std::string lock_path = path + "/lock";
  const int lock = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return system_failure("dataDir " + path + " cannot be written");
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock);
    return fail(ErrorKind::internal, "dataDir " + path +
                                         " is in use by another eventsd (stop it, or set another "
                                         "dataDir or --data-dir)");
  }
  return DataDir(path, lock);
}

DataDir::DataDir(DataDir&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

DataDir::~DataDir() {
  if (lock_ >= 0) ::close(lock_);
}

Result<void> write_file(const std::string& path, const std::string& text, int mode) {
  const std::string temporary = path + ".new";
  const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                          static_cast<mode_t>(mode));
  if (file < 0) return system_failure("cannot write " + path);
  // A file that an interrupted write has left keeps its own mode; a secret must not inherit it.
  (void)::fchmod(file, static_cast<mode_t>(mode));
  const bool written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const bool synced = ::fsync(file) == 0;
  ::close(file);
  if (!written || !synced || ::rename(temporary.c_str(), path.c_str()) != 0) {
    return system_failure("cannot write " + path);
  }
  return {};
}

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(ErrorKind::not_found, "cannot read " + path);
  std::ostringstream text;
  text << file.rdbuf();
  std::string content = text.str();
  while (!content.empty() && std::isspace(static_cast<unsigned char>(content.back()))) {
    content.pop_back();
  }
  return content;
}

}  // namespace eventsd::app
