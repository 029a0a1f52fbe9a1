// The verbs that use the socket, against a scripted server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/text.hpp"
#include "unit/app/support/command.hpp"
#include "unit/app/support/socket_server.hpp"

namespace eventsd::app {
namespace {

using nlohmann::json;
using test::Ended;
using test::run_command;
using test::SocketServer;
using ::testing::HasSubstr;
using ::testing::Not;
using Frames = std::vector<std::string>;

Ended run(const SocketServer& server, std::vector<std::string> arguments) {
  for (const std::string& word :
       {std::string("--url"), server.url(), std::string("--api-key"), std::string("da2-key")}) {
    arguments.push_back(word);
  }
  return run_command(arguments);
}

std::string success(const std::string& members = {}) {
  return R"({"id":"1","type":"subscribe_success")" + members + "}";
}

std::string refusal(const std::string& type) {
  return R"({"id":"1","type":"subscribe_error","errors":[{"errorType":")" + type +
         R"(","message":"why"}]})";
}

std::string data(const std::string& event, const std::string& cursor = {}) {
  json frame{{"id", "1"}, {"type", "data"}, {"event", event}};
  if (!cursor.empty()) frame["cursor"] = cursor;
  return frame.dump();
}

TEST(Subscribe, PrintsEventsAsLinesOfJsonAndEndsAfterItsCount) {
  SocketServer server([](int, const json&) {
    return Frames{success(R"(,"recovered":true,"cursor":"c0")"), data("{\"a\":\n1.50}", "c1"),
                  data("2", "c2"), data("3", "c3")};
  });
  const Ended ended = run(server, {"subscribe", "default/x", "--count", "2"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.out, "{\"a\": 1.50}\n2\n");
  const json message = server.messages().at(0);
  EXPECT_EQ(message["channel"], "/default/x");
  EXPECT_EQ(message["authorization"]["x-api-key"], "da2-key");
  EXPECT_EQ(message["replay"], (json{{"last", 0}}));
}

TEST(Subscribe, ConnectsWithItsCredentialsInTheSubprotocol) {
  SocketServer server([](int, const json&) { return Frames{success(), data("1")}; });
  const Ended ended = run(server, {"subscribe", "default/x", "--count", "1"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  server.messages();
  const std::string offered = server.offered_protocols();
  const std::string begin = "aws-appsync-event-ws, header-";
  ASSERT_EQ(offered.substr(0, begin.size()), begin);
  const auto text = protocol::base64_decode(offered.substr(begin.size()));
  ASSERT_TRUE(text);
  EXPECT_EQ(json::parse(*text)["x-api-key"], "da2-key");
}

TEST(Subscribe, JsonLinesHoldChannelEventAndCursor) {
  SocketServer server([](int, const json&) {
    return Frames{success(R"(,"recovered":true,"cursor":"c0")"), data("[1.50]", "c1")};
  });
  const Ended ended = run(server, {"subscribe", "default/x", "--count", "1", "--json"});
  EXPECT_EQ(ended.out, "{\"channel\":\"/default/x\",\"event\":[1.50],\"cursor\":\"c1\"}\n");
}

TEST(Subscribe, GoesOnAfterItsLastCursorOnANewConnection) {
  SocketServer server([](int connection, const json&) {
    if (connection == 0) {
      return Frames{success(R"(,"recovered":true,"cursor":"c0")"), data("1", "c1"), "close"};
    }
    return Frames{success(R"(,"recovered":false,"cursor":"c9")"), data("2", "c2")};
  });
  const Ended ended = run(server, {"subscribe", "default/x", "--count", "2", "--last", "5"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.out, "1\n2\n");
  EXPECT_THAT(ended.err, HasSubstr("closed the connection (1012)"));
  EXPECT_THAT(ended.err, HasSubstr("no longer stored"));
  ASSERT_EQ(server.messages().size(), 2u);
  EXPECT_EQ(server.messages()[0]["replay"], (json{{"last", 5}}));
  EXPECT_EQ(server.messages()[1]["replay"], (json{{"after", "c1"}}));
}

TEST(Subscribe, FollowsWithoutReplayWhereNoHistoryCanBeRead) {
  SocketServer server([](int, const json& message) {
    return message.contains("replay") ? Frames{refusal("BadRequestException")}
                                      : Frames{success(), data("1")};
  });
  const Ended ended = run(server, {"subscribe", "default/x", "--count", "1"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("events may be missed"));
  EXPECT_EQ(server.messages().size(), 2u);
}

TEST(Subscribe, FollowsAServerThatKnowsNoReplay) {
  SocketServer server([](int connection, const json&) {
    return connection == 0 ? Frames{success(), data("1"), "close"} : Frames{success(), data("2")};
  });
  const Ended ended = run(server, {"subscribe", "default/x", "--count", "2"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.out, "1\n2\n");
  EXPECT_THAT(ended.err, HasSubstr("events may be missed"));
  EXPECT_FALSE(server.messages().at(1).contains("replay"));
}

TEST(Subscribe, FailsWhenTheStoredEventsThatWereAskedForCannotBeRead) {
  SocketServer server([](int, const json&) { return Frames{refusal("BadRequestException")}; });
  const Ended ended = run(server, {"subscribe", "default/x", "--last", "5"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("BadRequestException: why"));
}

TEST(Subscribe, DoesNotTryAgainWhenItIsNotAuthorized) {
  SocketServer server([](int, const json&) { return Frames{refusal("UnauthorizedException")}; });
  const Ended ended = run(server, {"subscribe", "default/x"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_EQ(server.messages().size(), 1u);
}

TEST(Subscribe, FailsWhenTheConnectionIsLostAndItMayNotReconnect) {
  SocketServer server([](int, const json&) { return Frames{success(), "close"}; });
  const Ended ended = run(server, {"subscribe", "default/x", "--no-reconnect"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, Not(HasSubstr("connecting again")));
}

std::string published(const json& message) {
  json successful = json::array();
  for (std::size_t i = 0; i < message["events"].size(); ++i) {
    successful.push_back({{"identifier", "id-" + std::to_string(i)}, {"index", i}});
  }
  return json{{"id", message["id"]},
              {"type", "publish_success"},
              {"successful", successful},
              {"failed", json::array()}}
      .dump();
}

TEST(PublishOverTheSocket, SendsBatchesOnOneConnection) {
  SocketServer server([](int connection, const json& message) {
    return connection == 0 ? Frames{published(message)} : Frames{"close"};
  });
  const Ended ended =
      run(server, {"publish", "default/x", "1", "2", "3", "4", "5", "[6,7]", "--ws"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.out, "id-0\nid-1\nid-2\nid-3\nid-4\nid-0\n");
  ASSERT_EQ(server.messages().size(), 2u);
  EXPECT_EQ(server.messages()[1]["events"], json{"[6,7]"});
}

TEST(PublishOverTheSocket, FailsWhenTheMessageIsRefused) {
  SocketServer server([](int, const json& message) {
    return Frames{json{{"id", message["id"]},
                       {"type", "publish_error"},
                       {"errors", {{{"errorType", "UnauthorizedException"}}}}}
                      .dump()};
  });
  const Ended ended = run(server, {"publish", "default/x", "1", "--ws"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("event 1: UnauthorizedException"));
}

TEST(PublishOverTheSocket, SendsABatchAgainWhenItWasTooFast) {
  SocketServer server([attempt = 0](int, const json& message) mutable {
    if (attempt++ > 0) return Frames{published(message)};
    return Frames{json{{"id", message["id"]},
                       {"type", "publish_error"},
                       {"errors", {{{"errorType", "LimitExceededError"}}}}}
                      .dump()};
  });
  const Ended ended = run(server, {"publish", "default/x", "1", "--ws"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(server.messages().size(), 2u);
}

TEST(PublishOverTheSocket, TellsWhichEventsWereNotSentWhenTheConnectionIsLost) {
  SocketServer server([](int, const json&) { return Frames{"close"}; });
  const Ended ended = run(server, {"publish", "default/x", "1", "2", "3", "4", "5", "6", "--ws"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("event 5: the server closed the connection (1012)"));
  EXPECT_THAT(ended.err, HasSubstr("the events after that were not sent"));
}

}  // namespace
}  // namespace eventsd::app
