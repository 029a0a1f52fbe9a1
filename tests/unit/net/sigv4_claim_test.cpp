#include "net/sigv4_claim.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

namespace eventsd::net {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr auto kNow = std::chrono::sys_days(std::chrono::year(2026) / 1 / 31) + 12h;
const SigV4Signer kSigner{{"AKIDEXAMPLE", "secret", ""}, "us-east-1", "appsync"};
const HeaderList kHost = {{"host", "localhost:8080"}};

// Headers as they arrive at the server, the Authorization among them.
HeaderList signed_headers(HeaderList headers = kHost, const SigV4Signer& signer = kSigner,
                          std::chrono::system_clock::time_point time = kNow) {
  const std::string hash = sha256_hex("{}");
  const HeaderList added = sigv4_headers({"POST", "/event", "", headers, hash}, signer, time);
  headers.insert(headers.end(), added.begin(), added.end());
  return headers;
}

std::string authorization_of(const HeaderList& headers) {
  for (const auto& [name, value] : headers) {
    if (name == "authorization") return value;
  }
  return "";
}

struct Checked {
  std::optional<Error> error;
  bool matches = false;
};

Checked check(const HeaderList& headers, std::string_view body = "{}",
              std::chrono::system_clock::time_point now = kNow) {
  const std::string authorization = authorization_of(headers);
  const auto claim = check_sigv4_claim(authorization, headers, {"us-east-1", "appsync"}, now);
  if (!claim) return {claim.error(), false};
  const std::string hash = sha256_hex(body);
  return {std::nullopt, sigv4_matches(*claim, sigv4_key("secret", claim->authorization.scope),
                                      {"POST", "/event", "", headers, hash})};
}

void replace(HeaderList& headers, std::string_view name, const std::string& from,
             const std::string& to) {
  for (auto& [candidate, value] : headers) {
    if (candidate != name) continue;
    const auto at = value.find(from);
    ASSERT_NE(at, std::string::npos) << value;
    value.replace(at, from.size(), to);
  }
}

std::string message_of(const HeaderList& headers) {
  const Checked checked = check(headers);
  return checked.error ? checked.error->message : checked.matches ? "(matches)" : "(differs)";
}

TEST(SigV4Claim, OfASignedRequestMatches) {
  EXPECT_EQ(message_of(signed_headers()), "(matches)");
  EXPECT_EQ(message_of(signed_headers({{"host", "a"}, {"x-amz-user-agent", "b"}})), "(matches)");
}

TEST(SigV4Claim, DiffersWithEachThingThatIsSigned) {
  EXPECT_FALSE(check(signed_headers(), "{} ").matches);
  HeaderList headers = signed_headers();
  replace(headers, "host", "localhost", "evil.test");
  EXPECT_EQ(message_of(headers), "(differs)");
  headers = signed_headers();
  replace(headers, "x-amz-date", "T1200", "T1201");
  EXPECT_EQ(message_of(headers), "(differs)");
  SigV4Signer other = kSigner;
  other.credentials.secret_access_key = "Secret";
  EXPECT_EQ(message_of(signed_headers(kHost, other)), "(differs)");
  headers = signed_headers();
  headers.emplace_back("host", "second");
  EXPECT_EQ(message_of(headers), "(differs)");
}

TEST(SigV4Claim, IsTakenWithinFiveMinutesOfTheClock) {
  for (const auto offset : {-300s, 0s, 300s}) {
    EXPECT_TRUE(check(signed_headers(), "{}", kNow + offset).matches) << offset.count();
  }
  EXPECT_EQ(check(signed_headers(), "{}", kNow + 301s).error->message,
            "Signature expired: 20260131T120000Z is now earlier than 20260131T120001Z "
            "(20260131T120501Z - 5 min.)");
  EXPECT_EQ(check(signed_headers(), "{}", kNow - 301s).error->message,
            "Signature not yet current: 20260131T120000Z is still later than 20260131T115959Z "
            "(20260131T115459Z + 5 min.)");
}

TEST(SigV4Claim, IsForOneRegionAndOneService) {
  SigV4Signer signer = kSigner;
  signer.region = "eu-west-1";
  const Checked region = check(signed_headers(kHost, signer));
  EXPECT_EQ(region.error->message, "Credential should be scoped to a valid region.");
  EXPECT_THAT(region.error->reason, HasSubstr("eu-west-1"));
  signer = kSigner;
  signer.service = "dynamodb";
  EXPECT_EQ(message_of(signed_headers(kHost, signer)),
            "Credential should be scoped to correct service: 'appsync'.");
}

TEST(SigV4Claim, HasTheDayOfItsDateInItsScope) {
  HeaderList headers = signed_headers();
  replace(headers, "authorization", "/20260131/", "/20260130/");
  EXPECT_EQ(message_of(headers),
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
            "HTTP: '20260130' != '20260131', from '20260131T120000Z'.");
}

TEST(SigV4Claim, HasHostAndDateAmongItsSignedHeaders) {
  HeaderList headers = signed_headers();
  replace(headers, "authorization", "host;x-amz-date", "x-amz-date");
  EXPECT_THAT(message_of(headers), HasSubstr("'Host'"));
  headers = signed_headers();
  replace(headers, "authorization", "host;x-amz-date", "host");
  EXPECT_THAT(message_of(headers), HasSubstr("'X-Amz-Date' or 'Date'"));
}

TEST(SigV4Claim, HasEveryAmazonHeaderSignedButThoseThatAreAddedLater) {
  HeaderList headers = signed_headers();
  headers.emplace_back("x-amz-user-agent", "aws-amplify/6.22.1");
  headers.emplace_back("x-amz-cf-id", "a");
  headers.emplace_back("x-amzn-trace-id", "b");
  headers.emplace_back("x-forwarded-for", "c");
  EXPECT_EQ(message_of(headers), "(matches)");
  headers.emplace_back("x-amz-security-token", "token");
  EXPECT_THAT(message_of(headers), HasSubstr("'x-amz-security-token' must be a 'SignedHeader'"));
  headers.back() = {"x-amz-\n", "a"};
  EXPECT_THAT(message_of(headers), HasSubstr("'x-amz-…'"));
}

TEST(SigV4Claim, HasArrivedWithWhatIsSigned) {
  HeaderList headers = signed_headers({{"host", "a"}, {"x-one", "1"}});
  std::erase_if(headers, [](auto& header) { return header.first == "x-one"; });
  const Checked checked = check(headers);
  EXPECT_EQ(checked.error->message, kSigV4Mismatch);
  EXPECT_THAT(checked.error->reason, HasSubstr("'x-one' has not arrived"));
}

TEST(SigV4Claim, NeverLeavesTheBodyOut) {
  const std::string digest = sha256_hex("{}");
  EXPECT_EQ(message_of(signed_headers({{"host", "a"}, {"x-amz-content-sha256", digest}})),
            "(matches)");
  EXPECT_EQ(message_of(signed_headers({{"host", "a"}, {"x-amz-content-sha256", sha256_hex("")}})),
            "(differs)");
  for (const char* unsigned_payload : {"UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
                                       "STREAMING-UNSIGNED-PAYLOAD-TRAILER", ""}) {
    EXPECT_THAT(
        message_of(signed_headers({{"host", "a"}, {"x-amz-content-sha256", unsigned_payload}})),
        HasSubstr("unsigned and streamed payloads are not accepted"));
  }
}

TEST(SigV4Claim, TakesTheDateHeaderWhereThereIsNoOther) {
  for (const char* date : {"20260131T120000Z", "Sat, 31 Jan 2026 12:00:00 GMT"}) {
    HeaderList headers = signed_headers();
    replace(headers, "authorization", "host;x-amz-date", "date;host");
    std::erase_if(headers, [](auto& header) { return header.first == "x-amz-date"; });
    headers.emplace_back("date", date);
    const std::string authorization = authorization_of(headers);
    const auto claim = check_sigv4_claim(authorization, headers, {"us-east-1", "appsync"}, kNow);
    ASSERT_TRUE(claim.has_value()) << claim.error().message;
    EXPECT_EQ(claim->timestamp, "20260131T120000Z");
  }
}

TEST(SigV4Claim, IsRefusedWithAMalformedDate) {
  for (const char* date :
       {"", "20260131T120000", "20260131T120000z", "20260231T120000Z", "20260131T240000Z",
        "20260131T126000Z", "2026-01-31T12:00:00Z", "+0260131T120000Z", "00010131T120000Z",
        "99991231T235959Z", "20260131T120000Z "}) {
    HeaderList headers = signed_headers();
    replace(headers, "x-amz-date", "20260131T120000Z", date);
    EXPECT_THAT(message_of(headers), HasSubstr("requires existence of either a 'X-Amz-Date'"))
        << date;
  }
  HeaderList twice = signed_headers();
  twice.emplace_back("x-amz-date", "20260131T120000Z");
  EXPECT_THAT(message_of(twice), HasSubstr("requires existence of either a 'X-Amz-Date'"));
}

TEST(SigV4Claim, SaysWhichTokenCameWithIt) {
  SigV4Signer signer = kSigner;
  signer.credentials.session_token = "token";
  HeaderList headers = signed_headers(kHost, signer);
  const std::string authorization = authorization_of(headers);
  const auto claim = check_sigv4_claim(authorization, headers, {"us-east-1", "appsync"}, kNow);
  ASSERT_TRUE(claim.has_value());
  EXPECT_EQ(claim->security_token, "token");
  headers.emplace_back("x-amz-security-token", "token");
  EXPECT_THAT(message_of(headers), HasSubstr("sent twice"));
}

TEST(SigV4Claim, BoundsWhatItLooksAt) {
  HeaderList many = signed_headers();
  for (int i = 0; i < 200; ++i) many.emplace_back("x", "y");
  EXPECT_THAT(message_of(many), HasSubstr("at most 200 headers"));
  HeaderList large = signed_headers();
  large.emplace_back("x", std::string(64 * 1024, 'y'));
  EXPECT_THAT(message_of(large), HasSubstr("64 KiB"));
}

constexpr std::string_view kSignature =
    "89b9cc1ed16372d5ffb98a38b0af0bb5b65ce6fcab395d36daaa126dc6ee1b1a";
const std::string kCredential = "Credential=AKIDEXAMPLE/20260131/us-east-1/appsync/aws4_request";
const std::string kWhole = "AWS4-HMAC-SHA256 " + kCredential +
                           ", SignedHeaders=host;x-amz-date, Signature=" + std::string(kSignature);

TEST(SigV4Authorization, ConsistsOfThreeParts) {
  const auto parsed = parse_sigv4_authorization(kWhole);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->access_key_id, "AKIDEXAMPLE");
  EXPECT_EQ(parsed->scope.text(), "20260131/us-east-1/appsync/aws4_request");
  EXPECT_THAT(parsed->signed_headers, testing::ElementsAre("host", "x-amz-date"));
  EXPECT_EQ(parsed->signature, kSignature);
}

TEST(SigV4Authorization, MayHaveItsPartsInAnyOrderWithAnySpaces) {
  EXPECT_TRUE(parse_sigv4_authorization("AWS4-HMAC-SHA256 Signature=" + std::string(kSignature) +
                                        ",SignedHeaders=host ,   " + kCredential + " ")
                  .has_value());
}

TEST(SigV4Authorization, IsRefusedInEveryOtherForm) {
  const std::string signature(kSignature);
  const auto with = [&](const std::string& credential, const std::string& names,
                        const std::string& hex) {
    return "AWS4-HMAC-SHA256 Credential=" + credential + ", SignedHeaders=" + names +
           ", Signature=" + hex;
  };
  const std::string scope = "A/20260131/us-east-1/appsync/aws4_request";
  std::string too_many = "h0";
  for (int i = 1000; i < 1100; ++i) too_many += ";h" + std::to_string(i);
  ASSERT_TRUE(parse_sigv4_authorization(with(scope, "host", signature)).has_value());
  const std::string bad[] = {
      "",
      "AWS4-HMAC-SHA256",
      "AWS4-HMAC-SHA256 ",
      "AWS4-HMAC-SHA256  ,",
      "aws4-hmac-sha256 " + kWhole.substr(17),
      "AWS4-ECDSA-P256-SHA256 " + kWhole.substr(17),
      "AWS4-HMAC-SHA256X" + kWhole.substr(17),
      kWhole + ",",
      kWhole + ", Signature=" + signature,
      kWhole + ", Other=1",
      "AWS4-HMAC-SHA256 " + kCredential + ", SignedHeaders=host",
      "AWS4-HMAC-SHA256 " + kCredential + ", Signature=" + signature,
      "AWS4-HMAC-SHA256 SignedHeaders=host, Signature=" + signature,
      with("", "host", signature),
      with("A", "host", signature),
      with("A/20260131/us-east-1/appsync", "host", signature),
      with("A/20260131/us-east-1/appsync/aws4_request/", "host", signature),
      with("A/2026013/us-east-1/appsync/aws4_request", "host", signature),
      with("A/2026-1-1/us-east-1/appsync/aws4_request", "host", signature),
      with("/20260131/us-east-1/appsync/aws4_request", "host", signature),
      with("A b/20260131/us-east-1/appsync/aws4_request", "host", signature),
      with("A/20260131//appsync/aws4_request", "host", signature),
      with("A/20260131/us-east-1/appsync/aws3_request", "host", signature),
      with(std::string(129, 'A') + "/20260131/us-east-1/appsync/aws4_request", "host", signature),
      with(scope, "", signature),
      with(scope, "Host", signature),
      with(scope, "host;", signature),
      with(scope, ";host", signature),
      with(scope, "host;host", signature),
      with(scope, "x-amz-date;host", signature),
      with(scope, "ho st", signature),
      with(scope, too_many, signature),
      with(scope, "host", signature.substr(1)),
      with(scope, "host", signature + "0"),
      with(scope, "host", "G" + signature.substr(1)),
      with(scope, "host", "A" + signature.substr(1)),
      kWhole + std::string(9000, ' '),
  };
  for (const std::string& text : bad) {
    const auto parsed = parse_sigv4_authorization(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().kind, ErrorKind::bad_request);
    EXPECT_FALSE(parsed.error().message.empty());
  }
}

}  // namespace
}  // namespace eventsd::net
