// Connections that only stay: the server's memory for each, who survives, keep-alives.
#include <algorithm>

#include "app/bench_ramp.hpp"
#include "app/bench_run.hpp"

namespace eventsd::app::bench {
namespace {

class IdleWorker;

class Sleeper final : public Session {
 public:
  Sleeper(Loop& loop, const Access& access, IdleWorker& worker)
      : Session(loop, access), worker_(worker) {}

 private:
  void on_ready() override;
  void on_message(std::string_view text) override;
  void on_lost(const std::string& reason, bool was_ready) override;

  IdleWorker& worker_;
};

class IdleWorker final : public Worker {
 public:
  IdleWorker(const Run& run, const std::vector<std::string>& channels, std::size_t index)
      : run_(run),
        channels_(channels),
        index_(index),
        ramp_(share(run.options.connections, index, run.options.threads),
              std::max<std::size_t>(1, run.options.concurrency / run.options.threads),
              [this](std::size_t i, Result<void>& begun) -> Session& { return begin(i, begun); }) {}

  Clock::time_point on_turn(Phase phase, Clock::time_point now) override {
    if (phase == Phase::prepare) ramp_.advance(now);
    return now + std::chrono::milliseconds(200);
  }

  bool is_done(Phase phase) const override { return phase == Phase::prepare && ramp_.is_done(); }

  void close_all() override {
    for (const auto& sleeper : sleepers_) sleeper->close_socket();
  }

  Ramp& ramp() { return ramp_; }

  std::atomic<std::uint64_t> lost{0};
  std::atomic<std::uint64_t> keep_alives{0};
  Failures failures;  // after the run

 private:
  Session& begin(std::size_t i, Result<void>& begun) {
    auto& sleeper = *sleepers_.emplace_back(std::make_unique<Sleeper>(loop(), run_.access, *this));
    const std::size_t number = i * run_.options.threads + index_;
    begun = sleeper.begin(channels_[number % channels_.size()], number);
    return sleeper;
  }

  const Run& run_;
  const std::vector<std::string>& channels_;
  std::size_t index_;
  std::vector<std::unique_ptr<Sleeper>> sleepers_;
  Ramp ramp_;
};

void Sleeper::on_ready() { worker_.ramp().count_ready(); }

void Sleeper::on_message(std::string_view text) {
  if (is_keep_alive(text)) ++worker_.keep_alives;
}

void Sleeper::on_lost(const std::string& reason, bool was_ready) {
  if (!was_ready) return worker_.ramp().count_failed(reason);
  ++worker_.lost;
  worker_.failures.add(reason);
}

class Idling {
 public:
  explicit Idling(const Run& run) : run_(run), options_(run.options) {
    for (std::size_t i = 0; i < options_.channels; ++i) {
      channels_.push_back(channel_path(options_) + "/idle-" + std::to_string(i));
    }
    for (std::size_t i = 0; i < options_.threads; ++i) {
      workers_.push_back(std::make_unique<IdleWorker>(run_, channels_, i));
    }
  }

  Result<Finding> measure() {
    const auto before = memory();
    if (!before) return before.error();
    Crew crew(as_workers(workers_), run_.console);
    crew.run(Phase::prepare, Clock::now() + std::chrono::hours(1), [this] { return progress(); });
    const std::size_t ready = total(&Ramp::ready);
    Meter meter(options_.pid);
    if (!crew.is_interrupted() && ready > 0) {
      run_.console.err << grouped(ready) << " connections are there; holding them" << std::endl;
      crew.run(Phase::measure, Clock::now() + options_.duration, [this] { return progress(); });
    }
    meter.stop();
    const auto after = memory();
    const std::uint64_t lost = sum(&IdleWorker::lost);
    const std::uint64_t keep_alives = sum(&IdleWorker::keep_alives);
    crew.finish();
    if (!after) return after.error();
    return finding(crew, meter, {*before, *after}, {ready, lost, keep_alives});
  }

 private:
  struct Memory {
    std::uint64_t before;
    std::uint64_t after;
  };
  struct Counts {
    std::uint64_t ready;
    std::uint64_t lost;
    std::uint64_t keep_alives;
  };

  // 0: not measured.
  Result<std::uint64_t> memory() const {
    if (options_.pid != 0) return resident_bytes(options_.pid);
    if (!options_.admin_url.empty()) {
      return resident_bytes(options_.admin_url, options_.endpoint.ca_file);
    }
    return std::uint64_t{0};
  }

  std::uint64_t sum(std::atomic<std::uint64_t> IdleWorker::* counter) const {
    std::uint64_t total = 0;
    for (const auto& worker : workers_) total += (*worker).*counter;
    return total;
  }
  std::size_t total(std::atomic<std::size_t> Ramp::* counter) const {
    std::size_t total = 0;
    for (const auto& worker : workers_) total += worker->ramp().*counter;
    return total;
  }

  std::string progress() const {
    std::string line = grouped(total(&Ramp::ready)) + " of " + grouped(options_.connections) +
                       " connections, " + grouped(sum(&IdleWorker::keep_alives)) + " keep-alives";
    if (const auto failed = total(&Ramp::failed)) line += ", " + grouped(failed) + " failed";
    if (const auto lost = sum(&IdleWorker::lost)) line += ", " + grouped(lost) + " lost";
    return line;
  }

  Finding finding(const Crew& crew, const Meter& meter, Memory memory, Counts counts) const {
    Report report("idle");
    Failures failures;
    for (const auto& worker : workers_) {
      failures.merge(worker->failures);
      failures.merge(worker->ramp().failures());
    }
    const std::uint64_t failed = total(&Ramp::failed);
    report.add("url", "endpoint", run_.url);
    report.add("connections", "connections", counts.ready);
    report.add("failed", "failed", failed);
    report.add("survived", "survived", counts.ready - counts.lost);
    report.add("keep_alives", "keep-alives received", counts.keep_alives);
    if (memory.before > 0 && counts.ready > 0) {
      const double grown = static_cast<double>(memory.after) - static_cast<double>(memory.before);
      report.add_bytes("server_bytes_before", "server memory before", memory.before);
      report.add_bytes("server_bytes_after", "server memory with them", memory.after);
      report.add("server_bytes_per_connection", "server memory per connection",
                 grown / static_cast<double>(counts.ready), "B");
    } else {
      report.add_hint("give --pid of the server, or --admin-url, to see its memory");
    }
    meter.add_to(report, options_.threads, "per_connection", "per connection",
                 static_cast<double>(counts.ready));
    report.add("interrupted", "", crew.is_interrupted());
    report.add_failures(failures);
    add_remedies(failures, report);
    std::string fault;
    if (failed + counts.lost > 0) {
      fault = grouped(failed + counts.lost) + " of " + grouped(options_.connections) +
              " connections failed or were lost: " + failures.text();
    }
    return {std::move(report), std::move(fault)};
  }

  const Run& run_;
  const Options& options_;
  std::vector<std::string> channels_;
  std::vector<std::unique_ptr<IdleWorker>> workers_;
};

}  // namespace

Result<Finding> run_idle(const Run& run) { return Idling(run).measure(); }

}  // namespace eventsd::app::bench
