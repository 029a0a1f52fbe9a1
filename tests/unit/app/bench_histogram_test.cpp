#include "app/bench_histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace eventsd::app::bench {
namespace {

using std::chrono::nanoseconds;

TEST(BenchHistogram, IsZeroWithoutRecords) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.min().count(), 0);
  EXPECT_EQ(histogram.max().count(), 0);
  EXPECT_EQ(histogram.mean().count(), 0);
  EXPECT_EQ(histogram.quantile(0.99).count(), 0);
}

TEST(BenchHistogram, KeepsSmallNumbersExactly) {
  Histogram histogram;
  for (int i = 0; i < 256; ++i) histogram.record(nanoseconds(i));
  EXPECT_EQ(histogram.quantile(0).count(), 0);
  EXPECT_EQ(histogram.quantile(0.5).count(), 127);
  EXPECT_EQ(histogram.quantile(1).count(), 255);
  EXPECT_EQ(histogram.mean().count(), 127);
}

TEST(BenchHistogram, QuantilesAreAtMostOnePerCentTooHigh) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> exponent(0, 39);
  std::vector<std::int64_t> values;
  Histogram histogram;
  for (int i = 0; i < 20'000; ++i) {
    values.push_back(static_cast<std::int64_t>(std::exp2(exponent(random))));
    histogram.record(nanoseconds(values.back()));
  }
  std::sort(values.begin(), values.end());
  for (const double q : {0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto rank = static_cast<std::size_t>(std::ceil(q * 20'000)) - 1;
    const auto exact = static_cast<double>(values[rank]);
    const auto found = static_cast<double>(histogram.quantile(q).count());
    EXPECT_GE(found, exact) << q;
    EXPECT_LE(found, exact * 1.01) << q;
  }
  EXPECT_EQ(histogram.min().count(), values.front());
  EXPECT_EQ(histogram.max().count(), values.back());
}

TEST(BenchHistogram, TheHighestQuantileIsTheMaximum) {
  Histogram histogram;
  histogram.record(nanoseconds(1'000'001));
  EXPECT_EQ(histogram.quantile(0.5).count(), 1'000'001);
}

TEST(BenchHistogram, CutsOffWhatIsNegativeOrTooLong) {
  Histogram histogram;
  histogram.record(nanoseconds(-5));
  EXPECT_EQ(histogram.max().count(), 0);
  histogram.record(std::chrono::hours(10));
  EXPECT_EQ(histogram.max(), Histogram::kLongest);
  EXPECT_EQ(histogram.quantile(1), Histogram::kLongest);
}

TEST(BenchHistogram, MergedOnesAreAsIfRecordedInOne) {
  Histogram one, other, both;
  for (int i = 1; i < 5000; ++i) {
    (i % 3 == 0 ? one : other).record(nanoseconds(i * 977));
    both.record(nanoseconds(i * 977));
  }
  one.merge(other);
  EXPECT_EQ(one.count(), both.count());
  EXPECT_EQ(one.min(), both.min());
  EXPECT_EQ(one.max(), both.max());
  EXPECT_EQ(one.mean(), both.mean());
  for (const double q : {0.1, 0.5, 0.99}) EXPECT_EQ(one.quantile(q), both.quantile(q)) << q;
}

TEST(BenchHistogram, MergingAnEmptyOneChangesNothing) {
  Histogram one;
  one.record(nanoseconds(50));
  one.merge(Histogram());
  EXPECT_EQ(one.min().count(), 50);
  EXPECT_EQ(one.count(), 1u);
}

}  // namespace
}  // namespace eventsd::app::bench
