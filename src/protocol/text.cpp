#include "protocol/text.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <random>
#include <system_error>

namespace eventsd::protocol {
namespace {

void fill_random(char* out, std::size_t size) {
  constexpr std::size_t kMaxPiece = 256;  // getentropy(3)
  while (size > 0) {
    const std::size_t piece = std::min(size, kMaxPiece);
    if (::getentropy(out, piece) != 0) {
      throw std::system_error(errno, std::generic_category(), "getentropy");
    }
    out += piece;
    size -= piece;
  }
}

std::mt19937_64 make_seeded_generator() {
  std::array<std::uint32_t, 16> seed;
  fill_random(reinterpret_cast<char*>(seed.data()), sizeof seed);
  std::seed_seq sequence(seed.begin(), seed.end());
  return std::mt19937_64(sequence);
}

// The eight hexadecimal digits of a word, the highest first, as bytes of a word in memory's order:
// its half-bytes are spread over bytes, and all become digits at once.
std::uint64_t hex_digits(std::uint32_t word) {
  std::uint64_t x = word;
  x = (x | x << 16) & 0x0000ffff0000ffff;
  x = (x | x << 8) & 0x00ff00ff00ff00ff;
  x = (x | x << 4) & 0x0f0f0f0f0f0f0f0f;
  const std::uint64_t is_letter = (x + 0x0606060606060606) >> 4 & 0x0101010101010101;
  x += 0x3030303030303030 + is_letter * ('a' - '9' - 1);
  return std::endian::native == std::endian::little ? __builtin_bswap64(x) : x;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// As the URL standard has it: a percent sign that begins no escape stands for itself.
std::string percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
        hex_value(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_value(text[i + 1]) << 4 | hex_value(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

}  // namespace

UuidText make_uuid_text() {
  thread_local std::mt19937_64 generator = make_seeded_generator();
  const std::uint64_t high = (generator() & ~0xf000ull) | 0x4000;                // version 4
  const std::uint64_t low = (generator() & ~(0xc0ull << 56)) | (0x80ull << 56);  // variant 1
  UuidText uuid;
  const auto write = [&uuid](std::size_t place, std::uint32_t word, std::size_t from,
                             std::size_t digits) {
    const std::uint64_t all = hex_digits(word);
    std::memcpy(uuid.data() + place, reinterpret_cast<const char*>(&all) + from, digits);
  };
  // 8-4-4-4-12 digits.
  const auto first = static_cast<std::uint32_t>(high >> 32);
  const auto second = static_cast<std::uint32_t>(high);
  const auto third = static_cast<std::uint32_t>(low >> 32);
  write(0, first, 0, 8);
  write(9, second, 0, 4);
  write(14, second, 4, 4);
  write(19, third, 0, 4);
  write(24, third, 4, 4);
  write(28, static_cast<std::uint32_t>(low), 0, 8);
  for (const std::size_t dash : {8, 13, 18, 23}) uuid[dash] = '-';
  return uuid;
}

std::string make_uuid() {
  const UuidText uuid = make_uuid_text();
  return std::string(uuid.data(), uuid.size());
}

std::string format_timestamp(std::int64_t unix_ms) {
  // Four digits of year are all that the format has.
  constexpr std::int64_t kFirst = -62'167'219'200'000;  // 0000-01-01T00:00:00.000Z
  constexpr std::int64_t kLast = 253'402'300'799'999;   // 9999-12-31T23:59:59.999Z
  const std::chrono::sys_time<std::chrono::milliseconds> time{
      std::chrono::milliseconds(std::clamp(unix_ms, kFirst, kLast))};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::array<char, 32> text;
  const int size = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
      static_cast<int>(clock.subseconds().count()));
  return std::string(text.data(), static_cast<std::size_t>(size));
}

std::string random_lower_alphanumeric(std::size_t n) {
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
  constexpr std::size_t kFair = 256 / kAlphabet.size() * kAlphabet.size();
  std::string text;
  text.reserve(n);
  while (text.size() < n) {
    std::array<char, 64> bytes;
    fill_random(bytes.data(), bytes.size());
    for (const char byte : bytes) {
      const auto value = static_cast<unsigned char>(byte);
      if (value < kFair && text.size() < n) text += kAlphabet[value % kAlphabet.size()];
    }
  }
  return text;
}

std::optional<std::string> query_parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view parameter = query.substr(0, query.find('&'));
    const std::size_t equals = std::min(parameter.find('='), parameter.size());
    if (!parameter.empty() && percent_decode(parameter.substr(0, equals)) == name) {
      return percent_decode(parameter.substr(std::min(equals + 1, parameter.size())));
    }
    query.remove_prefix(std::min(parameter.size() + 1, query.size()));
  }
  return std::nullopt;
}

std::string in_lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

}  // namespace eventsd::protocol
