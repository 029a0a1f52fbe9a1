#include "auth/jwk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/auth/support/foreign_tokens.hpp"
#include "unit/auth/support/signer.hpp"

namespace eventsd::auth {
namespace {

using auth_test::base64url;
using auth_test::key_set;
using auth_test::TestKey;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

JwkSet parse(std::initializer_list<std::string> jwks) {
  auto set = parse_jwks(key_set(jwks));
  EXPECT_TRUE(set) << set.error().message;
  return set ? *std::move(set) : JwkSet{};
}
PublicKeyPtr one(const std::string& jwk) {
  const JwkSet set = parse({jwk});
  EXPECT_THAT(set.ignored, ElementsAre());
  return set.keys.empty() ? nullptr : set.keys.front();
}
std::string why_ignored(const std::string& jwk) {
  const JwkSet set = parse({jwk});
  EXPECT_TRUE(set.keys.empty());
  return set.ignored.empty() ? "" : set.ignored.front();
}

// Whether a key checks a token of that algorithm, after the token's text has been changed or not.
struct Signed {
  std::string text;
  Jwt jwt;
};
Signed make(std::string_view alg, const TestKey& key) {
  Signed made{auth_test::token(alg, "k", R"({"iss":"i"})", key), {}};
  made.jwt = *parse_jwt(made.text);
  return made;
}

struct Case {
  const char* alg;
  const char* crv;  // null: RSA
};
class EveryAlgorithm : public ::testing::TestWithParam<Case> {
 protected:
  TestKey key_ = GetParam().crv ? TestKey::make_ec(GetParam().crv) : TestKey::rsa();
  PublicKeyPtr public_ = one(key_.jwk("k"));
  Signed signed_ = make(GetParam().alg, key_);
};

TEST_P(EveryAlgorithm, IsVerified) {
  ASSERT_TRUE(public_->fits(signed_.jwt.algorithm));
  EXPECT_TRUE(verify_signature(*public_, signed_.jwt));
}

TEST_P(EveryAlgorithm, RefusesAnotherText) {
  std::string changed(signed_.jwt.signed_part);
  changed.back() = changed.back() == 'A' ? 'B' : 'A';
  signed_.jwt.signed_part = changed;
  EXPECT_FALSE(verify_signature(*public_, signed_.jwt));
}

TEST_P(EveryAlgorithm, RefusesAnotherSignature) {
  for (std::size_t at :
       {std::size_t{0}, signed_.jwt.signature.size() / 2, signed_.jwt.signature.size() - 1}) {
    Jwt jwt = signed_.jwt;
    jwt.signature[at] = static_cast<char>(jwt.signature[at] ^ 1);
    EXPECT_FALSE(verify_signature(*public_, jwt)) << at;
  }
  for (const std::string& signature :
       {std::string(), signed_.jwt.signature + '\0', signed_.jwt.signature.substr(1),
        '\0' + signed_.jwt.signature, std::string(signed_.jwt.signature.size(), '\0'),
        std::string(signed_.jwt.signature.size(), '\xff')}) {
    Jwt jwt = signed_.jwt;
    jwt.signature = signature;
    EXPECT_FALSE(verify_signature(*public_, jwt)) << signature.size();
  }
}

TEST_P(EveryAlgorithm, RefusesAnotherKey) {
  const TestKey other = GetParam().crv ? TestKey::make_ec(GetParam().crv) : TestKey::other_rsa();
  EXPECT_FALSE(verify_signature(*one(other.jwk("k")), signed_.jwt));
}

TEST_P(EveryAlgorithm, FitsNoKeyOfAnotherTypeOrCurve) {
  for (const char* crv : {"P-256", "P-384", "P-521"}) {
    const bool same = GetParam().crv && std::string_view(GetParam().crv) == crv;
    EXPECT_EQ(one(TestKey::make_ec(crv).jwk("k"))->fits(signed_.jwt.algorithm), same) << crv;
  }
  EXPECT_EQ(one(TestKey::rsa().jwk("k"))->fits(signed_.jwt.algorithm), !GetParam().crv);
}

INSTANTIATE_TEST_SUITE_P(Jwk, EveryAlgorithm,
                         ::testing::Values(Case{"RS256", nullptr}, Case{"RS384", nullptr},
                                           Case{"RS512", nullptr}, Case{"PS256", nullptr},
                                           Case{"PS384", nullptr}, Case{"PS512", nullptr},
                                           Case{"ES256", "P-256"}, Case{"ES384", "P-384"},
                                           Case{"ES512", "P-521"}),
                         [](const auto& info) { return info.param.alg; });

TEST(Jwk, NeverFitsASymmetricAlgorithm) {
  for (const PublicKeyPtr& key :
       parse({TestKey::rsa().jwk("a"), TestKey::make_ec("P-256").jwk("b")}).keys) {
    for (const auto alg : {JwtAlgorithm::hs256, JwtAlgorithm::hs384, JwtAlgorithm::hs512}) {
      EXPECT_FALSE(key->fits(alg));
    }
  }
}

TEST(Jwk, VerifiesADerSignatureOfEcdsaNowhere) {
  const TestKey key = TestKey::make_ec("P-256");
  Signed made = make("ES256", key);
  // A valid DER pair of the right size is still not r ‖ s.
  made.jwt.signature =
      "\x30\x3e\x02\x1d" + std::string(29, '\x01') + "\x02\x1d" + std::string(29, '\x01');
  EXPECT_FALSE(verify_signature(*one(key.jwk("k")), made.jwt));
}

TEST(Jwk, HonoursItsOwnAlgorithm) {
  const PublicKeyPtr key = one(TestKey::rsa().jwk("k", R"(,"alg":"RS256")"));
  EXPECT_TRUE(key->fits(JwtAlgorithm::rs256));
  EXPECT_FALSE(key->fits(JwtAlgorithm::rs512));
  EXPECT_FALSE(key->fits(JwtAlgorithm::ps256));
  for (const char* alg : {"ES256", "HS256", "none", "RSA-OAEP"}) {
    EXPECT_THAT(why_ignored(TestKey::rsa().jwk("k", R"(,"alg":")" + std::string(alg) + "\"")),
                HasSubstr("an alg that it cannot be for"));
  }
}

TEST(Jwk, HonoursUseAndOperations) {
  EXPECT_TRUE(one(TestKey::rsa().jwk("k", R"(,"use":"sig","key_ops":["verify"])")));
  EXPECT_THAT(why_ignored(TestKey::rsa().jwk("k", R"(,"use":"enc")")), HasSubstr("use"));
  EXPECT_THAT(why_ignored(TestKey::rsa().jwk("k", R"(,"use":null)")), HasSubstr("use"));
  for (const char* operations : {"[]", R"(["sign"])", R"("verify")", "null"}) {
    EXPECT_THAT(why_ignored(TestKey::rsa().jwk("k", R"(,"key_ops":)" + std::string(operations))),
                HasSubstr("key_ops"))
        << operations;
  }
}

TEST(Jwk, RefusesWeakAndEnormousRsaKeys) {
  EXPECT_THAT(why_ignored(TestKey::make_rsa(1024).jwk("k")), HasSubstr("RSA of 1024 bits"));
  const std::string enormous = base64url('\x80' + std::string(2047, '\x01'));
  EXPECT_THAT(why_ignored(R"({"kty":"RSA","kid":"k","e":"AQAB","n":")" + enormous + "\"}"),
              HasSubstr("RSA of 16384 bits"));
  const std::string fair = base64url('\x80' + std::string(255, '\x01'));
  for (const char* e : {"AQ", "Ag", "AA", "gQAAAAAAAAAB"}) {  // 1, 2, 0 and more than 64 bits
    EXPECT_THAT(why_ignored(R"({"kty":"RSA","kid":"k","e":")" + std::string(e) + R"(","n":")" +
                            fair + "\"}"),
                HasSubstr("impossible"))
        << e;
  }
}

TEST(Jwk, RefusesPointsThatAreNotOnTheirCurve) {
  const std::string x = base64url(std::string(32, '\x01'));
  EXPECT_THAT(
      why_ignored(R"({"kty":"EC","crv":"P-256","kid":"k","x":")" + x + R"(","y":")" + x + "\"}"),
      HasSubstr("not on its curve"));
  const std::string zero = base64url(std::string(32, '\0'));
  EXPECT_THAT(why_ignored(R"({"kty":"EC","crv":"P-256","kid":"k","x":")" + zero + R"(","y":")" +
                          zero + "\"}"),
              HasSubstr("not on its curve"));
  EXPECT_THAT(why_ignored(R"({"kty":"EC","crv":"P-256","kid":"k","x":"AQ","y":"AQ"})"),
              HasSubstr("wrong size"));
  EXPECT_THAT(why_ignored(R"({"kty":"EC","crv":"secp256k1","kid":"k"})"), HasSubstr("secp256k1"));
}

TEST(Jwk, IgnoresSymmetricKeysAndKeysWithoutKid) {
  EXPECT_THAT(why_ignored(R"({"kty":"oct","kid":"k","k":"c2VjcmV0"})"), HasSubstr("kty \"oct\""));
  EXPECT_THAT(why_ignored(R"({"kty":"RSA","n":"AQAB","e":"AQAB"})"), HasSubstr("without kid"));
}

TEST(Jwk, TakesTheGoodKeysOfASet) {
  const JwkSet set = parse({R"({"kty":"oct","kid":"a","k":"c2VjcmV0"})", "7",
                            TestKey::rsa().jwk("b"), TestKey::make_ec("P-384").jwk("c")});
  ASSERT_EQ(set.keys.size(), 2u);
  EXPECT_EQ(set.keys[0]->kid, "b");
  EXPECT_EQ(set.keys[1]->kid, "c");
  EXPECT_EQ(set.ignored.size(), 2u);
}

TEST(Jwk, SaysWhenThereIsNoKeySet) {
  for (const char* text : {"", "[]", "{}", R"({"keys":{}})", R"({"keys":null})", "<html>",
                           R"({"keys":[],"keys":[]})"}) {
    EXPECT_FALSE(parse_jwks(text)) << text;
  }
  std::string many = R"({"keys":[0)";
  for (std::size_t i = 0; i < kMaxKeysOfIssuer; ++i) many += ",0";
  EXPECT_THAT(parse_jwks(many + "]}").error().message, HasSubstr("101 keys"));
}

TEST(Jwk, VerifiesWhatAForeignLibraryHasSigned) {
  const JwkSet keys = *parse_jwks(auth_test::kForeignKeys);
  EXPECT_EQ(keys.keys.size(), 4u);
  int verified = 0;
  for (const auth_test::ForeignToken& foreign : auth_test::kForeignTokens) {
    const auto jwt = parse_jwt(foreign.token);
    ASSERT_TRUE(jwt) << foreign.algorithm;
    EXPECT_EQ(name_of(jwt->algorithm), foreign.algorithm);
    if (is_symmetric(jwt->algorithm)) {
      verified += verify_hmac(auth_test::kForeignSecret, *jwt);
      continue;
    }
    for (const PublicKeyPtr& key : keys.keys) {
      verified += key->kid == jwt->kid && verify_signature(*key, *jwt);
    }
  }
  EXPECT_EQ(verified, 12);
}

TEST(Hmac, IsCheckedWithTheSecret) {
  for (const char* alg : {"HS256", "HS384", "HS512"}) {
    const std::string text = auth_test::hs_token(alg, "{}", "secret");
    Jwt jwt = *parse_jwt(text);
    EXPECT_TRUE(verify_hmac("secret", jwt)) << alg;
    EXPECT_FALSE(verify_hmac("Secret", jwt)) << alg;
    EXPECT_FALSE(verify_hmac("", jwt)) << alg;
    jwt.signature.pop_back();
    EXPECT_FALSE(verify_hmac("secret", jwt)) << alg;
    jwt.signature.clear();
    EXPECT_FALSE(verify_hmac("secret", jwt)) << alg;
  }
}

}  // namespace
}  // namespace eventsd::auth
