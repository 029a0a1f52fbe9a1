// Pressure flows to publishers: what happens while the queues behind a namespace fill.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/protocol/support/client_frame.hpp"
#include "unit/server/support/test_shard.hpp"

namespace eventsd::server_test {
namespace {

using protocol::client_frame;
using protocol::Opcode;
using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr std::uint64_t kCap = 1000;
constexpr milliseconds kSoon{100};

std::string post_event(std::string_view channel) {
  const std::string body = R"({"channel":")" + std::string(channel) + R"(","events":["1"]})";
  return "POST /event HTTP/1.1\r\nHost: localhost\r\nx-api-key: da2-good\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string by_a_stranger(std::string message) {
  const std::string key = "da2-good";
  const std::size_t at = message.find(key);
  EXPECT_NE(at, std::string::npos);
  return message.replace(at, key.size(), "da2-none");
}

class Pressure : public ::testing::Test {
 protected:
  void press(std::uint64_t bytes) { shard_.store.set_queue(bytes, kCap); }
  TestShard shard_;
};

TEST_F(Pressure, APublishIsTakenUpToHalfOfTheCap) {
  TestClient client = shard_.connect_websocket();
  press(kCap / 2);
  client.send(publish_message("p", "/durable/a", "1"));
  EXPECT_EQ(shard_.store.appended(), 1u);
}

TEST_F(Pressure, AboveHalfOfTheCapAPublishWaitsUntilItEases) {
  TestClient client = shard_.connect_websocket();
  press(kCap / 2 + 1);
  client.send(publish_message("p", "/durable/a", "1"));
  shard_.pass(kSoon);
  EXPECT_EQ(shard_.store.appended(), 0u);
  EXPECT_THAT(client.texts(), IsEmpty());
  press(0);
  shard_.pass(kSoon);
  EXPECT_EQ(shard_.store.appended(), 1u);
}

TEST_F(Pressure, WhatComesBehindAHeldPublishKeepsItsPlace) {
  TestClient client = shard_.connect_websocket();
  press(kCap - 1);
  client.send_all({publish_message("p", "/durable/a", "1"), subscribe_message("s", "/default/a"),
                   publish_message("q", "/durable/a", "2")});
  EXPECT_THAT(client.texts(), IsEmpty());
  press(0);
  shard_.pass(kSoon);
  shard_.store.commit();
  shard_.pump();
  shard_.store.commit();
  EXPECT_THAT(members(client.texts(), "id"), ElementsAre("p", "s", "q"));
}

TEST_F(Pressure, AFrameThatIsIncompleteBehindAHeldPublishDoesNotDelayIt) {
  TestClient client = shard_.connect_websocket();
  const std::string next = client_frame(Opcode::text, unsubscribe_message("s"));
  press(kCap - 1);
  client.send_raw(client_frame(Opcode::text, publish_message("p", "/durable/a", "1")) +
                  next.substr(0, next.size() / 2));
  press(0);
  shard_.pass(kSoon);
  EXPECT_EQ(shard_.store.appended(), 1u);
}

TEST_F(Pressure, ACloseBehindAHeldPublishEndsTheConnectionAtOnce) {
  TestClient client = shard_.connect_websocket();
  press(kCap - 1);
  client.send_raw(client_frame(Opcode::text, publish_message("p", "/durable/a", "1")) +
                  client_frame(Opcode::close, ""));
  client.vanish();
  shard_.pump();
  EXPECT_EQ(shard_.ended(), 1u);
}

TEST_F(Pressure, OtherConnectionsAndOtherNamespacesAreUntouched) {
  TestClient publisher = shard_.connect_websocket();
  TestClient other = shard_.connect_websocket();
  press(kCap - 1);
  publisher.send(publish_message("p", "/durable/a", "1"));
  other.send_all({subscribe_message("s", "/durable/a"), publish_message("q", "/default/a", "1"),
                  unsubscribe_message("s")});
  EXPECT_THAT(members(other.texts(), "type"),
              ElementsAre("subscribe_success", "publish_success", "unsubscribe_success"));
}

TEST_F(Pressure, AtTheCapAPublishIsRefusedAndReadingGoesOn) {
  TestClient client = shard_.connect_websocket();
  press(kCap);
  client.send_all({publish_message("p", "/durable/a", "1"), unsubscribe_message("s")});
  const std::vector<std::string> answers = client.texts();
  EXPECT_THAT(members(answers, "type"), ElementsAre("publish_error", "unsubscribe_error"));
  EXPECT_THAT(members(answers, "errorType"),
              ElementsAre("LimitExceededError", "UnknownOperationError"));
  EXPECT_EQ(shard_.store.appended(), 0u);
}

TEST_F(Pressure, AHeldPublishIsRefusedWhenTheCapIsReached) {
  TestClient client = shard_.connect_websocket();
  press(kCap - 1);
  client.send(publish_message("p", "/durable/a", "1"));
  press(kCap);
  shard_.pass(kSoon);
  EXPECT_THAT(members(client.texts(), "errorType"), ElementsAre("LimitExceededError"));
}

// A socket's stranger, too: who may connect is not thereby one who may publish.
TEST_F(Pressure, AStrangersPublishIsRefusedAtOnceWhetherTheNamespaceExistsOrNot) {
  TestClient client = shard_.connect_websocket();
  press(kCap - 1);
  for (const char* const channel : {"/durable/a", "/nowhere/a"}) {
    client.send(by_a_stranger(publish_message("p", channel, "1")));
    EXPECT_THAT(members(client.texts(), "errorType"), ElementsAre("UnauthorizedException"))
        << channel;
  }
}

TEST_F(Pressure, AfterAPublishHasBeenGrantedTheNextAreNotEvenReadUntilItEases) {
  TestClient client = shard_.connect_websocket();
  client.send(publish_message("p", "/durable/a", "1"));
  shard_.store.commit();
  EXPECT_THAT(members(client.texts(), "type"), ElementsAre("publish_success"));
  press(kCap - 1);
  client.send_all({by_a_stranger(publish_message("q", "/durable/a", "2")),
                   publish_message("r", "/default/a", "3")});
  EXPECT_THAT(client.texts(), IsEmpty());
  press(0);
  shard_.pass(kSoon);
  EXPECT_THAT(members(client.texts(), "type"), ElementsAre("publish_error", "publish_success"));
}

TEST_F(Pressure, AFirstPublishThatWaitsInVainIsRefusedInItsTurn) {
  TestClient client = shard_.connect_websocket();
  press(kCap - 1);
  client.send_all({publish_message("p", "/durable/a", "1"), unsubscribe_message("s")});
  press(kCap);
  shard_.pass(kSoon);
  EXPECT_THAT(members(client.texts(), "id"), ElementsAre("p", "s"));
  EXPECT_EQ(shard_.store.appended(), 0u);
}

TEST_F(Pressure, OverHttpItIs503WithRetryAfter) {
  TestClient client = shard_.connect();
  press(kCap);
  client.send_raw(post_event("/durable/a"));
  const std::string answer = client.take_bytes();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(answer, HasSubstr("\r\nRetry-After: 1\r\n"));
  EXPECT_THAT(answer, HasSubstr("ServiceUnavailableException"));
}

TEST_F(Pressure, OverHttpAPublishWaitsAboveHalfOfTheCap) {
  TestClient client = shard_.connect();
  press(kCap - 1);
  client.send_raw(post_event("/durable/a"));
  shard_.pass(kSoon);
  EXPECT_EQ(client.take_bytes(), "");
  press(0);
  shard_.pass(kSoon);
  EXPECT_EQ(shard_.store.appended(), 1u);
  shard_.store.commit();
  EXPECT_THAT(client.take_bytes(), StartsWith("HTTP/1.1 200 "));
}

// Who may not publish would otherwise learn from the wait which namespaces there are.
TEST_F(Pressure, OverHttpAStrangerIsRefusedAtOnce) {
  TestClient client = shard_.connect();
  press(kCap - 1);
  client.send_raw(by_a_stranger(post_event("/durable/a")));
  EXPECT_THAT(client.take_bytes(), StartsWith("HTTP/1.1 401 "));
}

}  // namespace
}  // namespace eventsd::server_test
