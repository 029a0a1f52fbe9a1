#include "app/expiry.hpp"

#include <gtest/gtest.h>

namespace eventsd::app {
namespace {

using std::chrono::hours;
using std::chrono::system_clock;

const auto kNow = system_clock::from_time_t(1'700'000'000);  // 2023-11-14T22:13:20Z

TEST(Expiry, DurationCountsFromNow) {
  EXPECT_EQ(*parse_expiry("30d", kNow), kNow + hours(24 * 30));
  EXPECT_EQ(*parse_expiry("12h", kNow), kNow + hours(12));
  EXPECT_EQ(*parse_expiry("90m", kNow), kNow + std::chrono::minutes(90));
}

TEST(Expiry, TimesAreUtc) {
  EXPECT_EQ(format_expiry(*parse_expiry("2027-12-31T01:02:03Z", kNow)), "2027-12-31T01:02:03Z");
  EXPECT_EQ(format_expiry(*parse_expiry("2027-12-31T01:02", kNow)), "2027-12-31T01:02:00Z");
  EXPECT_EQ(format_expiry(*parse_expiry("2028-02-29", kNow)), "2028-02-29T00:00:00Z");
}

TEST(Expiry, RefusesWhatIsNoTimeOrIsOver) {
  for (const char* text :
       {"", "d", "30", "30y", "-1d", "1.5d", "99999999999999999999d", "0d", "2027-13-01",
        "2027-02-30", "2027-12-31T00:00:00+01:00", "tomorrow", "2023-11-14T22:13:20Z", "1999-01-01",
        "9999-12-31", "2263-01-01", "365000d"}) {
    EXPECT_FALSE(parse_expiry(text, kNow)) << text;
  }
}

}  // namespace
}  // namespace eventsd::app
