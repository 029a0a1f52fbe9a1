// The threads of a run: each turns one loop; the caller's thread leads them from phase to phase,
// shows progress and listens for Ctrl-C.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/bench_report.hpp"
#include "app/bench_stream.hpp"
#include "app/cli.hpp"

namespace eventsd::app::bench {

enum class Phase : std::uint8_t {
  prepare,  // connections are made
  measure,
  settle,  // nothing new is begun; what is under way arrives
  end,     // connections are closed
};

// One thread's share of a scenario. Read by others only through atomics, or after Crew::finish().
class Worker {
 public:
  virtual ~Worker() = default;

  // Called once each turn of the loop, on the worker's thread. Returns when it wants to be called
  // again at the latest.
  virtual Clock::time_point on_turn(Phase phase, Clock::time_point now) = 0;

  // Nothing is left to do in this phase. On the worker's thread.
  virtual bool is_done(Phase phase) const = 0;

  // Closes every connection. On the worker's thread, last.
  virtual void close_all() = 0;

  Loop& loop() { return loop_; }

 private:
  Loop loop_;
};

class Crew {
 public:
  enum class Ended : std::uint8_t { done, deadline, interrupted };

  // Starts the threads. SIGINT and SIGTERM are held back from here on, and SIGPIPE is ignored.
  Crew(std::vector<Worker*> workers, const Console& console);
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  // Until all workers are done, `deadline`, `is_done` (asked every 20 ms; may be empty), or a
  // signal. `progress` gives the line that is shown once a second on a terminal, and every ten
  // seconds elsewhere. A second signal ends the process at once.
  Ended run(Phase phase, Clock::time_point deadline, const std::function<std::string()>& progress,
            const std::function<bool()>& is_done = {});

  // Closes the connections and ends the threads. Throws what a thread has thrown.
  void finish();

  bool is_interrupted() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace eventsd::app::bench
