// Memory ends at every allocation in turn that a connection's life makes. Whatever was asked is
// answered or its connection is ended, nothing is left behind, and the next connection works.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "unit/server/allocation/counted.hpp"
#include "unit/server/support/test_shard.hpp"

namespace eventsd::server_test {
namespace {

constexpr int kEvents = 3;

std::string http_publish(const std::string& channel) {
  const std::string body = R"({"channel":")" + channel + R"(","events":["1","2"]})";
  return "POST /event HTTP/1.1\r\nHost: localhost\r\nx-api-key: da2-good\r\n"
         "Content-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

// What a client sees: frames until the end, or what has come so far.
struct Seen {
  std::vector<std::string> texts;
  bool ended = false;

  std::size_t count(std::string_view type) const {
    return static_cast<std::size_t>(
        std::count_if(texts.begin(), texts.end(),
                      [type](const std::string& text) { return member(text, "type") == type; }));
  }
};

Seen look(TestClient& client) {
  Seen seen;
  for (Frame& frame : client.frames()) {
    if (frame.opcode == protocol::Opcode::text) seen.texts.push_back(std::move(frame.payload));
    if (frame.opcode == protocol::Opcode::close) seen.ended = true;
  }
  seen.ended = seen.ended || client.at_end();
  return seen;
}

class OutOfMemoryTest : public ::testing::Test {
 protected:
  OutOfMemoryTest() {
    shard_.while_working = [](bool works) { Allocations::counting = works; };
  }
  ~OutOfMemoryTest() override {
    shard_.while_working = nullptr;
    Allocations::counting = false;
    Allocations::fails_at = 0;
  }

  // A subscriber, and a publisher over both ways; `check`: nothing may fail.
  void live(const std::string& channel, bool check) {
    TestClient subscriber = shard_.connect();
    TestClient publisher = shard_.connect();
    for (TestClient* client : {&subscriber, &publisher}) {
      client->send_raw(
          "GET /event/realtime HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
          "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
          "Sec-WebSocket-Protocol: aws-appsync-event-ws\r\nx-api-key: da2-good\r\n\r\n");
      client->send(R"({"type":"connection_init"})");
    }
    subscriber.send(subscribe_message("s", channel));
    subscriber.send(
        subscribe_message("w", "/" + channel.substr(1, channel.find('/', 1) - 1) + "/*"));
    for (int i = 0; i < kEvents; ++i) {
      publisher.send(publish_message("p" + std::to_string(i), channel, "1"));
      shard_.store.commit();
      shard_.pump();
    }
    TestClient http = shard_.connect();
    http.send_raw(http_publish(channel));
    shard_.store.commit();
    shard_.pump();
    subscriber.send(unsubscribe_message("w"));
    const bool keeps = channel.starts_with("/durable/");
    if (keeps) {  // what has been published, once more by replay and once more by reading
      publisher.send(subscribe_message("r", channel, R"(,"replay":{"last":3})"));
      http.send_raw("GET /event/history?channel=" + channel +
                    " HTTP/1.1\r\nHost: localhost\r\nx-api-key: da2-good\r\n\r\n");
    }

    const std::string answer = http.take_bytes();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 ") || http.at_end()) << answer;
    if (check) EXPECT_THAT(answer, ::testing::StartsWith("HTTP/1.1 200"));
    if (check && keeps) EXPECT_THAT(answer, ::testing::HasSubstr("}HTTP/1.1 200"));
    for (TestClient* client : {&subscriber, &publisher}) {
      const std::string head = client->take_head();
      if (!head.starts_with("HTTP/1.1 101")) {
        EXPECT_FALSE(check) << head;
        EXPECT_TRUE(!head.empty() || client->at_end()) << "no answer and no end";
        continue;
      }
      const Seen seen = look(*client);
      if (seen.ended && !check) continue;
      EXPECT_FALSE(seen.ended);
      EXPECT_EQ(seen.count("connection_ack"), 1u);
      if (client == &publisher) {
        EXPECT_EQ(seen.count("publish_success") + seen.count("publish_error"), kEvents);
        EXPECT_EQ(seen.count("subscribe_success") + seen.count("subscribe_error"), keeps ? 1u : 0u);
        if (check) EXPECT_EQ(seen.count("publish_success"), kEvents);
        if (check) EXPECT_EQ(seen.count("data"), keeps ? 3u : 0u);
      } else {
        EXPECT_EQ(seen.count("subscribe_success") + seen.count("subscribe_error"), 2u);
        EXPECT_EQ(seen.count("unsubscribe_success") + seen.count("unsubscribe_error"), 1u);
        if (check) EXPECT_EQ(seen.count("data"), 2u * (kEvents + 2));
      }
    }
  }

  TestShard shard_;
};

class EveryAllocation : public OutOfMemoryTest,
                        public ::testing::WithParamInterface<const char*> {};

TEST_P(EveryAllocation, MayFailWithoutACostToOthers) {
  const std::string channel = std::string("/") + GetParam() + "/a";
  live(channel, true);  // also fills the pools
  std::size_t last = 0;
  for (std::size_t place = 1; place < 5'000; ++place) {
    Allocations::count = 0;
    Allocations::fails_at = place;
    live(channel, false);
    const bool failed = Allocations::count >= place;
    Allocations::fails_at = 0;
    shard_.pass(std::chrono::milliseconds(0));
    shard_.store.forget_through(shard_.store.head());
    EXPECT_TRUE(shard_.context.connections.empty());
    EXPECT_EQ(shard_.context.tasks.running(), 0u) << "an operation never ended";
    EXPECT_EQ(shard_.context.metrics.outbound_queue_bytes.value(), 0u);
    if (place % 8 == 0 || HasFailure()) live(channel, true);
    if (HasFailure()) FAIL() << "after allocation " << place << " failed";
    if (!failed) break;
    last = place;
  }
  EXPECT_GT(last, 60u);  // that they were counted
  RecordProperty("allocations", static_cast<int>(last));
}

INSTANTIATE_TEST_SUITE_P(Of, EveryAllocation, ::testing::Values("default", "durable"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace eventsd::server_test
