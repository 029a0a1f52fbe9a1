#include "admin/metrics_page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "unit/admin/support/asking.hpp"

namespace eventsd::admin {
namespace {

using ::testing::HasSubstr;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(MetricsPage, IsAValidExposition) {
  ShardMetrics shard;
  const std::string page = render_metrics({{&shard}, 5, 6, "1.2.3"});
  ASSERT_TRUE(page.ends_with('\n'));
  const std::regex help(R"(# HELP (eventsd_[a-z0-9_]+) [^\\]+)");
  const std::regex type(R"(# TYPE (eventsd_[a-z0-9_]+) (counter|gauge))");
  const std::regex sample(R"re((eventsd_[a-z0-9_]+)(\{[a-z]+="[^"\\]*"\})? [0-9]+)re");
  std::vector<std::string> lines = lines_of(page);
  // Histograms have a test of their own.
  std::erase_if(lines, [](const std::string& line) {
    return line.find("eventsd_store_commit_rows") != std::string::npos;
  });
  ASSERT_EQ(lines.size() % 3, 0u);
  std::set<std::string> names;
  for (std::size_t i = 0; i < lines.size(); i += 3) {
    std::smatch named, typed, sampled;
    ASSERT_TRUE(std::regex_match(lines[i], named, help)) << lines[i];
    ASSERT_TRUE(std::regex_match(lines[i + 1], typed, type)) << lines[i + 1];
    ASSERT_TRUE(std::regex_match(lines[i + 2], sampled, sample)) << lines[i + 2];
    EXPECT_EQ(named[1], typed[1]);
    EXPECT_EQ(named[1], sampled[1]);
    EXPECT_TRUE(names.insert(named[1]).second) << named[1] << " comes twice";
    EXPECT_EQ(typed[2] == "counter", named[1].str().ends_with("_total")) << named[1];
  }
}

TEST(MetricsPage, ShowsTheSizesOfCommitsAsACumulativeHistogram) {
  StoreStats store;
  store.commits = 6;
  store.rows = 2100;
  store.commits_by_rows[0] = 1;      // of 1 event
  store.commits_by_rows[2] = 3;      // of 3 or 4
  store.commits_by_rows.back() = 2;  // of more than 1,024
  const std::string page = render_metrics({{}, 0, 0, "", store});
  EXPECT_THAT(page, HasSubstr("\neventsd_store_commits_total 6\n"));
  EXPECT_THAT(page, HasSubstr("# TYPE eventsd_store_commit_rows histogram\n"
                              "eventsd_store_commit_rows_bucket{le=\"1\"} 1\n"
                              "eventsd_store_commit_rows_bucket{le=\"2\"} 1\n"
                              "eventsd_store_commit_rows_bucket{le=\"4\"} 4\n"
                              "eventsd_store_commit_rows_bucket{le=\"8\"} 4\n"));
  EXPECT_THAT(page, HasSubstr("_bucket{le=\"1024\"} 4\n"
                              "eventsd_store_commit_rows_bucket{le=\"+Inf\"} 6\n"
                              "eventsd_store_commit_rows_sum 2100\n"
                              "eventsd_store_commit_rows_count 6\n"));
}

TEST(MetricsPage, AddsTheShardsUp) {
  ShardMetrics first;
  ShardMetrics second;
  first.events_delivered.add(3);
  second.events_delivered.add(4);
  first.connections_active.add(2);
  first.connections_active.subtract();
  const std::string page = render_metrics({{&first, &second}, 5, 6, "1.2.3"});
  EXPECT_THAT(page, HasSubstr("\neventsd_connections_active 1\n"));
  EXPECT_THAT(page, HasSubstr("\neventsd_storage_queue_bytes 5\n"));
  EXPECT_THAT(page, HasSubstr("\neventsd_sockets_open 6\n"));
  EXPECT_THAT(page, HasSubstr("_delivered_total 7\n"));
}

// What is counted but not shown is of no use to anybody.
TEST(MetricsPage, ShowsEveryCounter) {
  ShardMetrics shard;
  std::uint64_t value = 1000;
  for (Counter* counter :
       {&shard.connections_opened, &shard.connections_active, &shard.connections_refused,
        &shard.subscriptions_active, &shard.subscribe_success, &shard.subscribe_errors,
        &shard.unsubscribe_success, &shard.publish_success, &shard.publish_errors,
        &shard.events_accepted, &shard.events_delivered, &shard.http_requests, &shard.http_4xx,
        &shard.http_5xx, &shard.slow_consumers_closed, &shard.outbound_queue_bytes,
        &shard.bytes_received, &shard.bytes_sent}) {
    counter->add(++value);
    EXPECT_THAT(render_metrics({{&shard}, 0, 0, ""}),
                HasSubstr(" " + std::to_string(value) + "\n"));
  }
}

TEST(MetricsPage, IsServedAsPrometheusText) {
  const server::HttpRouter router(metrics_routes([] { return MetricsInput{}; }));
  EXPECT_EQ(admin_test::ask(router, "GET", "/metrics").content_type,
            "text/plain; version=0.0.4; charset=utf-8");
}

}  // namespace
}  // namespace eventsd::admin
