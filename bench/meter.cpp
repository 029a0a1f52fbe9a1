#include "meter.hpp"

#include <time.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <system_error>

namespace bench {
namespace {

std::int64_t read_clock(clockid_t clock) {
  timespec now{};
  if (clock_gettime(clock, &now) != 0) {
    throw std::system_error(errno, std::generic_category(), "clock_gettime");
  }
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

}  // namespace

std::int64_t process_cpu_ns(pid_t pid) {
  clockid_t clock{};
  if (const int error = clock_getcpuclockid(pid, &clock); error != 0) {
    throw std::system_error(error, std::generic_category(), "CPU clock of the server's process");
  }
  return read_clock(clock);
}

std::int64_t own_cpu_ns() { return read_clock(CLOCK_PROCESS_CPUTIME_ID); }

std::int64_t resident_bytes(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
  std::string word;
  while (file >> word) {
    std::int64_t kilobytes = 0;
    if (word == "Rss:" && file >> kilobytes) return kilobytes * 1024;
  }
  throw std::runtime_error("cannot read the memory of process " + std::to_string(pid));
}

double Latencies::quantile(double q) {
  if (nanoseconds_.empty()) return 0;
  const auto index = static_cast<std::ptrdiff_t>(q * static_cast<double>(nanoseconds_.size() - 1));
  std::nth_element(nanoseconds_.begin(), nanoseconds_.begin() + index, nanoseconds_.end());
  return static_cast<double>(nanoseconds_[static_cast<std::size_t>(index)]) / 1000.0;
}

void Report::add(std::string name, double value, std::string unit) {
  char text[64];
  snprintf(text, sizeof text,
           value == static_cast<double>(static_cast<std::int64_t>(value)) ? "%.0f" : "%.3f", value);
  rows_.push_back({std::move(name), text, std::move(unit)});
}

void Report::add(std::string name, std::string value) {
  rows_.push_back({std::move(name), '"' + value + '"', ""});
}

void Report::print_table() const {
  for (const Row& row : rows_) {
    printf("  %-28s %14s %s\n", row.name.c_str(), row.text.c_str(), row.unit.c_str());
  }
}

void Report::print_json() const {
  printf("{");
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    printf("%s\"%s\":%s", i == 0 ? "" : ",", rows_[i].name.c_str(), rows_[i].text.c_str());
  }
  printf("}\n");
}

}  // namespace bench
