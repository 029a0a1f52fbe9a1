// Latencies in buckets of equal relative width (as HdrHistogram does): bounded memory however many
// are recorded, and quantiles that are at most 1 % too high.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace eventsd::app::bench {

// Not safe to share between threads; each has its own, and they are merged at the end.
class Histogram {
 public:
  // Longer ones are counted as this long.
  static constexpr std::chrono::nanoseconds kLongest{(std::int64_t{1} << 40) - 1};  // 18 minutes

  Histogram();

  void record(std::chrono::nanoseconds latency);  // negative ones count as zero
  void merge(const Histogram& other);

  std::uint64_t count() const { return count_; }
  // All zero while nothing is recorded.
  std::chrono::nanoseconds min() const;
  std::chrono::nanoseconds max() const { return std::chrono::nanoseconds(max_); }
  std::chrono::nanoseconds mean() const;
  // The least latency that a part of at least `q` (0 to 1) of the records does not exceed.
  std::chrono::nanoseconds quantile(double q) const;

 private:
  static constexpr int kBits = 7;  // 128 buckets for each doubling
  static constexpr std::size_t kBuckets = std::size_t{40 - kBits + 1} << kBits;

  static std::size_t bucket_of(std::uint64_t nanoseconds);
  static std::uint64_t upper_end(std::size_t bucket);

  std::unique_ptr<std::array<std::uint64_t, kBuckets>> counts_;
  std::uint64_t count_ = 0;
  std::uint64_t min_ = UINT64_MAX;
  std::uint64_t max_ = 0;
  double sum_ = 0;
};

}  // namespace eventsd::app::bench
