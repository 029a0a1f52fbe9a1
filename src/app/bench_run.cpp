#include "app/bench_run.hpp"

#include "eventsd/channel.hpp"

namespace eventsd::app::bench {
namespace {

double seconds_of(std::chrono::nanoseconds time) { return static_cast<double>(time.count()) / 1e9; }

}  // namespace

Meter::Meter(pid_t pid) : pid_(pid) {
  if (const auto own = cpu_time(0)) own_ = *own;
  if (pid_ == 0) return;
  if (const auto server = cpu_time(pid_)) server_ = *server;
}

void Meter::stop() {
  seconds_ = std::chrono::duration<double>(Clock::now() - began_).count();
  if (const auto own = cpu_time(0)) own_ = *own - own_;
  if (!server_) return;
  const auto server = cpu_time(pid_);
  // Gone by now: what it used is not known.
  server_ = server ? std::optional(*server - *server_) : std::nullopt;
}

void Meter::add_to(Report& report, std::size_t threads, const std::string& unit_key,
                   const std::string& unit_label, double units) const {
  report.add("seconds", "measured", seconds_, "s");
  if (server_) {
    const double used = seconds_of(*server_);
    report.add("server_cpu_percent", "server CPU", 100 * used / seconds_, "% of a core");
    if (units > 0) {
      report.add("server_cpu_us_" + unit_key, "server CPU " + unit_label, used * 1e6 / units, "us");
    }
  }
  const double share = seconds_of(own_) / seconds_;
  report.add("client_cpu_percent", "this program's CPU", 100 * share, "% of a core");
  if (share > 0.9 * static_cast<double>(threads)) {
    report.add_hint(
        "this program was the bottleneck, so the server can do more than is shown; use --threads, "
        "or run it on another machine");
  }
}

std::string channel_path(const Options& options) {
  const auto channel = Channel::parse(options.channel, Wildcard::refuse);
  return channel ? channel->path() : options.channel;
}

void add_rate_hint(const Options& options, double publishes_per_second, Report& report) {
  constexpr double kReached = 0.98;
  if (!options.rate || publishes_per_second >= *options.rate * kReached) return;
  report.add_hint(
      "the rate was not reached, and latencies count from when a publish was due: lower it, or "
      "publish from more connections");
}

void add_remedies(const Failures& failures, Report& report) {
  const auto has = [&](std::string_view word) {
    for (const auto& [reason, times] : failures.counts()) {
      if (reason.find(word) != std::string::npos) return true;
    }
    return false;
  };
  if (has("LimitExceededError: Rate") || has("HTTP 429")) {
    report.add_hint(
        "the server limits the publishes of a connection (25 a second by default, as AWS does): "
        "raise limits.publishesPerSecondPerConnection of eventsd, use more connections, or "
        "publish over HTTP");
  }
  if (has("(1013")) {
    report.add_hint(
        "the server closes subscribers that read too slowly: this program was, or "
        "limits.maxOutboundQueue is too small for such events");
  }
  if (has("HTTP 503") || has("overloaded")) {
    report.add_hint("the server refused work that it could not do in time: lower the load");
  }
}

}  // namespace eventsd::app::bench
