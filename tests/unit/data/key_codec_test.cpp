#include "data/dynamodb/key_codec.hpp"

#include <gtest/gtest.h>

#include <random>

namespace eventsd::data::dynamodb {
namespace {

Value text(std::string bytes) { return Value{std::move(bytes)}; }

std::string terminated(const std::string& bytes) {
  std::string out;
  append_terminated(out, bytes);
  return out;
}

TEST(KeyCodec, KeepsTheOrderOfByteStringsAndNeverMakesAPrefix) {
  std::mt19937 random(3);
  const auto any = [&] {
    std::string bytes;
    for (unsigned i = 0; i < random() % 5; ++i) {
      bytes += std::string(
          "\0\x01\x02\xfe\xff"
          "a",
          6)[random() % 6];
    }
    return bytes;
  };
  for (int i = 0; i < 50'000; ++i) {
    const std::string a = any();
    const std::string b = any();
    EXPECT_EQ(a < b, terminated(a) < terminated(b));
    EXPECT_EQ(a == b, terminated(b).starts_with(terminated(a)));
    std::string prefix;
    append_escaped(prefix, a);
    if (b.starts_with(a)) {
      EXPECT_TRUE(terminated(b).starts_with(prefix));
      const auto end = end_of_prefix(prefix);
      if (end) {
        EXPECT_LT(terminated(b), *end);
      }
    }
  }
}

TEST(KeyCodec, EndsAPrefixWithTheNextByteString) {
  EXPECT_EQ(end_of_prefix("ab"), "ac");
  EXPECT_EQ(end_of_prefix("a\xff"), "b");
  EXPECT_EQ(end_of_prefix("\xff\xff"), std::nullopt);
  EXPECT_EQ(end_of_prefix(""), std::nullopt);
}

TEST(KeyCodec, SegmentsCoverEveryRowOnce) {
  for (const std::uint32_t total : {1U, 2U, 3U, 7U, 1000U, 1'000'000U}) {
    const std::string key = partition_prefix(text("k" + std::to_string(total)));
    std::string last;
    unsigned found = 0;
    for (std::uint32_t segment = 0; segment < total; ++segment) {
      const KeyRange range = segment_range(segment, total);
      if (segment > 0) {
        EXPECT_EQ(range.low, last);
      }
      EXPECT_EQ(range.high.has_value(), segment + 1 < total);
      if (key >= range.low && (!range.high || key < *range.high)) ++found;
      last = range.high.value_or("");
    }
    EXPECT_EQ(found, 1U);
  }
}

TEST(KeyCodec, LeavesItemsWithoutTheIndexKeyOut) {
  const Index index{.id = 1,
                    .name = "byUser",
                    .key = {{"user", Type::string}, KeyAttribute{"at", Type::number}},
                    .included = {}};
  Item item{{"user", text("u")}};
  EXPECT_EQ(index_row_key(index, item, "row"), std::nullopt);
  item.emplace("at", Value{*Decimal::parse("5")});
  EXPECT_TRUE(index_row_key(index, item, "row")->ends_with("row"));
}

}  // namespace
}  // namespace eventsd::data::dynamodb
