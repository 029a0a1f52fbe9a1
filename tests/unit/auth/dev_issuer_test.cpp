#include "auth/dev_issuer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "unit/auth/support/token_world.hpp"
#include "unit/net/support/temp_dir.hpp"

namespace eventsd::auth {
namespace {

using ::testing::HasSubstr;

class DevIssuerTest : public auth_test::TokenWorld {
 protected:
  // A daemon that serves the pages below /dev-issuer.
  DevIssuerTest() {
    EXPECT_TRUE(issuer_.publish(server_.url() + "/dev-issuer"));
    server_.set_page("/dev-issuer/.well-known/openid-configuration", issuer_.discovery());
    server_.set_page("/dev-issuer/.well-known/jwks.json", issuer_.jwks());
  }
  static unsigned mode_of(const std::string& path) {
    struct stat info{};
    EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
    return info.st_mode & 0777;
  }

  test::TempDir dir_;
  auth_test::IssuerServer server_{io_};
  DevIssuer issuer_ = *DevIssuer::open(dir_.path());
  KeyDirectory keys_{io_, {}, {}, &steady_clock};
};

TEST_F(DevIssuerTest, MintsTokensThatUserPoolsAndOpenIssuersAccept) {
  const auto pool = *make_cognito_authorizer({{"p", "r", "^dev-client$", issuer_.url()}}, {}, keys_,
                                             {}, &system_clock);
  const auto open =
      *make_oidc_authorizer({{issuer_.url(), "^dev-client$", 1, 1, ""}}, keys_, {}, &system_clock);
  for (const char* use : {"access", "id"}) {
    DevToken token;
    token.token_use = use;
    token.groups = {"admins"};
    const auto minted = issuer_.mint(token, system_clock());
    ASSERT_TRUE(minted) << minted.error().message;
    const auto answer = ask(*pool, *minted);
    ASSERT_TRUE(answer) << answer.error().reason;
    EXPECT_THAT(*answer->document, HasSubstr(R"("username":"dev-user")"));
    EXPECT_THAT(*answer->document, HasSubstr(R"("groups":["admins"])"));
    EXPECT_EQ(reason(*open, *minted), "");
  }
}

TEST_F(DevIssuerTest, PutsFurtherClaimsInPlaceOfItsOwn) {
  DevToken token;
  token.claims = {{"exp", "1"}, {"email", R"("a@b")"}};
  const auto pool =
      *make_cognito_authorizer({{"p", "r", "", issuer_.url()}}, {}, keys_, {}, &system_clock);
  EXPECT_THAT(reason(*pool, *issuer_.mint(token, system_clock())), HasSubstr("expired"));
  token.claims = {{"x", "{"}};
  EXPECT_THAT(issuer_.mint(token, system_clock()).error().message, HasSubstr("claim x"));
  token.claims.clear();
  token.token_use = "refresh";
  EXPECT_FALSE(issuer_.mint(token, system_clock()));
}

TEST_F(DevIssuerTest, KeepsItsKeyForTheOwnerAlone) {
  EXPECT_EQ(mode_of(dir_.path("dev-issuer-key.pem")), 0600u);
  EXPECT_EQ(DevIssuer::open(dir_.path())->jwks(), issuer_.jwks());
  const auto existing = DevIssuer::open_existing(dir_.path());
  ASSERT_TRUE(existing);
  EXPECT_EQ(existing->url(), issuer_.url());
  EXPECT_EQ(issuer_.jwks().find("\"d\""), std::string::npos);
}

TEST_F(DevIssuerTest, SaysWhatIsWrongWithItsFiles) {
  const test::TempDir other;
  EXPECT_THAT(DevIssuer::open_existing(other.path()).error().message,
              HasSubstr("set devIssuer.enabled"));
  other.write("dev-issuer-key.pem", "no key");
  EXPECT_THAT(DevIssuer::open(other.path()).error().message, HasSubstr("dev-issuer-key.pem"));
  EXPECT_FALSE(DevIssuer::open(other.path("missing")));
}

TEST(DevIssuerUrl, IsForLoopbackAlone) {
  EXPECT_EQ(*dev_issuer_url("127.0.0.1:9464"), "http://127.0.0.1:9464/dev-issuer");
  EXPECT_EQ(*dev_issuer_url("localhost:1"), "http://localhost:1/dev-issuer");
  EXPECT_EQ(*dev_issuer_url("[::1]:9464"), "http://[::1]:9464/dev-issuer");
  for (const char* listen : {"0.0.0.0:9464", "[::]:9464", "192.0.2.1:9464", "localhost.example:1",
                             ":9464", "", "example:1"}) {
    const auto url = dev_issuer_url(listen);
    ASSERT_FALSE(url) << listen;
    EXPECT_THAT(url.error().message, HasSubstr("admin.listen"));
  }
}

TEST(DevTokenRequest, IsReadFromJson) {
  const auto token =
      parse_dev_token(R"({"sub":"s","clientId":"c","audience":"a","tokenUse":"id","groups":["g"],)"
                      R"("expiresIn":-5,"claims":{"email":"e","n":{"x":1}}})");
  ASSERT_TRUE(token) << token.error().message;
  EXPECT_EQ(token->subject, "s");
  EXPECT_EQ(token->client_id, "c");
  EXPECT_EQ(token->audience, "a");
  EXPECT_EQ(token->token_use, "id");
  EXPECT_THAT(token->groups, ::testing::ElementsAre("g"));
  EXPECT_EQ(token->expires_in.count(), -5);
  EXPECT_THAT(token->claims,
              ::testing::ElementsAre(std::pair("email", "\"e\""), std::pair("n", R"({"x":1})")));
  EXPECT_EQ(parse_dev_token("")->subject, "dev-user");
  for (const char* wrong : {"[]", "{", R"({"sub":1})", R"({"groups":"g"})", R"({"groups":[1]})",
                            R"({"expiresIn":"1h"})", R"({"expiresIn":1.5})", R"({"claims":[]})"}) {
    EXPECT_FALSE(parse_dev_token(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace eventsd::auth
