#include "net/atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace eventsd::net {
namespace {

Error fault(const std::string& path, int error_number) {
  return fail(ErrorKind::internal, "cannot write " + path + ": " + std::strerror(error_number));
}

bool write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// A rename is durable only when its directory has been synced.
void sync_directory(const std::filesystem::path& path) {
  const std::string directory = path.has_parent_path() ? path.parent_path().string() : ".";
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  (void)::fsync(descriptor);  // some file systems refuse it; the content is safe either way
  ::close(descriptor);
}

}  // namespace

Result<void> write_file_atomically(const std::string& path, std::string_view content,
                                   unsigned mode) {
  const std::string temporary = path + ".tmp";
  ::unlink(temporary.c_str());  // left by a crash; O_EXCL then guarantees the mode
  const int descriptor =
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
  if (descriptor < 0) return fault(temporary, errno);
  int error_number = 0;
  // fchmod: the umask may have taken the group's and the others' rights.
  if (::fchmod(descriptor, mode) != 0 || !write_all(descriptor, content) ||
      ::fsync(descriptor) != 0) {
    error_number = errno;
  }
  if (::close(descriptor) != 0 && error_number == 0) error_number = errno;
  if (error_number == 0 && ::rename(temporary.c_str(), path.c_str()) != 0) error_number = errno;
  if (error_number != 0) {
    ::unlink(temporary.c_str());
    return fault(path, error_number);
  }
  sync_directory(path);
  return {};
}

}  // namespace eventsd::net
