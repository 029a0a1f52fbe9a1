// The pool of worker processes: whose turn it is, what a call may take, and what happens when a
// worker does not come back.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "eventsd/code_runner.hpp"
#include "handler/engine.hpp"

namespace eventsd::handler {

struct SupervisorOptions {
  std::string program = "/proc/self/exe";  // what has the verb kWorkerVerb
  unsigned workers = 2;                    // processes; one is for tools that run a single call
  EngineLimits engine;
  std::chrono::milliseconds wall_time{30'000};  // of one evaluation, and of waiting for a worker
  std::uint64_t max_queue = 16ull << 20;        // bytes of calls that wait or run
  std::uint64_t recycle_after = 100'000;        // calls of one worker; 0: never
};

// Constants of the design, not of the configuration.
inline constexpr std::chrono::milliseconds kMoveAfter{50};   // calls behind one that runs this long
inline constexpr std::chrono::milliseconds kLong{50};        // a call that others are served beside
inline constexpr std::chrono::milliseconds kCpuGrace{250};   // beyond cpu_time, then it is killed
inline constexpr std::chrono::seconds kStartTime{5};         // of a worker, then it is killed
inline constexpr std::chrono::seconds kCheckTime{6};         // that a check of a module waits
inline constexpr std::chrono::seconds kConfined{60};         // to one worker, after it was stopped
inline constexpr unsigned kStrikes = 5;                      // stopped calls of one namespace …
inline constexpr std::chrono::seconds kStrikeWindow{60};     // … within this time …
inline constexpr std::chrono::seconds kFailFast{30};         // … refuse its calls for so long

// What a module exports, or why it cannot be used.
using CodeCheck = std::variant<CodeExports, CodeFault>;

// A module that has passed its check, with a number that no other has.
//   thread   any
CodeModulePtr make_code_module(std::string name, std::string source, const CodeExports& exports);

// Counted since the start.
struct SupervisorCounts {
  std::uint64_t calls = 0;         // that ended, in whatever way
  std::uint64_t refused = 0;       // of them: overloaded
  std::uint64_t killed = 0;        // workers that were stopped at a call
  std::uint64_t died = 0;          // workers that ended by themselves
  std::uint64_t started = 0;       // workers
  std::uint64_t ready = 0;         // workers that take calls, now
  std::uint64_t queued_bytes = 0;  // now
};

// Owns the thread "handlers".
class Supervisor : public CodeRunner {
 public:
  // Parses a module in a worker and runs its top level there.
  //   thread   any with an ExecutorScope; the caller is resumed on its own
  //   errors   a fault with line 0: no worker could look at it; the message says why
  virtual Task<CodeCheck> check(std::string name, std::string source) = 0;

  // The same, for whoever has no loop: waits.
  //   thread   any but "handlers"
  virtual CodeCheck check_now(std::string name, std::string source) = 0;

  // thread   any
  virtual SupervisorCounts counts() const = 0;

  // Other limits, for calls from now on: workers of the old ones serve until those of the new ones
  // are ready, and finish what they have begun. `program` stays as it is.
  //   thread   any
  virtual void reconfigure(const SupervisorOptions& options) = 0;

  // All calls that wait or run end as overloaded, now and from now on, so that the shards can end.
  //   thread   any
  virtual void release_waiters() = 0;

  // Kills the workers, waits for them and ends the thread. The destructor does it too.
  //   REQUIRES   nobody calls any more
  virtual void stop() = 0;
};

// The workers start at once, and calls wait for them.
std::unique_ptr<Supervisor> make_supervisor(const SupervisorOptions& options);

}  // namespace eventsd::handler
