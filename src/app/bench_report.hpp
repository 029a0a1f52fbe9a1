// What a run of `eventsd bench` found: one table for people, one JSON object for programs.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "app/bench_histogram.hpp"
#include "app/cli.hpp"

namespace eventsd::app::bench {

// How often each thing went wrong, by what it was. Holds kMostReasons of them, then sums up.
class Failures {
 public:
  static constexpr std::size_t kMostReasons = 40;

  void add(std::string_view reason, std::uint64_t times = 1);
  void merge(const Failures& other);
  std::uint64_t total() const;
  bool is_empty() const { return counts_.empty(); }
  const std::map<std::string, std::uint64_t, std::less<>>& counts() const { return counts_; }
  // "reason (12 times), …", the most frequent first.
  std::string text() const;

 private:
  std::map<std::string, std::uint64_t, std::less<>> counts_;
};

// Rows in the order of their addition. `key` is the member's name in JSON; a dot in it makes an
// object. `label` is what people read. An empty key or label: the row is for the other reader
// alone.
class Report {
 public:
  using Value = std::variant<std::uint64_t, double, std::string, bool>;

  // `title` heads the table, and is the member "bench".
  explicit Report(std::string title) : title_(std::move(title)) {}

  void add(std::string key, std::string label, Value value, std::string unit = {});
  // A line of quantiles below the table; in JSON the object `key`, in microseconds.
  void add_latency(const std::string& key, const std::string& label, const Histogram& histogram);
  // A size, for people in megabytes.
  void add_bytes(const std::string& key, const std::string& label, std::uint64_t bytes);
  // The object "errors"; a line for each below the table.
  void add_failures(const Failures& failures);
  // A remedy: a sentence below the table, an element of the array "hints".
  void add_hint(std::string hint);

  void print(Output output, std::ostream& out) const;

 private:
  struct Row {
    std::string key;
    std::string label;
    Value value;
    std::string unit;
  };
  void print_table(std::ostream& out) const;
  void print_latencies(std::ostream& out) const;
  void print_json(std::ostream& out) const;

  std::string title_;
  struct Latency {
    std::string label;
    std::vector<std::string> texts;  // of each quantile
  };
  std::vector<Row> rows_;
  std::vector<Latency> latencies_;
  Failures failures_;
  std::vector<std::string> hints_;
};

// 1234567 as "1,234,567".
std::string grouped(std::uint64_t number);
// With grouped thousands, and fewer digits after the point the larger it is: "12,345", "12.3".
std::string readable(double number);
// In the unit that makes it short: "412 us", "8.03 ms", "2.50 s".
std::string readable_time(std::chrono::nanoseconds time);

}  // namespace eventsd::app::bench
