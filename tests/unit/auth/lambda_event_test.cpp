#include "auth/lambda_event.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

namespace eventsd::auth {
namespace {

using nlohmann::json;

const LambdaEventSource kSource{"api1", "000000000000"};

AuthorizationRequest publish(std::string token = "custom-token") {
  AuthorizationRequest request;
  request.operation = Operation::publish;
  request.namespace_name = "news";
  request.channel = "/news/latest";
  request.credentials.authorization = std::move(token);
  request.source_ip = "192.0.2.1";
  request.request_id = "request-1";
  return request;
}

TEST(LambdaEvent, HasTheDocumentedMembersAndNoOthers) {
  AuthorizationRequest request = publish();
  request.credentials.object = R"({"host":"h","Authorization":"custom-token","x-amz-date":"d"})";
  EXPECT_EQ(json::parse(lambda_event(kSource, request)), json::parse(R"({
      "authorizationToken": "custom-token",
      "requestContext": {"apiId": "api1", "accountId": "000000000000", "requestId": "request-1",
                         "operation": "EVENT_PUBLISH", "channelNamespaceName": "news",
                         "channel": "/news/latest"},
      "requestHeaders": {"host": "h", "authorization": "custom-token", "x-amz-date": "d"}})"));
}

TEST(LambdaEvent, HasNullsForAConnect) {
  AuthorizationRequest request = publish();
  request.operation = Operation::connect;
  request.namespace_name = request.channel = "";
  const json context = json::parse(lambda_event(kSource, request)).at("requestContext");
  EXPECT_EQ(context.at("operation"), "EVENT_CONNECT");
  EXPECT_TRUE(context.at("channel").is_null());
  EXPECT_TRUE(context.at("channelNamespaceName").is_null());
}

TEST(LambdaEvent, KeepsTheTokenAsItWasSent) {
  const json event = json::parse(lambda_event(kSource, publish("Bearer  \"x\" ")));
  EXPECT_EQ(event.at("authorizationToken"), "Bearer  \"x\" ");
}

TEST(LambdaEvent, TakesHeadersFromTheRequestThatCarriedThem) {
  AuthorizationRequest request = publish();
  auto http = std::make_shared<HttpSource>();
  http->headers = {{"host", "h"}, {"accept", "a"}, {"accept", "b"}, {"cookie", "session=1"}};
  request.credentials.http = http;
  EXPECT_EQ(json::parse(lambda_event(kSource, request)).at("requestHeaders"),
            (json{{"host", "h"}, {"accept", "a, b"}}));
}

TEST(LambdaEvent, IsValidJsonWhateverTheHeadersHold) {
  AuthorizationRequest request = publish("\xff\xfe");
  request.credentials.object = "[1,2";
  EXPECT_FALSE(json::parse(lambda_event(kSource, request), nullptr, false).is_discarded());
}

TEST(LambdaCacheKey, DependsOnEverythingThatTheAnswerDependsOn) {
  std::set<Digest> keys;
  keys.insert(lambda_cache_key(1, kSource, publish()));
  keys.insert(lambda_cache_key(2, kSource, publish()));
  keys.insert(lambda_cache_key(1, {"api2", ""}, publish()));
  keys.insert(lambda_cache_key(1, kSource, publish("other")));
  AuthorizationRequest request = publish();
  request.operation = Operation::subscribe;
  keys.insert(lambda_cache_key(1, kSource, request));
  request.channel = "/news/*";
  keys.insert(lambda_cache_key(1, kSource, request));
  // Text moved from one part to the next.
  request.channel = "/news/*c";
  request.credentials.authorization = "ustom-token";
  keys.insert(lambda_cache_key(1, kSource, request));
  EXPECT_EQ(keys.size(), 7u);
}

TEST(LambdaCacheKey, DependsOnNothingElse) {
  AuthorizationRequest other = publish();
  other.source_ip = "192.0.2.9";
  other.request_id = "request-2";
  other.credentials.object = "{}";
  EXPECT_EQ(lambda_cache_key(1, kSource, publish()), lambda_cache_key(1, kSource, other));
}

}  // namespace
}  // namespace eventsd::auth
