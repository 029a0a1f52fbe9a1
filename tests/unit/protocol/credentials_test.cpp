#include <gtest/gtest.h>

#include <string>

#include "protocol/client_message.hpp"
#include "protocol/text.hpp"

namespace eventsd::protocol {
namespace {

Credentials parsed(std::string_view json) {
  Result<Credentials> credentials = parse_credentials(json);
  EXPECT_TRUE(credentials) << json;
  return credentials ? *std::move(credentials) : Credentials{};
}

TEST(CredentialsObject, HasAnApiKeyOrAnAuthorization) {
  EXPECT_EQ(parsed(R"({"host":"h","x-api-key":"da2-x"})").api_key, "da2-x");
  EXPECT_EQ(parsed(R"({"host":"h","Authorization":"ey"})").authorization, "ey");
}

TEST(CredentialsObject, HasNamesWithoutCase) {
  EXPECT_EQ(parsed(R"({"X-Api-Key":"da2-x"})").api_key, "da2-x");
  EXPECT_EQ(parsed(R"({"AUTHORIZATION":"ey"})").authorization, "ey");
  EXPECT_EQ(parsed(R"({"authorization":"ey"})").authorization, "ey");
}

TEST(CredentialsObject, MayHaveWhiteSpaceAround) {
  const Credentials credentials = parsed(" { \"x-api-key\" : \"da2-x\" }\n");
  EXPECT_EQ(credentials.api_key, "da2-x");
  EXPECT_EQ(credentials.object, "{ \"x-api-key\" : \"da2-x\" }");
}

TEST(CredentialsObject, IsKeptAsSentForTheSignature) {
  const std::string object =
      R"({"host":"h","accept":"application\/json","Authorization":"AWS4\u002d"})";
  EXPECT_EQ(parsed(object).object, object);
  EXPECT_EQ(parsed(object).authorization, "AWS4-");
}

TEST(CredentialsObject, IgnoresValuesThatAreNotStrings) {
  EXPECT_TRUE(parsed(R"({"x-api-key":5,"authorization":{"x-api-key":"deep"}})").empty());
}

TEST(CredentialsObject, MayBeEmpty) { EXPECT_TRUE(parsed("{}").empty()); }

TEST(CredentialsObject, IsRefusedWhenItIsNoObject) {
  for (const char* bad :
       {"", "null", "[]", R"("x")", "{", R"({"a":1}{})", R"({"a":"\ud800"})", "{\"a\":\"\xff\"}"}) {
    const Result<Credentials> credentials = parse_credentials(bad);
    ASSERT_FALSE(credentials) << bad;
    EXPECT_EQ(credentials.error().kind, ErrorKind::bad_request);
  }
}

TEST(EncodedCredentials, ComeAsASubprotocolOrAsAQueryParameter) {
  const std::string text = base64url_encode(R"({"x-api-key":"da2-x"})");
  EXPECT_EQ(decode_credentials("header-" + text)->api_key, "da2-x");
  EXPECT_EQ(decode_credentials(text)->api_key, "da2-x");
}

TEST(EncodedCredentials, MayEndInANewlineAsTheAwsSampleDoes) {
  EXPECT_EQ(decode_credentials("header-eyJob3N0IjoiaCIsIngtYXBpLWtleSI6ImRhMi14In0K")->api_key,
            "da2-x");
}

TEST(EncodedCredentials, MayBePaddedAndOfEitherAlphabet) {
  // {"x-api-key":"~~>"} ends in a digit that the two alphabets write differently.
  EXPECT_EQ(decode_credentials("eyJ4LWFwaS1rZXkiOiJ+fj4ifQ==")->api_key, "~~>");
  EXPECT_EQ(decode_credentials("eyJ4LWFwaS1rZXkiOiJ-fj4ifQ")->api_key, "~~>");
}

TEST(EncodedCredentials, SurviveAPlusThatTheQueryMadeASpace) {
  EXPECT_EQ(decode_credentials("eyJ4LWFwaS1rZXkiOiJ fj4ifQ==")->api_key, "~~>");
}

TEST(EncodedCredentials, AreRefusedWhenNotBase64OfAnObject) {
  for (const char* bad : {"", "header-", "header-!", "header-W10", "Zm9v"}) {
    const Result<Credentials> credentials = decode_credentials(bad);
    ASSERT_FALSE(credentials) << bad;
    EXPECT_EQ(credentials.error().kind, ErrorKind::bad_request);
  }
}

}  // namespace
}  // namespace eventsd::protocol
