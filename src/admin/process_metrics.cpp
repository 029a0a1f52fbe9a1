// What the system says of this process.
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>

#include "admin/exposition.hpp"
#include "admin/metrics_page.hpp"

namespace eventsd::admin {
namespace {

// Resident bytes; 0 when /proc cannot be read.
std::uint64_t resident_bytes() {
  std::FILE* const file = std::fopen("/proc/self/statm", "re");
  if (!file) return 0;
  unsigned long long size = 0;
  unsigned long long resident = 0;
  const int read = std::fscanf(file, "%llu %llu", &size, &resident);
  std::fclose(file);
  return read == 2 ? resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) : 0;
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

void append_process_metrics(std::string& out, std::chrono::system_clock::time_point started) {
  Exposition page(out);
  page.single("process_resident_memory_bytes", MetricType::gauge, "Resident memory.",
              resident_bytes());
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  page.begin("process_cpu_seconds_total", MetricType::counter, "User and system CPU time.");
  page.sample("", seconds(usage.ru_utime) + seconds(usage.ru_stime));
  rlimit descriptors{};
  ::getrlimit(RLIMIT_NOFILE, &descriptors);
  page.single("process_max_fds", MetricType::gauge, "Limit of open file descriptors.",
              descriptors.rlim_cur);
  if (started == std::chrono::system_clock::time_point{}) return;
  page.begin("process_start_time_seconds", MetricType::gauge,
             "When the process began, in seconds since the Unix epoch.");
  page.sample("", std::chrono::duration<double>(started.time_since_epoch()).count());
}

}  // namespace eventsd::admin
