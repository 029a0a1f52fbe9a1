// What a worker process shuts behind itself before customers' code runs in it. Linux; x86-64 and
// arm64. In builds with a sanitizer the address-space limit is left out and the system calls that
// the sanitizer makes are allowed; everything else holds there too.
#pragma once

#include <cstdint>
#include <string>

namespace eventsd::handler {

// Where a worker has its end of the socket pair; all other descriptors are closed (a sanitizer's
// build keeps 2 for its reports).
inline constexpr int kWorkerSocket = 0;

// The parts that come first, while files can still be read: every other descriptor and the
// environment go, signals for the daemon's group are ignored, and the process ends when the thread
// that started it does.
void detach_worker();

struct SandboxLimits {
  std::uint64_t address_space = 512ull << 20;  // bytes, of everything that is mapped
};

// Closes the process for good: resource limits, no new privileges, not dumpable, Landlock without
// any rule where the kernel has it, and a seccomp filter that allows memory, clocks, randomness and
// the socket. Everything else fails with EPERM: no file, socket, process, thread, executable page.
//   thread    the only one of the process
//   returns   what could not be closed, with the remedy; empty: it is closed
std::string close_sandbox(const SandboxLimits& limits);

}  // namespace eventsd::handler
