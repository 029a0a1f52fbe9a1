#include "app/bench_report.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <ostream>
#include <sstream>
#include <utility>

namespace eventsd::app::bench {
namespace {

using nlohmann::ordered_json;

struct Quantile {
  const char* member;  // in JSON, where a dot would make an object of it
  const char* title;
  double q;
};

constexpr std::array<Quantile, 5> kQuantiles = {{{"p50", "p50", 0.5},
                                                 {"p90", "p90", 0.9},
                                                 {"p99", "p99", 0.99},
                                                 {"p999", "p99.9", 0.999},
                                                 {"max", "max", 1}}};

double microseconds(std::chrono::nanoseconds latency) {
  return static_cast<double>(latency.count()) / 1e3;
}

std::string text_of(const Report::Value& value) {
  if (const auto* count = std::get_if<std::uint64_t>(&value)) return grouped(*count);
  if (const auto* number = std::get_if<double>(&value)) return readable(*number);
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "yes" : "no";
  return std::get<std::string>(value);
}

ordered_json json_of(const Report::Value& value) {
  if (const auto* number = std::get_if<double>(&value)) {
    return std::round(*number * 1e3) / 1e3;  // more digits than that are noise
  }
  return std::visit([](const auto& v) { return ordered_json(v); }, value);
}

}  // namespace

void Failures::add(std::string_view reason, std::uint64_t times) {
  auto found = counts_.find(reason);
  if (found == counts_.end()) {
    const bool is_full = counts_.size() >= kMostReasons;
    found = counts_.emplace(is_full ? "other reasons" : std::string(reason), 0).first;
  }
  found->second += times;
}

void Failures::merge(const Failures& other) {
  for (const auto& [reason, times] : other.counts_) add(reason, times);
}

std::uint64_t Failures::total() const {
  std::uint64_t total = 0;
  for (const auto& [reason, times] : counts_) total += times;
  return total;
}

std::string Failures::text() const {
  std::vector<std::pair<std::string, std::uint64_t>> sorted(counts_.begin(), counts_.end());
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string text;
  for (const auto& [reason, times] : sorted) {
    text += (text.empty() ? "" : ", ") + reason + " (" + grouped(times) +
            (times == 1 ? " time)" : " times)");
  }
  return text;
}

std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, 1, ',');
  return text;
}

std::string readable(double number) {
  if (number < 0) return "-" + readable(-number);
  if (number >= 1000) return grouped(static_cast<std::uint64_t>(std::llround(number)));
  std::ostringstream text;
  text << std::fixed << std::setprecision(number >= 100 ? 0 : number >= 10 ? 1 : 2) << number;
  return text.str();
}

std::string readable_time(std::chrono::nanoseconds time) {
  const auto ns = static_cast<double>(time.count());
  if (ns < 1e6) return readable(ns / 1e3) + " us";
  if (ns < 1e9) return readable(ns / 1e6) + " ms";
  return readable(ns / 1e9) + " s";
}

void Report::add(std::string key, std::string label, Value value, std::string unit) {
  rows_.push_back({std::move(key), std::move(label), std::move(value), std::move(unit)});
}

void Report::add_latency(const std::string& key, const std::string& label,
                         const Histogram& histogram) {
  Latency latency{.label = label, .texts = {}};
  for (const Quantile& quantile : kQuantiles) {
    const auto value = quantile.q < 1 ? histogram.quantile(quantile.q) : histogram.max();
    add(key + "." + quantile.member, "", microseconds(value));
    latency.texts.push_back(readable_time(value));
  }
  add(key + ".mean", "", microseconds(histogram.mean()));
  add(key + ".count", "", histogram.count());
  latencies_.push_back(std::move(latency));
}

void Report::add_bytes(const std::string& key, const std::string& label, std::uint64_t bytes) {
  add(key, "", bytes);
  add("", label, static_cast<double>(bytes) / 1e6, "MB");
}

void Report::add_failures(const Failures& failures) { failures_.merge(failures); }

void Report::add_hint(std::string hint) { hints_.push_back(std::move(hint)); }

void Report::print(Output output, std::ostream& out) const {
  if (output == Output::json) {
    print_json(out);
  } else {
    print_table(out);
  }
  out.flush();
}

void Report::print_table(std::ostream& out) const {
  struct Line {
    std::string label, value, unit;
  };
  std::vector<Line> lines;
  for (const Row& row : rows_) {
    if (!row.label.empty()) lines.push_back({row.label, text_of(row.value), row.unit});
  }
  std::size_t label_width = 0;
  std::size_t value_width = 0;
  for (const Line& line : lines) {
    label_width = std::max(label_width, line.label.size());
    // A long word, such as an address, would push every figure to the right.
    if (line.value.size() <= 16) value_width = std::max(value_width, line.value.size());
  }
  out << title_ << "\n";
  for (const Line& line : lines) {
    out << "  " << std::left << std::setw(static_cast<int>(label_width)) << line.label << "  "
        << std::right << std::setw(static_cast<int>(value_width)) << line.value;
    if (!line.unit.empty()) out << " " << line.unit;
    out << "\n";
  }
  print_latencies(out);
  for (const auto& [reason, times] : failures_.counts()) {
    out << "error: " << grouped(times) << " x " << reason << "\n";
  }
  for (const std::string& hint : hints_) out << "note: " << hint << "\n";
}

void Report::print_latencies(std::ostream& out) const {
  if (latencies_.empty()) return;
  constexpr int kColumn = 10;
  std::size_t width = 0;
  for (const Latency& latency : latencies_) width = std::max(width, latency.label.size());
  const auto begin_line = [&](const std::string& label) {
    out << "  " << std::left << std::setw(static_cast<int>(width)) << label << std::right;
  };
  begin_line("latency");
  for (const Quantile& quantile : kQuantiles) out << std::setw(kColumn) << quantile.title;
  out << "\n";
  for (const Latency& latency : latencies_) {
    begin_line(latency.label);
    for (const std::string& text : latency.texts) out << std::setw(kColumn) << text;
    out << "\n";
  }
}

void Report::print_json(std::ostream& out) const {
  ordered_json object{{"bench", title_}};
  for (const Row& row : rows_) {
    if (row.key.empty()) continue;
    const auto dot = row.key.find('.');
    auto& place = dot == std::string::npos
                      ? object[row.key]
                      : object[row.key.substr(0, dot)][row.key.substr(dot + 1)];
    place = json_of(row.value);
  }
  object["errors"] = ordered_json::object();
  for (const auto& [reason, times] : failures_.counts()) object["errors"][reason] = times;
  object["hints"] = hints_;
  out << object.dump(-1, ' ', false, ordered_json::error_handler_t::replace) << "\n";
}

}  // namespace eventsd::app::bench
