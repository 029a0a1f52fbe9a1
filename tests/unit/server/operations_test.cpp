// Operations of one connection: they overlap, and are answered in the order of their coming.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/protocol/support/client_frame.hpp"
#include "unit/server/support/test_shard.hpp"

namespace eventsd::server_test {
namespace {

using protocol::client_frame;
using protocol::Opcode;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::vector<std::string> numbered_publishes(int count) {
  std::vector<std::string> texts;
  for (int i = 0; i < count; ++i) {
    texts.push_back(publish_message("p" + std::to_string(i), "/durable/a", std::to_string(i)));
  }
  return texts;
}

std::vector<std::string> numbers(int from, int to) {
  std::vector<std::string> ids;
  for (int i = from; i < to; ++i) ids.push_back("p" + std::to_string(i));
  return ids;
}

TEST(ConnectionOperations, AnUnsubscribeWaitsForASlowPublishBeforeIt) {
  TestShard shard;
  TestClient client = shard.connect_websocket();
  client.send(subscribe_message("s", "/default/a"));
  ASSERT_THAT(members(client.texts(), "type"), ElementsAre("subscribe_success"));
  shard.gate->shut();
  client.send_all({publish_message("p", "/default/a", "1"), unsubscribe_message("s")});
  EXPECT_THAT(client.texts(), IsEmpty());
  shard.gate->let_in(0);
  const std::vector<std::string> types = members(client.texts(), "type");
  EXPECT_THAT(types, UnorderedElementsAre("data", "publish_success", "unsubscribe_success"));
  EXPECT_EQ(types.back(), "unsubscribe_success");
}

TEST(ConnectionOperations, AnUnsubscribeEndsTheSubscriptionThatASlowSubscribeBeforeItMade) {
  TestShard shard;
  TestClient client = shard.connect_websocket();
  shard.gate->shut();
  client.send_all({subscribe_message("s", "/default/a"), unsubscribe_message("s")});
  EXPECT_THAT(client.texts(), IsEmpty());
  shard.gate->let_in(0);
  EXPECT_THAT(members(client.texts(), "type"),
              ElementsAre("subscribe_success", "unsubscribe_success"));
  EXPECT_EQ(shard.context.hub.topics(), 0u);
}

TEST(ConnectionOperations, TheAuthorizationsOfPipelinedOperationsOverlap) {
  TestShard shard;
  TestClient client = shard.connect_websocket();
  shard.gate->shut();
  client.send_all({subscribe_message("s", "/default/a"), publish_message("p", "/default/a", "1"),
                   subscribe_message("t", "/default/b")});
  EXPECT_EQ(shard.gate->waiting(), 3u);
}

TEST(ConnectionOperations, AnswersKeepTheOrderWhenTheLastAuthorizationComesFirst) {
  TestShard shard;
  TestClient client = shard.connect_websocket();
  shard.gate->shut();
  client.send_all({subscribe_message("s", "/default/a"), publish_message("p", "/default/a", "1"),
                   subscribe_message("t", "/default/b")});
  shard.gate->let_in(2);
  shard.gate->turn_away(1);
  EXPECT_THAT(client.texts(), IsEmpty());
  shard.gate->let_in(0);
  EXPECT_THAT(members(client.texts(), "id"), ElementsAre("s", "p", "t"));
}

TEST(ConnectionOperations, AnErrorIsAnsweredInItsTurnToo) {
  TestShard shard;
  TestClient client = shard.connect_websocket();
  shard.gate->shut();
  client.send_all({publish_message("p", "/default/a", "1"), R"({"type":"dance","id":"x"})",
                   R"({"type":"connection_init"})"});
  EXPECT_THAT(client.texts(), IsEmpty());
  shard.gate->let_in(0);
  EXPECT_THAT(members(client.texts(), "type"),
              ElementsAre("publish_success", "error", "connection_ack", "ka"));
}

TEST(ConnectionOperations, PipelinedDurablePublishesShareACommitAndAreAnsweredInOrder) {
  TestShard shard;
  TestClient client = shard.connect_websocket();
  client.send_all(numbered_publishes(256));
  EXPECT_EQ(shard.store.waiting(), 256u);
  EXPECT_THAT(client.texts(), IsEmpty());
  shard.store.commit();
  const std::vector<std::string> answers = client.texts();
  EXPECT_EQ(members(answers, "id"), numbers(0, 256));
  EXPECT_THAT(members(answers, "type"), ::testing::Each("publish_success"));
}

TEST(ConnectionOperations, The257thFrameWaitsUntilAnOperationEnds) {
  TestShard shard;
  TestClient client = shard.connect_websocket();
  client.send_all(numbered_publishes(262));
  EXPECT_EQ(shard.store.appended(), 256u);
  shard.store.commit(1);
  EXPECT_EQ(members(client.texts(), "id"), numbers(0, 1));
  EXPECT_EQ(shard.store.appended(), 257u);
  shard.store.commit();
  shard.pump();
  shard.store.commit();
  EXPECT_EQ(members(client.texts(), "id"), numbers(1, 262));
}

TEST(ConnectionOperations, APingBehindAHeldFrameIsAnsweredMeanwhile) {
  TestShard shard;
  TestClient client = shard.connect_websocket();
  std::string bytes;
  for (const std::string& text : numbered_publishes(257)) bytes += client_frame(Opcode::text, text);
  client.send_raw(bytes + client_frame(Opcode::ping, "are you there"));
  const std::vector<Frame> frames = client.frames();
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].opcode, Opcode::pong);
  EXPECT_EQ(frames[0].payload, "are you there");
}

TEST(ConnectionOperations, AnIncompleteFrameBehindAHeldOneIsNotTimedOut) {
  TestShard shard;
  TestClient client = shard.connect_websocket();
  shard.reload({}, [](Config& config) { config.limits.idle_http_timeout = {}; });
  std::string bytes;
  for (const std::string& text : numbered_publishes(258)) bytes += client_frame(Opcode::text, text);
  client.send_raw(bytes.substr(0, bytes.size() - 10));
  shard.pass(std::chrono::milliseconds(100));
  EXPECT_THAT(client.frames(), IsEmpty());
  shard.reload({}, [](Config& config) { config.limits.idle_http_timeout = std::chrono::hours(1); });
  shard.pass(std::chrono::milliseconds(100));
  client.send_raw(bytes.substr(bytes.size() - 10));
  shard.store.commit();
  shard.pump();
  shard.store.commit();
  EXPECT_EQ(members(client.texts(), "id"), numbers(0, 258));
}

TEST(ConnectionOperations, FramesThatComeWhileConnectingAreServedAfterwardsInOrder) {
  TestShard shard;
  shard.gate->shut();
  TestClient client = shard.connect_websocket();
  client.send_all({R"({"type":"connection_init"})", subscribe_message("s", "/default/a"),
                   publish_message("p", "/default/a", "1")});
  EXPECT_THAT(client.texts(), IsEmpty());
  EXPECT_EQ(shard.gate->waiting(), 1u);  // the connect alone
  shard.gate->open();
  EXPECT_THAT(
      members(client.texts(), "type"),
      AnyOf(ElementsAre("connection_ack", "ka", "subscribe_success", "data", "publish_success"),
            ElementsAre("connection_ack", "ka", "subscribe_success", "publish_success", "data")));
}

TEST(ConnectionOperations, FramesBehindARefusedConnectAreNeverServed) {
  TestShard shard;
  shard.gate->shut();
  TestClient client = shard.connect_websocket();
  client.send_all({R"({"type":"connection_init"})", publish_message("p", "/durable/a", "1")});
  shard.gate->turn_away(0);
  const std::vector<Frame> frames = client.frames();
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_EQ(member(frames[0].payload, "type"), "connection_error");
  EXPECT_EQ(close_code(frames[1].payload), 1000);
  EXPECT_EQ(shard.store.appended(), 0u);
}

TEST(ConnectionOperations, APublishThatIsUnderWayWhenItsConnectionEndsDoesNoHarm) {
  TestShard shard;
  TestClient client = shard.connect_websocket();
  client.send_all(numbered_publishes(262));
  client.vanish();
  shard.connection().abort();
  shard.store.commit();
  shard.pump();
  EXPECT_TRUE(shard.context.connections.empty());
  EXPECT_EQ(shard.context.metrics.connections_active.value(), 0u);
  EXPECT_EQ(shard.ended(), 1u);
}

TEST(ConnectionOperations, WhatCameBeforeABrokenFrameIsAnsweredBeforeTheClose) {
  TestShard shard;
  shard.gate->shut();
  TestClient client = shard.connect_websocket();
  client.send_raw(protocol::client_frame(Opcode::text, subscribe_message("s", "/default/a")) +
                  protocol::client_frame(Opcode::text, publish_message("p", "/default/a", "1")) +
                  protocol::client_frame(Opcode::binary, "no") +
                  protocol::client_frame(Opcode::text, subscribe_message("late", "/default/b")));
  EXPECT_THAT(client.frames(), ::testing::IsEmpty());  // held, and so is the end behind them
  shard.gate->open();
  shard.pump();
  const std::vector<Frame> frames = client.frames();
  ASSERT_EQ(frames.size(), 4u);
  EXPECT_EQ(member(frames[0].payload, "type"), "subscribe_success");
  std::vector<std::string> types{member(frames[1].payload, "type"),
                                 member(frames[2].payload, "type")};
  EXPECT_THAT(types, ::testing::UnorderedElementsAre("publish_success", "data"));
  EXPECT_EQ(frames[3].opcode, Opcode::close);
  EXPECT_EQ(close_code(frames[3].payload), 1003);
}

}  // namespace
}  // namespace eventsd::server_test
