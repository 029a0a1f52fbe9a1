// How a connection begins, changes with the configuration, and ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/protocol/support/client_frame.hpp"
#include "unit/server/support/test_shard.hpp"

namespace eventsd::server_test {
namespace {

using protocol::client_frame;
using protocol::Fin;
using protocol::Opcode;
using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The code of the only frame, a Close.
int close_of(TestClient& client) {
  const std::vector<Frame> frames = client.frames();
  if (frames.size() != 1 || frames[0].opcode != Opcode::close) return -1;
  return close_code(frames[0].payload);
}

TEST(Connection, AnswersTheUpgradeWithTheAcceptKeyAndTheSubprotocol) {
  TestShard shard;
  TestClient client = shard.connect();
  const std::string answer = client.upgrade();
  EXPECT_THAT(answer, HasSubstr("HTTP/1.1 101 "));
  EXPECT_THAT(answer, HasSubstr("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
  EXPECT_THAT(answer, HasSubstr("Sec-WebSocket-Protocol: aws-appsync-event-ws\r\n"));
}

TEST(Connection, WithAWrongKeyIsToldOnTheSocketAtItsFirstFrameAndClosedWith1000) {
  TestShard shard;
  TestClient client = shard.connect();
  client.upgrade("x-api-key: da2-bad\r\n");
  client.send(R"({"type":"connection_init"})");
  const std::vector<Frame> frames = client.frames();
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_EQ(member(frames[0].payload, "type"), "connection_error");
  EXPECT_EQ(member(frames[0].payload, "errorType"), "UnauthorizedException");
  EXPECT_EQ(close_code(frames[1].payload), 1000);
}

TEST(Connection, ServesFramesThatCameTogetherWithTheUpgrade) {
  TestShard shard;
  TestClient client = shard.connect();
  client.send_raw(
      "GET /event/realtime HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
      "Connection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nx-api-key: da2-good\r\n"
      "Sec-WebSocket-Protocol: aws-appsync-event-ws\r\n\r\n" +
      client_frame(Opcode::text, R"({"type":"connection_init"})"));
  EXPECT_THAT(client.take_bytes(), HasSubstr("connection_ack"));
}

TEST(Connection, AnswersACloseAndEndsWhenThePeerDoes) {
  TestShard shard;
  TestClient client = shard.connect_websocket();
  client.send_raw(client_frame(Opcode::close, std::string("\x03\xe8 bye", 6)));
  EXPECT_EQ(close_of(client), 1000);
  EXPECT_TRUE(client.at_end());
  client.vanish();
  shard.pump();
  EXPECT_EQ(shard.ended(), 1u);
}

TEST(Connection, ServesNothingBehindTheClientsClose) {
  TestShard shard;
  TestClient client = shard.connect_websocket();
  client.send_raw(client_frame(Opcode::close, "") +
                  client_frame(Opcode::text, publish_message("p", "/durable/a", "1")));
  EXPECT_EQ(shard.store.appended(), 0u);
}

TEST(Connection, ClosesOnBinaryUnmaskedAndOversizeFrames) {
  const auto close_after = [](const std::string& bytes) {
    TestShard shard([](Config& config) { config.limits.max_frame_size = 1000; });
    TestClient client = shard.connect_websocket();
    client.send_raw(bytes);
    return close_of(client);
  };
  EXPECT_EQ(close_after(client_frame(Opcode::binary, "x")), 1003);
  EXPECT_EQ(close_after(std::string("\x81\x01x", 3)), 1002);
  EXPECT_EQ(close_after(client_frame(Opcode::text, "\xff")), 1007);
  EXPECT_EQ(close_after(client_frame(Opcode::text, std::string(1001, ' '))), 1009);
}

TEST(Connection, SendsKeepAlivesOnlyAfterTheFirstFrame) {
  TestShard shard([](Config& config) { config.limits.keep_alive_interval = milliseconds(0); });
  TestClient client = shard.connect_websocket();
  shard.pass(milliseconds(100));
  EXPECT_THAT(client.texts(), IsEmpty());
  client.send(R"({"type":"connection_init"})");
  (void)client.texts();
  shard.pass(milliseconds(200));
  EXPECT_THAT(members(client.texts(), "type"), ::testing::Contains("ka"));
}

TEST(Connection, IsClosedWith1001AtTheEndOfItsLifetime) {
  TestShard shard([](Config& config) { config.limits.max_connection_lifetime = milliseconds(0); });
  TestClient client = shard.connect_websocket();
  shard.pass(milliseconds(100));
  EXPECT_EQ(close_of(client), 1001);
}

TEST(Connection, GivesAFrameThatHasBegunATimeToComeWhole) {
  TestShard shard;
  TestClient client = shard.connect_websocket();
  shard.reload({}, [](Config& config) { config.limits.idle_http_timeout = milliseconds(0); });
  client.send_raw(client_frame(Opcode::text, unsubscribe_message("s")).substr(0, 10));
  shard.pass(milliseconds(100));
  EXPECT_EQ(close_of(client), 1008);
}

TEST(Connection, CountsTheTimeOfAFrameFromItsOwnBeginning) {
  TestShard shard;
  TestClient client = shard.connect_websocket();
  const std::string frame = client_frame(Opcode::text, R"({"type":"ka"})");
  client.send_raw(frame.substr(0, 10));  // has 75 s
  shard.reload({}, [](Config& config) { config.limits.idle_http_timeout = milliseconds(0); });
  client.send_raw(frame.substr(10) + frame.substr(0, 10));  // the next has none
  shard.pass(milliseconds(100));
  EXPECT_EQ(close_of(client), 1008);
}

TEST(Connection, DoesNotGiveAFrameMoreTimeForPingsBetweenItsFragments) {
  TestShard shard;
  TestClient client = shard.connect_websocket();
  const std::string rest = client_frame(Opcode::continuation, "\"ka\"}");
  client.send_raw(client_frame(Opcode::text, R"({"type":)", Fin::no));
  shard.reload({}, [](Config& config) { config.limits.idle_http_timeout = milliseconds(0); });
  client.send_raw(client_frame(Opcode::ping, "") + rest.substr(0, 3));
  shard.pass(milliseconds(100));
  for (const Frame& frame : client.frames()) EXPECT_EQ(frame.opcode, Opcode::pong);
}

TEST(Connection, IsClosedWith1012WhenTheNamespaceOfASubscriptionDisappears) {
  TestShard shard;
  TestClient client = shard.connect_websocket();
  TestClient bystander = shard.connect_websocket();
  client.send(subscribe_message("s", "/default/a"));
  bystander.send(subscribe_message("s", "/durable/a"));
  (void)client.texts();
  (void)bystander.texts();
  shard.reload({"default"});
  EXPECT_EQ(close_of(client), 1012);
  EXPECT_THAT(bystander.frames(), IsEmpty());
}

TEST(Connection, DoesNotSubscribeToANamespaceThatDisappearedMeanwhile) {
  TestShard shard;
  TestClient client = shard.connect_websocket();
  shard.gate->shut();
  client.send(subscribe_message("s", "/default/a"));
  shard.reload({"default"});
  shard.gate->open();
  EXPECT_THAT(members(client.texts(), "type"), ElementsAre("subscribe_error"));
  EXPECT_EQ(shard.context.hub.topics(), 0u);
}

TEST(Connection, KeepsItsSubscriptionsThroughAReloadThatKeepsTheirNamespace) {
  TestShard shard;
  TestClient client = shard.connect_websocket();
  client.send(subscribe_message("s", "/default/a"));
  (void)client.texts();
  shard.reload({"private"});
  shard.publish("/default/a", "1");
  EXPECT_THAT(members(client.texts(), "type"), ElementsAre("data"));
}

TEST(Connection, AllowsAsManySubscriptionsAsTheLimitSays) {
  TestShard shard([](Config& config) { config.limits.max_subscriptions_per_connection = 2; });
  TestClient client = shard.connect_websocket();
  client.send_all({subscribe_message("a", "/default/a"), subscribe_message("a", "/default/b"),
                   subscribe_message("b", "/default/*"), subscribe_message("c", "/default/c")});
  EXPECT_THAT(members(client.texts(), "errorType"),
              ElementsAre("", "DuplicatedOperationError", "", "MaxSubscriptionsReachedError"));
}

TEST(Connection, RefusesPublishesOverTheRate) {
  TestShard shard([](Config& config) { config.limits.publishes_per_second_per_connection = 1; });
  TestClient client = shard.connect_websocket();
  client.send_all(
      {publish_message("p", "/default/a", "1"), publish_message("q", "/default/a", "2")});
  EXPECT_THAT(members(client.texts(), "errorType"), ElementsAre("", "LimitExceededError"));
}

TEST(Connection, TellsAFailedCommitToThePublisherAlone) {
  TestShard shard;
  TestClient client = shard.connect_websocket();
  client.send_all({subscribe_message("s", "/durable/a"), publish_message("p", "/durable/a", "1")});
  shard.store.refuse(ErrorKind::store_full);
  EXPECT_THAT(members(client.texts(), "type"), ElementsAre("subscribe_success", "publish_error"));
}

TEST(Connection, DeliversADurableEventAndAnswersItsPublisherAfterTheCommitOnly) {
  TestShard shard;
  TestClient client = shard.connect_websocket();
  client.send_all({subscribe_message("s", "/durable/a"), publish_message("p", "/durable/a", "1")});
  EXPECT_THAT(members(client.texts(), "type"), ElementsAre("subscribe_success"));
  shard.store.commit();
  EXPECT_THAT(members(client.texts(), "type"),
              ::testing::UnorderedElementsAre("data", "publish_success"));
}

}  // namespace
}  // namespace eventsd::server_test
