// What the doctor reads from the system.
#include <sys/resource.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "app/doctor.hpp"

namespace eventsd::app {
namespace {

template <typename T>
std::optional<T> read_number(const char* path) {
  std::ifstream file(path);
  T value{};
  if (file >> value) return value;
  return std::nullopt;
}

// The nearest folder that exists, for a data directory that is made at the first start.
std::string nearest(const std::string& path) {
  std::error_code error;
  std::filesystem::path at = std::filesystem::absolute(path, error).lexically_normal();
  while (!std::filesystem::exists(at, error) && at.has_relative_path()) at = at.parent_path();
  return at.string();
}

// Those on which a database misbehaves or does not last (linux/magic.h).
std::string file_system_of(const std::string& path) {
  struct statfs system {};
  if (::statfs(path.c_str(), &system) != 0) return "";
  switch (static_cast<unsigned long>(system.f_type)) {
    case 0x6969:
      return "nfs";
    case 0xff534d42:
    case 0xfe534d42:
      return "cifs";
    case 0x01021994:
      return "tmpfs";
    case 0x794c7630:
      return "overlay";
    default:
      return "";
  }
}

DiskFacts read_disk(const std::string& data_dir) {
  DiskFacts facts;
  facts.path = nearest(data_dir);
  facts.file_system = file_system_of(facts.path);
  struct statvfs volume {};
  if (::statvfs(facts.path.c_str(), &volume) == 0) {
    facts.free_bytes = static_cast<std::uint64_t>(volume.f_bavail) * volume.f_frsize;
    // Some file systems count no inodes: they have enough.
    facts.free_inodes = volume.f_files == 0 ? ~0ull : volume.f_favail;
  }
  facts.writable = ::access(facts.path.c_str(), W_OK | X_OK) == 0;
  std::error_code error;
  for (const char* name : {"events.db", "events.db-wal"}) {
    const auto size = std::filesystem::file_size(data_dir + "/" + name, error);
    if (!error) facts.used_by_history += size;
  }
  return facts;
}

std::optional<std::uint64_t> read_memory() {
  const auto pages = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES));
  const std::uint64_t machine = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  // "max" is no number: no limit.
  const auto container = read_number<std::uint64_t>("/sys/fs/cgroup/memory.max");
  return container ? std::min(*container, machine) : machine;
}

}  // namespace

MachineFacts read_machine(const Config& config) {
  MachineFacts facts;
  rlimit descriptors{};
  ::getrlimit(RLIMIT_NOFILE, &descriptors);
  facts.descriptors = descriptors.rlim_max;
  facts.somaxconn = read_number<std::uint64_t>("/proc/sys/net/core/somaxconn");
  facts.memory = read_memory();
  timex clock{};  // modes 0: only read
  const int state = ::adjtimex(&clock);
  if (state >= 0) facts.clock_synchronised = state != TIME_ERROR && !(clock.status & STA_UNSYNC);
  facts.now = std::chrono::system_clock::now();
  facts.disk = read_disk(config.data_dir);
  return facts;
}

}  // namespace eventsd::app
