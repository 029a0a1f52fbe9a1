// Connections a second: upgrade, connection_init, connection_ack, subscribe, subscribe_success.
#include <algorithm>
#include <deque>

#include "app/bench_run.hpp"
#include "app/bench_session.hpp"

namespace eventsd::app::bench {
namespace {

class ConnectWorker;

class Visitor final : public Session {
 public:
  Visitor(Loop& loop, const Access& access, ConnectWorker& worker)
      : Session(loop, access), worker_(worker) {}

 private:
  void on_acknowledged() override;
  void on_ready() override;
  void on_message(std::string_view) override {}
  void on_lost(const std::string& reason, bool was_ready) override;

  ConnectWorker& worker_;
};

class ConnectWorker final : public Worker {
 public:
  ConnectWorker(const Run& run, const std::string& channel, std::size_t index)
      : channel_(channel),
        total_(share(run.options.connections, index, run.options.threads)),
        threads_(run.options.threads),
        index_(index) {
    const std::size_t at_once =
        std::max<std::size_t>(1, share(run.options.concurrency, index, run.options.threads));
    for (std::size_t i = 0; i < at_once; ++i) {
      visitors_.push_back(std::make_unique<Visitor>(loop(), run.access, *this));
      idle_.push_back(visitors_.back().get());
    }
  }

  Clock::time_point on_turn(Phase phase, Clock::time_point now) override {
    for (const auto& visitor : visitors_) {
      if (visitor->is_setting_up() && now - visitor->began() > kSetUpTimeout) visitor->give_up();
    }
    while (phase == Phase::measure && begun_ < total_ && !idle_.empty()) {
      Visitor& visitor = *idle_.back();
      idle_.pop_back();
      const auto begun = visitor.begin(channel_, begun_++ * threads_ + index_);
      if (begun) continue;
      count_failure(visitor, begun.error().message);
      break;  // with the next turn there may be a descriptor or a port
    }
    return now + std::chrono::milliseconds(100);
  }

  bool is_done(Phase phase) const override {
    if (phase == Phase::measure && begun_ < total_) return false;
    return finished + failed == begun_;
  }

  void close_all() override {
    for (const auto& visitor : visitors_) visitor->close_socket();
  }

  void count_acknowledged(const Visitor& visitor) {
    acknowledged.record(loop().now() - visitor.began());
  }
  void count_finished(Visitor& visitor) {
    subscribed.record(loop().now() - visitor.began());
    visitor.close_socket();
    idle_.push_back(&visitor);
    ++finished;
  }
  void count_failure(Visitor& visitor, const std::string& reason) {
    failures.add(reason);
    idle_.push_back(&visitor);
    ++failed;
  }

  std::atomic<std::uint64_t> finished{0};
  std::atomic<std::uint64_t> failed{0};
  // After the run.
  Histogram acknowledged;
  Histogram subscribed;
  Failures failures;

 private:
  const std::string& channel_;
  std::size_t total_;
  std::size_t threads_;
  std::size_t index_;
  std::size_t begun_ = 0;
  std::vector<std::unique_ptr<Visitor>> visitors_;
  std::vector<Visitor*> idle_;
};

void Visitor::on_acknowledged() { worker_.count_acknowledged(*this); }

void Visitor::on_ready() { worker_.count_finished(*this); }

void Visitor::on_lost(const std::string& reason, bool was_ready) {
  if (!was_ready) worker_.count_failure(*this, reason);
}

class Connecting {
 public:
  explicit Connecting(const Run& run)
      : run_(run), options_(run.options), channel_(channel_path(run.options) + "/connect") {
    for (std::size_t i = 0; i < options_.threads; ++i) {
      workers_.push_back(std::make_unique<ConnectWorker>(run_, channel_, i));
    }
  }

  Result<Finding> measure() {
    Crew crew(as_workers(workers_), run_.console);
    Meter meter(options_.pid);
    const auto limit = options_.has_duration ? Clock::now() + options_.duration
                                             : Clock::now() + std::chrono::hours(1);
    crew.run(Phase::measure, limit, [this] { return progress(); });
    meter.stop();
    const std::uint64_t finished = sum(&ConnectWorker::finished);
    crew.run(Phase::settle, Clock::now() + kSetUpTimeout, [this] { return progress(); });
    crew.finish();
    return finding(crew, meter, finished);
  }

 private:
  std::uint64_t sum(std::atomic<std::uint64_t> ConnectWorker::* counter) const {
    std::uint64_t total = 0;
    for (const auto& worker : workers_) total += (*worker).*counter;
    return total;
  }

  std::string progress() {
    const std::uint64_t now = sum(&ConnectWorker::finished);
    const auto time = Clock::now();
    const double seconds = std::chrono::duration<double>(time - last_line_).count();
    std::string line = readable(static_cast<double>(now - last_finished_) / seconds) +
                       " connections/s, " + grouped(now) + " of " + grouped(options_.connections);
    if (const auto failed = sum(&ConnectWorker::failed)) line += ", " + grouped(failed) + " failed";
    last_finished_ = now;
    last_line_ = time;
    return line;
  }

  Finding finding(const Crew& crew, const Meter& meter, std::uint64_t measured) const {
    Report report("connect");
    Histogram acknowledged;
    Histogram subscribed;
    Failures failures;
    for (const auto& worker : workers_) {
      acknowledged.merge(worker->acknowledged);
      subscribed.merge(worker->subscribed);
      failures.merge(worker->failures);
    }
    const std::uint64_t finished = sum(&ConnectWorker::finished);
    const std::uint64_t failed = sum(&ConnectWorker::failed);
    report.add("url", "endpoint", run_.url);
    report.add("concurrency", "at the same time", std::uint64_t{options_.concurrency});
    report.add("connections", "subscribed", finished);
    report.add("failed", "failed", failed);
    report.add("connections_per_second", "connections",
               static_cast<double>(measured) / meter.seconds(), "/s");
    report.add_latency("ack_latency_us", "connection_ack", acknowledged);
    report.add_latency("subscribe_latency_us", "subscribe_success", subscribed);
    meter.add_to(report, options_.threads, "per_connection", "per connection",
                 static_cast<double>(measured));
    report.add("interrupted", "", crew.is_interrupted());
    report.add_failures(failures);
    add_remedies(failures, report);
    std::string fault;
    if (failed > 0) fault = grouped(failed) + " connections failed: " + failures.text();
    return {std::move(report), std::move(fault)};
  }

  const Run& run_;
  const Options& options_;
  std::string channel_;
  std::vector<std::unique_ptr<ConnectWorker>> workers_;
  std::uint64_t last_finished_ = 0;
  Clock::time_point last_line_ = Clock::now();
};

}  // namespace

Result<Finding> run_connect(const Run& run) { return Connecting(run).measure(); }

}  // namespace eventsd::app::bench
