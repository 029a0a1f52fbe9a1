// Publishes a second without subscribers, and how long their answers take.
#include <algorithm>

#include "app/bench_publisher.hpp"
#include "app/bench_run.hpp"
#include "app/bench_session.hpp"

namespace eventsd::app::bench {
namespace {

constexpr std::chrono::seconds kAnswerLimit{15};

class PublishWorker final : public Worker {
 public:
  PublishWorker(const Run& run, const Plan& plan, std::size_t index) {
    for (std::size_t p = index; p < plan.publishers; p += run.options.threads) {
      publishers_.push_back(
          std::make_unique<Publisher>(loop(), run.access, plan, static_cast<std::uint32_t>(p)));
    }
  }

  Clock::time_point on_turn(Phase phase, Clock::time_point now) override {
    auto wake_at = now + std::chrono::milliseconds(200);
    for (const auto& publisher : publishers_) {
      if (phase == Phase::settle) publisher->stop();
      if (phase == Phase::prepare) {
        publisher->prepare();
      } else {
        wake_at = std::min(wake_at, publisher->publish_due(now));
      }
    }
    return wake_at;
  }

  bool is_done(Phase phase) const override {
    if (phase == Phase::measure) return false;
    return std::all_of(publishers_.begin(), publishers_.end(), [&](const auto& publisher) {
      return phase == Phase::prepare ? publisher->is_prepared() : publisher->pending == 0;
    });
  }

  void close_all() override {
    for (const auto& publisher : publishers_) publisher->close();
  }

  const std::vector<std::unique_ptr<Publisher>>& publishers() const { return publishers_; }

 private:
  std::vector<std::unique_ptr<Publisher>> publishers_;
};

class Publishing {
 public:
  explicit Publishing(const Run& run)
      : run_(run), options_(run.options), plan_(make_plan(run.options)) {
    for (std::size_t i = 0; i < options_.channels; ++i) {
      plan_.channels.push_back(channel_path(options_) + "/" + std::to_string(i));
      plan_.audience.push_back(0);
    }
    for (std::size_t i = 0; i < options_.threads; ++i) {
      workers_.push_back(std::make_unique<PublishWorker>(run_, plan_, i));
    }
  }

  Result<Finding> measure() {
    Crew crew(as_workers(workers_), run_.console);
    const auto prepared = crew.run(Phase::prepare, Clock::now() + kSetUpTimeout + kAnswerLimit,
                                   [] { return std::string("connecting"); });
    if (prepared == Crew::Ended::deadline) {
      crew.finish();
      Failures failures;
      for_each([&](const Publisher& publisher) { failures.merge(publisher.failures()); });
      return fail(ErrorKind::internal, "not all of " + grouped(options_.publishers) +
                                           " connections could be set up: " + failures.text());
    }
    Meter meter(options_.pid);
    last_line_ = Clock::now();
    if (!crew.is_interrupted()) {
      crew.run(Phase::measure, Clock::now() + options_.duration, [this] { return progress(); });
    }
    meter.stop();
    const std::uint64_t publishes = sum(&Publisher::publishes);
    crew.run(Phase::settle, Clock::now() + kAnswerLimit, [this] { return progress(); });
    crew.finish();
    return finding(crew, meter, publishes);
  }

 private:
  template <typename Each>
  void for_each(Each&& each) const {
    for (const auto& worker : workers_) {
      for (const auto& publisher : worker->publishers()) each(*publisher);
    }
  }
  std::uint64_t sum(std::atomic<std::uint64_t> Publisher::* counter) const {
    std::uint64_t total = 0;
    for_each([&](const Publisher& publisher) { total += publisher.*counter; });
    return total;
  }

  std::string progress() {
    const std::uint64_t now = sum(&Publisher::publishes);
    const auto time = Clock::now();
    const double seconds = std::chrono::duration<double>(time - last_line_).count();
    std::string line = readable(static_cast<double>(now - last_publishes_) / seconds) +
                       " publishes/s, " + grouped(now) + " in all";
    if (const auto refusals = sum(&Publisher::refusals)) {
      line += ", " + grouped(refusals) + " refused";
    }
    last_publishes_ = now;
    last_line_ = time;
    return line;
  }

  Finding finding(const Crew& crew, const Meter& meter, std::uint64_t publishes) const {
    Report report("publish");
    Histogram latencies;
    Failures failures;
    std::uint64_t received = 0, sent = 0, events = 0;
    for_each([&](const Publisher& publisher) {
      latencies.merge(publisher.latencies());
      failures.merge(publisher.failures());
      events += publisher.accepted_events();
    });
    for (const auto& worker : workers_) {
      received += worker->loop().bytes_received();
      sent += worker->loop().bytes_sent();
    }
    report.add("url", "endpoint", run_.url);
    report.add("over", "over", options_.over == PublishOver::http ? "HTTP" : "WebSocket");
    report.add("connections", "connections", std::uint64_t{options_.publishers});
    report.add("event_bytes", "event size", std::uint64_t{options_.event_bytes}, "B");
    report.add("batch", "events per publish", std::uint64_t{options_.batch});
    if (options_.rate) {
      report.add("rate", "rate asked for", *options_.rate, "/s");
    } else {
      report.add("in_flight", "in flight per connection", std::uint64_t{options_.in_flight});
    }
    report.add("publishes", "publishes accepted", sum(&Publisher::publishes));
    report.add("events", "events accepted", events);
    report.add("publishes_per_second", "publishes",
               static_cast<double>(publishes) / meter.seconds(), "/s");
    report.add_latency("publish_latency_us", "publish answered", latencies);
    report.add("refused", "refused", sum(&Publisher::refusals));
    report.add("unanswered", "without an answer", sum(&Publisher::pending));
    report.add_bytes("bytes_received", "received", received);
    report.add_bytes("bytes_sent", "sent", sent);
    meter.add_to(report, options_.threads, "per_publish", "per publish",
                 static_cast<double>(publishes));
    report.add("interrupted", "", crew.is_interrupted());
    report.add_failures(failures);
    add_rate_hint(options_, static_cast<double>(publishes) / meter.seconds(), report);
    add_remedies(failures, report);
    std::string fault;
    if (sum(&Publisher::publishes) == 0 && !crew.is_interrupted()) {
      fault =
          "no publish was accepted: " + (failures.is_empty() ? "no answer came" : failures.text());
    }
    return {std::move(report), std::move(fault)};
  }

  const Run& run_;
  const Options& options_;
  Plan plan_;
  std::vector<std::unique_ptr<PublishWorker>> workers_;
  std::uint64_t last_publishes_ = 0;
  Clock::time_point last_line_ = Clock::now();
};

}  // namespace

Result<Finding> run_publish(const Run& run) { return Publishing(run).measure(); }

}  // namespace eventsd::app::bench
