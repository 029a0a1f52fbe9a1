#include "app/bench_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

namespace eventsd::app::bench {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

std::string printed(const Report& report, Output output) {
  std::ostringstream out;
  report.print(output, out);
  return out.str();
}

TEST(BenchReport, GroupsThousands) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1234567), "1,234,567");
}

TEST(BenchReport, ShowsFewerDigitsTheLargerANumberIs) {
  EXPECT_EQ(readable(0), "0.00");
  EXPECT_EQ(readable(1.234), "1.23");
  EXPECT_EQ(readable(12.34), "12.3");
  EXPECT_EQ(readable(123.4), "123");
  EXPECT_EQ(readable(12345.6), "12,346");
  EXPECT_EQ(readable(-2.5), "-2.50");
}

TEST(BenchReport, IsOneLineOfJson) {
  Report report("fanout");
  report.add("url", "endpoint", "http://127.0.0.1/event");
  report.add("lost", "lost", std::uint64_t{3});
  report.add("interrupted", "", true);
  report.add("rate", "rate", 12.34567, "/s");
  report.add_bytes("bytes_sent", "sent", 1'500'000);
  Histogram histogram;
  histogram.record(std::chrono::microseconds(100));
  report.add_latency("latency_us", "latency", histogram);
  Failures failures;
  failures.add("HTTP 503", 2);
  report.add_failures(failures);
  report.add_hint("lower the load");
  const std::string text = printed(report, Output::json);
  EXPECT_EQ(text.find('\n'), text.size() - 1);
  const json object = json::parse(text);
  EXPECT_EQ(object["bench"], "fanout");
  EXPECT_EQ(object["url"], "http://127.0.0.1/event");
  EXPECT_EQ(object["lost"], 3);
  EXPECT_EQ(object["interrupted"], true);
  EXPECT_DOUBLE_EQ(object["rate"], 12.346);
  EXPECT_EQ(object["bytes_sent"], 1'500'000);
  EXPECT_EQ(object["latency_us"]["p999"], 100.0);
  EXPECT_EQ(object["latency_us"]["count"], 1);
  EXPECT_EQ(object["errors"], json({{"HTTP 503", 2}}));
  EXPECT_EQ(object["hints"], json::array({"lower the load"}));
}

TEST(BenchReport, WithoutFailuresTheErrorsAreAnEmptyObject) {
  const json object = json::parse(printed(Report("idle"), Output::json));
  EXPECT_EQ(object["errors"], json::object());
  EXPECT_EQ(object["hints"], json::array());
}

TEST(BenchReport, TableAlignsFiguresAndLeavesOutWhatIsForPrograms) {
  Report report("publish");
  report.add("a", "a", std::uint64_t{1});
  report.add("long", "a long label", std::uint64_t{1'000'000}, "B");
  report.add("hidden", "", std::uint64_t{42});
  EXPECT_EQ(printed(report, Output::text),
            "publish\n"
            "  a                     1\n"
            "  a long label  1,000,000 B\n");
}

TEST(BenchReport, TableHasALineForEachLatency) {
  Report report("connect");
  report.add("a", "a", std::uint64_t{1});
  Histogram histogram;
  histogram.record(std::chrono::microseconds(100));
  report.add_latency("first_us", "first", histogram);
  histogram.record(std::chrono::milliseconds(2500));
  report.add_latency("second_us", "the second", histogram);
  EXPECT_EQ(printed(report, Output::text),
            "connect\n"
            "  a  1\n"
            "  latency          p50       p90       p99     p99.9       max\n"
            "  first         100 us    100 us    100 us    100 us    100 us\n"
            "  the second    100 us    2.50 s    2.50 s    2.50 s    2.50 s\n");
}

TEST(BenchReport, TimesHaveTheUnitThatMakesThemShort) {
  EXPECT_EQ(readable_time(std::chrono::nanoseconds(1500)), "1.50 us");
  EXPECT_EQ(readable_time(std::chrono::microseconds(999)), "999 us");
  EXPECT_EQ(readable_time(std::chrono::microseconds(1000)), "1.00 ms");
  EXPECT_EQ(readable_time(std::chrono::seconds(12)), "12.0 s");
}

TEST(BenchReport, TableNamesErrorsAndRemedies) {
  Report report("publish");
  Failures failures;
  failures.add("LimitExceededError", 1234);
  report.add_failures(failures);
  report.add_hint("raise the limit");
  EXPECT_THAT(printed(report, Output::text), HasSubstr("error: 1,234 x LimitExceededError\n"));
  EXPECT_THAT(printed(report, Output::text), HasSubstr("note: raise the limit\n"));
}

TEST(BenchFailures, NamesTheMostFrequentFirst) {
  Failures failures;
  failures.add("b");
  failures.add("a", 7);
  Failures more;
  more.add("b", 9);
  failures.merge(more);
  EXPECT_EQ(failures.text(), "b (10 times), a (7 times)");
  EXPECT_EQ(failures.total(), 17u);
}

TEST(BenchFailures, KeepsABoundedNumberOfReasons) {
  Failures failures;
  for (std::size_t i = 0; i < Failures::kMostReasons + 25; ++i) failures.add(std::to_string(i));
  EXPECT_EQ(failures.counts().size(), Failures::kMostReasons + 1);
  EXPECT_EQ(failures.counts().at("other reasons"), 25u);
  EXPECT_EQ(failures.total(), Failures::kMostReasons + 25);
}

}  // namespace
}  // namespace eventsd::app::bench
