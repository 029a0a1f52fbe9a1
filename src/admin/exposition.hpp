// Prometheus' text format, version 0.0.4.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace eventsd::admin {

enum class MetricType : std::uint8_t { counter, gauge, histogram };

// Counts of one histogram's classes, added up over shards.
struct HistogramSum {
  std::vector<std::uint64_t> counts;  // of each class, the unbounded one last
  std::uint64_t sum = 0;              // in the bounds' unit

  template <typename Histogram>
  void add(const Histogram& histogram) {
    counts.resize(Histogram::kBounds.size() + 1);
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += histogram.counts()[i].value();
    sum += histogram.sum();
  }
};

// Appends metrics to a text. `labels` are written as they are: `mode="API_KEY"`; empty: none.
class Exposition {
 public:
  explicit Exposition(std::string& out) : out_(out) {}

  // HELP and TYPE; once, before the metric's samples.
  void begin(std::string_view name, MetricType type, std::string_view help);
  void sample(std::string_view labels, std::uint64_t value);
  void sample(std::string_view labels, double value);
  // All series of one histogram. `per_unit` of the bounds' unit make a base unit.
  void histogram(std::string_view labels, std::span<const std::uint64_t> bounds,
                 std::uint64_t per_unit, const HistogramSum& values);

  void single(std::string_view name, MetricType type, std::string_view help, std::uint64_t value) {
    begin(name, type, help);
    sample("", value);
  }

 private:
  std::string& out_;
  std::string name_;
};

}  // namespace eventsd::admin
