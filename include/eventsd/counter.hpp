// Numbers with one writer and any reader, without a lock.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "eventsd/result.hpp"

namespace eventsd {

// A number with one writer. Readers may see it a moment late.
class Counter {
 public:
  void add(std::uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void subtract(std::uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) - n, std::memory_order_relaxed);
  }
  void set(std::uint64_t n) { value_.store(n, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// Upper bounds of histograms, in nanoseconds, milliseconds and bytes.
inline constexpr std::array<std::uint64_t, 15> kTimeBounds{
    100'000,     500'000,     1'000'000,   2'500'000,     5'000'000,
    10'000'000,  25'000'000,  50'000'000,  100'000'000,   250'000'000,
    500'000'000, 1000'000'000, 2'500'000'000, 5'000'000'000, 10'000'000'000};
inline constexpr std::array<std::uint64_t, 10> kAgeBounds{
    1'000, 10'000, 60'000, 300'000, 900'000, 3'600'000, 10'800'000, 21'600'000, 43'200'000,
    86'400'000};
inline constexpr std::array<std::uint64_t, 8> kSizeBounds{64,     256,     1'024,   4'096,
                                                          16'384, 65'536, 245'760, 1'048'576};

// Observations in classes, each counted once; the last class has no bound. One writer.
//   units    those of the bounds; kPerUnit of them make a base unit (second, byte)
template <const auto& kUpperBounds, std::uint64_t kPerUnit>
class Histogram {
 public:
  static constexpr const auto& kBounds = kUpperBounds;
  static constexpr std::uint64_t kPerBaseUnit = kPerUnit;

  void add(std::uint64_t value) {
    const auto bound = std::lower_bound(kBounds.begin(), kBounds.end(), value);
    counts_[static_cast<std::size_t>(bound - kBounds.begin())].add();
    sum_.add(value);
  }
  const std::array<Counter, kUpperBounds.size() + 1>& counts() const { return counts_; }
  std::uint64_t sum() const { return sum_.value(); }

 private:
  std::array<Counter, kUpperBounds.size() + 1> counts_;
  Counter sum_;
};

// What became of operations of one kind.
struct OutcomeCounters {
  Counter success;
  Counter client_errors;
  Counter server_errors;
  // By the status that the error has over HTTP: from 500 on it is the server's.
  void add_failure(ErrorKind kind) {
    (error_info(kind).http_status >= 500 ? server_errors : client_errors).add();
  }
};

}  // namespace eventsd
