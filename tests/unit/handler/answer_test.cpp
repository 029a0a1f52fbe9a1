// Every row of handlers rules 1.4 and 5.2.
#include "handler/answer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace eventsd::handler {
namespace {

using ::testing::HasSubstr;

const std::vector<HandlerEvent> kAsked = {{"a", "1"}, {"b", "2"}, {"c", "3"}};

// "a=1 b!text": payload of a, error of b, in the order of the answer; or "? reason".
std::string shown(const Result<HandledEvents>& events) {
  if (!events) {
    EXPECT_EQ(events.error().kind, ErrorKind::handler_failed);
    EXPECT_TRUE(events.error().message.empty()) << "clients are told nothing";
    return "? " + events.error().reason;
  }
  std::string out;
  for (const HandledEvent& event : *events) {
    out += (out.empty() ? "" : " ") + event.id;
    out += event.error.empty() ? "=" + event.payload : "!" + event.error;
  }
  return out;
}
std::string read(std::string_view json) { return shown(read_events(json, kAsked)); }

TEST(HandlerAnswer, EntriesComeInTheirOrder) {
  EXPECT_EQ(read(R"([{"id":"c","payload":{"x": [1]}},{"id":"a","payload":1}])"),
            R"(c={"x": [1]} a=1)");
}

TEST(HandlerAnswer, NothingNullAndAnEmptyArrayAreNoEvents) {
  for (const char* nothing : {"", "null", "[]", "[null,null]"}) EXPECT_EQ(read(nothing), "");
}

TEST(HandlerAnswer, NullEntriesArePassedOver) {
  EXPECT_EQ(read(R"([null,{"id":"b","payload":2},null])"), "b=2");
}

TEST(HandlerAnswer, ATruthyErrorCountsAndThePayloadDoesNot) {
  EXPECT_EQ(read(R"([{"id":"a","payload":1,"error":"no \"text\""}])"), R"(a!no "text")");
  EXPECT_EQ(read(R"([{"id":"a","error":{"message":"m"}}])"), R"(a!{"message":"m"})");
  EXPECT_EQ(read(R"([{"id":"a","error":7}])"), "a!7");
  EXPECT_EQ(read(R"([{"id":"a","error":true}])"), "a!true");
}

TEST(HandlerAnswer, AFalsyErrorIsNone) {
  for (const char* none : {"null", "\"\"", "false", "0", "-0", "0.0", "0e5"}) {
    EXPECT_EQ(read(R"([{"id":"a","payload":1,"error":)" + std::string(none) + "}]"), "a=1") << none;
  }
}

TEST(HandlerAnswer, AnyJsonValueIsAPayloadAndNoneIsNull) {
  EXPECT_EQ(read(R"([{"id":"a","payload":"text"},{"id":"b","payload":[1,"2"]},{"id":"c"}])"),
            R"(a="text" b=[1,"2"] c=null)");
}

TEST(HandlerAnswer, FurtherMembersAreIgnored) {
  EXPECT_EQ(read(R"([{"extra":{"id":"x"},"id":"a","payload":1,"more":[]}])"), "a=1");
}

TEST(HandlerAnswer, UnknownAndRepeatedIdsFailTheRequest) {
  EXPECT_THAT(read(R"([{"id":"x","payload":1}])"), HasSubstr("? onPublish: unknown event id"));
  EXPECT_THAT(read(R"([{"id":"a"},{"id":"a"}])"), HasSubstr("returned twice"));
  EXPECT_THAT(read(R"([{"id":"a","error":"x"},{"id":"a"}])"), HasSubstr("returned twice"));
  EXPECT_THAT(read(R"([{"payload":1}])"), HasSubstr("no id"));
  EXPECT_THAT(read(R"([{"id":1}])"), HasSubstr("no id"));
}

TEST(HandlerAnswer, WhatIsNoArrayOfObjectsFailsTheRequest) {
  for (const char* other : {"{}", "\"a\"", "1", "true"}) {
    EXPECT_THAT(read(other), HasSubstr("neither an array nor null")) << other;
  }
  for (const char* entry : {"[1]", "[\"a\"]", "[[]]", "[false]"}) {
    EXPECT_THAT(read(entry), HasSubstr("neither an object nor null")) << entry;
  }
}

TEST(HandlerAnswer, WhatIsNoJsonNeverReachesAClient) {
  for (const char* broken :
       {"[", "[{\"id\":\"a\"}", "[]x", "[{\"id\":\"a\",\"payload\":\"\xff\"}]"}) {
    EXPECT_THAT(read(broken), HasSubstr("? ")) << broken;
  }
}

TEST(HandlerAnswer, IdsAreComparedByWhatTheyStandFor) {
  EXPECT_EQ(read(R"([{"id":"\u0061","payload":1}])"), "a=1");
}

std::string direct(std::string_view json) {
  const auto answer = read_direct_publish(json, kAsked);
  if (!answer) return shown(answer.error());
  return shown(answer->events) + (answer->error.empty() ? "" : " # " + answer->error);
}

TEST(DirectAnswer, OfAPublishIsAnObjectWithEvents) {
  EXPECT_EQ(direct(R"({"events":[{"id":"b","payload":{"x":1}},{"id":"a","error":"no"}]})"),
            R"(b={"x":1} a!no)");
}

TEST(DirectAnswer, WithoutEventsBroadcastsNothing) {
  for (const char* nothing : {"{}", "null", "", R"({"events":null})", R"({"events":[]})"}) {
    EXPECT_EQ(direct(nothing), "") << nothing;
  }
}

TEST(DirectAnswer, OfAPublishWithAnErrorIsForTheLog) {
  EXPECT_EQ(direct(R"({"error":"text"})"), " # text");
}

TEST(DirectAnswer, OfAPublishInAnotherFormFails) {
  for (const char* other : {"[]", R"([{"id":"a"}])", "true", "\"text\"", "1"}) {
    EXPECT_THAT(direct(other), HasSubstr("no object")) << other;
  }
  EXPECT_THAT(direct(R"({"events":{}})"), HasSubstr("no array"));
  EXPECT_THAT(direct(R"({"events":[{"id":"x"}]})"), HasSubstr("unknown event id"));
  EXPECT_THAT(direct("{"), HasSubstr("not JSON"));
}

TEST(DirectAnswer, OfASubscribeLetsInByNullAndByAnObjectWithoutError) {
  for (const char* yes : {"null", "", "{}", R"({"error":null})", R"({"events":[]})"}) {
    EXPECT_TRUE(read_direct_subscribe(yes)) << yes;
  }
}

TEST(DirectAnswer, OfASubscribeWithAnErrorRefusesWithItsText) {
  const auto answer = read_direct_subscribe(R"({"error":"not you"})");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::handler_refused);
  EXPECT_EQ(answer.error().message, "not you");
}

TEST(DirectAnswer, OfASubscribeInAnotherFormFails) {
  for (const char* other : {"true", "false", "\"text\"", "1", "[]", "nul"}) {
    const auto answer = read_direct_subscribe(other);
    ASSERT_FALSE(answer) << other;
    EXPECT_EQ(answer.error().kind, ErrorKind::handler_failed) << other;
  }
}

}  // namespace
}  // namespace eventsd::handler
