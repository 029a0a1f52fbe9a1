// Publishers and many subscribers: deliveries a second, their latency, and whether every event came
// to everybody, once and in order.
#include "app/bench_fanout_worker.hpp"

namespace eventsd::app::bench {
namespace {

constexpr std::chrono::seconds kQuiet{5};  // without a delivery: nothing more will come
constexpr std::chrono::minutes kSettleLimit{5};

class Fanout {
 public:
  explicit Fanout(const Run& run)
      : run_(run), options_(run.options), plan_(make_plan(run.options)) {
    for (std::size_t i = 0; i < options_.channels; ++i) {
      // The last segment gives wildcards something to match.
      plan_.channels.push_back(channel_path(options_) + "/" + std::to_string(i) + "/x");
      plan_.audience.push_back(share(options_.subscribers, i, options_.channels));
    }
    publishers_.resize(options_.publishers);
    for (std::size_t i = 0; i < options_.threads; ++i) {
      workers_.push_back(std::make_unique<FanoutWorker>(run_, plan_, publishers_, i));
      for (std::size_t p = 0; p < workers_.back()->publishers().size(); ++p) {
        publishers_[i + p * options_.threads] = workers_.back()->publishers()[p].get();
      }
    }
  }

  Result<Finding> measure() {
    Crew crew(as_workers(workers_), run_.console);
    const auto long_enough = Clock::now() + std::chrono::hours(1);
    crew.run(Phase::prepare, long_enough, [this] { return connecting(); });
    const bool is_ready = !crew.is_interrupted() && total_failed() == 0;
    if (!is_ready && !crew.is_interrupted()) {
      crew.finish();
      return not_ready();
    }
    Meter meter(options_.pid);
    const auto began = Clock::now();
    const std::uint64_t before = deliveries();
    last_deliveries_ = before;
    last_line_ = began;
    if (is_ready) {
      run_.console.err << grouped(options_.subscribers) << " subscribers are there; publishing"
                       << std::endl;
      crew.run(Phase::measure, began + options_.duration, [this] { return progress(); });
    }
    meter.stop();
    const std::uint64_t measured = deliveries() - before;
    const std::uint64_t publishes = sum(&Publisher::publishes);
    if (is_ready) settle(crew);
    crew.finish();
    return finding(crew, meter, measured, publishes);
  }

 private:
  std::uint64_t sum(std::atomic<std::uint64_t> Publisher::* counter) const {
    std::uint64_t total = 0;
    for (const Publisher* publisher : publishers_) total += publisher->*counter;
    return total;
  }
  std::uint64_t deliveries() const {
    std::uint64_t total = 0;
    for (const auto& worker : workers_) total += worker->deliveries;
    return total;
  }
  std::uint64_t lost_subscribers() const {
    std::uint64_t total = 0;
    for (const auto& worker : workers_) total += worker->lost_subscribers;
    return total;
  }
  std::size_t total_failed() const {
    std::size_t total = 0;
    for (const auto& worker : workers_) total += worker->ramp().failed;
    return total;
  }
  std::size_t total_ready() const {
    std::size_t total = 0;
    for (const auto& worker : workers_) total += worker->ramp().ready;
    return total;
  }

  std::string connecting() const {
    return "connecting: " + grouped(total_ready()) + " of " + grouped(options_.subscribers) +
           " subscribers";
  }

  std::string progress() {
    const std::uint64_t now = deliveries();
    const auto time = Clock::now();
    const double seconds = std::chrono::duration<double>(time - last_line_).count();
    std::string line = readable(static_cast<double>(now - last_deliveries_) / seconds) +
                       " deliveries/s, " + grouped(sum(&Publisher::publishes)) + " publishes";
    if (const auto refusals = sum(&Publisher::refusals))
      line += ", " + grouped(refusals) + " refused";
    if (const auto lost = lost_subscribers()) line += ", " + grouped(lost) + " subscribers lost";
    last_deliveries_ = now;
    last_line_ = time;
    return line;
  }

  // Until everything that was accepted has come, or nothing comes any more.
  void settle(Crew& crew) {
    std::uint64_t seen = deliveries();
    auto last_change = Clock::now();
    const auto is_done = [&] {
      const std::uint64_t now = deliveries();
      if (now != seen) {
        seen = now;
        last_change = Clock::now();
      }
      if (Clock::now() - last_change > kQuiet) return true;
      return sum(&Publisher::pending) == 0 && now >= sum(&Publisher::expected);
    };
    crew.run(Phase::settle, Clock::now() + kSettleLimit, [this] { return progress(); }, is_done);
  }

  Error not_ready() {
    Failures failures;
    for (const auto& worker : workers_) failures.merge(worker->ramp().failures());
    return fail(ErrorKind::internal, "only " + grouped(total_ready()) + " of " +
                                         grouped(options_.subscribers) +
                                         " subscribers could be set up: " + failures.text());
  }

  Finding finding(const Crew& crew, const Meter& meter, std::uint64_t measured,
                  std::uint64_t publishes) {
    Report report("fanout");
    Histogram latencies;
    Histogram answers;
    Failures failures;
    std::uint64_t duplicates = 0, out_of_order = 0, foreign = 0, received = 0, sent = 0;
    std::uint64_t accepted = 0;
    for (const auto& worker : workers_) {
      latencies.merge(worker->latencies);
      failures.merge(worker->failures);
      duplicates += worker->duplicates;
      out_of_order += worker->out_of_order;
      foreign += worker->foreign;
      received += worker->loop().bytes_received();
      sent += worker->loop().bytes_sent();
    }
    for (Publisher* publisher : publishers_) {
      publisher->conclude();
      answers.merge(publisher->latencies());
      failures.merge(publisher->failures());
      accepted += publisher->accepted_events();
    }
    const auto [lost, cut_off] = count_missing();

    add_setting(report);
    report.add("publishes", "publishes accepted", sum(&Publisher::publishes));
    report.add("publishes_per_second", "publishes",
               static_cast<double>(publishes) / meter.seconds(), "/s");
    report.add("events", "", accepted);
    report.add("deliveries", "deliveries", deliveries());
    report.add("deliveries_per_second", "deliveries",
               static_cast<double>(measured) / meter.seconds(), "/s");
    report.add_latency("delivery_latency_us", "delivery", latencies);
    report.add_latency("publish_latency_us", "publish answered", answers);
    report.add("lost", "lost", lost);
    report.add("duplicates", "duplicates", duplicates);
    report.add("out_of_order", "out of order", out_of_order);
    report.add("subscribers_lost", "subscribers cut off", lost_subscribers());
    report.add("lost_with_subscribers", "", cut_off);
    report.add("foreign_events", "", foreign);
    report.add_bytes("bytes_received", "received", received);
    report.add_bytes("bytes_sent", "sent", sent);
    meter.add_to(report, options_.threads, "per_delivery", "per delivery",
                 static_cast<double>(measured));
    report.add("interrupted", "", crew.is_interrupted());
    report.add_failures(failures);
    add_rate_hint(options_, static_cast<double>(publishes) / meter.seconds(), report);
    add_remedies(failures, report);
    return {std::move(report), fault(crew, lost, publishes, failures)};
  }

  void add_setting(Report& report) const {
    report.add("url", "endpoint", run_.url);
    report.add("subscribers", "subscribers", std::uint64_t{options_.subscribers});
    report.add("publishers", "publishers", std::uint64_t{options_.publishers},
               options_.over == PublishOver::http ? "over HTTP" : "over WebSocket");
    report.add("channels", "channels", std::uint64_t{options_.channels});
    report.add("event_bytes", "event size", std::uint64_t{options_.event_bytes}, "B");
    report.add("batch", "events per publish", std::uint64_t{options_.batch});
    if (options_.rate) {
      report.add("rate", "rate asked for", *options_.rate, "publishes/s");
    } else {
      report.add("in_flight", "in flight per publisher", std::uint64_t{options_.in_flight});
    }
  }

  struct Missing {
    std::uint64_t lost = 0;
    std::uint64_t cut_off = 0;  // of subscribers whose connection ended
  };
  Missing count_missing() const {
    Missing missing;
    for (const auto& worker : workers_) {
      for (const auto& subscriber : worker->subscribers()) {
        if (!subscriber->has_sequences()) continue;
        const std::size_t channel = subscriber->number() % plan_.channels.size();
        for (std::size_t p = 0; p < publishers_.size(); ++p) {
          const std::uint64_t count = subscriber->sequence(p).missing(
              publishers_[p]->numbered(channel), publishers_[p]->refused(channel));
          (subscriber->is_lost() ? missing.cut_off : missing.lost) += count;
        }
      }
    }
    return missing;
  }

  std::string fault(const Crew& crew, std::uint64_t lost, std::uint64_t publishes,
                    const Failures& failures) const {
    if (lost > 0) return grouped(lost) + " deliveries are missing";
    if (const auto ended = lost_subscribers()) {
      return grouped(ended) + " subscribers were cut off: " + failures.text();
    }
    if (publishes == 0 && !crew.is_interrupted()) {
      return "no publish was accepted: " +
             (failures.is_empty() ? "no answer came" : failures.text());
    }
    return {};
  }

  const Run& run_;
  const Options& options_;
  Plan plan_;
  Publishers publishers_;
  std::vector<std::unique_ptr<FanoutWorker>> workers_;
  std::uint64_t last_deliveries_ = 0;
  Clock::time_point last_line_ = Clock::now();
};

}  // namespace

Result<Finding> run_fanout(const Run& run) { return Fanout(run).measure(); }

}  // namespace eventsd::app::bench
