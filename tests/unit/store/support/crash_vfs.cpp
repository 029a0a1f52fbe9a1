#include "unit/store/support/crash_vfs.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace eventsd::store_test {

namespace {

constexpr std::size_t kSector = 512;

std::string file_contents(const std::string& path) {
  std::error_code missing;
  const auto size = std::filesystem::file_size(path, missing);
  std::string content(missing ? 0 : size, '\0');
  std::ifstream(path, std::ios::binary)
      .read(content.data(), static_cast<std::streamsize>(content.size()));
  return content;
}

void put(std::string& content, std::int64_t offset, const std::string& bytes) {
  const auto at = static_cast<std::size_t>(offset);
  if (content.size() < at + bytes.size()) content.resize(at + bytes.size());
  content.replace(at, bytes.size(), bytes);
}

// What SQLite allocates for an open file; the real VFS's object follows it in memory.
struct ShadowFile {
  sqlite3_file base;
  CrashVfs* vfs;
  void* shadow;
  std::string* path;
  sqlite3_file* real;
};

ShadowFile& as_shadow(sqlite3_file* file) { return *reinterpret_cast<ShadowFile*>(file); }
sqlite3_file* real_of(sqlite3_file* file) { return as_shadow(file).real; }
sqlite3_vfs* real_vfs() { return sqlite3_vfs_find(nullptr); }

}  // namespace

struct ShadowMethods {
  using Shadow = CrashVfs::Shadow;
  static CrashVfs& owner(sqlite3_file* file) { return *as_shadow(file).vfs; }
  static Shadow& shadow(sqlite3_file* file) {
    return *static_cast<Shadow*>(as_shadow(file).shadow);
  }
  static bool dead(sqlite3_file* file) { return owner(file).power_is_off(); }

  static int close(sqlite3_file* file) {
    const std::unique_ptr<std::string> path(as_shadow(file).path);
    return real_of(file)->pMethods->xClose(real_of(file));
  }
  static int read(sqlite3_file* file, void* to, int size, sqlite3_int64 offset) {
    if (dead(file)) return SQLITE_IOERR_READ;
    return real_of(file)->pMethods->xRead(real_of(file), to, size, offset);
  }
  static int write(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) {
    const int refused = owner(file).write(shadow(file), from, size, offset);
    if (refused != SQLITE_OK) return refused;
    return real_of(file)->pMethods->xWrite(real_of(file), from, size, offset);
  }
  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    const int refused = owner(file).truncate(shadow(file), size);
    if (refused != SQLITE_OK) return refused;
    return real_of(file)->pMethods->xTruncate(real_of(file), size);
  }
  static int sync(sqlite3_file* file, int) {
    return owner(file).sync(shadow(file), *as_shadow(file).path);
  }
  static int file_size(sqlite3_file* file, sqlite3_int64* size) {
    if (dead(file)) return SQLITE_IOERR_FSTAT;
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
  }
  static int lock(sqlite3_file* file, int level) {
    if (dead(file)) return SQLITE_IOERR_LOCK;
    return real_of(file)->pMethods->xLock(real_of(file), level);
  }
  static int unlock(sqlite3_file* file, int level) {
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
  }
  static int check_reserved_lock(sqlite3_file* file, int* reserved) {
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), reserved);
  }
  static int file_control(sqlite3_file* file, int operation, void* argument) {
    return real_of(file)->pMethods->xFileControl(real_of(file), operation, argument);
  }
  static int sector_size(sqlite3_file* file) {
    return real_of(file)->pMethods->xSectorSize(real_of(file));
  }
  static int device_characteristics(sqlite3_file* file) {
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
  }
  static int shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** to) {
    if (dead(file)) return SQLITE_IOERR_SHMMAP;
    return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, to);
  }
  static int shm_lock(sqlite3_file* file, int offset, int count, int flags) {
    const bool takes = (flags & SQLITE_SHM_LOCK) != 0;
    if (takes && dead(file)) return SQLITE_IOERR_SHMLOCK;
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags);
  }
  static void shm_barrier(sqlite3_file* file) {
    real_of(file)->pMethods->xShmBarrier(real_of(file));
  }
  static int shm_unmap(sqlite3_file* file, int remove) {
    return real_of(file)->pMethods->xShmUnmap(real_of(file), remove);
  }

  static constexpr sqlite3_io_methods kMethods = {
      2,
      close,
      read,
      write,
      truncate,
      sync,
      file_size,
      lock,
      unlock,
      check_reserved_lock,
      file_control,
      sector_size,
      device_characteristics,
      shm_map,
      shm_lock,
      shm_barrier,
      shm_unmap,
      nullptr,
      nullptr,
  };

  static int open(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* file, int flags,
                  int* out_flags) {
    auto& shadow_file = as_shadow(file);
    shadow_file.base.pMethods = nullptr;
    shadow_file.vfs = static_cast<CrashVfs*>(vfs->pAppData);
    if (shadow_file.vfs->power_is_off()) return SQLITE_CANTOPEN;
    shadow_file.real =
        reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + sizeof(ShadowFile));
    const int code = real_vfs()->xOpen(real_vfs(), name, shadow_file.real, flags, out_flags);
    if (code != SQLITE_OK) return code;
    auto path = std::make_unique<std::string>(name != nullptr ? name : "");
    shadow_file.shadow = shadow_file.vfs->open(*path);
    shadow_file.path = path.release();  // close() takes it back
    shadow_file.base.pMethods = &kMethods;
    return SQLITE_OK;
  }
  static int remove(sqlite3_vfs* vfs, const char* name, int) {
    auto& owner = *static_cast<CrashVfs*>(vfs->pAppData);
    if (owner.power_is_off()) return SQLITE_IOERR_DELETE;
    const int code = real_vfs()->xDelete(real_vfs(), name, 0);
    if (code == SQLITE_OK) owner.remove(name);
    return code;
  }
  static int access(sqlite3_vfs* vfs, const char* name, int flags, int* result) {
    if (static_cast<CrashVfs*>(vfs->pAppData)->power_is_off()) return SQLITE_IOERR_ACCESS;
    return real_vfs()->xAccess(real_vfs(), name, flags, result);
  }
};

CrashVfs::CrashVfs() {
  static std::atomic<int> count{0};
  name_ = "crash-" + std::to_string(++count);
  vfs_ = std::make_unique<sqlite3_vfs>(*real_vfs());
  vfs_->iVersion = 2;
  vfs_->szOsFile = static_cast<int>(sizeof(ShadowFile)) + real_vfs()->szOsFile;
  vfs_->pNext = nullptr;
  vfs_->zName = name_.c_str();
  vfs_->pAppData = this;
  vfs_->xOpen = ShadowMethods::open;
  vfs_->xDelete = ShadowMethods::remove;
  vfs_->xAccess = ShadowMethods::access;
  sqlite3_vfs_register(vfs_.get(), 0);
}

CrashVfs::~CrashVfs() { sqlite3_vfs_unregister(vfs_.get()); }

void CrashVfs::cut_power_after(std::uint64_t operations) {
  const std::lock_guard lock(mutex_);
  operations_left_ = operations;
}

bool CrashVfs::power_is_off() const {
  const std::lock_guard lock(mutex_);
  return power_is_off_;
}

void CrashVfs::restore_power(Unsynced unsynced, std::mt19937_64& random) {
  const std::lock_guard lock(mutex_);
  for (auto& [path, shadow] : shadows_) {
    if (!shadow.exists) continue;
    std::string content = std::move(shadow.synced);
    if (unsynced == Unsynced::partly_kept) {
      for (Change& change : shadow.unsynced) {
        if (random() % 2 == 0) continue;
        if (change.truncation) {
          content.resize(static_cast<std::size_t>(change.offset));
          continue;
        }
        // A disk writes whole sectors, in any number of them.
        const std::size_t sectors = change.bytes.size() / kSector + 1;
        change.bytes.resize(std::min(change.bytes.size(), random() % (sectors + 1) * kSector));
        put(content, change.offset, change.bytes);
      }
    }
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
    std::filesystem::remove(path + "-shm");
  }
  shadows_.clear();
  operations_left_.reset();
  power_is_off_ = false;
}

void CrashVfs::set_capacity(std::optional<std::uint64_t> bytes) {
  const std::lock_guard lock(mutex_);
  capacity_ = bytes;
}

std::uint64_t CrashVfs::used_bytes() const {
  const std::lock_guard lock(mutex_);
  return used();
}

void CrashVfs::set_sync_hook(std::function<void(const std::string&)> hook) {
  const std::lock_guard lock(mutex_);
  sync_hook_ = std::move(hook);
}

void CrashVfs::break_syncs() {
  const std::lock_guard lock(mutex_);
  syncs_broken_ = true;
}

std::uint64_t CrashVfs::syncs_of(const std::string& ending) const {
  const std::lock_guard lock(mutex_);
  std::uint64_t syncs = 0;
  for (const auto& [path, shadow] : shadows_) {
    if (path.ends_with(ending)) syncs += shadow.syncs;
  }
  return syncs;
}

CrashVfs::Shadow* CrashVfs::open(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const auto [place, added] = shadows_.try_emplace(path);
  Shadow& shadow = place->second;
  if (added || !shadow.exists) {
    const std::uint64_t syncs = shadow.syncs;
    shadow = {};
    shadow.syncs = syncs;
    shadow.synced = file_contents(path);
    shadow.size = shadow.synced.size();
  }
  return &shadow;
}

void CrashVfs::remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const auto found = shadows_.find(path);
  if (found != shadows_.end()) found->second.exists = false;
}

int CrashVfs::write(Shadow& shadow, const void* bytes, int size, std::int64_t offset) {
  const std::lock_guard lock(mutex_);
  if (operation_loses_power()) return SQLITE_IOERR_WRITE;
  const std::uint64_t end = static_cast<std::uint64_t>(offset) + static_cast<std::uint64_t>(size);
  if (end > shadow.size) {
    if (capacity_ && used() + (end - shadow.size) > *capacity_) return SQLITE_FULL;
    shadow.size = end;
  }
  shadow.unsynced.push_back(
      {offset, std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(size)),
       false});
  return SQLITE_OK;
}

int CrashVfs::truncate(Shadow& shadow, std::int64_t size) {
  const std::lock_guard lock(mutex_);
  if (operation_loses_power()) return SQLITE_IOERR_TRUNCATE;
  shadow.size = static_cast<std::uint64_t>(size);
  shadow.unsynced.push_back({size, {}, true});
  return SQLITE_OK;
}

int CrashVfs::sync(Shadow& shadow, const std::string& path) {
  std::function<void(const std::string&)> hook;
  {
    const std::lock_guard lock(mutex_);
    hook = sync_hook_;
  }
  if (hook) hook(path);
  const std::lock_guard lock(mutex_);
  if (operation_loses_power() || syncs_broken_) return SQLITE_IOERR_FSYNC;
  ++shadow.syncs;
  for (const Change& change : shadow.unsynced) {
    if (change.truncation) {
      shadow.synced.resize(static_cast<std::size_t>(change.offset));
    } else {
      put(shadow.synced, change.offset, change.bytes);
    }
  }
  shadow.unsynced.clear();
  return SQLITE_OK;
}

bool CrashVfs::operation_loses_power() {
  if (power_is_off_) return true;
  if (!operations_left_) return false;
  if (*operations_left_ == 0)
    power_is_off_ = true;
  else
    --*operations_left_;
  return power_is_off_;
}

std::uint64_t CrashVfs::used() const {
  std::uint64_t bytes = 0;
  for (const auto& [path, shadow] : shadows_) {
    if (shadow.exists) bytes += shadow.size;
  }
  return bytes;
}

}  // namespace eventsd::store_test
