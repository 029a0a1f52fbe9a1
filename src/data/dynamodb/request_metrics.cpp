#include "data/dynamodb/request_metrics.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace eventsd::data::dynamodb {
namespace {

// Readers first.
constexpr std::array<std::string_view, 17> kNames = {"GetItem",
                                                     "Query",
                                                     "Scan",
                                                     "BatchGetItem",
                                                     "TransactGetItems",
                                                     "DescribeTable",
                                                     "ListTables",
                                                     "DescribeTimeToLive",
                                                     "PutItem",
                                                     "UpdateItem",
                                                     "DeleteItem",
                                                     "BatchWriteItem",
                                                     "TransactWriteItems",
                                                     "CreateTable",
                                                     "DeleteTable",
                                                     "UpdateTimeToLive",
                                                     "unknown"};
constexpr std::size_t kFirstWriter = 8;

constexpr std::array<double, 9> kBounds = {0.0005, 0.001, 0.0025, 0.005, 0.01,
                                           0.025,  0.1,   0.5,    2.5};  // seconds

void append_counts(std::string& out, std::string_view name, std::string_view help,
                   const std::array<std::atomic<std::uint64_t>, kNames.size()>& counts) {
  out += fmt::format("# HELP {0} {1}\n# TYPE {0} counter\n", name, help);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const std::uint64_t count = counts[i].load(std::memory_order_relaxed);
    if (count > 0) out += fmt::format("{}{{operation=\"{}\"}} {}\n", name, kNames[i], count);
  }
}

template <typename Durations>
void append_durations(std::string& out, std::string_view kind, const Durations& durations) {
  constexpr std::string_view kName = "eventsd_dynamodb_request_duration_seconds";
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < durations.counts.size(); ++i) {
    total += durations.counts[i].load(std::memory_order_relaxed);
    const std::string bound = i < kBounds.size() ? fmt::format("{}", kBounds[i]) : "+Inf";
    out += fmt::format("{}_bucket{{kind=\"{}\",le=\"{}\"}} {}\n", kName, kind, bound, total);
  }
  const double seconds =
      static_cast<double>(durations.nanoseconds.load(std::memory_order_relaxed)) / 1e9;
  out += fmt::format("{0}_sum{{kind=\"{1}\"}} {2}\n{0}_count{{kind=\"{1}\"}} {3}\n", kName, kind,
                     seconds, total);
}

}  // namespace

void RequestMetrics::note(std::string_view operation, End end,
                          std::chrono::steady_clock::duration took) {
  static_assert(kNames.size() == kOperations && kBounds.size() + 1 == kBuckets);
  const auto index = static_cast<std::size_t>(
      std::find(kNames.begin(), kNames.end() - 1, operation) - kNames.begin());
  (end == End::answered ? answered_ : refused_)[index].fetch_add(1, std::memory_order_relaxed);
  if (index + 1 == kOperations) return;
  Durations& durations = index < kFirstWriter ? reads_ : writes_;
  const double seconds = std::chrono::duration<double>(took).count();
  const auto bucket = static_cast<std::size_t>(
      std::lower_bound(kBounds.begin(), kBounds.end(), seconds) - kBounds.begin());
  durations.counts[bucket].fetch_add(1, std::memory_order_relaxed);
  durations.nanoseconds.fetch_add(
      static_cast<std::uint64_t>(
          std::chrono::duration_cast<std::chrono::nanoseconds>(took).count()),
      std::memory_order_relaxed);
}

std::string RequestMetrics::text() const {
  std::string out;
  append_counts(out, "eventsd_dynamodb_requests_total",
                "Requests to the embedded tables that were answered.", answered_);
  append_counts(out, "eventsd_dynamodb_errors_total",
                "Requests to the embedded tables that ended in an error.", refused_);
  out +=
      "# HELP eventsd_dynamodb_request_duration_seconds From the request to its answer, waiting "
      "and commit included.\n# TYPE eventsd_dynamodb_request_duration_seconds histogram\n";
  append_durations(out, "read", reads_);
  append_durations(out, "write", writes_);
  return out;
}

}  // namespace eventsd::data::dynamodb
