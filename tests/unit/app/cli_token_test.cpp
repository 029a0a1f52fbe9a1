// eventsd token, with a development issuer in a data directory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "auth/dev_issuer.hpp"
#include "auth/jwk.hpp"
#include "unit/app/support/command.hpp"
#include "unit/net/support/temp_dir.hpp"

namespace eventsd::app {
namespace {

using nlohmann::json;
using test::Ended;
using test::run_command;
using ::testing::HasSubstr;

class TokenVerb : public ::testing::Test {
 protected:
  TokenVerb() { EXPECT_TRUE(issuer_.publish("http://127.0.0.1:9464/dev-issuer")); }

  Ended run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"token", "--data-dir", dir_.path()});
    return run_command(arguments);
  }
  // The claims of a token that the issuer's own key verifies.
  json claims(std::vector<std::string> arguments) {
    const Ended ended = run(std::move(arguments));
    EXPECT_EQ(ended.code, 0) << ended.err;
    const std::string token = ended.out.substr(0, ended.out.find('\n'));
    const auto jwt = auth::parse_jwt(token);
    EXPECT_TRUE(jwt) << ended.out;
    if (!jwt) return {};
    EXPECT_TRUE(auth::verify_signature(*auth::parse_jwks(issuer_.jwks())->keys.at(0), *jwt));
    return json::parse(jwt->claims);
  }

  test::TempDir dir_;
  auth::DevIssuer issuer_ = *auth::DevIssuer::open(dir_.path());
};

TEST_F(TokenVerb, PrintsAnAccessToken) {
  const json made = claims({});
  EXPECT_EQ(made["iss"], "http://127.0.0.1:9464/dev-issuer");
  EXPECT_EQ(made["sub"], "dev-user");
  EXPECT_EQ(made["token_use"], "access");
  EXPECT_EQ(made["client_id"], "dev-client");
  EXPECT_EQ(made["username"], "dev-user");
  EXPECT_EQ(made["exp"].get<int>() - made["iat"].get<int>(), 3600);
}

TEST_F(TokenVerb, TakesEveryOption) {
  const json made = claims({"--sub",       "alice",
                            "--client-id", "web",
                            "--audience",  "api",
                            "--groups",    "admins,editors",
                            "--claim",     "email=alice@example.com",
                            "--claim",     "admin=true",
                            "--claim",     "tags=[\"a\",\"b\"]",
                            "--claim",     "empty=",
                            "--expires",   "90s",
                            "--token-use", "id"});
  EXPECT_EQ(made["sub"], "alice");
  EXPECT_EQ(made["cognito:username"], "alice");
  EXPECT_EQ(made["aud"], "api");
  EXPECT_EQ(made["cognito:groups"], json({"admins", "editors"}));
  EXPECT_EQ(made["email"], "alice@example.com");
  EXPECT_EQ(made["admin"], true);
  EXPECT_EQ(made["tags"], json({"a", "b"}));
  EXPECT_EQ(made["empty"], "");
  EXPECT_EQ(made["token_use"], "id");
  EXPECT_EQ(made["exp"].get<int>() - made["iat"].get<int>(), 90);
}

TEST_F(TokenVerb, SaysWhatIsWrong) {
  EXPECT_EQ(run({"--expires", "soon"}).code, 2);
  EXPECT_THAT(run({"--expires", "soon"}).err, HasSubstr("--expires"));
  EXPECT_THAT(run({"--claim", "novalue"}).err, HasSubstr("is not NAME=VALUE"));
  EXPECT_EQ(run({"--token-use", "refresh"}).code, 2);
  const test::TempDir empty;
  const Ended none = run_command({"token", "--data-dir", empty.path()});
  EXPECT_EQ(none.code, 1);
  EXPECT_THAT(none.err, HasSubstr("set devIssuer.enabled"));
}

}  // namespace
}  // namespace eventsd::app
