#include "app/bench_histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace eventsd::app::bench {

using std::chrono::nanoseconds;

Histogram::Histogram() : counts_(std::make_unique<std::array<std::uint64_t, kBuckets>>()) {}

// Below 2^(kBits+1) a bucket is one nanosecond wide; each doubling then has 2^kBits buckets, told
// apart by the leading bits.
std::size_t Histogram::bucket_of(std::uint64_t nanoseconds) {
  const int shift = std::max(0, static_cast<int>(std::bit_width(nanoseconds)) - (kBits + 1));
  return (static_cast<std::size_t>(shift) << kBits) + (nanoseconds >> shift);
}

std::uint64_t Histogram::upper_end(std::size_t bucket) {
  const std::size_t doubling = bucket >> kBits;
  const std::size_t shift = doubling == 0 ? 0 : doubling - 1;
  const std::uint64_t leading = bucket - (shift << kBits);
  return ((leading + 1) << shift) - 1;
}

void Histogram::record(nanoseconds latency) {
  const auto value =
      static_cast<std::uint64_t>(std::clamp<std::int64_t>(latency.count(), 0, kLongest.count()));
  ++(*counts_)[bucket_of(value)];
  ++count_;
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
  sum_ += static_cast<double>(value);
}

void Histogram::merge(const Histogram& other) {
  for (std::size_t i = 0; i < kBuckets; ++i) (*counts_)[i] += (*other.counts_)[i];
  count_ += other.count_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  sum_ += other.sum_;
}

nanoseconds Histogram::min() const { return nanoseconds(count_ == 0 ? 0 : min_); }

nanoseconds Histogram::mean() const {
  if (count_ == 0) return nanoseconds(0);
  return nanoseconds(static_cast<std::int64_t>(sum_ / static_cast<double>(count_)));
}

nanoseconds Histogram::quantile(double q) const {
  const auto wanted = std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(count_))));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += (*counts_)[i];
    if (seen >= wanted) return nanoseconds(std::min(upper_end(i), max_));
  }
  return nanoseconds(max_);
}

}  // namespace eventsd::app::bench
