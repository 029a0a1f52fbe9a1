// What connections count, and when.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/observe.hpp"
#include "unit/protocol/support/client_frame.hpp"
#include "unit/server/support/test_shard.hpp"

namespace eventsd::server_test {
namespace {

class CountedShard : public ::testing::Test {
 protected:
  NamespaceMetrics& of(std::string_view name) {
    return shard_.context.metrics.namespaces.of(*shard_.namespace_of(name));
  }
  NamespaceMetrics& unknown() { return shard_.context.metrics.namespaces.unknown(); }
  const ShardMetrics& all() const { return shard_.context.metrics; }
  static std::uint64_t closes(const CloseCounters& counters, std::uint16_t code) {
    const auto at = std::find(kCloseCodes.begin(), kCloseCodes.end(), code) - kCloseCodes.begin();
    return counters.by_code[static_cast<std::size_t>(at)].value();
  }

  TestShard shard_;
};

TEST_F(CountedShard, CountsOperationsByTheNamespaceOfTheirChannel) {
  TestClient client = shard_.connect_websocket();
  client.send_all({subscribe_message("s", "/default/a"), publish_message("p", "/default/a", "12345"),
                   unsubscribe_message("s")});
  EXPECT_EQ(of("default").subscribes.success.value(), 1u);
  EXPECT_EQ(of("default").socket_publishes.success.value(), 1u);
  EXPECT_EQ(of("default").events_successful.value(), 1u);
  EXPECT_EQ(of("default").event_bytes.sum(), 5u);
  EXPECT_EQ(of("default").broadcasts.success.value(), 1u);
  EXPECT_EQ(of("default").unsubscribes.success.value(), 1u);
  EXPECT_EQ(of("default").subscriptions_active.value(), 0u);
  EXPECT_EQ(of("durable").subscribes.success.value(), 0u);
}

TEST_F(CountedShard, CountsSubscriptionsOfANamespaceUntilTheConnectionEnds) {
  TestClient client = shard_.connect_websocket();
  client.send_all({subscribe_message("s", "/default/a"), subscribe_message("t", "/default/*")});
  EXPECT_EQ(of("default").subscriptions_active.value(), 2u);
  client.vanish();
  shard_.pump();
  EXPECT_EQ(of("default").subscriptions_active.value(), 0u);
}

TEST_F(CountedShard, CountsWhatNamesNoNamespaceInOnePlace) {
  TestClient client = shard_.connect_websocket();
  client.send_all({subscribe_message("s", "/nowhere/a"), publish_message("p", "/nowhere/b", "1"),
                   unsubscribe_message("nothing")});
  EXPECT_EQ(unknown().subscribes.client_errors.value(), 1u);
  EXPECT_EQ(unknown().socket_publishes.client_errors.value(), 1u);
  EXPECT_EQ(unknown().unsubscribes.client_errors.value(), 1u);
}

TEST_F(CountedShard, CountsMessagesInUnitsOf5KiB) {
  TestClient client = shard_.connect_websocket();
  const std::uint64_t in = all().inbound_messages.value();
  const std::uint64_t out = all().outbound_messages.value();
  client.send(publish_message("p", "/default/a", '"' + std::string(12'000, 'x') + '"'));
  EXPECT_EQ(all().inbound_messages.value(), in + 3);
  EXPECT_EQ(all().outbound_messages.value(), out + 1);  // publish_success
}

TEST_F(CountedShard, CountsAnEndWithoutACloseAsLostByTheClient) {
  TestClient client = shard_.connect_websocket();
  EXPECT_EQ(all().connects.success.value(), 1u);
  client.vanish();
  shard_.pump();
  EXPECT_EQ(closes(all().closed_by_client, 1006), 1u);
  EXPECT_EQ(all().disconnects.client_errors.value(), 1u);
  EXPECT_EQ(all().connection_seconds.counts()[0].value(), 1u);
}

TEST_F(CountedShard, CountsTheCodeOfWhoClosedFirst) {
  TestClient client = shard_.connect_websocket();
  TestClient other = shard_.connect_websocket();
  shard_.connection(0).close(protocol::CloseCode::service_restart, "");
  shard_.pump();
  client.send_raw(protocol::client_frame(protocol::Opcode::close, std::string("\x03\xe8", 2)));
  other.send_raw(protocol::client_frame(protocol::Opcode::close, std::string("\x03\xe9", 2)));
  client.vanish();
  other.vanish();
  shard_.pump();
  EXPECT_EQ(closes(all().closed_by_server, 1012), 1u);
  EXPECT_EQ(closes(all().closed_by_client, 1000), 0u);
  EXPECT_EQ(closes(all().closed_by_client, 1001), 1u);
  EXPECT_EQ(all().disconnects.success.value(), 2u);
}

TEST_F(CountedShard, CountsHttpAnswersByStatusAndTheirTime) {
  TestClient client = shard_.connect();
  client.send_raw("GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n");
  shard_.pump();
  EXPECT_EQ(all().http_statuses.by_status[404 - StatusCounters::kFirst].value(), 1u);
  std::uint64_t timed = 0;
  for (const Counter& count : all().http_seconds.counts()) timed += count.value();
  EXPECT_EQ(timed, 1u);
}

TEST_F(CountedShard, NotesTheAgesOfOpenConnections) {
  TestClient young = shard_.connect_websocket();
  TestClient old = shard_.connect_websocket();
  shard_.context.connected_at[1] -= std::chrono::minutes(10);
  server::observe(shard_.context, std::chrono::milliseconds(250));
  EXPECT_EQ(all().open_by_age[0].value(), 1u);  // up to a second
  EXPECT_EQ(all().open_by_age[4].value(), 1u);  // 5 to 15 min
  EXPECT_GE(all().open_age_milliseconds.value(), 600'000u);
}

TEST_F(CountedShard, NotesHowLateTheLoopIs) {
  shard_.context.observed_at = std::chrono::steady_clock::now() - std::chrono::seconds(3);
  server::observe(shard_.context, std::chrono::milliseconds(250));
  shard_.pump();
  std::uint64_t over_a_second = 0;
  for (std::size_t i = 12; i < all().loop_lag_seconds.counts().size(); ++i) {
    over_a_second += all().loop_lag_seconds.counts()[i].value();
  }
  EXPECT_EQ(over_a_second, 1u);
}

}  // namespace
}  // namespace eventsd::server_test
