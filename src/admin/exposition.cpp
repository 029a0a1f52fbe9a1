#include "admin/exposition.hpp"

#include <fmt/format.h>

#include <iterator>

namespace eventsd::admin {
namespace {

constexpr std::string_view kTypes[] = {"counter", "gauge", "histogram"};

}  // namespace

void Exposition::begin(std::string_view name, MetricType type, std::string_view help) {
  name_ = name;
  fmt::format_to(std::back_inserter(out_), "# HELP {0} {1}\n# TYPE {0} {2}\n", name, help,
                 kTypes[static_cast<std::size_t>(type)]);
}

void Exposition::sample(std::string_view labels, std::uint64_t value) {
  if (labels.empty()) {
    fmt::format_to(std::back_inserter(out_), "{} {}\n", name_, value);
  } else {
    fmt::format_to(std::back_inserter(out_), "{}{{{}}} {}\n", name_, labels, value);
  }
}

void Exposition::sample(std::string_view labels, double value) {
  if (labels.empty()) {
    fmt::format_to(std::back_inserter(out_), "{} {}\n", name_, value);
  } else {
    fmt::format_to(std::back_inserter(out_), "{}{{{}}} {}\n", name_, labels, value);
  }
}

void Exposition::histogram(std::string_view labels, std::span<const std::uint64_t> bounds,
                           std::uint64_t per_unit, const HistogramSum& values) {
  const std::string_view comma = labels.empty() ? "" : ",";
  const std::string braces = labels.empty() ? "" : fmt::format("{{{}}}", labels);
  const auto in_units = [per_unit](std::uint64_t value) {
    return static_cast<double>(value) / static_cast<double>(per_unit);
  };
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < values.counts.size(); ++i) {
    below += values.counts[i];
    const std::string bound = i < bounds.size() ? fmt::format("{}", in_units(bounds[i])) : "+Inf";
    fmt::format_to(std::back_inserter(out_), "{}_bucket{{{}{}le=\"{}\"}} {}\n", name_, labels,
                   comma, bound, below);
  }
  fmt::format_to(std::back_inserter(out_), "{0}_sum{1} {2}\n{0}_count{1} {3}\n", name_, braces,
                 in_units(values.sum), below);
}

}  // namespace eventsd::admin
