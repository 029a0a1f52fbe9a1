#include "protocol/byte_scan.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <vector>

namespace eventsd::protocol {
namespace {

// What the masks are made of, byte by byte.
template <typename Is>
unsigned slowly(const char* p, std::size_t size, Is is) {
  unsigned mask = 0;
  for (std::size_t i = 0; i < size; ++i) mask |= static_cast<unsigned>(is(p[i])) << i;
  return mask;
}
bool is_backslash(char c) { return c == '\\'; }

void expect_masks(const char* p) {
  ASSERT_EQ(portable::special_mask(p), slowly(p, portable::kBlock, is_string_special));
  ASSERT_EQ(portable::backslash_mask(p), slowly(p, portable::kBlock, is_backslash));
  ASSERT_EQ(special_mask(p), slowly(p, kBlock, is_string_special));
  ASSERT_EQ(backslash_mask(p), slowly(p, kBlock, is_backslash));
}

TEST(ByteScan, KnowsEveryByteAtEveryPlace) {
  for (int byte = 0; byte < 256; ++byte) {
    for (const char around : {'x', '"', '\\', '\0', '\x1f', '\x7f', '\x80', '\xff'}) {
      for (std::size_t at = 0; at < kBlock; ++at) {
        std::array<char, kBlock> block;
        block.fill(around);
        block[at] = static_cast<char>(byte);
        expect_masks(block.data());
      }
    }
  }
}

TEST(ByteScan, AgreesWithTheSlowWayOnRandomBlocks) {
  std::mt19937 random(1);
  std::array<char, kBlock> block;
  for (int round = 0; round < 100'000; ++round) {
    for (char& c : block) c = static_cast<char>(random() % (round % 2 == 0 ? 256 : 0x60));
    expect_masks(block.data());
  }
}

TEST(ByteScan, FindsWhatEndsARunAndLooksNoFurther) {
  for (std::size_t size = 0; size < 3 * kBlock; ++size) {
    for (std::size_t at = 0; at <= size; ++at) {
      std::vector<char> text(size, 'x');  // of exactly that size, for the address sanitizer
      if (at < size) text[at] = '\\';
      const char* const begin = text.data();
      EXPECT_EQ(find_string_special(begin, begin + size), begin + at);
      EXPECT_EQ(find_backslash(begin, begin + size), begin + at);
    }
  }
}

}  // namespace
}  // namespace eventsd::protocol
