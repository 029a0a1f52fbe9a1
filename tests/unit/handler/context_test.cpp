#include "handler/context.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace eventsd::handler {
namespace {

using nlohmann::json;

HandlerRequest publish_request() {
  HandlerRequest request;
  request.operation = Operation::publish;
  request.namespace_name = "default";
  request.channel = "/default/foo/b\"ar";
  request.request_id = "request";
  request.headers = {{"host", "h"}, {"animal", "cat"}, {"cookie", "c"}, {"animal", "dog"}};
  request.events = {{"id-1", R"({"a":1})"}, {"id-2", "\"text\""}};
  return request;
}

HandlerRequest subscribe_request() {
  HandlerRequest request;
  request.operation = Operation::subscribe;
  request.namespace_name = "default";
  request.channel = "/default/*";
  return request;
}

TEST(CodeContext, OfAPublishHasEveryMember) {
  EXPECT_EQ(json::parse(code_context(publish_request())), json::parse(R"({
    "info": {"channel": {"path": "/default/foo/b\"ar", "segments": ["default", "foo", "b\"ar"]},
             "channelNamespace": {"name": "default"}, "operation": "PUBLISH"},
    "request": {"headers": {"host": "h", "animal": ["cat", "dog"]}, "domainName": null},
    "events": [{"id": "id-1", "payload": {"a": 1}}, {"id": "id-2", "payload": "text"}],
    "channel": "/default/foo/b\"ar", "env": {}, "prev": null, "outErrors": [], "stash": {}, "result": null, "error": null})"));
}

TEST(CodeContext, OfASubscribeHasNoEventsAndTheWildcardAsASegment) {
  const json context = json::parse(code_context(subscribe_request()));
  EXPECT_FALSE(context.contains("events"));
  EXPECT_EQ(context["info"]["operation"], "SUBSCRIBE");
  EXPECT_EQ(context["info"]["channel"]["segments"], (json{"default", "*"}));
}

TEST(CodeContext, HasAnIdentityOnlyWhereThereIsOne) {
  HandlerRequest request = subscribe_request();
  EXPECT_FALSE(json::parse(code_context(request)).contains("identity"));
  request.identity.document = std::make_shared<const std::string>(R"({"sub":"s"})");
  EXPECT_EQ(json::parse(code_context(request))["identity"]["sub"], "s");
}

TEST(CodeContext, NamesTheDomainThatWasAsked) {
  HandlerRequest request = subscribe_request();
  request.domain_name = "events.example.com";
  EXPECT_EQ(json::parse(code_context(request))["request"]["domainName"], "events.example.com");
}

TEST(CodeContext, HeadersThatAreNoUtf8AreTakenForLatin1) {
  HandlerRequest request = subscribe_request();
  request.headers = {{"x-name", "caf\xe9"}};
  EXPECT_EQ(json::parse(code_context(request))["request"]["headers"]["x-name"], "café");
}

TEST(CodeContext, OfAResponseHasResultAndStashAndNoError) {
  const json context = json::parse(code_context(publish_request(), {R"({"n":1})", "[1]", "", ""}));
  EXPECT_EQ(context["stash"], (json{{"n", 1}}));
  EXPECT_EQ(context["result"], json::array({1}));
  EXPECT_FALSE(context.contains("error"));
  EXPECT_EQ(context["events"].size(), 2u);
}

TEST(CodeContext, OfAResponseAfterAFailureHasAnErrorAndNoResult) {
  const json context =
      json::parse(code_context(publish_request(), {"", "null", "no \"table\"", "DynamoDB:X"}));
  EXPECT_EQ(context["error"], (json{{"message", "no \"table\""}, {"type", "DynamoDB:X"}}));
  EXPECT_TRUE(context["result"].is_null());
  EXPECT_EQ(context["stash"], json::object());
}

TEST(CodeContext, OfACancelledTransactionHasReasonsBesideTheError) {
  const json context = json::parse(
      code_context(publish_request(), {"", R"({"keys":null})", "cancelled", "DynamoDB:T"}));
  EXPECT_EQ(context["error"]["type"], "DynamoDB:T");
  EXPECT_EQ(context["result"], (json{{"keys", nullptr}}));
}

TEST(DirectEvent, OfAPublishHasExactlyTheMembersOfTheService) {
  EXPECT_EQ(json::parse(direct_event(publish_request())), json::parse(R"({
    "identity": null, "result": null,
    "request": {"headers": {"host": "h", "animal": ["cat", "dog"]}, "domainName": null},
    "info": {"channel": {"path": "/default/foo/b\"ar", "segments": ["default", "foo", "b\"ar"]},
             "channelNamespace": {"name": "default"}, "operation": "PUBLISH"},
    "error": null, "prev": null, "stash": {}, "outErrors": [],
    "events": [{"payload": {"a": 1}, "id": "id-1"}, {"payload": "text", "id": "id-2"}]})"));
}

TEST(DirectEvent, OfASubscribeHasNullEvents) {
  const json event = json::parse(direct_event(subscribe_request()));
  EXPECT_TRUE(event.contains("events"));
  EXPECT_TRUE(event["events"].is_null());
}

}  // namespace
}  // namespace eventsd::handler
