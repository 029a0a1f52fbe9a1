#include "protocol/server_message.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace eventsd::protocol {
namespace {

std::string literal_of(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(ServerMessage, AcknowledgesAConnectionWithATopLevelTimeout) {
  EXPECT_EQ(connection_ack(std::chrono::seconds(300)),
            R"({"type":"connection_ack","connectionTimeoutMs":300000})");
}

TEST(ServerMessage, RefusesAConnectionWithTopLevelErrorsAndACode) {
  EXPECT_EQ(
      connection_error(fail(ErrorKind::unauthorized)),
      R"({"errors":[{"errorType":"UnauthorizedException","message":"You are not authorized to make this call.","errorCode":401}],"type":"connection_error"})");
}

TEST(ServerMessage, LeavesAnEmptyTextOut) {
  EXPECT_EQ(
      connection_error(fail(ErrorKind::forbidden)),
      R"({"errors":[{"errorType":"UnauthorizedException","errorCode":403}],"type":"connection_error"})");
  EXPECT_EQ(
      error_message("publish_error", "1", fail(ErrorKind::forbidden)),
      R"({"type":"publish_error","id":"1","errors":[{"errorType":"UnauthorizedException"}]})");
}

TEST(ServerMessage, KeepsAlive) { EXPECT_EQ(keep_alive(), R"({"type":"ka"})"); }

TEST(ServerMessage, AnswersSubscribeAndUnsubscribe) {
  EXPECT_EQ(subscribe_success("ee", std::nullopt), R"({"id":"ee","type":"subscribe_success"})");
  EXPECT_EQ(unsubscribe_success("ee"), R"({"id":"ee","type":"unsubscribe_success"})");
}

TEST(ServerMessage, TellsOfReplayOnlyWhenAskedFor) {
  EXPECT_EQ(subscribe_success("ee", ReplayAnswer{false, "AQ"}),
            R"({"id":"ee","type":"subscribe_success","recovered":false,"cursor":"AQ"})");
}

Event named(std::string_view id, std::uint32_t index) {
  Event event;
  event.id = id;
  event.index = index;
  return event;
}

std::string publish_success(std::string_view id, const std::vector<Event>& successful,
                            const std::vector<FailedEvent>& failed) {
  std::string out;
  append_publish_success(out, id, successful, failed);
  return out;
}

TEST(ServerMessage, AnswersPublishWithBothArrays) {
  EXPECT_EQ(
      publish_success("ee", {named("a", 0), named("b", 1)}, {}),
      R"({"id":"ee","type":"publish_success","successful":[{"identifier":"a","index":0},{"identifier":"b","index":1}],"failed":[]})");
}

TEST(ServerMessage, AnswersHttpPublishInTheObservedForm) {
  EXPECT_EQ(publish_body(std::vector{named("53287bee", 0)}, {}),
            R"({"failed":[],"successful":[{"identifier":"53287bee","index":0}]})");
  EXPECT_EQ(
      publish_body({},
                   {{"a", 0, "EventTooLargeException", "Transformed event is larger than 240KB"}}),
      R"({"failed":[{"code":"EventTooLargeException","identifier":"a","index":0,"message":"Transformed event is larger than 240KB"}],"successful":[]})");
}

TEST(ServerMessage, LeavesAnEmptyFailureCodeOut) {
  EXPECT_EQ(
      publish_body({}, {{"a", 2, "", "Message required"}}),
      R"({"failed":[{"identifier":"a","index":2,"message":"Message required"}],"successful":[]})");
}

TEST(ServerMessage, LeavesAnEmptyIdOut) {
  EXPECT_EQ(
      error_message("error", "", fail(ErrorKind::unsupported_operation)),
      R"({"type":"error","errors":[{"errorType":"UnsupportedOperation","message":"Operation not supported through the realtime channel"}]})");
}

TEST(ServerMessage, PrefersTheTextOfTheError) {
  EXPECT_EQ(
      error_message("subscribe_error", "1", fail(ErrorKind::bad_request, "Invalid \"x\"")),
      R"({"type":"subscribe_error","id":"1","errors":[{"errorType":"BadRequestException","message":"Invalid \"x\""}]})");
}

TEST(ServerMessage, NamesTheHttpTypeOverHttp) {
  EXPECT_EQ(
      http_error_body(fail(ErrorKind::too_many_events, "Input exceeded 5 event limit")),
      R"({"errors":[{"errorType":"BadRequestException","message":"Input exceeded 5 event limit"}]})");
}

TEST(ServerMessage, MakesADataFrameOfPrefixIdAndSuffix) {
  EXPECT_EQ(std::string(kDataPrefix) + "ee" + std::string(data_suffix(R"({"msg":"Hello"})")) + "}",
            R"({"type":"data","id":"ee","event":"{\"msg\":\"Hello\"}"})");
}

TEST(ServerMessage, KeepsNoSlackInASuffix) {
  const PooledText suffix = data_suffix(std::string(1000, '"'));
  EXPECT_LE(suffix.capacity(), suffix.size());
}

TEST(JsonString, EscapesAsJsonStringifyDoes) {
  EXPECT_EQ(literal_of("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(literal_of("\b\f\n\r\t"), R"("\b\f\n\r\t")");
  EXPECT_EQ(literal_of(std::string_view("\0\x1f\x7f", 3)), "\"\\u0000\\u001f\x7f\"");
  EXPECT_EQ(literal_of("<>& \xc3\xa9 \xf0\x9f\x98\x80 \xe2\x80\xa8"),
            "\"<>& \xc3\xa9 \xf0\x9f\x98\x80 \xe2\x80\xa8\"");
}

TEST(JsonString, ComesBackAsItWasForEveryByteAtEveryPlace) {
  for (std::size_t size = 0; size < 40; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (const char c : {'"', '\\', '\n', '\x01', 'x'}) {
        std::string text(size, 'y');
        text[at] = c;
        text[size - 1 - at] = c;
        EXPECT_EQ(nlohmann::json::parse(literal_of(text)).get<std::string>(), text);
      }
    }
  }
}

TEST(JsonString, IsAppendedBehindWhatIsThere) {
  std::string out = "before:";
  append_json_string(out, "x");
  EXPECT_EQ(out, "before:\"x\"");
}

}  // namespace
}  // namespace eventsd::protocol
