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

ChannelNamespace namespace_named(std::string name, std::uint32_t key) {
  ChannelNamespace made;
  made.key = key;
  made.api_id = "api1";
  made.name = std::move(name);
  return made;
}

// HELP, TYPE, then samples of that metric and no other; no series twice.
TEST(MetricsPage, IsAValidExposition) {
  ShardMetrics shard;
  shard.namespaces.of(namespace_named("chat", 3)).event_bytes.add(100);
  shard.closed_by_client.add(1006);
  shard.http_statuses.add(404);
  const std::string page = render_metrics({{&shard}, 5, 6, "1.2.3"});
  ASSERT_TRUE(page.ends_with('\n'));
  const std::regex help(R"(# HELP ([a-z0-9_]+) [^\\]+)");
  const std::regex type(R"(# TYPE ([a-z0-9_]+) (counter|gauge|histogram))");
  const std::regex sample(R"re(([a-z0-9_]+)(\{[a-z]+="[^"\\]*"(,[a-z]+="[^"\\]*")*\})? [0-9.e+-]+)re");
  std::set<std::string> names;
  std::set<std::string> series;
  std::string name;
  bool is_histogram = false;
  for (const std::string& line : lines_of(page)) {
    std::smatch parts;
    if (std::regex_match(line, parts, help)) {
      name = parts[1];
      EXPECT_TRUE(names.insert(name).second) << name << " comes twice";
    } else if (std::regex_match(line, parts, type)) {
      EXPECT_EQ(parts[1], name);
      EXPECT_EQ(parts[2] == "counter", name.ends_with("_total")) << name;
      is_histogram = parts[2] == "histogram";
    } else {
      ASSERT_TRUE(std::regex_match(line, parts, sample)) << line;
      const std::string expected = is_histogram ? name + "_(bucket|sum|count)" : name;
      EXPECT_TRUE(std::regex_match(parts[1].str(), std::regex(expected))) << line;
      EXPECT_TRUE(series.insert(line.substr(0, line.rfind(' '))).second) << line;
    }
  }
  EXPECT_GT(names.size(), 50u);
}

TEST(MetricsPage, AddsANamespaceUpOverTheShardsThatHaveMetIt) {
  ShardMetrics shards[3];
  shards[0].namespaces.of(namespace_named("chat", 3)).broadcasts.success.add(2);
  shards[2].namespaces.of(namespace_named("chat", 3)).broadcasts.success.add(5);
  shards[1].namespaces.of(namespace_named("other", 4)).broadcasts.success.add(1);
  const std::string page = render_metrics({{&shards[0], &shards[1], &shards[2]}, 0, 0, ""});
  const std::string name = "\neventsd_namespace_broadcast_success_total";
  EXPECT_THAT(page, HasSubstr(name + R"({api="api1",namespace="chat"} 7)" + "\n"));
  EXPECT_THAT(page, HasSubstr(R"({api="api1",namespace="other"} 1)" "\n"));
}

TEST(MetricsPage, KeepsTheNumberOfNamespacesBounded) {
  ShardMetrics shard;
  for (std::uint32_t key = 0; key < 5000; ++key) {
    shard.namespaces.of(namespace_named("n" + std::to_string(key), key)).events_failed.add();
  }
  shard.namespaces.unknown().events_failed.add(7);
  const std::string page = render_metrics({{&shard}, 0, 0, ""});
  std::size_t series = 0;
  for (const std::string& line : lines_of(page)) {
    series += line.starts_with("eventsd_namespace_events_failed_total{");
  }
  EXPECT_EQ(series, NamespaceTable::kMost + 2);
  EXPECT_THAT(page, HasSubstr(R"({api="",namespace="other"} 4000)" "\n"));
  EXPECT_THAT(page, HasSubstr(R"(_failed_total{api="",namespace=""} 7)" "\n"));
}

TEST(MetricsPage, TellsTheTimeOfCommitsInSeconds) {
  StoreStats store;
  store.commits_by_time[2] = 3;  // of at most 1 ms
  store.commit_nanoseconds = 2'500'000;
  const std::string page = render_metrics({{}, 0, 0, "", store});
  EXPECT_THAT(page, HasSubstr("eventsd_store_commit_seconds_bucket{le=\"0.0005\"} 0\n"
                              "eventsd_store_commit_seconds_bucket{le=\"0.001\"} 3\n"));
  EXPECT_THAT(page, HasSubstr("eventsd_store_commit_seconds_sum 0.0025\n"
                              "eventsd_store_commit_seconds_count 3\n"));
}

TEST(MetricsPage, CountsEndsByCodeAndByWhoClosedFirst) {
  ShardMetrics shard;
  shard.closed_by_client.add(1000);
  shard.closed_by_server.add(1013);
  shard.closed_by_client.add(4711);  // a client's own: never a label
  const std::string page = render_metrics({{&shard}, 0, 0, ""});
  const std::string name = "\neventsd_connections_closed_total";
  EXPECT_THAT(page, HasSubstr(name + R"({by="client",code="1000"} 1)" + "\n"));
  EXPECT_THAT(page, HasSubstr(name + R"({by="client",code="other"} 1)" + "\n"));
  EXPECT_THAT(page, HasSubstr(name + R"({by="server",code="1013"} 1)" + "\n"));
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
        &shard.bytes_received, &shard.bytes_sent, &shard.connects.success,
        &shard.connects.client_errors, &shard.connects.server_errors, &shard.disconnects.success,
        &shard.disconnects.client_errors, &shard.disconnects.server_errors,
        &shard.inbound_messages, &shard.outbound_messages, &shard.messages_delayed,
        &shard.messages_dropped, &shard.tokens_consumed}) {
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
