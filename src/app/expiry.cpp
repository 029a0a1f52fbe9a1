#include "app/expiry.hpp"

#include <charconv>
#include <cstdio>
#include <ctime>
#include <optional>

namespace eventsd::app {
namespace {

using std::chrono::system_clock;

std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::int64_t unit = 0;
  switch (text.back()) {
    case 's':
      unit = 1;
      break;
    case 'm':
      unit = 60;
      break;
    case 'h':
      unit = 3'600;
      break;
    case 'd':
      unit = 86'400;
      break;
    default:
      return std::nullopt;
  }
  text.remove_suffix(1);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  constexpr std::int64_t kMaxSeconds = std::int64_t{100} * 366 * 86'400;  // a hundred years
  if (error != std::errc{} || end != text.data() + text.size() || number < 0 ||
      number > kMaxSeconds / unit) {
    return std::nullopt;
  }
  return std::chrono::seconds(number * unit);
}

std::optional<system_clock::time_point> parse_time(const std::string& text) {
  // What is after the seconds must be Z or nothing; fractions are of no use to a key.
  for (const char* format : {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d"}) {
    std::tm time{};
    const char* end = ::strptime(text.c_str(), format, &time);
    if (end == nullptr) continue;
    if (*end == 'Z') ++end;
    if (*end != '\0') continue;
    const int day = time.tm_mday;
    const std::time_t seconds = ::timegm(&time);
    if (time.tm_mday != day) return std::nullopt;  // the 31st of a month that has 30 days
    if (seconds > kLatestExpiry) return std::nullopt;
    return system_clock::from_time_t(seconds);
  }
  return std::nullopt;
}

}  // namespace

Result<system_clock::time_point> parse_expiry(std::string_view text, system_clock::time_point now) {
  const auto duration = parse_duration(text);
  const auto time = duration ? std::optional(now + *duration) : parse_time(std::string(text));
  if (!time) {
    return fail(ErrorKind::bad_request,
                "\"" + std::string(text) +
                    "\" is no time: write 12h, 30d or 2027-12-31T00:00:00Z, "
                    "before the year 2200");
  }
  if (*time <= now) {
    return fail(ErrorKind::bad_request, "\"" + std::string(text) + "\" is not in the future");
  }
  return *time;
}

std::string format_expiry(system_clock::time_point time) {
  const std::time_t seconds = system_clock::to_time_t(time);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  const auto size = std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return std::string(text, size);
}

}  // namespace eventsd::app
