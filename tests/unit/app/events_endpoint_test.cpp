#include "app/events_endpoint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "app/cli_credentials.hpp"
#include "unit/net/support/temp_dir.hpp"

namespace eventsd::app {
namespace {

using ::testing::HasSubstr;

Environment environment(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

EventsEndpoint endpoint_of(const std::string& url) {
  const auto endpoint = find_endpoint({url, "da2-key", ""}, environment({}));
  EXPECT_TRUE(endpoint) << endpoint.error().message;
  return *endpoint;
}

TEST(EventsEndpoint, RealtimeAndHistoryFollowFromTheUrl) {
  for (const char* url : {"HTTP://localhost:8080/event", "ws://localhost:8080/event/"}) {
    const EventsEndpoint endpoint = endpoint_of(url);
    EXPECT_EQ(endpoint.publish.text(), "http://localhost:8080/event");
    EXPECT_EQ(endpoint.realtime.text(), "ws://localhost:8080/event/realtime");
    EXPECT_EQ(endpoint.history.text(), "http://localhost:8080/event/history");
  }
}

TEST(EventsEndpoint, UrlWithoutPathPublishesToTheRoot) {
  const EventsEndpoint endpoint = endpoint_of("https://events.test");
  EXPECT_EQ(endpoint.publish.text(), "https://events.test/");
  EXPECT_EQ(endpoint.realtime.text(), "wss://events.test/realtime");
  EXPECT_EQ(endpoint.history.text(), "https://events.test/event/history");
}

TEST(EventsEndpoint, AwsHasAHostOfItsOwnForRealtime) {
  const EventsEndpoint endpoint =
      endpoint_of("https://abc.appsync-api.us-east-1.amazonaws.com/event");
  EXPECT_EQ(endpoint.realtime.host, "abc.appsync-realtime-api.us-east-1.amazonaws.com");
  const auto authorization = nlohmann::json::parse(endpoint.credentials->authorization("{}"));
  EXPECT_EQ(authorization["host"], "abc.appsync-api.us-east-1.amazonaws.com");
  EXPECT_EQ(authorization["x-api-key"], "da2-key");
}

TEST(EventsEndpoint, KeyComesFromOptionThenVariableThenDataDirectory) {
  const test::TempDir data;
  data.write("api-key", "da2-file\n");
  const auto variables = environment({{"EVENTSD_API_KEY", "da2-env"}});
  EXPECT_EQ(find_endpoint({"", "da2-option", ""}, variables)->api_key, "da2-option");
  EXPECT_EQ(find_endpoint({"", "", ""}, variables)->api_key, "da2-env");
  const auto only_file = environment({{"EVENTSD_DATA_DIR", data.path()}});
  EXPECT_EQ(find_endpoint({"", "", ""}, only_file)->api_key, "da2-file");
}

TEST(EventsEndpoint, AddressesAreThoseOfTheDaemonWhoseFolderIsAtHand) {
  const test::TempDir data;
  data.write("endpoint.json", R"({"http":"https://localhost:1234","admin":"http://127.0.0.1:99"})");
  std::map<std::string, std::string> variables{{"EVENTSD_DATA_DIR", data.path()}};
  EXPECT_EQ(find_endpoint({"", "k", ""}, environment(variables))->publish.text(),
            "https://localhost:1234/event");
  EXPECT_EQ(default_admin_url(environment(variables)), "http://127.0.0.1:99");
  variables["EVENTSD_URL"] = "http://other:1/event";
  variables["EVENTSD_ADMIN_LISTEN"] = "127.0.0.1:7";
  EXPECT_EQ(find_endpoint({"", "k", ""}, environment(variables))->publish.text(),
            "http://other:1/event");
  EXPECT_EQ(default_admin_url(environment(variables)), "http://127.0.0.1:7");
  const test::TempDir broken;
  broken.write("endpoint.json", "{\"http\":7");
  const auto only = environment({{"EVENTSD_DATA_DIR", broken.path()}});
  EXPECT_EQ(default_admin_url(only), "http://127.0.0.1:9464");
}

TEST(EventsEndpoint, MissingKeySaysWhereToPutIt) {
  const auto endpoint = find_endpoint({}, environment({}));
  ASSERT_FALSE(endpoint);
  EXPECT_THAT(endpoint.error().message, HasSubstr("--api-key"));
}

TEST(EventsEndpoint, TrustsTheDaemonsOwnCaWhenOverTls) {
  const test::TempDir data;
  std::filesystem::create_directory(data.path("tls"));
  const std::string ca = data.write("tls/ca.pem", "");
  const auto variables = environment({{"EVENTSD_DATA_DIR", data.path()}});
  EXPECT_EQ(find_endpoint({"https://localhost/event", "k", ""}, variables)->connect.ca_file, ca);
  EXPECT_EQ(find_endpoint({"http://localhost/event", "k", ""}, variables)->connect.ca_file, "");
}

TEST(AdminUrl, FollowsTheConfiguredListenerOnLoopback) {
  EXPECT_EQ(default_admin_url(environment({})), "http://127.0.0.1:9464");
  for (const auto& [listen, url] :
       std::map<std::string, std::string>{{"0.0.0.0:9000", "http://127.0.0.1:9000"},
                                          {"[::]:9000", "http://[::1]:9000"},
                                          {"10.0.0.1:9000", "http://10.0.0.1:9000"}}) {
    EXPECT_EQ(default_admin_url(environment({{"EVENTSD_ADMIN_LISTEN", listen}})), url);
  }
}

TEST(Explain, HintsAtADaemonThatDoesNotRun) {
  const std::string text =
      explain(fail(ErrorKind::internal, "cannot connect to 127.0.0.1:8080: Connection refused"));
  EXPECT_THAT(text, HasSubstr("is eventsd running? Start it with `eventsd serve`"));
}

TEST(Explain, QuotesTheErrorOfAResponse) {
  EXPECT_EQ(explain(net::HttpResponse{
                400, {}, R"({"errors":[{"errorType":"BadRequestException","message":"no"}]})"}),
            "HTTP 400 BadRequestException: no");
  EXPECT_EQ(explain(net::HttpResponse{
                404, {{"x-amzn-ErrorType", "NotFoundException"}}, R"({"message":"gone"})"}),
            "HTTP 404 NotFoundException: gone");
  EXPECT_EQ(explain(net::HttpResponse{502, {}, "<html>\nBad"}), "HTTP 502: <html> Bad");
  EXPECT_EQ(explain(net::HttpResponse{500, {}, R"({"errors":[{"errorType":7}]})"}), "HTTP 500");
}

}  // namespace
}  // namespace eventsd::app
