// Starts worker processes and ends them.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "eventsd/result.hpp"

namespace eventsd::handler {

// A child and the daemon's end of its socket pair: a stream, not blocking, closed on exec.
struct WorkerProcess {
  pid_t pid = -1;
  int socket = -1;
};

// Starts `program` with these arguments, an empty environment, a process group of its own, its end
// of the socket pair as kWorkerSocket and no other descriptor.
//   thread   the child is killed when the calling thread ends
//   errors   internal: no process, no descriptor
Result<WorkerProcess> spawn_worker(const std::string& program,
                                   const std::vector<std::string>& arguments);

// Kills the child, if it lives, and waits for its end, which a killed process does not put off.
//   returns   how it ended: "exit code 1", "signal 9"
std::string end_worker(pid_t pid);

// CPU time of all threads of the child so far.
//   returns   nothing: it has ended
std::optional<std::chrono::nanoseconds> cpu_time_of(pid_t pid);

}  // namespace eventsd::handler
