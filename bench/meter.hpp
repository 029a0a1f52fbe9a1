// What a run is measured with: the server's CPU time and memory, latencies, and the report.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace bench {

using Clock = std::chrono::steady_clock;

// CPU time of the whole process (all threads, ended ones too) so far, nanoseconds; loopback's
// receive work for what it sends is in it. Throws std::system_error if there is no such process.
std::int64_t process_cpu_ns(pid_t pid);

// CPU time of this process, nanoseconds: near the wall time, the client was the bottleneck.
std::int64_t own_cpu_ns();

// Resident bytes of a process from /proc/PID/smaps_rollup. Throws std::runtime_error.
std::int64_t resident_bytes(pid_t pid);

// Durations of which quantiles are asked at the end.
class Latencies {
 public:
  void add(Clock::duration duration) { nanoseconds_.push_back(duration.count()); }
  // In microseconds; 0 without samples.
  double quantile(double q);
  void clear() { nanoseconds_.clear(); }

 private:
  std::vector<std::int64_t> nanoseconds_;
};

// What a scenario found, in the order of insertion: a table for people, one JSON object for
// programs.
class Report {
 public:
  void add(std::string name, double value, std::string unit);
  void add(std::string name, std::string value);
  void print_table() const;
  void print_json() const;

 private:
  struct Row {
    std::string name;
    std::string text;  // JSON text of the value
    std::string unit;
  };
  std::vector<Row> rows_;
};

}  // namespace bench
