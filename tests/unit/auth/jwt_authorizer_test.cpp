// Every check of a token: accepted, and refused with the reason that names it.
#include "auth/jwt_authorizer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/auth/support/tokens.hpp"

namespace eventsd::auth {
namespace {

using auth_test::key_set;
using auth_test::kNow;
using auth_test::TestKey;
using auth_test::Tokens;
using ::testing::HasSubstr;

constexpr const char* kSecret = "a-secret-of-at-least-32-bytes-in-length";

TEST_F(Tokens, OfAUserPoolAreAcceptedInBothKindsAndForms) {
  const auto pool = cognito("^web$");
  for (const Claims& claims : {access_, id_}) {
    EXPECT_EQ(reason(*pool, sign(claims)), "");
    EXPECT_EQ(reason(*pool, "Bearer " + sign(claims)), "");
    EXPECT_EQ(reason(*pool, "bearer  " + sign(claims)), "");
  }
}

TEST_F(Tokens, OfAUserPoolBecomeTheDocumentOfHandlers) {
  const auto pool = cognito();
  const auto access = ask(*pool, sign(access_), "192.0.2.7");
  ASSERT_TRUE(access);
  EXPECT_EQ(access->mode, AuthMode::cognito);
  const std::string issuer = "\"" + server_.url() + "\"";
  EXPECT_EQ(*access->document, R"({"sub":"s-1","issuer":)" + issuer +
                                   R"(,"username":"alice","claims":)" + json(access_) +
                                   R"(,"sourceIp":["192.0.2.7"],"defaultAuthStrategy":"ALLOW",)" +
                                   R"("groups":null})");
  id_["cognito:groups"] = R"(["admins","e\"d"])";
  const auto id = ask(*pool, sign(id_), "2001:db8::1");
  ASSERT_TRUE(id);
  EXPECT_THAT(*id->document, HasSubstr(R"("sourceIp":["2001:db8::1"])"));
  EXPECT_THAT(*id->document, HasSubstr(R"("groups":["admins","e\"d"]})"));
  EXPECT_THAT(*id->document, HasSubstr(R"("username":"alice")"));
}

TEST_F(Tokens, OfAnOpenIssuerBecomeTheDocumentOfHandlers) {
  const auto answer = ask(*oidc(), sign(open_));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->mode, AuthMode::oidc);
  EXPECT_EQ(*answer->document,
            R"({"sub":"s-1","issuer":")" + server_.url() + R"(","claims":)" + json(open_) + "}");
  EXPECT_THAT(*ask(*oidc(), sign(with(open_, "sub", "")))->document,
              ::testing::StartsWith(R"({"sub":null,)"));
}

struct Row {
  const char* claim;
  std::string value;   // empty: the claim is left out
  const char* reason;  // empty: accepted
};

TEST_F(Tokens, OfAUserPoolPassEveryCheck) {
  const auto at = [](int seconds) { return std::to_string(kNow + seconds); };
  const auto pool = cognito("^(web|ios)$");
  for (const Row& row : std::vector<Row>{
           {"exp", "", "no exp"},
           {"exp", at(-59), ""},  // clocks may differ by a minute
           {"exp", at(-60), "expired 60 s ago"},
           {"exp", at(-3600), "expired 3600 s ago"},
           {"nbf", at(60), ""},
           {"nbf", at(61), "not valid before 61 s from now"},
           {"iat", "", ""},
           {"iat", at(60), ""},
           {"iat", at(61), "issued 61 s in the future"},
           {"iss", "", "the issuer \"\" is not one"},
           {"iss", R"("https://other.example")", "the issuer \"https://other.example\""},
           {"iss", "\"" + server_.url() + "/\"", "is not one of this API's"},
           {"token_use", "", "token_use is \"\""},
           {"token_use", R"("refresh")", "token_use is \"refresh\""},
           {"client_id", R"("ios")", ""},
           {"client_id", R"("webb")", "client_id \"webb\" does not match appIdClientRegex"},
           {"client_id", "", "client_id \"\" does not match"},
           {"sub", "", ""},
           {"username", "", ""},
           {"cognito:groups", R"("admins")", "the claim cognito:groups"},
       }) {
    const std::string why = reason(*pool, sign(with(access_, row.claim, row.value)));
    EXPECT_THAT(why, HasSubstr(row.reason)) << row.claim << " " << row.value;
    if (!*row.reason) EXPECT_EQ(why, "") << row.claim << " " << row.value;
  }
  // An ID token's client is its audience, whatever else it says.
  EXPECT_THAT(reason(*pool, sign(with(id_, "aud", R"("other")"))), HasSubstr("aud \"other\""));
  EXPECT_THAT(reason(*pool, sign(with(with(id_, "aud", ""), "client_id", R"("web")"))),
              HasSubstr("aud \"\""));
}

TEST_F(Tokens, OfAnOpenIssuerPassEveryCheck) {
  const auto at = [](int seconds) { return std::to_string(kNow + seconds); };
  const auto issuer = oidc({"", "^(app|web)$", 60'000, 120'000, ""});
  for (const Row& row : std::vector<Row>{
           {"exp", "", "no exp"},
           {"exp", at(-60), "expired 60 s ago"},
           {"nbf", at(61), "not valid before"},
           {"iat", "", "no iat"},
           {"iat", at(-59), ""},
           {"iat", at(-60), "iat is 60 s ago, more than the limit of 60000 ms"},
           {"iat", at(61), "issued 61 s in the future"},
           {"auth_time", "", "no auth_time"},
           {"auth_time", at(-119), ""},
           {"auth_time", at(-120), "auth_time is 120 s ago, more than the limit of 120000 ms"},
           {"iss", R"("https://other.example")", "is not one of this API's"},
           {"azp", "", ""},        // aud matches
           {"aud", "", ""},        // azp matches
           {"aud", R"("x")", ""},  // azp matches
           {"azp", R"("x")", ""},  // the second audience matches
           {"token_use", R"("anything")", ""},
       }) {
    const std::string why = reason(*issuer, sign(with(open_, row.claim, row.value)));
    EXPECT_THAT(why, HasSubstr(row.reason)) << row.claim << " " << row.value;
    if (!*row.reason) EXPECT_EQ(why, "") << row.claim << " " << row.value;
  }
  EXPECT_THAT(reason(*issuer, sign(with(with(open_, "aud", R"(["x"])"), "azp", R"("y")"))),
              HasSubstr("neither aud nor azp, \"x\", matches clientId"));
  EXPECT_THAT(reason(*issuer, sign(with(with(open_, "aud", ""), "azp", ""))),
              HasSubstr("neither aud nor azp"));
}

TEST_F(Tokens, WithoutLimitsNeedNeitherAudienceNorAuthTime) {
  const Claims bare = with(with(with(open_, "aud", ""), "azp", ""), "auth_time", "");
  EXPECT_EQ(reason(*oidc(), sign(bare)), "");
  EXPECT_EQ(reason(*cognito(), sign(with(access_, "client_id", ""))), "");
}

// A client id that is written down alone is that client and no other.
TEST_F(Tokens, AreOfClientsThatTheExpressionMatchesAsAWhole) {
  for (const char* good : {"web", "^web$", "we.*", "ios|web", "^ios|web$"}) {
    EXPECT_EQ(reason(*cognito(good), sign(access_)), "") << good;
    EXPECT_EQ(reason(*oidc({"", good, 0, 0, ""}), sign(open_)), "") << good;
  }
  for (const char* bad : {"we", "eb", "^w", "b$"}) {
    EXPECT_THAT(reason(*cognito(bad), sign(access_)), HasSubstr("as a whole")) << bad;
    EXPECT_THAT(reason(*oidc({"", bad, 0, 0, ""}), sign(open_)), HasSubstr("as a whole")) << bad;
  }
}

TEST_F(Tokens, AreNotSlowToMatchWhateverTheExpression) {
  access_["client_id"] = "\"" + std::string(5000, 'a') + "!\"";
  EXPECT_THAT(reason(*cognito("^(a+)+$"), sign(access_)), HasSubstr("does not match"));
}

TEST_F(Tokens, SignedWithTheSecretAreAcceptedOnlyWhenThereIsOne) {
  const std::string token = auth_test::hs_token("HS256", json(open_), kSecret);
  EXPECT_EQ(reason(*oidc({"", "", 0, 0, kSecret}), token), "");
  EXPECT_THAT(reason(*oidc({"", "", 0, 0, "another-secret-of-at-least-32-bytes"}), token),
              HasSubstr("not made with the configured secret"));
  EXPECT_THAT(reason(*oidc(), token), HasSubstr("HS256 needs a secret"));
  EXPECT_THAT(reason(*cognito(), auth_test::hs_token("HS256", json(access_), kSecret)),
              HasSubstr("HS256 needs a secret"));
  EXPECT_THAT(reason(*oidc(), auth_test::hs_token("HS256", json(open_), "")),
              HasSubstr("HS256 needs a secret"));
}

TEST_F(Tokens, SignedWithAPublicKeyAsSecretAreRefused) {
  const auto issuer = oidc({"", "", 0, 0, kSecret});
  for (const std::string& secret :
       {TestKey::rsa().public_pem(), TestKey::rsa().jwk("rsa"), ec_.public_pem()}) {
    const std::string input =
        auth_test::signing_input(auth_test::header("HS256", "rsa"), json(open_));
    const std::string token =
        input + "." + auth_test::base64url(auth_test::hmac("HS256", secret, input));
    EXPECT_THAT(reason(*oidc(), token), HasSubstr("HS256 needs a secret"));
    EXPECT_THAT(reason(*issuer, token), HasSubstr("not made with the configured secret"));
  }
}

TEST_F(Tokens, OfAnIssuerWithASecretMayStillUseItsKeys) {
  EXPECT_EQ(reason(*oidc({"", "", 0, 0, kSecret}), sign(open_)), "");
}

TEST_F(Tokens, WithoutASignatureAreRefused) {
  const auto issuer = oidc();
  const std::string unsigned_token =
      auth_test::signing_input(R"({"alg":"none","typ":"JWT"})", json(open_)) + ".";
  EXPECT_THAT(reason(*issuer, unsigned_token), HasSubstr("\"none\" is refused"));
  const std::string good = sign(open_);
  EXPECT_THAT(reason(*issuer, good.substr(0, good.rfind('.') + 1)),
              HasSubstr("the signature is not that of the key \"ec\" with ES256"));
}

TEST_F(Tokens, OfKeysThatTheIssuerDoesNotHaveAreRefused) {
  const auto issuer = oidc();
  const TestKey stranger = TestKey::make_ec("P-256");
  EXPECT_THAT(reason(*issuer, auth_test::token("ES256", "ec", json(open_), stranger)),
              HasSubstr("the signature is not that of the key"));
  EXPECT_THAT(reason(*issuer, auth_test::token("ES256", "unknown", json(open_), ec_)),
              HasSubstr("kid \"unknown\" is not among the keys"));
  EXPECT_THAT(reason(*issuer, auth_test::token("RS256", "weak", json(open_), TestKey::rsa())),
              HasSubstr("kid \"weak\" is not among the keys"));
  EXPECT_THAT(reason(*issuer, auth_test::token("RS256", "ec", json(open_), TestKey::rsa())),
              HasSubstr("is not for RS256"));
  EXPECT_EQ(reason(*issuer, auth_test::token("PS384", "rsa", json(open_), TestKey::rsa())), "");
  const std::string input = auth_test::signing_input(R"({"alg":"ES256"})", json(open_));
  EXPECT_THAT(reason(*issuer, input + "." + auth_test::base64url(ec_.sign("ES256", input))),
              HasSubstr("no kid"));
}

TEST_F(Tokens, ThatBringTheirOwnKeyAreRefused) {
  const TestKey own = TestKey::make_ec("P-256");
  for (const std::string& header :
       {R"({"alg":"ES256","kid":"own","jwk":)" + own.jwk("own") + "}",
        R"({"alg":"ES256","kid":"own","jku":")" + server_.url() + R"(/own.json"})"}) {
    const std::string input = auth_test::signing_input(header, json(open_));
    EXPECT_THAT(reason(*oidc(), input + "." + auth_test::base64url(own.sign("ES256", input))),
                HasSubstr("not among the keys"));
  }
}

TEST_F(Tokens, ThatAreNoneAreRefused) {
  const auto issuer = oidc();
  for (const std::string& token : {std::string(), std::string("x"), std::string("a.b.c"),
                                   std::string(100'000, 'e'), std::string(20'000, '.')}) {
    EXPECT_THAT(reason(*issuer, token), HasSubstr("malformed")) << token.size();
  }
}

TEST_F(Tokens, AreNeverInTheReason) {
  const std::string token = auth_test::token("ES256", "unknown", json(open_), ec_);
  const std::string why = reason(*oidc(), token);
  EXPECT_EQ(why.find(token.substr(token.rfind('.') + 1)), std::string::npos);
  EXPECT_EQ(why.find(token.substr(0, 40)), std::string::npos);
}

TEST_F(Tokens, OfSeveralIssuersGoToTheirOwn) {
  auth_test::IssuerServer other(io_);
  const TestKey key = TestKey::make_ec("P-256");
  other.publish(key_set({key.jwk("ec")}));  // the same kid
  OpenIdConnectConfig first{server_.url(), "^web$", 0, 0, ""};
  OpenIdConnectConfig second{other.url(), "^app$", 0, 0, ""};
  const auto both = *make_oidc_authorizer({first, second}, keys_, {}, &system_clock);
  Claims claims = with(open_, "iss", "\"" + other.url() + "\"");
  EXPECT_EQ(reason(*both, sign(open_)), "");
  EXPECT_EQ(reason(*both, auth_test::token("ES256", "ec", json(claims), key)), "");
  EXPECT_THAT(reason(*both, sign(claims)), HasSubstr("signature"));
  EXPECT_THAT(reason(*both, auth_test::token("ES256", "ec", json(open_), key)),
              HasSubstr("signature"));
  claims["azp"] = R"("web")";
  claims["aud"] = R"("web")";
  EXPECT_THAT(reason(*both, auth_test::token("ES256", "ec", json(claims), key)),
              HasSubstr("matches clientId"));
}

TEST_F(Tokens, AreRecognisedByTheirIssuerAlone) {
  const auto issuer = oidc();
  const auto recognised = [&](std::string text) {
    Credentials credentials;
    credentials.authorization = std::move(text);
    return issuer->recognises(credentials);
  };
  EXPECT_TRUE(recognised(sign(open_)));
  EXPECT_TRUE(recognised("Bearer " + sign(with(open_, "exp", "1"))));
  EXPECT_FALSE(recognised(sign(with(open_, "iss", R"("https://other.example")"))));
  EXPECT_FALSE(recognised(""));
  EXPECT_FALSE(recognised("a.b.c"));
  EXPECT_FALSE(recognised(std::string(100'000, 'e')));
}

TEST(CognitoIssuer, IsThePoolsOwnTheOperatorsOrAws) {
  const std::vector<NamedAddress> known{{"us-east-1_a", "http://127.0.0.1:9229/a", {}}};
  EXPECT_EQ(cognito_issuer({"us-east-1_a", "us-east-1", "", "https://own.example/p"}, known),
            "https://own.example/p");
  EXPECT_EQ(cognito_issuer({"us-east-1_a", "us-east-1", "", ""}, known), "http://127.0.0.1:9229/a");
  EXPECT_EQ(cognito_issuer({"us-east-1_b", "eu-west-1", "", ""}, known),
            "https://cognito-idp.eu-west-1.amazonaws.com/us-east-1_b");
  EXPECT_EQ(cognito_issuer({"cn-north-1_b", "cn-north-1", "", ""}, known),
            "https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_b");
}

TEST_F(Tokens, NeedAnExpressionAndAnIssuerThatCanBeUsed) {
  const auto pool = make_cognito_authorizer({{"p", "r", "a(?=b)", server_.url()}}, {}, keys_);
  ASSERT_FALSE(pool);
  EXPECT_THAT(pool.error().message, HasSubstr("appIdClientRegex: the regular expression"));
  const auto issuer = make_oidc_authorizer({{server_.url(), "(", 0, 0, ""}}, keys_);
  ASSERT_FALSE(issuer);
  EXPECT_THAT(issuer.error().message, HasSubstr("clientId: the regular expression"));
  const auto plain = make_oidc_authorizer({{"http://issuer.example", "", 0, 0, ""}}, keys_);
  ASSERT_FALSE(plain);
  EXPECT_THAT(plain.error().message, HasSubstr("is not https"));
}

}  // namespace
}  // namespace eventsd::auth
