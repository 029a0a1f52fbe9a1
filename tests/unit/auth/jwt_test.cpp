#include "auth/jwt.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/auth/support/signer.hpp"

namespace eventsd::auth {
namespace {

using auth_test::base64url;
using auth_test::signing_input;
using ::testing::HasSubstr;

constexpr std::string_view kHeader = R"({"alg":"RS256","kid":"one"})";

std::string reason(const std::string& token) {
  const auto parsed = parse_jwt(token);
  if (parsed) return "";
  EXPECT_EQ(parsed.error().kind, ErrorKind::unauthorized);
  EXPECT_EQ(parsed.error().message, "");
  return parsed.error().reason;
}
std::string with_header(std::string_view header) { return signing_input(header, "{}") + ".c2ln"; }

std::string claims_reason(const std::string& claims) {
  const auto parsed = parse_claims(claims);
  return parsed ? "" : parsed.error().reason;
}

TEST(Jwt, TakesATokenApart) {
  const std::string token = signing_input(kHeader, R"({"iss":"i"})") + "." + base64url("sig");
  const auto jwt = parse_jwt(token);
  ASSERT_TRUE(jwt) << jwt.error().reason;
  EXPECT_EQ(jwt->algorithm, JwtAlgorithm::rs256);
  EXPECT_EQ(jwt->kid, "one");
  EXPECT_EQ(jwt->signed_part, token.substr(0, token.rfind('.')));
  EXPECT_EQ(jwt->signature, "sig");
  EXPECT_EQ(jwt->claims, R"({"iss":"i"})");
}

TEST(Jwt, TakesTokensWithAndWithoutBearer) {
  for (const char* form : {"abc", "Bearer abc", "bearer abc", "BEARER   abc ", "  abc"}) {
    EXPECT_EQ(bare_token(form), "abc") << form;
  }
  EXPECT_EQ(bare_token("Basic abc"), "Basic abc");
  EXPECT_EQ(bare_token("Bearer "), "Bearer");
  EXPECT_EQ(bare_token(""), "");
}

TEST(Jwt, RefusesEveryAlgorithmThatIsNotInTheTable) {
  for (const char* alg :
       {"none", "None", "NONE", "nOnE", "", "rs256", "RS1", "EdDSA", "ES256K", "HS1", "RS256 "}) {
    const std::string why =
        reason(with_header(R"({"kid":"one","alg":")" + std::string(alg) + "\"}"));
    EXPECT_THAT(why, HasSubstr("is refused")) << alg;
  }
  EXPECT_THAT(reason(with_header(R"({"alg":null})")), HasSubstr("no alg"));
  EXPECT_THAT(reason(with_header(R"({"kid":"one"})")), HasSubstr("no alg"));
  EXPECT_THAT(reason(with_header(R"({"alg":["RS256"]})")), HasSubstr("no alg"));
}

TEST(Jwt, RefusesAnUnsignedTokenWhoseSignatureIsEmpty) {
  EXPECT_THAT(reason(signing_input(R"({"alg":"none"})", "{}") + "."), HasSubstr("is refused"));
}

TEST(Jwt, RefusesWhatHasNotThreeParts) {
  for (const char* token : {"", ".", "..", "a.b", "a.b.c.d", "e30.e30", "e30.e30.YQ.YQ.YQ"}) {
    EXPECT_THAT(reason(token), HasSubstr("malformed")) << token;
  }
}

TEST(Jwt, RefusesEverySpellingOfBase64urlButTheCanonicalOne) {
  const std::string header = base64url(kHeader);
  ASSERT_EQ(reason(header + ".e30.YQ"), "");
  for (const char* signature : {"YQ==", "YR", "Y", "Y+", "Y/", "YQ\n", "Y Q", "YQ "}) {
    EXPECT_THAT(reason(header + ".e30." + signature), HasSubstr("base64url")) << signature;
  }
  EXPECT_THAT(reason(header + "=.e30.YQ"), HasSubstr("base64url"));
  EXPECT_THAT(reason(header + ".e30=.YQ"), HasSubstr("base64url"));
}

TEST(Jwt, RefusesTokensOverTheCap) {
  const std::string token = with_header(kHeader);
  const std::string filled = token + std::string(kMaxTokenSize - token.size(), 'A');
  EXPECT_THAT(reason(filled + "A"), HasSubstr("16385 bytes"));
  EXPECT_EQ(reason(filled).find("bytes"), std::string::npos);
}

TEST(Jwt, RefusesHeadersThatAreNoStrictJsonObject) {
  for (const char* header :
       {"", "null", "[]", "\"RS256\"", "{", R"({"alg":"RS256",})", R"({"alg":"RS256"} x)",
        R"({'alg':'RS256'})", "{\"alg\":\"RS256\",\"x\":\"\xff\"}",
        R"({"alg":"RS256","alg":"RS256"})", R"({"alg":"RS256","a\u006cg":"HS256"})",
        R"({"alg":"RS256","x":{"y":1,"y":2}})", R"({"alg":"RS256","x":[{"y":1,"y":2}]})"}) {
    EXPECT_THAT(reason(with_header(header)), HasSubstr("its header")) << header;
  }
}

TEST(Jwt, RefusesNestingOverTheLimit) {
  const auto nested = [](int levels) {
    return R"({"alg":"RS256","x":)" + std::string(levels, '[') + std::string(levels, ']') + "}";
  };
  EXPECT_EQ(reason(with_header(nested(15))), "");
  EXPECT_THAT(reason(with_header(nested(16))), HasSubstr("nested deeper than 16"));
  EXPECT_THAT(reason(with_header(nested(4000))), HasSubstr("nested deeper than 16"));
}

TEST(Jwt, RefusesCriticalExtensions) {
  EXPECT_THAT(reason(with_header(R"({"alg":"RS256","crit":["b64"],"b64":false})")),
              HasSubstr("crit"));
  EXPECT_THAT(reason(with_header(R"({"alg":"RS256","crit":[]})")), HasSubstr("crit"));
}

TEST(Jwt, RefusesTokensOfOtherKinds) {
  for (const char* typ : {"JWT", "jwt", "at+jwt", "application/at+JWT"}) {
    EXPECT_EQ(reason(with_header(R"({"alg":"RS256","typ":")" + std::string(typ) + "\"}")), "");
  }
  for (const char* typ : {"logout+jwt", "dpop+jwt", "secevent+jwt", "JWE", ""}) {
    EXPECT_THAT(reason(with_header(R"({"alg":"RS256","typ":")" + std::string(typ) + "\"}")),
                HasSubstr("typ"))
        << typ;
  }
}

TEST(Jwt, ShowsStrangersTextInReasonsOnlyWhenItIsFit) {
  const std::string why =
      reason(with_header("{\"alg\":\"x\\n\\u001b[31m" + std::string(500, 'A') + "\"}"));
  EXPECT_EQ(why.find('\n'), std::string::npos);
  EXPECT_EQ(why.find('\x1b'), std::string::npos);
  EXPECT_LT(why.size(), 200u);
}

TEST(Jwt, ReadsTheIssuerWithoutVerifying) {
  EXPECT_EQ(unverified_issuer(signing_input(kHeader, R"({"iss":"https://a"})") + ".eA"),
            "https://a");
  for (const char* token : {"", "a.b.c", "e30.e30.", "e30.W10."}) {
    EXPECT_EQ(unverified_issuer(token), "") << token;
  }
}

TEST(JwtClaims, AreReadWithTheirTypes) {
  const auto claims = parse_claims(
      R"({"iss":"i","sub":"s","aud":["a","b"],"azp":"z","client_id":"c","token_use":"access",)"
      R"("username":"u","cognito:groups":["g"],"exp":1800000000.9,"nbf":1,"iat":2e9,)"
      R"("auth_time":0,"other":{"x":[null]}})");
  ASSERT_TRUE(claims) << claims.error().reason;
  EXPECT_EQ(claims->issuer, "i");
  EXPECT_EQ(claims->subject, "s");
  EXPECT_THAT(claims->audience, ::testing::ElementsAre("a", "b"));
  EXPECT_EQ(claims->authorized_party, "z");
  EXPECT_EQ(claims->client_id, "c");
  EXPECT_EQ(claims->token_use, "access");
  EXPECT_EQ(claims->username, "u");
  EXPECT_EQ(claims->groups, R"(["g"])");
  EXPECT_EQ(claims->expires, 1'800'000'000);
  EXPECT_EQ(claims->not_before, 1);
  EXPECT_EQ(claims->issued_at, 2'000'000'000);
  EXPECT_EQ(claims->auth_time, 0);
}

TEST(JwtClaims, TakeOneAudienceOrNone) {
  EXPECT_THAT(parse_claims(R"({"aud":"a"})")->audience, ::testing::ElementsAre("a"));
  EXPECT_THAT(parse_claims("{}")->audience, ::testing::IsEmpty());
}

TEST(JwtClaims, PutTimesThatClocksCannotHoldAtTheEnd) {
  EXPECT_EQ(parse_claims(R"({"exp":253402300799})")->expires, 8'000'000'000);
  EXPECT_EQ(parse_claims(R"({"exp":1e300})")->expires, 8'000'000'000);
}

TEST(JwtClaims, OfAWrongTypeRefuseTheToken) {
  for (const auto& [claims, name] : std::initializer_list<std::pair<const char*, const char*>>{
           {R"({"exp":"1800000000"})", "exp"},
           {R"({"exp":-1})", "exp"},
           {R"({"exp":1e999})", "exp"},
           {R"({"exp":null})", "exp"},
           {R"({"nbf":[1]})", "nbf"},
           {R"({"iat":true})", "iat"},
           {R"({"iss":["i"]})", "iss"},
           {R"({"sub":7})", "sub"},
           {R"({"aud":7})", "aud"},
           {R"({"aud":["a",7]})", "aud"},
           {R"({"azp":{}})", "azp"},
           {R"({"token_use":1})", "token_use"},
           {R"({"cognito:groups":"g"})", "cognito:groups"}}) {
    EXPECT_THAT(claims_reason(claims), HasSubstr("the claim " + std::string(name))) << claims;
  }
}

TEST(JwtClaims, ThatComeTwiceRefuseTheToken) {
  EXPECT_THAT(claims_reason(R"({"iss":"a","iss":"b"})"), HasSubstr("comes twice"));
  EXPECT_THAT(claims_reason(R"({"iss":"a","\u0069ss":"b"})"), HasSubstr("comes twice"));
}

}  // namespace
}  // namespace eventsd::auth
