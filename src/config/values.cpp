#include "config/values.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdio>
#include <limits>

namespace eventsd::config {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array<Unit, 9> kSizeUnits = {{{"TiB", 1ull << 40},
                                             {"GiB", 1ull << 30},
                                             {"MiB", 1ull << 20},
                                             {"KiB", 1ull << 10},
                                             {"TB", 1'000'000'000'000},
                                             {"GB", 1'000'000'000},
                                             {"MB", 1'000'000},
                                             {"KB", 1'000},
                                             {"B", 1}}};
constexpr std::array<Unit, 5> kDurationUnits = {
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::uint64_t kLargest = std::numeric_limits<std::int64_t>::max();
constexpr std::uint64_t kLongest = 36'500ull * 86'400'000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

// A number and what follows it, spaces between them removed.
std::optional<std::pair<std::uint64_t, std::string_view>> split_unit(std::string_view text) {
  std::size_t digits = 0;
  while (digits < text.size() && is_digit(text[digits])) ++digits;
  const auto number = parse_count(text.substr(0, digits));
  if (!number) return std::nullopt;
  std::string_view unit = text.substr(digits);
  while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
  return std::pair{*number, unit};
}

// Exactly `width` digits from the front.
std::optional<int> take_digits(std::string_view& text, std::size_t width) {
  if (text.size() < width) return std::nullopt;
  int number = 0;
  for (std::size_t i = 0; i < width; ++i) {
    if (!is_digit(text[i])) return std::nullopt;
    number = number * 10 + (text[i] - '0');
  }
  text.remove_prefix(width);
  return number;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

// "Z", "+02:00", "-0530" or nothing, as the time to subtract.
std::optional<std::chrono::minutes> take_offset(std::string_view& text) {
  if (text.empty() || take(text, 'Z') || take(text, 'z')) return std::chrono::minutes(0);
  const bool east = text.front() == '+';
  if (!take(text, '+') && !take(text, '-')) return std::nullopt;
  const auto hours = take_digits(text, 2);
  take(text, ':');
  const auto minutes = take_digits(text, 2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const std::chrono::minutes offset(*hours * 60 + *minutes);
  return east ? offset : -offset;
}

}  // namespace

std::optional<bool> parse_boolean(std::string_view text) {
  for (std::string_view yes : {"true", "yes", "on", "1"}) {
    if (equal_ignoring_case(text, yes)) return true;
  }
  for (std::string_view no : {"false", "no", "off", "0"}) {
    if (equal_ignoring_case(text, no)) return false;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> parse_count(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (number > kLargest) return std::nullopt;
  return number;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  const auto parts = split_unit(text);
  if (!parts) return std::nullopt;
  const auto [number, name] = *parts;
  if (name.empty()) return number;
  for (const Unit& unit : kSizeUnits) {
    if (!equal_ignoring_case(unit.name, name)) continue;
    if (number > kLargest / unit.factor) return std::nullopt;
    return number * unit.factor;
  }
  return std::nullopt;
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const auto parts = split_unit(text);
  if (!parts) return std::nullopt;
  const auto [number, name] = *parts;
  if (name.empty() && number == 0) return std::chrono::milliseconds(0);
  for (const Unit& unit : kDurationUnits) {
    if (unit.name != name) continue;
    if (number > kLongest / unit.factor) return std::nullopt;
    return std::chrono::milliseconds(number * unit.factor);
  }
  return std::nullopt;
}

std::optional<std::chrono::system_clock::time_point> parse_timestamp(std::string_view text) {
  using namespace std::chrono;
  const auto y = take_digits(text, 4);
  if (!y || !take(text, '-')) return std::nullopt;
  const auto mo = take_digits(text, 2);
  if (!mo || !take(text, '-')) return std::nullopt;
  const auto d = take_digits(text, 2);
  if (!d) return std::nullopt;
  const year_month_day date{year(*y), month(static_cast<unsigned>(*mo)),
                            day(static_cast<unsigned>(*d))};
  // The clock's nanoseconds end in 2262.
  if (!date.ok() || *y < 1970 || *y > 2261) return std::nullopt;
  milliseconds within_day{0};
  minutes offset{0};
  if (!text.empty()) {
    if (!take(text, 'T') && !take(text, 't') && !take(text, ' ')) return std::nullopt;
    const auto h = take_digits(text, 2);
    if (!h || *h > 23 || !take(text, ':')) return std::nullopt;
    const auto mi = take_digits(text, 2);
    if (!mi || *mi > 59) return std::nullopt;
    int s = 0;
    int ms = 0;
    if (take(text, ':')) {
      const auto seconds_read = take_digits(text, 2);
      if (!seconds_read || *seconds_read > 59) return std::nullopt;
      s = *seconds_read;
      if (take(text, '.')) {
        if (text.empty() || !is_digit(text.front())) return std::nullopt;
        for (int weight = 100; !text.empty() && is_digit(text.front()); weight /= 10) {
          ms += (text.front() - '0') * weight;
          text.remove_prefix(1);
        }
      }
    }
    within_day = hours(*h) + minutes(*mi) + seconds(s) + milliseconds(ms);
    const auto read = take_offset(text);
    if (!read || !text.empty()) return std::nullopt;
    offset = *read;
  }
  return sys_days(date) + within_day - offset;
}

std::string format_size(std::uint64_t bytes) {
  for (const Unit& unit : kSizeUnits) {
    const bool binary = unit.name.size() == 3;
    if (binary && bytes != 0 && bytes % unit.factor == 0) {
      return std::to_string(bytes / unit.factor) + std::string(unit.name);
    }
  }
  return std::to_string(bytes);
}

std::string format_duration(std::chrono::milliseconds duration) {
  const auto count = static_cast<std::uint64_t>(duration.count());
  if (count == 0) return "0s";
  // "24h" and "60s" read better than "1d" and "1m": at least two of a unit.
  for (const Unit& unit : kDurationUnits) {
    const bool last = unit.factor <= 1'000;
    if (count % unit.factor != 0 || (!last && count / unit.factor < 2)) continue;
    return std::to_string(count / unit.factor) + std::string(unit.name);
  }
  return std::to_string(count) + "ms";
}

std::string format_timestamp(std::chrono::system_clock::time_point time) {
  using namespace std::chrono;
  const auto day_start = floor<days>(time);
  const year_month_day date(day_start);
  const hh_mm_ss clock(floor<milliseconds>(time - day_start));
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d", int(date.year()),
                unsigned(date.month()), unsigned(date.day()), int(clock.hours().count()),
                int(clock.minutes().count()), int(clock.seconds().count()));
  std::string out = text.data();
  if (const auto ms = clock.subseconds().count(); ms != 0) {
    std::snprintf(text.data(), text.size(), ".%03d", int(ms));
    out += text.data();
  }
  return out + "Z";
}

}  // namespace eventsd::config
