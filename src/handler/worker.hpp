// The worker process: runs customers' code for the daemon that started it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "handler/engine.hpp"

namespace eventsd::handler {

// The verb that makes the daemon's program a worker. People have no use for it.
inline constexpr const char* kWorkerVerb = "handler-worker";

// The arguments behind the verb.
std::vector<std::string> worker_arguments(const EngineLimits& limits);

// Serves frames on kWorkerSocket until it is closed; the process is sandboxed before the first.
//   arguments   as worker_arguments() made them
//   returns     the process's exit code: 0 the socket was closed, or an engine at its end;
//               1 the peer broke the protocol, memory ran out or the sandbox does not close;
//               2 this was not started by a daemon
int run_worker(std::span<const char* const> arguments);

}  // namespace eventsd::handler
