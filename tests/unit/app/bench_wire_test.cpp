// What the load generator writes and reads: stamps in events, HTTP answers, credentials.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "app/bench_credentials.hpp"
#include "app/bench_http.hpp"
#include "app/bench_publisher.hpp"

namespace eventsd::app::bench {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

Stamp some_stamp() {
  return {0xfedcba98, 59'999, 0xabcd, 4'000'000'000, Clock::time_point(Clock::duration(1234567))};
}

TEST(BenchStamp, EventsAreJsonOfTheSizeAsked) {
  for (const std::size_t bytes : {least_event_bytes(), std::size_t{100}, std::size_t{5000}}) {
    std::size_t at = 0;
    std::string event = make_event(bytes, at);
    write_stamp(event.data() + at, some_stamp());
    EXPECT_EQ(event.size(), bytes);
    EXPECT_TRUE(json::parse(event).is_object()) << event;
  }
}

TEST(BenchStamp, IsReadBackFromADataFrame) {
  std::size_t at = 0;
  std::string event = make_event(200, at);
  write_stamp(event.data() + at, some_stamp());
  const std::string frame = json{{"id", "1"}, {"type", "data"}, {"event", event}}.dump();
  std::string_view rest = frame;
  const auto stamp = take_stamp(rest);
  ASSERT_TRUE(stamp);
  EXPECT_EQ(stamp->run, 0xfedcba98);
  EXPECT_EQ(stamp->publisher, 59'999u);
  EXPECT_EQ(stamp->slot, 0xabcdu);
  EXPECT_EQ(stamp->number, 4'000'000'000u);
  EXPECT_EQ(stamp->sent, some_stamp().sent);
  EXPECT_FALSE(take_stamp(rest));
}

TEST(BenchStamp, SeveralInOneFrameAreAllRead) {
  std::size_t at = 0;
  std::string event = make_event(60, at);
  write_stamp(event.data() + at, some_stamp());
  const std::string frame = json(std::vector<std::string>{event, event, event}).dump();
  std::string_view rest = frame;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(take_stamp(rest)) << i;
  EXPECT_FALSE(take_stamp(rest));
}

TEST(BenchStamp, OtherTextsHoldNone) {
  const std::string almost = R"({"b":"eb1zz)" + std::string(60, '0') + "\"}";
  for (const std::string& text :
       {std::string(), std::string("eb1"), almost, std::string(R"({"type":"ka"})")}) {
    std::string_view rest = text;
    EXPECT_FALSE(take_stamp(rest)) << text;
  }
}

TEST(BenchHttpAnswer, WaitsUntilAllIsThere) {
  const std::string whole = "HTTP/1.1 200 OK\r\ncontent-LENGTH:  4 \r\nX: y\r\n\r\nbody";
  HttpAnswer answer;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    EXPECT_EQ(take_http_answer(std::string_view(whole).substr(0, i), answer), 0u) << i;
  }
  const std::string two = whole + "HTTP/1.1 ";
  EXPECT_EQ(take_http_answer(two, answer), whole.size());
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "body");
  EXPECT_FALSE(answer.is_last);
}

TEST(BenchHttpAnswer, JoinsChunks) {
  const std::string whole =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=1\r\n0123456789\r\n"
      "0\r\nTrailer: t\r\n\r\n";
  HttpAnswer answer;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    EXPECT_EQ(take_http_answer(std::string_view(whole).substr(0, i), answer), 0u) << i;
  }
  EXPECT_EQ(take_http_answer(whole, answer), whole.size());
  EXPECT_EQ(answer.body, "abc0123456789");
}

TEST(BenchHttpAnswer, KnowsWhenTheConnectionEnds) {
  HttpAnswer answer;
  ASSERT_GT(take_http_answer("HTTP/1.1 503 Busy\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n",
                             answer),
            0u);
  EXPECT_TRUE(answer.is_last);
  EXPECT_EQ(error_type_of(answer), "HTTP 503");
}

TEST(BenchHttpAnswer, AnUpgradeHasNoBody) {
  const std::string head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";
  HttpAnswer answer;
  const std::string bytes = head + "\x81\x02hi";
  EXPECT_EQ(take_http_answer(bytes, answer), head.size());
}

TEST(BenchHttpAnswer, ErrorsOfOneTypeHaveOneName) {
  const std::string body =
      R"({"errors":[{"errorType":"UnauthorizedException","message":"no 42"}]})";
  const std::string whole = "HTTP/1.1 401 Unauthorized\r\nContent-Length: " +
                            std::to_string(body.size()) + "\r\n\r\n" + body;
  HttpAnswer answer;  // its head is a part of `whole`
  EXPECT_EQ(take_http_answer(whole, answer), whole.size());
  EXPECT_EQ(error_type_of(answer), "HTTP 401 UnauthorizedException");
}

EventsEndpoint endpoint() {
  EventsEndpoint endpoint;
  endpoint.publish = *net::parse_url("http://127.0.0.1:8080/event");
  endpoint.api_key = "da2-key";
  return endpoint;
}

TEST(BenchCredentials, AnApiKeyStandsInBothForms) {
  const auto credentials = make_credentials(endpoint(), "");
  ASSERT_TRUE(credentials);
  std::string object, headers;
  (*credentials)->append_authorization(object, "{}");
  (*credentials)->append_headers(headers, "{}");
  EXPECT_EQ(json::parse(object), json({{"host", "127.0.0.1:8080"}, {"x-api-key", "da2-key"}}));
  EXPECT_EQ(headers, "x-api-key: da2-key\r\n");
}

TEST(BenchCredentials, ATokenTakesTheKeysPlace) {
  const auto credentials = make_credentials(endpoint(), R"(tok"en)");
  ASSERT_TRUE(credentials);
  std::string object, headers;
  (*credentials)->append_authorization(object, "{}");
  (*credentials)->append_headers(headers, "{}");
  EXPECT_EQ(json::parse(object), json({{"host", "127.0.0.1:8080"}, {"Authorization", "tok\"en"}}));
  EXPECT_EQ(headers, "authorization: tok\"en\r\n");
}

TEST(BenchCredentials, SignaturesCoverEachOperation) {
  EndpointOptions options;
  options.url = "http://127.0.0.1:8080/event";
  options.iam = {true, "AKID", "secret", "", "eu-west-1"};
  const auto endpoint = find_endpoint(options, [](const char*) { return std::nullopt; });
  ASSERT_TRUE(endpoint);
  const auto credentials = *make_credentials(*endpoint, "");
  std::string connect, subscribe, headers;
  credentials->append_authorization(connect, "{}");
  credentials->append_authorization(subscribe, R"({"channel":"/default/a"})");
  credentials->append_headers(headers, "{}");
  EXPECT_THAT(std::string(json::parse(connect)["Authorization"]),
              HasSubstr("/eu-west-1/appsync/aws4_request"));
  EXPECT_NE(json::parse(connect)["Authorization"], json::parse(subscribe)["Authorization"]);
  EXPECT_THAT(headers, HasSubstr("x-amz-date: "));
  EXPECT_EQ(headers.substr(headers.size() - 2), "\r\n");
}

TEST(BenchCredentials, WhatWouldEndAHeaderIsRefused) {
  EXPECT_FALSE(make_credentials(endpoint(), "a\r\nb: c"));
}

}  // namespace
}  // namespace eventsd::app::bench
