// The scenarios of the stress program. Each is bounded in time and returns its checks in `verdict`.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "checker.hpp"
#include "ws_client/loop.hpp"
#include "ws_client/ws_client.hpp"

namespace stress {

struct StressOptions {
  bench::Target target;
  std::uint64_t seed = 1;
  int seconds = 20;   // of load; the checks take more
  int patience = 60;  // seconds that something may take before it counts as stuck
  Tail tail = Tail::required;
  // Must the run have met a slow reader? Not in sanitized builds, which are too slow to fill a
  // queue.
  bool slow_readers_required = true;
  int backlog_mebibytes = 50;  // replay
  pid_t pid = 0;               // crash-round: the server to kill
  int kill_after_ms = 500;     // crash-round
  std::string state;           // crash-round, crash-check: the file that remembers earlier rounds
};

// Many clients subscribe, unsubscribe, publish, leave and stop reading at random, in the namespaces
// live1, live2 and flood (no history) and kept1, kept2 (history).
void run_mixed(const StressOptions& options, Verdict& verdict);

// Replays of a backlog far larger than the server's queue cap in kept1 while publishing goes on.
void run_replay(const StressOptions& options, Verdict& verdict);

// Publishes to kept1 until it kills the server, and notes in the state file what was acknowledged.
void run_crash_round(const StressOptions& options, Verdict& verdict);

// After a restart: what the state file knows as acknowledged is in the history once, in order, and
// its cursors continue.
void run_crash_check(const StressOptions& options, Verdict& verdict);

// Turns the loop until `done()`; false when `seconds` have passed.
template <typename Done>
bool turn_until(bench::Loop& loop, int seconds, Done done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    loop.turn(std::chrono::milliseconds(20));
  }
  return true;
}

}  // namespace stress
