#include "protocol/client_message.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

#include "protocol/server_message.hpp"
#include "unit/protocol/support/payloads.hpp"

namespace eventsd::protocol {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ReplyType = Invalid::ReplyType;

// A publish looks into its text, so that is kept.
ClientMessage parse(std::string_view text) {
  static std::deque<std::vector<char>> texts;  // each of exactly its size
  const std::vector<char>& kept = texts.emplace_back(text.begin(), text.end());
  return parse_client_message({kept.data(), kept.size()}, PublishLimits{});
}

template <typename T>
T expect(std::string_view text) {
  ClientMessage message = parse(text);
  if (T* found = std::get_if<T>(&message)) return std::move(*found);
  ADD_FAILURE() << "another kind of message (" << message.index() << "): " << text;
  return T{};
}

// A publish whose `events` is as given.
std::string publish(std::string_view events) {
  return R"({"type":"publish","id":"1","channel":"/default/x","events":)" + std::string(events) +
         "}";
}

std::string subscribe_with(std::string_view member) {
  return R"({"type":"subscribe","id":"1","channel":"/default/x",)" + std::string(member) + "}";
}

// As amplify 6.22.1 sends it (protocol.md 3.2).
constexpr std::string_view kAmplifyPublish =
    R"({"id":"79617034-7c13-4dba-ad61-ebd12c98f817","channel":"/default/x","events":["{\"hello\":1}","\"two\""],"authorization":{"host":"localhost:34293","x-amz-date":"20261122T011847Z","x-api-key":"da2-testkey","x-amz-user-agent":"aws-amplify/6.22.1 framework/100"},"payload":{"channel":"/default/x","events":["{\"hello\":1}","\"two\""],"extensions":{"authorization":{"host":"localhost:34293","x-amz-date":"20261122T011847Z","x-api-key":"da2-testkey","x-amz-user-agent":"aws-amplify/6.22.1 framework/100"}}},"type":"publish"})";

TEST(ClientMessage, IsAConnectionInitWithOrWithoutPayload) {
  expect<ConnectionInit>(R"({"type":"connection_init"})");
  expect<ConnectionInit>(R"({"type":"connection_init","payload":{"a":[1,2,{}]}})");
}

TEST(ClientMessage, MayBeAKeepAlive) { expect<KeepAlive>(R"({"type":"ka"})"); }

TEST(ClientMessage, IsAnUnsubscribeWithAnId) {
  EXPECT_EQ(expect<Unsubscribe>(R"({"type":"unsubscribe","id":"ee-1"})").id, "ee-1");
}

TEST(ClientMessage, IsThePublishThatAmplifySends) {
  const auto message = expect<Publish>(kAmplifyPublish);
  EXPECT_EQ(message.id, "79617034-7c13-4dba-ad61-ebd12c98f817");
  EXPECT_EQ(message.channel, "/default/x");
  EXPECT_THAT(test::payloads(message), ElementsAre(R"({"hello":1})", R"("two")"));
  EXPECT_EQ(message.credentials.decode().api_key, "da2-testkey");
}

TEST(ClientMessage, IsASubscribeWithCredentials) {
  const auto message = expect<Subscribe>(
      R"({"type":"subscribe","id":"1","channel":"/a/*","authorization":{"Authorization":"Bearer x","host":"h"}})");
  EXPECT_EQ(message.channel, "/a/*");
  EXPECT_EQ(message.credentials.authorization, "Bearer x");
  EXPECT_EQ(message.credentials.object, R"({"Authorization":"Bearer x","host":"h"})");
  EXPECT_FALSE(message.replay);
}

TEST(ClientMessage, ToleratesWhiteSpaceEverywhere) {
  const auto message = expect<Publish>(
      "\n{ \"type\" : \"publish\" ,\t\"id\":\"1\", \"channel\" :\"c\" , \"events\" : [ \"1\" , "
      "\"2\" ] }\r\n");
  EXPECT_THAT(test::payloads(message), ElementsAre("1", "2"));
}

TEST(ClientMessage, KnowsMembersByTheirUnescapedNames) {
  expect<KeepAlive>(R"({"\u0074ype":"k\u0061"})");
}

TEST(ClientMessage, TakesTheLastOfEqualMembers) {
  const auto message = expect<Publish>(
      R"({"type":"ka","type":"publish","id":"1","id":"2","channel":"a","channel":"b","events":["x"],"events":["1"],"authorization":{"x-api-key":"a"},"authorization":{"Authorization":"b"}})");
  EXPECT_EQ(message.id, "2");
  EXPECT_EQ(message.channel, "b");
  EXPECT_THAT(test::payloads(message), ElementsAre("1"));
  const Credentials credentials = message.credentials.decode();
  EXPECT_EQ(credentials.api_key, "");
  EXPECT_EQ(credentials.authorization, "b");
}

TEST(ClientMessage, NeedsNoCredentials) {
  EXPECT_TRUE(expect<Publish>(publish(R"(["1"])")).credentials.decode().empty());
  EXPECT_TRUE(expect<Subscribe>(subscribe_with(R"("authorization":null)")).credentials.empty());
}

TEST(ClientMessage, WithoutJsonIsAnErrorWithoutId) {
  for (const char* text :
       {"", "hello", "{", R"({"type":"ka"}x)", R"({"type":"ka",})",
        R"({"type":"unsubscribe","id":"1","x":01})", R"({"type":"ka" "id":"1"})",
        R"({"type":"ka","id":"\ud800"})", R"({"type":"ka","x":"\q"})", "\xef\xbb\xbf{}"}) {
    const auto invalid = expect<Invalid>(text);
    EXPECT_EQ(invalid.reply, ReplyType::error);
    EXPECT_EQ(invalid.id, "");
    EXPECT_EQ(invalid.error.kind, ErrorKind::bad_request);
    EXPECT_EQ(invalid.error.message, "Invalid JSON") << text;
  }
}

TEST(ClientMessage, MustBeAnObject) {
  for (const char* text : {"[]", "null", "1", R"("publish")", R"([{"type":"ka"}])"}) {
    EXPECT_EQ(expect<Invalid>(text).error.message, "Message is not a JSON object") << text;
  }
}

TEST(ClientMessage, WithoutTypeIsAnErrorThatEchoesAValidId) {
  for (const char* text :
       {R"({"id":"1"})", R"({"id":"1","type":5})", R"({"id":"1","type":null})"}) {
    const auto invalid = expect<Invalid>(text);
    EXPECT_EQ(invalid.reply, ReplyType::error);
    EXPECT_EQ(invalid.id, "1");
    EXPECT_EQ(invalid.error.kind, ErrorKind::bad_request);
  }
  EXPECT_EQ(expect<Invalid>(R"({"id":"not valid"})").id, "");
}

TEST(ClientMessage, OfUnknownTypeIsUnsupportedAndHasNoId) {
  for (const char* text : {R"({"type":"start","id":"1"})", R"({"type":"","id":"1"})",
                           R"({"type":"PUBLISH","id":"1"})", R"({"type":"data","id":"1"})"}) {
    const auto invalid = expect<Invalid>(text);
    EXPECT_EQ(invalid.reply, ReplyType::error);
    EXPECT_EQ(invalid.id, "");
    EXPECT_EQ(invalid.error.kind, ErrorKind::unsupported_operation);
  }
}

TEST(ClientMessage, WithoutValidIdIsAnErrorWithoutId) {
  for (const char* type : {"publish", "subscribe", "unsubscribe"}) {
    for (const std::string& id :
         {std::string(), std::string(R"(,"id":"")"), std::string(R"(,"id":7)"),
          std::string(R"(,"id":"a b")"), std::string(R"(,"id":"\u00e9")"),
          R"(,"id":")" + std::string(129, 'a') + '"'}) {
      const auto invalid = expect<Invalid>(R"({"type":")" + std::string(type) + '"' + id +
                                           R"(,"channel":"/a","events":["1"]})");
      EXPECT_EQ(invalid.reply, ReplyType::error);
      EXPECT_EQ(invalid.id, "");
      EXPECT_EQ(invalid.error.kind, ErrorKind::bad_request);
      EXPECT_THAT(invalid.error.message, HasSubstr("Invalid id"));
    }
  }
}

TEST(ClientMessage, WithoutChannelIsRefusedByItsId) {
  for (const char* channel : {"", R"(,"channel":null)", R"(,"channel":["/a"])"}) {
    const std::string rest = R"(","id":"1","events":["1"])" + std::string(channel) + "}";
    const auto publish_fault = expect<Invalid>(R"({"type":"publish)" + rest);
    EXPECT_EQ(publish_fault.reply, ReplyType::publish_error);
    EXPECT_EQ(publish_fault.id, "1");
    EXPECT_EQ(publish_fault.error.kind, ErrorKind::bad_request);
    const auto subscribe_fault = expect<Invalid>(R"({"type":"subscribe)" + rest);
    EXPECT_EQ(subscribe_fault.reply, ReplyType::subscribe_error);
    EXPECT_EQ(subscribe_fault.id, "1");
  }
}

TEST(ClientMessage, LeavesTheChannelsFormToOthers) {
  EXPECT_EQ(expect<Subscribe>(R"({"type":"subscribe","id":"1","channel":"a\/\u0062 c"})").channel,
            "a/b c");
}

TEST(ClientMessage, NeedsAnObjectForCredentials) {
  for (const char* bad :
       {R"("authorization":"x")", R"("authorization":[])", R"("authorization":1)"}) {
    EXPECT_EQ(expect<Invalid>(subscribe_with(bad)).error.kind, ErrorKind::bad_request);
  }
}

TEST(ClientMessage, PublishNeedsAnArrayOfEvents) {
  for (const char* events : {"[]", "null", R"("1")", "{}"}) {
    const auto invalid = expect<Invalid>(publish(events));
    EXPECT_EQ(invalid.reply, ReplyType::publish_error);
    EXPECT_EQ(invalid.error.kind, ErrorKind::bad_request);
    EXPECT_THAT(invalid.error.message, HasSubstr("Events"));
  }
  EXPECT_EQ(expect<Invalid>(R"({"type":"publish","id":"1","channel":"/a"})").error.message,
            "Missing events");
}

TEST(ClientMessage, NamesTheEventThatIsNotAString) {
  EXPECT_EQ(expect<Invalid>(publish(R"(["1",{"a":1}])")).error.message, "Event 1 is not a string");
}

TEST(ClientMessage, NamesTheEventThatIsNotJson) {
  for (const char* events : {R"(["1","{"])", R"(["1",""])", R"(["1","hello"])", R"(["1","1 2"])"}) {
    EXPECT_EQ(expect<Invalid>(publish(events)).error.message, "Event 1 is not valid JSON")
        << events;
  }
}

TEST(ClientMessage, PassesOnAnEventThatEscapesHalfASurrogatePair) {
  EXPECT_THAT(test::payloads(expect<Publish>(publish(R"(["\"\\ud800\""])"))),
              ElementsAre(R"("\ud800")"));
}

TEST(ClientMessage, PassesEventTextsOnUnchanged) {
  const std::string event = " {\"a\" : [1.50, \"\\u00e9\\\"\xc3\xa9\\/\"],\"a\":1e2}\n";
  std::string literal;
  append_json_string(literal, event);
  EXPECT_THAT(test::payloads(expect<Publish>(publish("[" + literal + "]"))), ElementsAre(event));
}

TEST(ClientMessage, DecodesEveryEscapeOfAnEvent) {
  EXPECT_THAT(test::payloads(expect<Publish>(
                  publish(R"(["\"\u0041\u00e9\u20AC\ud83d\uDE00\/\"","\t1\r\n"])"))),
              ElementsAre("\"A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80/\"", "\t1\r\n"));
}

TEST(ClientMessage, DecodesEscapesAtEveryPlaceOfAnEvent) {
  for (std::size_t before = 0; before < 40; ++before) {
    for (std::size_t quotes = 0; quotes < 40; ++quotes) {
      std::string event = '"' + std::string(before, 'x');
      for (std::size_t i = 0; i < quotes; ++i) event += i % 3 == 2 ? "\\n," : "\\\"";
      event += std::string(40 - quotes, 'y') + '"';
      std::string literal;
      append_json_string(literal, event);
      EXPECT_THAT(test::payloads(expect<Publish>(publish("[" + literal + "]"))),
                  ElementsAre(event));
    }
  }
}

TEST(ClientMessage, AllowsFiveEventsAndNoMore) {
  EXPECT_EQ(expect<Publish>(publish(R"(["1","2","3","4","5"])")).batch->events.size(), 5u);
  const auto invalid = expect<Invalid>(publish(R"(["1","2","3","4","5","6"])"));
  EXPECT_EQ(invalid.reply, ReplyType::publish_error);
  EXPECT_EQ(invalid.id, "1");
  EXPECT_EQ(invalid.error.kind, ErrorKind::too_many_events);
  EXPECT_EQ(invalid.error.message, "input exceeded 5 event limit");
}

TEST(ClientMessage, NamesTheConfiguredEventLimit) {
  PublishLimits limits;
  limits.max_events = 1;
  const ClientMessage message = parse_client_message(publish(R"(["1","2"])"), limits);
  EXPECT_EQ(std::get<Invalid>(message).error.message, "input exceeded 1 event limit");
}

TEST(ClientMessage, CountsDecodedBytesAgainstThePublishSize) {
  PublishLimits limits;
  limits.max_publish_size = 8;
  const auto fits = publish(R"(["\"\u0041\"","\"abc\""])");  // 3 + 5
  EXPECT_TRUE(std::holds_alternative<Publish>(parse_client_message(fits, limits)));
  const auto over = parse_client_message(publish(R"(["\"\u0041b\"","\"abc\""])"), limits);
  EXPECT_EQ(std::get<Invalid>(over).error.kind, ErrorKind::payload_too_large);
  EXPECT_EQ(std::get<Invalid>(over).reply, ReplyType::publish_error);
}

TEST(ClientMessage, IgnoresMembersOfOtherTypes) {
  expect<Unsubscribe>(R"({"type":"unsubscribe","id":"1","events":5,"channel":{},"replay":[]})");
  expect<Subscribe>(subscribe_with(R"("events":["not json"])"));
  expect<Publish>(R"({"type":"publish","id":"1","channel":"/a","events":["1"],"replay":7})");
}

TEST(ClientMessage, MayAskForReplay) {
  EXPECT_EQ(expect<Subscribe>(subscribe_with(R"("replay":{"last":0})")).replay->last, 0u);
  EXPECT_EQ(expect<Subscribe>(subscribe_with(R"("replay":{"last":1000})")).replay->last, 1000u);
  const auto after = expect<Subscribe>(subscribe_with(R"("replay":{"after":"AQ","more":1})"));
  EXPECT_EQ(after.replay->after, "AQ");
  EXPECT_FALSE(after.replay->last);
}

TEST(ClientMessage, RefusesAMalformedReplayByItsId) {
  for (const char* replay :
       {"null", "5", "[]", "{}", R"({"last":1001})", R"({"last":-1})", R"({"last":-0})",
        R"({"last":1.0})", R"({"last":1e2})", R"({"last":"5"})", R"({"last":null})",
        R"({"last":10000000000000000000000})", R"({"after":""})", R"({"after":5})",
        R"({"after":null})", R"({"last":5,"after":"AQ"})", R"({"last":5,"after":null})"}) {
    const auto invalid = expect<Invalid>(subscribe_with(R"("replay":)" + std::string(replay)));
    EXPECT_EQ(invalid.reply, ReplyType::subscribe_error) << replay;
    EXPECT_EQ(invalid.id, "1");
    EXPECT_EQ(invalid.error.kind, ErrorKind::bad_request);
  }
}

TEST(ClientMessage, MayBeNested128Deep) {
  const auto nested = [](std::size_t depth) {
    return R"({"type":"ka","x":)" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
  };
  expect<KeepAlive>(nested(128));
  EXPECT_EQ(expect<Invalid>(nested(129)).error.message, "Invalid JSON");
  expect<Invalid>(R"({"type":"ka","x":)" + std::string(1'000'000, '['));
}

TEST(ClientMessage, IsInvalidWhereverItIsCut) {
  for (std::size_t size = 0; size < kAmplifyPublish.size(); ++size) {
    // A copy of exactly that size, so that the address sanitizer finds a read beyond it.
    const std::vector<char> cut(kAmplifyPublish.begin(), kAmplifyPublish.begin() + size);
    const ClientMessage message = parse(std::string_view(cut.data(), cut.size()));
    EXPECT_TRUE(std::holds_alternative<Invalid>(message)) << size;
  }
}

TEST(ClientMessage, CarriesTheLargestLegalPublishOfQuotes) {
  std::string event = "\"";
  for (int i = 0; i < 234 * 512 - 1; ++i) event += "\\\"";
  event += '"';
  std::string events = "[";
  for (int i = 0; i < 5; ++i) {
    if (i > 0) events += ',';
    append_json_string(events, event);
  }
  events += ']';
  EXPECT_EQ(test::payloads(expect<Publish>(publish(events)))[4], event);
}

TEST(OperationId, IsOneTo128OfItsAlphabet) {
  EXPECT_TRUE(is_operation_id("azAZ09-_+"));
  EXPECT_TRUE(is_operation_id(std::string(128, 'x')));
  for (const std::string& bad : {std::string(), std::string(129, 'x'), std::string("a b"),
                                 std::string("a.b"), std::string("a/b"), std::string(1, '\0')}) {
    EXPECT_FALSE(is_operation_id(bad));
  }
}

}  // namespace
}  // namespace eventsd::protocol
