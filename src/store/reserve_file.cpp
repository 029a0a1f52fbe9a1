#include "store/reserve_file.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <vector>

namespace eventsd::store {

namespace {

constexpr std::size_t kBlockBytes = 64 * 1024;
constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_TEMP_DB;

// An open file of a VFS; the VFS says how large the object is.
class VfsFile {
 public:
  explicit VfsFile(sqlite3_vfs& vfs)
      : memory_(new_memory(vfs)), file_(reinterpret_cast<sqlite3_file*>(memory_.get())) {}
  ~VfsFile() {
    if (file_->pMethods != nullptr) file_->pMethods->xClose(file_);
  }
  VfsFile(const VfsFile&) = delete;
  VfsFile& operator=(const VfsFile&) = delete;

  sqlite3_file* get() { return file_; }
  const sqlite3_io_methods& methods() const { return *file_->pMethods; }

 private:
  static std::unique_ptr<std::max_align_t[]> new_memory(const sqlite3_vfs& vfs) {
    const std::size_t units = static_cast<std::size_t>(vfs.szOsFile) / sizeof(std::max_align_t) + 1;
    return std::make_unique<std::max_align_t[]>(units);  // zeroed, as SQLite does
  }

  std::unique_ptr<std::max_align_t[]> memory_;
  sqlite3_file* file_;
};

SqlError refused(int code) {
  // Whatever keeps the reserve from being made, the answer is the same: there is no reserve.
  return {code, ENOSPC, "the reserve file cannot be made"};
}

}  // namespace

ReserveFile::ReserveFile(const std::string& database_path, std::string vfs, std::uint64_t bytes)
    : path_(std::filesystem::absolute(database_path).replace_extension(".reserve").string()),
      vfs_(std::move(vfs)),
      bytes_(bytes) {}

SqlStatus ReserveFile::make(std::uint64_t headroom) {
  if (there_ || bytes_ == 0) return {};
  SqlStatus written = write(headroom);
  there_ = written.has_value();
  if (!there_) release();
  return written;
}

SqlStatus ReserveFile::write(std::uint64_t headroom) {
  sqlite3_vfs* vfs = sqlite3_vfs_find(vfs_.empty() ? nullptr : vfs_.c_str());
  if (vfs == nullptr) return refused(SQLITE_CANTOPEN);
  VfsFile file(*vfs);
  int flags = 0;
  int code = vfs->xOpen(vfs, path_.c_str(), file.get(), kFlags, &flags);
  if (code != SQLITE_OK) return refused(code);
  sqlite3_int64 size = 0;
  code = file.methods().xFileSize(file.get(), &size);
  const auto wanted = static_cast<sqlite3_int64>(bytes_);
  if (code == SQLITE_OK && size == wanted) return {};  // left by an earlier run

  const std::vector<char> zeros(kBlockBytes);
  const sqlite3_int64 end = wanted + static_cast<sqlite3_int64>(headroom);
  for (sqlite3_int64 at = size; code == SQLITE_OK && at < end;) {
    const auto length = static_cast<int>(std::min<sqlite3_int64>(kBlockBytes, end - at));
    code = file.methods().xWrite(file.get(), zeros.data(), length, at);
    at += length;
  }
  // Some file systems find out only now that there is no space.
  if (code == SQLITE_OK) code = file.methods().xSync(file.get(), SQLITE_SYNC_NORMAL);
  if (code == SQLITE_OK) code = file.methods().xTruncate(file.get(), wanted);
  if (code != SQLITE_OK) return refused(code);
  return {};
}

void ReserveFile::release() {
  there_ = false;
  sqlite3_vfs* vfs = sqlite3_vfs_find(vfs_.empty() ? nullptr : vfs_.c_str());
  if (vfs != nullptr) vfs->xDelete(vfs, path_.c_str(), 0);
}

}  // namespace eventsd::store
