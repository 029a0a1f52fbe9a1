#include "data/eventbridge_source.hpp"

#include <gmock/gmock.h>

#include "data/eventbridge_events.hpp"
#include "unit/data/support/source_world.hpp"

namespace eventsd::data {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

long long millis(std::string_view text) {
  const auto time = parse_rfc3339(text);
  return time ? std::chrono::floor<milliseconds>(time->time_since_epoch()).count() : -1;
}

TEST(Rfc3339, IsReadWithFractionsAndOffsets) {
  EXPECT_EQ(millis("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(millis("2018-02-01T17:21:05.180+08:00"), 1517476865180);
  EXPECT_EQ(millis("1970-01-01t01:00:00.25+00:30"), 1'800'250);
  EXPECT_EQ(millis("1970-01-01T00:00:00.123456789Z"), 123);
  EXPECT_EQ(millis("2024-02-29T23:59:59-01:00"), 1709254799000);
}

TEST(Rfc3339, RefusesWhatIsNone) {
  for (const char* text :
       {"", "2026", "2026-01-31", "2026-01-31T12:00:00", "2026-13-01T00:00:00Z",
        "2026-02-30T00:00:00Z", "2026-01-31T24:00:00Z", "2026-01-31T12:60:00Z",
        "2026-01-31T12:00:00.Z", "2026-01-31T12:00:00+25:00", "2026-01-31T12:00:00+0100",
        "2026-01-31T12:00:00Zx", "20x6-01-31T12:00:00Z"}) {
    EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
  }
}

TEST(EventBridgeTarget, IsAUrlOrAWebhook) {
  const auto api = parse_eventbridge_target("http://127.0.0.1:4010/");
  ASSERT_TRUE(api);
  EXPECT_EQ(api->form, EventBridgeForm::api);
  const auto hook = parse_eventbridge_target("webhook+https://example.com/in?a=b");
  ASSERT_TRUE(hook);
  EXPECT_EQ(hook->form, EventBridgeForm::webhook);
  EXPECT_EQ(hook->url.text(), "https://example.com/in?a=b");
  for (const char* text : {"", "ftp://host/", "webhook+", "ws://host/", "webhook+wss://host/"}) {
    EXPECT_FALSE(parse_eventbridge_target(text)) << text;
  }
}

constexpr const char* kTwo = R"({"operation":"PutEvents","events":[
  {"source":"chat","detailType":"said","detail":{"n":1.50},"resources":["arn:1"],
   "time":"2026-01-31T12:00:00Z"},
  {"source":"chat","detailType":"left","detail":{}}]})";

class EventBridgeSourceTest : public test::SourceWorld {
 protected:
  DataSource& source(EventBridgeForm form = EventBridgeForm::api) {
    if (!source_) {
      EventBridgeSourceOptions options{http_options(),
                                       EventBridgeTarget{server.url("/bus"), form},
                                       "arn:aws:events:us-east-1:000000000000:event-bus/default",
                                       "us-east-1",
                                       "000000000000",
                                       nullptr};
      options.now = [] { return std::chrono::system_clock::time_point(std::chrono::hours(24)); };
      source_ = make_eventbridge_source(std::move(options), calls);
    }
    return *source_;
  }
  std::string reply = HttpServer::answer(
      R"({"FailedEntryCount":1,"Entries":[{"EventId":"e1"},{"ErrorCode":"X","ErrorMessage":"y"}]})");
  std::function<std::string(const std::string&)> function = [this](const auto&) { return reply; };
  HttpServer server{io, [this](const std::string& request) { return function(request); }};
  std::shared_ptr<DataSource> source_;
};

TEST_F(EventBridgeSourceTest, PutsTheEventsInOrderAndResultsInTheEntries) {
  const Json answer = result(source(), kTwo);
  EXPECT_EQ(answer, Json::parse(R"({"Entries":[{"EventId":"e1"},
    {"ErrorCode":"X","ErrorMessage":"y"}],"FailedEntryCount":1})"));
  const std::string& request = server.requests().at(0);
  EXPECT_THAT(request, AllOf(StartsWith("POST /bus HTTP/1.1\r\n"),
                             HasSubstr("Content-Type: application/x-amz-json-1.1\r\n"),
                             HasSubstr("X-Amz-Target: AWSEvents.PutEvents\r\n")));
  EXPECT_EQ(Json::parse(test::body_of(request)), Json::parse(R"({"Entries":[
    {"EventBusName":"arn:aws:events:us-east-1:000000000000:event-bus/default","Source":"chat",
     "DetailType":"said","Detail":"{\"n\":1.50}","Resources":["arn:1"],"Time":1769860800},
    {"EventBusName":"arn:aws:events:us-east-1:000000000000:event-bus/default","Source":"chat",
     "DetailType":"left","Detail":"{}"}]})"));
}

TEST_F(EventBridgeSourceTest, FailsWhenTheApiRefusesAll) {
  reply = HttpServer::answer(R"({"__type":"ResourceNotFoundException","message":"no bus"})", 400);
  DataSourceAnswer answer = call(source(), kTwo);
  EXPECT_EQ(answer.error_type, "EventBridge:HttpStatus400");
  EXPECT_EQ(answer.error_message, "no bus");
  reply = HttpServer::answer("{}");
  EXPECT_EQ(call(source(), kTwo).error_type, "EventBridge:InvalidAnswerException");
}

TEST_F(EventBridgeSourceTest, PostsEachEventToAWebhookAsATargetWouldGetIt) {
  reply = HttpServer::answer("");
  const Json answer = result(source(EventBridgeForm::webhook), kTwo);
  EXPECT_EQ(answer["FailedEntryCount"], 0);
  ASSERT_EQ(server.requests().size(), 2U);
  const Json first = Json::parse(test::body_of(server.requests()[0]));
  EXPECT_EQ(first, Json({{"version", "0"},
                         {"id", answer["Entries"][0]["EventId"]},
                         {"detail-type", "said"},
                         {"source", "chat"},
                         {"account", "000000000000"},
                         {"time", "2026-01-31T12:00:00Z"},
                         {"region", "us-east-1"},
                         {"resources", {"arn:1"}},
                         {"detail", {{"n", 1.5}}}}));
  const Json second = Json::parse(test::body_of(server.requests()[1]));
  EXPECT_EQ(second["time"], "1970-01-02T00:00:00Z") << "the time of the call";
  EXPECT_EQ(second["resources"], Json::array());
}

TEST_F(EventBridgeSourceTest, TellsWhichEventsAWebhookDidNotTake) {
  function = [](const std::string& request) {
    return HttpServer::answer("", request.find("said") != std::string::npos ? 500 : 204);
  };
  const Json answer = result(source(EventBridgeForm::webhook), kTwo);
  EXPECT_EQ(answer["FailedEntryCount"], 1);
  EXPECT_EQ(answer["Entries"][0]["ErrorCode"], "InternalFailure");
  EXPECT_EQ(answer["Entries"][0]["ErrorMessage"], "The endpoint answered 500.");
  EXPECT_TRUE(answer["Entries"][1].contains("EventId"));
}

TEST_F(EventBridgeSourceTest, FailsWithoutATarget) {
  EventBridgeSourceOptions options{http_options(), {},     "the-bus", "us-east-1",
                                   "000000000000", nullptr};
  source_ = make_eventbridge_source(std::move(options), calls);
  const DataSourceAnswer answer = call(*source_, kTwo);
  EXPECT_EQ(answer.error_type, "EventBridge:NotConfigured");
  EXPECT_THAT(answer.error_message, HasSubstr("bus \"the-bus\""));
}

TEST_F(EventBridgeSourceTest, SaysWhatIsWrongWithARequest) {
  const std::string event = R"({"source":"a","detailType":"b","detail":{}})";
  std::string eleven = event;
  for (int i = 0; i < 10; ++i) eleven += "," + event;
  for (const auto& [request, reason] : std::initializer_list<std::pair<std::string, const char*>>{
           {R"({"operation":"Put","events":[]})", "must be PutEvents"},
           {R"({"operation":"PutEvents"})", "events must be an array"},
           {R"({"operation":"PutEvents","events":[]})", "1 to 10 events, not 0"},
           {R"({"operation":"PutEvents","events":[)" + eleven + "]}", "not 11"},
           {R"({"operation":"PutEvents","events":[1]})", "event 1 must be an object"},
           {R"({"operation":"PutEvents","events":[{"detailType":"b","detail":{}}]})",
            "event 1 has no \"source\""},
           {R"({"operation":"PutEvents","events":[{"source":"","detailType":"b","detail":{}}]})",
            "must not be empty"},
           {R"({"operation":"PutEvents","events":[{"source":"a","detailType":"b","detail":"{}"}]})",
            "detail of event 1 must be an object"},
           {R"({"operation":"PutEvents","events":[{"source":"a","detailType":"b","detail":{},
             "time":"now"}]})",
            "RFC 3339"},
           {R"({"operation":"PutEvents","events":[{"source":"a","detailType":"b","detail":{},
             "resources":[1]}]})",
            "resources must be a string"}}) {
    EXPECT_THAT(call(source(), request).invalid_request, HasSubstr(reason)) << request;
  }
  EXPECT_EQ(server.requests().size(), 0U);
}

}  // namespace
}  // namespace eventsd::data
