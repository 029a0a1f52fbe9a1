#include "config/values.hpp"

#include <gtest/gtest.h>

namespace eventsd::config {
namespace {

using namespace std::chrono_literals;
using std::chrono::system_clock;

TEST(Size, ReadsBytesAndUnitsOf1024And1000) {
  EXPECT_EQ(parse_size("1200000"), 1'200'000u);
  EXPECT_EQ(parse_size("240KiB"), 245'760u);
  EXPECT_EQ(parse_size("1MiB"), 1u << 20);
  EXPECT_EQ(parse_size("1GiB"), 1u << 30);
  EXPECT_EQ(parse_size("2 KB"), 2'000u);
  EXPECT_EQ(parse_size("3mb"), 3'000'000u);
  EXPECT_EQ(parse_size("7B"), 7u);
}

TEST(Size, RefusesWhatIsNoSize) {
  for (const char* text : {"", "KiB", "-1KiB", "1.5MiB", "1K", "1KiBs", "0x10", "16777216TiB"}) {
    EXPECT_EQ(parse_size(text), std::nullopt) << text;
  }
}

TEST(Duration, ReadsUnits) {
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("25s"), 25s);
  EXPECT_EQ(parse_duration("10m"), 10min);
  EXPECT_EQ(parse_duration("1h"), 1h);
  EXPECT_EQ(parse_duration("7d"), 168h);
  EXPECT_EQ(parse_duration("0"), 0ms);
}

TEST(Duration, RefusesWhatIsNoDuration) {
  for (const char* text : {"", "10", "-1s", "1.5h", "1w", "1S", "s", "40000d", "1h30m"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(Count, ReadsDigitsOnly) {
  EXPECT_EQ(parse_count("0"), 0u);
  EXPECT_EQ(parse_count("9223372036854775807"), 9'223'372'036'854'775'807u);
  for (const char* text : {"", "+1", "-1", "1.0", " 1", "9223372036854775808"}) {
    EXPECT_EQ(parse_count(text), std::nullopt) << text;
  }
}

TEST(Boolean, ReadsTheUsualWordsInAnyCase) {
  for (const char* text : {"true", "True", "yes", "ON", "1"}) EXPECT_EQ(parse_boolean(text), true);
  for (const char* text : {"false", "no", "Off", "0"}) EXPECT_EQ(parse_boolean(text), false);
  EXPECT_EQ(parse_boolean("y"), std::nullopt);
}

TEST(Timestamp, ReadsDatesFractionsAndOffsets) {
  const system_clock::time_point day = std::chrono::sys_days(std::chrono::year(2027) / 12 / 31);
  EXPECT_EQ(parse_timestamp("2027-12-31"), day);
  EXPECT_EQ(parse_timestamp("2027-12-31T00:00:00Z"), day);
  EXPECT_EQ(parse_timestamp("2027-12-31T00:00"), day);
  EXPECT_EQ(parse_timestamp("2027-12-31T02:00:00+02:00"), day);
  EXPECT_EQ(parse_timestamp("2027-12-30T19:30:00-0430"), day);
  EXPECT_EQ(parse_timestamp("2027-12-31 00:00:00.2509Z"), day + 250ms);
}

TEST(Timestamp, RefusesDaysAndTimesThatDoNotExist) {
  for (const char* text : {"", "2027", "2027-02-29", "2027-13-01", "2027-01-01T24:00:00Z",
                           "2027-01-01T00:60:00Z", "2027-01-01T00:00:00.Z", "2027-01-01T00:00:00+1",
                           "2027-01-01x", "9999-01-01", "1800-01-01"}) {
    EXPECT_EQ(parse_timestamp(text), std::nullopt) << text;
  }
}

TEST(Format, GivesTheShortestExactSpelling) {
  EXPECT_EQ(format_size(245'760), "240KiB");
  EXPECT_EQ(format_size(1'200'000), "1200000");
  EXPECT_EQ(format_size(0), "0");
  EXPECT_EQ(format_duration(24h), "24h");
  EXPECT_EQ(format_duration(60s), "60s");
  EXPECT_EQ(format_duration(168h), "7d");
  EXPECT_EQ(format_duration(1500ms), "1500ms");
  EXPECT_EQ(format_duration(0ms), "0s");
}

TEST(Format, IsReadBack) {
  for (std::uint64_t bytes : {1ull, 1023ull, 1024ull, 1'000'000ull, 10ull << 30, 5ull << 40}) {
    EXPECT_EQ(parse_size(format_size(bytes)), bytes);
  }
  for (auto duration : {1ms, 999ms, 1000ms, 61'000ms, 3'600'000ms, 86'400'000ms}) {
    EXPECT_EQ(parse_duration(format_duration(duration)), duration);
  }
  const auto time = *parse_timestamp("2027-12-31T23:59:58.007Z");
  EXPECT_EQ(format_timestamp(time), "2027-12-31T23:59:58.007Z");
  EXPECT_EQ(parse_timestamp(format_timestamp(time)), time);
}

}  // namespace
}  // namespace eventsd::config
