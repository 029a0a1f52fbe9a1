#include "admin/dev_issuer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/admin/support/asking.hpp"

namespace eventsd::admin {
namespace {

using ::testing::HasSubstr;

class DevIssuerPagesTest : public ::testing::Test {
 protected:
  server::HttpResponse ask(std::string method, std::string path, std::string body = {}) {
    server::HttpRequest request;
    request.method = std::move(method);
    request.path = std::move(path);
    request.body = std::move(body);
    request.headers = headers_;
    return admin_test::run([&](server::HttpRequest& what) { return router_.dispatch(what); },
                           request);
  }

  std::vector<std::pair<std::string_view, std::string_view>> headers_{{"Host", "127.0.0.1:9464"}};
  server::HttpRouter router_{
      dev_issuer_routes({[] { return R"({"issuer":"i"})"; }, [] { return R"({"keys":[]})"; },
                         [](const std::string& body) -> Result<std::string> {
                           if (body == "bad")
                             return fail(ErrorKind::bad_request, "sub must be a string");
                           return "token of " + body;
                         }})};
};

TEST_F(DevIssuerPagesTest, ShowDiscoveryAndKeys) {
  const auto discovery = ask("GET", "/dev-issuer/.well-known/openid-configuration");
  EXPECT_EQ(discovery.status, 200);
  EXPECT_EQ(discovery.body, R"({"issuer":"i"})");
  EXPECT_EQ(discovery.content_type, "application/json");
  EXPECT_EQ(ask("GET", "/dev-issuer/.well-known/jwks.json").body, R"({"keys":[]})");
}

TEST_F(DevIssuerPagesTest, MintTokens) {
  const auto minted = ask("POST", "/dev-issuer/token", "alice");
  EXPECT_EQ(minted.status, 200);
  EXPECT_EQ(minted.body, R"({"token":"token of alice"})");
  const auto refused = ask("POST", "/dev-issuer/token", "bad");
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(refused.body, HasSubstr("sub must be a string"));
  EXPECT_EQ(ask("GET", "/dev-issuer/token").status, 405);
}

TEST_F(DevIssuerPagesTest, RefuseHostsThatAreNotThisMachine) {
  for (const char* host : {"localhost", "LOCALHOST:9464", "127.0.0.1", "[::1]:9464", "[::1]"}) {
    headers_ = {{"Host", host}};
    EXPECT_EQ(ask("GET", "/dev-issuer/.well-known/jwks.json").status, 200) << host;
  }
  for (const char* host : {"evil.example", "127.0.0.1.evil.example", "localhost.evil.example:9464",
                           "localhost:1:2", "", "[::2]"}) {
    headers_ = {{"Host", host}};
    EXPECT_EQ(ask("GET", "/dev-issuer/.well-known/jwks.json").status, 403) << host;
    EXPECT_EQ(ask("POST", "/dev-issuer/token").status, 403) << host;
  }
}

TEST_F(DevIssuerPagesTest, MintNoTokensForWebPages) {
  headers_.emplace_back("Origin", "http://localhost:3000");
  EXPECT_EQ(ask("POST", "/dev-issuer/token").status, 403);
}

}  // namespace
}  // namespace eventsd::admin
