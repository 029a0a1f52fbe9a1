#include "admin/configured_apis.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "unit/admin/support/asking.hpp"

namespace eventsd::admin {
namespace {

using admin_test::ask;
using admin_test::header;
using nlohmann::json;
using ::testing::HasSubstr;

ChannelNamespace make_namespace(std::string name) {
  ChannelNamespace made;
  made.name = std::move(name);
  made.publish_modes = {AuthMode::api_key};
  made.subscribe_modes = {AuthMode::api_key, AuthMode::lambda};
  return made;
}

// One API, "api1", with the namespaces news and direct.
class ConfiguredApi : public ::testing::Test {
 protected:
  ConfiguredApi() {
    auto config = std::make_shared<Config>();
    config->region = "us-east-1";
    config->account_id = "000000000000";
    ApiConfig& api = config->apis.emplace_back();
    api.id = "api1";
    api.name = "chat";
    api.place = {"eventsd.yaml", 12, 1};
    api.auth_providers.emplace_back().mode = AuthMode::api_key;
    AuthProviderConfig& oidc = api.auth_providers.emplace_back();
    oidc.mode = AuthMode::oidc;
    oidc.open_id_connect = {"https://issuer.example", "", 0, 0, "a-secret"};
    api.connection_modes = {AuthMode::api_key};
    api.default_publish_modes = {AuthMode::api_key};
    api.default_subscribe_modes = {AuthMode::oidc};
    api.channel_namespaces = {make_namespace("news"), make_namespace("direct")};
    api.channel_namespaces[1].handlers.on_publish = {HandlerBehavior::direct, "fn",
                                                     InvokeType::event};
    config_ = config;
  }
  json shown(std::string path) { return json::parse(ask(router_, "GET", std::move(path)).body); }
  std::shared_ptr<Config> config_;
  server::HttpRouter router_{configured_api_routes(
      {[this] { return config_; }, [] { return std::string("localhost:8080"); }},
      [](std::string_view, server::HttpFunction function) { return function; })};
};

TEST_F(ConfiguredApi, IsShownInAwssShape) {
  const json api = shown("/v2/apis/api1")["api"];
  EXPECT_EQ(api, json::parse(R"({
    "apiId": "api1", "name": "chat", "tags": {}, "xrayEnabled": false,
    "apiArn": "arn:aws:appsync:us-east-1:000000000000:apis/api1",
    "dns": {"HTTP": "localhost:8080", "REALTIME": "localhost:8080"},
    "eventConfig": {
      "authProviders": [
        {"authType": "API_KEY"},
        {"authType": "OPENID_CONNECT",
         "openIDConnectConfig": {"issuer": "https://issuer.example", "iatTTL": 0, "authTTL": 0}}],
      "connectionAuthModes": [{"authType": "API_KEY"}],
      "defaultPublishAuthModes": [{"authType": "API_KEY"}],
      "defaultSubscribeAuthModes": [{"authType": "OPENID_CONNECT"}]}})"));
  EXPECT_EQ(shown("/v2/apis"), (json{{"apis", json::array({api})}}));
}

TEST_F(ConfiguredApi, NamesItsFirstDomainAsItsHost) {
  config_->apis[0].domains = {"events.example.com", "other.example.com"};
  EXPECT_EQ(shown("/v2/apis/api1")["api"]["dns"]["REALTIME"], "events.example.com");
}

TEST_F(ConfiguredApi, ShowsItsNamespaces) {
  EXPECT_EQ(shown("/v2/apis/api1/channelNamespaces")["channelNamespaces"].size(), 2u);
  const json direct = shown("/v2/apis/api1/channelNamespaces/direct")["channelNamespace"];
  EXPECT_EQ(direct, json::parse(R"({
    "apiId": "api1", "name": "direct", "tags": {},
    "channelNamespaceArn":
      "arn:aws:appsync:us-east-1:000000000000:apis/api1/channelNamespace/direct",
    "publishAuthModes": [{"authType": "API_KEY"}],
    "subscribeAuthModes": [{"authType": "API_KEY"}, {"authType": "AWS_LAMBDA"}],
    "handlerConfigs": {"onPublish": {"behavior": "DIRECT", "integration":
      {"dataSourceName": "fn", "lambdaConfig": {"invokeType": "EVENT"}}}}})"));
  EXPECT_FALSE(
      shown("/v2/apis/api1/channelNamespaces/news")["channelNamespace"].contains("handlerConfigs"));
}

TEST_F(ConfiguredApi, IsChangedInItsFileAlone) {
  for (const char* path : {"/v2/apis/api1", "/v2/apis/api1/channelNamespaces/news"}) {
    for (const char* method : {"POST", "DELETE"}) {
      const server::HttpResponse response = ask(router_, method, path, "{}");
      EXPECT_EQ(response.status, 409) << method << path;
      EXPECT_EQ(header(response, "x-amzn-ErrorType"), "ConflictException");
      EXPECT_THAT(response.body, HasSubstr("is defined in eventsd.yaml:12; change it there"));
    }
  }
}

TEST_F(ConfiguredApi, ThatWasMadeAtTheFirstStartSaysSo) {
  config_->apis[0].place = {};
  EXPECT_THAT(ask(router_, "DELETE", "/v2/apis/api1").body,
              HasSubstr("was made at the first start; define it in a configuration file"));
}

TEST_F(ConfiguredApi, ThatDoesNotExistIs404) {
  for (const char* path : {"/v2/apis/api2", "/v2/apis/api2/channelNamespaces",
                           "/v2/apis/api1/channelNamespaces/none"}) {
    EXPECT_EQ(ask(router_, "GET", path).status, 404) << path;
  }
  EXPECT_EQ(ask(router_, "DELETE", "/v2/apis/api2").status, 404);
}

}  // namespace
}  // namespace eventsd::admin
