#include "admin/guard.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/admin/support/asking.hpp"

namespace eventsd::admin {
namespace {

using admin_test::header;
using ::testing::HasSubstr;
using ::testing::Not;

Task<server::HttpResponse> let_in() {
  server::HttpResponse response;
  response.body = "in";
  co_return response;
}

class Guard : public ::testing::Test {
 protected:
  server::HttpResponse knock() {
    return admin_test::run(
        guarded([this] { return rules_; }, [](server::HttpRequest&) { return let_in(); }),
        request_);
  }
  server::HttpResponse knock_signed(std::optional<server::HttpResponse> refusal) {
    return admin_test::run(
        guarded([this] { return rules_; }, [&](const server::HttpRequest&) { return refusal; },
                [](server::HttpRequest&) { return let_in(); }),
        request_);
  }
  void set(std::string_view name, std::string_view value) {
    std::erase_if(request_.headers, [&](const auto& one) { return one.first == name; });
    request_.headers.emplace_back(name, value);
  }
  GuardRules rules_{"secret-token", {"localhost", "127.0.0.1", "[::1]"}};
  server::HttpRequest request_ = [] {
    server::HttpRequest request;
    request.headers = {{"Host", "localhost:9464"}, {"Authorization", "Bearer secret-token"}};
    return request;
  }();
};

TEST_F(Guard, LetsTheTokenInFromAnAllowedHost) {
  for (const char* host : {"localhost:9464", "LOCALHOST", "127.0.0.1:1", "[::1]:9464", "[::1]"}) {
    set("Host", host);
    EXPECT_EQ(knock().body, "in") << host;
  }
}

TEST_F(Guard, RefusesHostsThatAreNotAllowed) {
  for (const char* host : {"evil.example", "localhost.evil.example", "evil.example:9464", "",
                           "127.0.0.1.evil.example", "::1", "localhost:9464:1", "[::2]:9464"}) {
    set("Host", host);
    const server::HttpResponse response = knock();
    EXPECT_EQ(response.status, 403) << host;
    EXPECT_EQ(header(response, "x-amzn-ErrorType"), "AccessDeniedException");
  }
}

TEST_F(Guard, SaysWhichNameIsMissingAndWhereToPutIt) {
  set("Host", "tunnel.example:9464");
  EXPECT_THAT(knock().body, HasSubstr(R"(Host names \"tunnel.example\", which is not in admin.)"
                                      "allowedHosts: add it there and reload"));
  const std::string long_name(5000, 'x');
  set("Host", long_name);
  EXPECT_LT(knock().body.size(), 300u);
  set("Host", "localhost");
  set("Origin", "https://console.example");
  EXPECT_THAT(knock().body, HasSubstr(R"(Origin names \"console.example\")"));
}

TEST_F(Guard, RefusesPagesOfForeignOrigins) {
  for (const char* origin : {"http://evil.example", "null", "http://localhost.evil.example",
                             "https://evil.example:9464"}) {
    set("Origin", origin);
    EXPECT_EQ(knock().status, 403) << origin;
  }
}

TEST_F(Guard, LetsPagesOfAnAllowedHostIn) {
  for (const char* origin : {"http://localhost:9464", "https://127.0.0.1", "http://[::1]:9464"}) {
    set("Origin", origin);
    EXPECT_EQ(knock().body, "in") << origin;
  }
}

TEST_F(Guard, TheSchemeOfTheTokenHasNoCase) {
  for (const char* scheme : {"bearer ", "BEARER "}) {
    const std::string authorization = std::string(scheme) + "secret-token";
    set("Authorization", authorization);
    EXPECT_EQ(knock().body, "in") << scheme;
  }
}

TEST_F(Guard, RefusesEveryOtherToken) {
  for (const char* token : {"", "Bearer ", "Bearer secret-toke", "Bearer secret-token2",
                            "Bearer Secret-token", "secret-token", "Basic secret-token"}) {
    set("Authorization", token);
    const server::HttpResponse response = knock();
    EXPECT_EQ(response.status, 401) << token;
    EXPECT_EQ(header(response, "WWW-Authenticate"), "Bearer");
    EXPECT_THAT(response.body, Not(HasSubstr("secret-token")));
  }
}

TEST_F(Guard, WithoutATokenLetsNobodyIn) {
  rules_.token.clear();
  set("Authorization", "Bearer ");
  EXPECT_EQ(knock().status, 401);
}

TEST_F(Guard, TakesASignatureOnlyWhereSomebodyChecksIt) {
  set("Authorization", "AWS4-HMAC-SHA256 Credential=…");
  EXPECT_EQ(knock().status, 401);
  EXPECT_EQ(knock_signed(std::nullopt).body, "in");
  EXPECT_EQ(knock_signed(control_plane_error(403, "AccessDeniedException", "no")).status, 403);
}

TEST_F(Guard, ASignatureDoesNotOpenToForeignSites) {
  set("Authorization", "AWS4-HMAC-SHA256 Credential=…");
  set("Host", "evil.example");
  EXPECT_EQ(knock_signed(std::nullopt).status, 403);
}

TEST_F(Guard, WhereSignaturesAreTakenTheTokenIsTakenTooAndBothAreNamed) {
  const auto refusal = control_plane_error(403, "AccessDeniedException", "no");
  EXPECT_EQ(knock_signed(refusal).body, "in");
  set("Authorization", "");
  EXPECT_THAT(knock_signed(refusal).body, HasSubstr("or sign the request (SigV4)"));
}

TEST_F(Guard, AsksForTheRulesAnewEachTime) {
  EXPECT_EQ(knock().body, "in");
  rules_.token = "another";
  EXPECT_EQ(knock().status, 401);
}

}  // namespace
}  // namespace eventsd::admin
