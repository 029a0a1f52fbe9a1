#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "protocol/client_message.hpp"
#include "unit/protocol/support/payloads.hpp"

namespace eventsd::protocol {
namespace {

using ::testing::ElementsAre;

Error fault(std::string_view body, const PublishLimits& limits = {}) {
  const Result<Publish> parsed = parse_publish_body(body, limits);
  EXPECT_FALSE(parsed) << body;
  return parsed ? Error{} : parsed.error();
}

TEST(PublishBody, HasAChannelAndEvents) {
  const Result<Publish> parsed = parse_publish_body(
      R"({"channel":"default/channel","events":["{\"event_1\":\"data_1\"}","null"]})", {});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->channel, "default/channel");
  EXPECT_THAT(test::payloads(*parsed), ElementsAre(R"({"event_1":"data_1"})", "null"));
  EXPECT_EQ(parsed->id, "");
  EXPECT_TRUE(parsed->credentials.decode().empty());
}

TEST(PublishBody, MayHaveOtherMembersOfAnyKind) {
  EXPECT_TRUE(parse_publish_body(
      R"({"id":7,"type":[],"authorization":3,"replay":4,"channel":"c","events":["1"]})", {}));
}

TEST(PublishBody, IsRefusedWhenNotAJsonObject) {
  for (const char* body : {"", "x", "[]", "null", R"({"channel":"c","events":["1"])"}) {
    EXPECT_EQ(fault(body).kind, ErrorKind::bad_request);
  }
}

TEST(PublishBody, IsRefusedWhenNotUtf8) {
  EXPECT_EQ(fault("{\"channel\":\"c\",\"events\":[\"\\\"\xff\\\"\"]}").message,
            "Body is not valid UTF-8");
}

TEST(PublishBody, IsRefusedWithoutChannelOrEvents) {
  EXPECT_EQ(fault(R"({"events":["1"]})").message, "Missing channel");
  EXPECT_EQ(fault(R"({"channel":"c"})").message, "Missing events");
  EXPECT_EQ(fault(R"({"channel":"c","events":[]})").kind, ErrorKind::bad_request);
}

TEST(PublishBody, IsRefusedWholeWhenOneEventIsNotJson) {
  EXPECT_EQ(fault(R"({"channel":"c","events":["1","x"]})").message, "Event 1 is not valid JSON");
}

TEST(PublishBody, SpellsTheEventLimitWithACapital) {
  const Error error = fault(R"({"channel":"c","events":["1","2","3","4","5","6"]})");
  EXPECT_EQ(error.kind, ErrorKind::too_many_events);
  EXPECT_EQ(error.message, "Input exceeded 5 event limit");
}

TEST(PublishBody, IsRefusedOverThePublishSize) {
  PublishLimits limits;
  limits.max_publish_size = 3;
  EXPECT_TRUE(parse_publish_body(R"({"channel":"c","events":["\"a\""]})", limits));
  EXPECT_EQ(fault(R"({"channel":"c","events":["\"ab\""]})", limits).kind,
            ErrorKind::payload_too_large);
}

}  // namespace
}  // namespace eventsd::protocol
