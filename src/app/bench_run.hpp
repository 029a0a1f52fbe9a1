// The scenarios, and what they share.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/bench_crew.hpp"
#include "app/bench_machine.hpp"
#include "app/bench_options.hpp"
#include "app/bench_report.hpp"
#include "app/bench_socket.hpp"

namespace eventsd::app::bench {

// What a scenario found. `fault`: one line that says why it is a failure; empty: it is none.
struct Finding {
  Report report;
  std::string fault;
};

struct Run {
  const Options& options;
  const Access& access;
  std::string url;  // for the report
  const Console& console;
};

// Errors: nothing could be measured; the message says why.
Result<Finding> run_fanout(const Run& run);
Result<Finding> run_publish(const Run& run);
Result<Finding> run_connect(const Run& run);
Result<Finding> run_idle(const Run& run);

// Time and CPU from its making on.
class Meter {
 public:
  // pid 0: the server's CPU time is not measured.
  explicit Meter(pid_t pid);

  void stop();
  double seconds() const { return seconds_; }
  // Adds the time, both CPU times (`unit_label`, such as "per delivery", for the server's; counted
  // over `units`), and a hint when this program was the bottleneck.
  void add_to(Report& report, std::size_t threads, const std::string& unit_key,
              const std::string& unit_label, double units) const;

 private:
  pid_t pid_;
  Clock::time_point began_ = Clock::now();
  std::chrono::nanoseconds own_{};
  std::optional<std::chrono::nanoseconds> server_;
  double seconds_ = 0;
};

// Workers of one type as Crew wants them.
template <typename T>
std::vector<Worker*> as_workers(const std::vector<std::unique_ptr<T>>& workers) {
  std::vector<Worker*> pointers;
  for (const auto& worker : workers) pointers.push_back(worker.get());
  return pointers;
}

// How many of `total` things fall to worker `i` of `workers`.
inline std::size_t share(std::size_t total, std::size_t i, std::size_t workers) {
  return total / workers + (i < total % workers ? 1 : 0);
}

// "/default/bench" of an option's "default/bench".
std::string channel_path(const Options& options);

// A sentence when a rate was asked for and not reached.
void add_rate_hint(const Options& options, double publishes_per_second, Report& report);

// A sentence for each failure that has a remedy.
void add_remedies(const Failures& failures, Report& report);

}  // namespace eventsd::app::bench
