// What the load generator asks of the system: descriptors, CPU time, and the server's memory.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "eventsd/result.hpp"

namespace eventsd::app::bench {

// Raises the soft limit of descriptors so that `connections` fit.
//   errors   internal: the hard limit is too low; says how to raise it
Result<void> make_room_for(std::size_t connections);

// CPU time of a process so far, all its threads. 0: this process.
//   errors   bad_request: no such process
Result<std::chrono::nanoseconds> cpu_time(pid_t pid);

// Resident bytes, from /proc/PID/smaps_rollup.
//   errors   bad_request: no such process, or another user's
Result<std::uint64_t> resident_bytes(pid_t pid);

// Resident bytes, from process_resident_memory_bytes of a metrics page.
//   errors   as net::http_request(); not_found: no such metric
Result<std::uint64_t> resident_bytes(const std::string& admin_url, const std::string& ca_file);

}  // namespace eventsd::app::bench
