#include "app/bench_sequence.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <vector>

namespace eventsd::app::bench {
namespace {

using Seen = Sequence::Seen;

TEST(BenchSequence, InOrderNothingIsMissing) {
  Sequence sequence;
  for (std::uint32_t i = 0; i < 100; ++i) EXPECT_EQ(sequence.see(i), Seen::in_order);
  EXPECT_EQ(sequence.missing(100, {}), 0u);
}

TEST(BenchSequence, TheSecondOfTheSameIsADuplicate) {
  Sequence sequence;
  sequence.see(0);
  EXPECT_EQ(sequence.see(0), Seen::duplicate);
  sequence.see(5);
  EXPECT_EQ(sequence.see(5), Seen::duplicate);
  sequence.see(3);
  EXPECT_EQ(sequence.see(3), Seen::duplicate);
}

TEST(BenchSequence, WhatFillsAGapIsLate) {
  Sequence sequence;
  EXPECT_EQ(sequence.see(4), Seen::in_order);
  EXPECT_EQ(sequence.missing(5, {}), 4u);
  EXPECT_EQ(sequence.see(2), Seen::late);
  EXPECT_EQ(sequence.see(0), Seen::late);
  EXPECT_EQ(sequence.see(3), Seen::late);
  EXPECT_EQ(sequence.missing(5, {}), 1u);
  EXPECT_EQ(sequence.see(1), Seen::late);
  EXPECT_EQ(sequence.missing(5, {}), 0u);
}

TEST(BenchSequence, TheEndCanBeMissingToo) {
  Sequence sequence;
  EXPECT_EQ(sequence.missing(3, {}), 3u);
  sequence.see(0);
  EXPECT_EQ(sequence.missing(3, {}), 2u);
}

TEST(BenchSequence, RefusedOnesNeedNotCome) {
  Sequence sequence;
  sequence.see(0);
  sequence.see(3);
  const std::vector<std::uint32_t> refused = {1, 4};
  EXPECT_EQ(sequence.missing(6, refused), 2u);  // 2 and 5
}

TEST(BenchSequence, AgreesWithASetOfNumbers) {
  std::mt19937 random(11);
  for (int round = 0; round < 50; ++round) {
    Sequence sequence;
    std::set<std::uint32_t> seen;
    std::uint32_t highest = 0;
    for (int i = 0; i < 200; ++i) {
      const std::uint32_t number = random() % 150;
      const bool is_new = seen.insert(number).second;
      const Seen expected = !is_new                                ? Seen::duplicate
                            : number > highest || seen.size() == 1 ? Seen::in_order
                                                                   : Seen::late;
      ASSERT_EQ(sequence.see(number), expected) << number;
      highest = std::max(highest, number);
    }
    ASSERT_EQ(sequence.missing(150, {}), 150 - seen.size());
  }
}

}  // namespace
}  // namespace eventsd::app::bench
