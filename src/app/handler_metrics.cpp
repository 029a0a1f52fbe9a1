#include "app/handler_metrics.hpp"

#include <fmt/format.h>

#include <iterator>
#include <utility>

namespace eventsd::app {
namespace {

using handler::HandlerCounts;

void append_head(std::string& out, const char* name, const char* type, const char* help) {
  fmt::format_to(std::back_inserter(out), "# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, type);
}

void append_seconds(std::string& out, const char* operation,
                    const HandlerCounts::OfOperation& counts) {
  constexpr const char* kName = "eventsd_handler_seconds";
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < counts.durations.size(); ++i) {
    below += counts.durations[i].load(std::memory_order_relaxed);
    const bool last = i == HandlerCounts::kBounds.size();
    const std::string bound = last ? "+Inf" : fmt::format("{}", HandlerCounts::kBounds[i]);
    fmt::format_to(std::back_inserter(out), "{}_bucket{{operation=\"{}\",le=\"{}\"}} {}\n", kName,
                   operation, bound, below);
  }
  fmt::format_to(std::back_inserter(out),
                 "{0}_sum{{operation=\"{1}\"}} {2}\n{0}_count{{operation=\"{1}\"}} {3}\n", kName,
                 operation, static_cast<double>(counts.microseconds.load()) / 1e6, below);
}

}  // namespace

std::string render_handler_metrics(const HandlerCounts& counts,
                                   const handler::SupervisorCounts& workers) {
  const std::pair<const char*, const HandlerCounts::OfOperation*> operations[] = {
      {"publish", &counts.publish}, {"subscribe", &counts.subscribe}};
  std::string out;
  append_head(out, "eventsd_handler_invocations_total", "counter",
              "Publishes and subscribes that a handler was asked about.");
  for (const auto& [operation, of] : operations) {
    fmt::format_to(std::back_inserter(out),
                   "eventsd_handler_invocations_total{{operation=\"{}\"}} {}\n", operation,
                   of->invocations.load());
  }
  append_head(out, "eventsd_handler_errors_total", "counter",
              "Of them: refused by util.error, unauthorized by util.unauthorized, failed in the "
              "handler, or not run.");
  for (const auto& [operation, of] : operations) {
    const std::pair<const char*, std::uint64_t> errors[] = {
        {"refused", of->refused.load()},
        {"unauthorized", of->unauthorized.load()},
        {"failed", of->failed.load()},
        {"overloaded", of->overloaded.load()}};
    for (const auto& [error, count] : errors) {
      fmt::format_to(std::back_inserter(out),
                     "eventsd_handler_errors_total{{operation=\"{}\",error=\"{}\"}} {}\n",
                     operation, error, count);
    }
  }
  append_head(out, "eventsd_handler_seconds", "histogram",
              "Time of a handler, its data source included.");
  for (const auto& [operation, of] : operations) append_seconds(out, operation, *of);

  struct Metric {
    const char* name;
    const char* type;
    const char* help;
    std::uint64_t value;
  };
  const Metric metrics[] = {
      {"eventsd_handler_calls_total", "counter", "Calls of customers' functions that have ended.",
       workers.calls},
      {"eventsd_handler_calls_refused_total", "counter",
       "Of them: not run, because the queue was full or the namespace rests.", workers.refused},
      {"eventsd_handler_workers_started_total", "counter", "Worker processes that were started.",
       workers.started},
      {"eventsd_handler_workers_killed_total", "counter",
       "Worker processes that were stopped at a call.", workers.killed},
      {"eventsd_handler_workers_died_total", "counter",
       "Worker processes that ended by themselves.", workers.died},
      {"eventsd_handler_workers_ready", "gauge", "Worker processes that take calls.",
       workers.ready},
      {"eventsd_handler_queue_bytes", "gauge", "Bytes of calls that wait or run.",
       workers.queued_bytes},
  };
  for (const Metric& metric : metrics) {
    append_head(out, metric.name, metric.type, metric.help);
    fmt::format_to(std::back_inserter(out), "{} {}\n", metric.name, metric.value);
  }
  return out;
}

}  // namespace eventsd::app
