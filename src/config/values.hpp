// Values as they are written in a configuration: whole numbers, sizes, durations, times.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace eventsd::config {

// true, yes, on, 1 and their opposites, in any case.
std::optional<bool> parse_boolean(std::string_view text);

// Decimal digits, below 2^63.
std::optional<std::uint64_t> parse_count(std::string_view text);

// "240KiB", "10MB" or plain bytes. Units: B, KB MB GB TB of 1000, KiB MiB GiB TiB of 1024.
std::optional<std::uint64_t> parse_size(std::string_view text);

// "500ms", "25s", "10m", "24h", "7d", or "0"; at most 36500 days.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

// ISO 8601: "2027-12-31", "2027-12-31T00:00:00Z", a fraction and an offset are allowed.
// Without an offset it is UTC.
std::optional<std::chrono::system_clock::time_point> parse_timestamp(std::string_view text);

// The shortest exact spelling that the functions above read back.
std::string format_size(std::uint64_t bytes);
std::string format_duration(std::chrono::milliseconds duration);
std::string format_timestamp(std::chrono::system_clock::time_point time);

}  // namespace eventsd::config
