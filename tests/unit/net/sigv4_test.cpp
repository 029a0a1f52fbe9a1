#include "net/sigv4.hpp"

#include <gtest/gtest.h>

namespace eventsd::net {
namespace {

using namespace std::chrono_literals;

// The names, requests and signatures of AWS's published test suite for Signature Version 4.
struct SuiteCase {
  const char* name;
  const char* method;
  const char* path;
  const char* query;
  HeaderList headers;  // beside host and x-amz-date
  const char* body;
  const char* session_token;
  const char* signature;
};

constexpr const char* kToken =
    "AQoDYXdzEPT//////////"
    "wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx"
    "7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8"
    "Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYv"
    "KTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";
constexpr const char* kUnreserved =
    "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

std::vector<SuiteCase> suite() {
  static const std::string unreserved_path = std::string("/") + kUnreserved;
  static const std::string unreserved_query = std::string(kUnreserved) + "=" + kUnreserved;
  constexpr const char* kVanilla =
      "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
  constexpr const char* kPost = "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b";
  constexpr const char* kForm = "application/x-www-form-urlencoded";
  return {
      {"get-vanilla", "GET", "/", "", {}, "", "", kVanilla},
      {"get-header-key-duplicate",
       "GET",
       "/",
       "",
       {{"my-header1", "value2"}, {"my-header1", "value2"}, {"my-header1", "value1"}},
       "",
       "",
       "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
      {"get-header-value-multiline",
       "GET",
       "/",
       "",
       {{"my-header1", "value1\n  value2\n     value3"}},
       "",
       "",
       "cfd34249e4b1c8d6b91ef74165d41a32e5fab3306300901bb65a51a73575eefd"},
      {"get-header-value-order",
       "GET",
       "/",
       "",
       {{"my-header1", "value4"},
        {"my-header1", "value1"},
        {"my-header1", "value3"},
        {"my-header1", "value2"}},
       "",
       "",
       "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"},
      {"get-header-value-trim",
       "GET",
       "/",
       "",
       {{"my-header1", " value1"}, {"my-header2", " \"a   b   c\""}},
       "",
       "",
       "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
      {"get-unreserved",
       "GET",
       unreserved_path.c_str(),
       "",
       {},
       "",
       "",
       "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
      {"get-utf8",
       "GET",
       "/\u1234",
       "",
       {},
       "",
       "",
       "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
      {"get-vanilla-empty-query-key",
       "GET",
       "/",
       "Param1=value1",
       {},
       "",
       "",
       "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"},
      {"get-vanilla-query-order-encoded",
       "GET",
       "/",
       "Param-3=Value3&Param=Value2&%E1%88%B4=Value1",
       {},
       "",
       "",
       "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac"},
      {"get-vanilla-query-order-key-case",
       "GET",
       "/",
       "Param2=value2&Param1=value1",
       {},
       "",
       "",
       "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
      {"get-vanilla-query-order-key",
       "GET",
       "/",
       "Param1=value2&Param1=Value1",
       {},
       "",
       "",
       "eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1"},
      {"get-vanilla-query-order-value",
       "GET",
       "/",
       "Param1=value2&Param1=value1",
       {},
       "",
       "",
       "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694"},
      {"get-vanilla-query-unreserved",
       "GET",
       "/",
       unreserved_query.c_str(),
       {},
       "",
       "",
       "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"},
      {"get-vanilla-utf8-query",
       "GET",
       "/",
       "\u1234=bar",
       {},
       "",
       "",
       "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
      {"get-vanilla-with-session-token",
       "GET",
       "/",
       "",
       {},
       "",
       "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267",
       "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8"},
      {"get-relative-relative", "GET", "/example1/example2/../..", "", {}, "", "", kVanilla},
      {"get-relative", "GET", "/example/..", "", {}, "", "", kVanilla},
      {"get-slash-dot-slash", "GET", "/./", "", {}, "", "", kVanilla},
      {"get-slash-pointless-dot",
       "GET",
       "/./example",
       "",
       {},
       "",
       "",
       "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5"},
      {"get-slash", "GET", "//", "", {}, "", "", kVanilla},
      {"get-slashes",
       "GET",
       "//example//",
       "",
       {},
       "",
       "",
       "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"},
      {"get-space",
       "GET",
       "/example space/",
       "",
       {},
       "",
       "",
       "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"},
      {"get-special-character",
       "GET",
       "/example/$delete",
       "",
       {},
       "",
       "",
       "a853c9b21b528b19643d00910d35b83a10c366a10833ceefb45edd6c80e40f27"},
      {"post-vanilla", "POST", "/", "", {}, "", "", kPost},
      {"post-header-key-sort",
       "POST",
       "/",
       "",
       {{"my-header1", "value1"}},
       "",
       "",
       "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"},
      {"post-header-value-case",
       "POST",
       "/",
       "",
       {{"my-header1", "VALUE1"}},
       "",
       "",
       "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"},
      {"post-sts-header-before",
       "POST",
       "/",
       "",
       {},
       "",
       kToken,
       "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"},
      {"post-vanilla-query",
       "POST",
       "/",
       "Param1=value1",
       {},
       "",
       "",
       "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"},
      {"post-x-www-form-urlencoded",
       "POST",
       "/",
       "",
       {{"content-type", kForm}},
       "Param1=value1",
       "",
       "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
      {"post-x-www-form-urlencoded-parameters",
       "POST",
       "/",
       "",
       {{"content-type", "application/x-www-form-urlencoded; charset=utf8"}},
       "Param1=value1",
       "",
       "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe"},
  };
}

constexpr auto kSuiteTime = std::chrono::sys_days(std::chrono::year(2015) / 8 / 30) + 12h + 36min;

std::string find(const HeaderList& headers, std::string_view name) {
  for (const auto& [candidate, value] : headers) {
    if (candidate == name) return value;
  }
  return "";
}

TEST(SigV4, SignsTheRequestsOfThePublishedSuiteAsAwsDoes) {
  for (const SuiteCase& test : suite()) {
    HeaderList headers = test.headers;
    headers.emplace_back("host", "example.amazonaws.com");
    const SigV4Signer signer{
        {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", test.session_token},
        "us-east-1",
        "service"};
    const std::string hash = sha256_hex(test.body);
    const HeaderList added =
        sigv4_headers({test.method, test.path, test.query, headers, hash}, signer, kSuiteTime);
    EXPECT_EQ(find(added, "x-amz-date"), "20150830T123600Z");
    const std::string authorization = find(added, "authorization");
    EXPECT_TRUE(authorization.starts_with(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        "SignedHeaders="))
        << authorization;
    EXPECT_TRUE(authorization.ends_with(std::string(", Signature=") + test.signature))
        << test.name << ": " << authorization;
  }
}

// PROTOCOL.md, "Authorization": made by Amplify's own signer.
TEST(SigV4, SignsWhatASocketsOperationsCoverAsAmplifyDoes) {
  const HeaderList headers = {{"accept", "application/json, text/javascript"},
                              {"content-encoding", "amz-1.0"},
                              {"content-type", "application/json; charset=UTF-8"},
                              {"host", "example1234567890000.appsync-api.us-east-1.amazonaws.com"}};
  const SigV4Signer signer{
      {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""}, "us-east-1", "appsync"};
  const std::pair<const char*, const char*> vectors[] = {
      {"{}", "89b9cc1ed16372d5ffb98a38b0af0bb5b65ce6fcab395d36daaa126dc6ee1b1a"},
      {R"({"channel":"/default/*"})",
       "158663811006884979d03b715438aad6791de80252053aa2cfc14c26a74377a7"},
      {R"({"channel":"/default/x","events":["{\"a\":1}"]})",
       "40e1872c4765c0dd8048420b1de49b42b1dfc32773a3f70ebf8ab7bf59718ae1"}};
  for (const auto& [body, signature] : vectors) {
    const std::string hash = sha256_hex(body);
    const HeaderList added = sigv4_headers({"POST", "/event", "", headers, hash}, signer,
                                           std::chrono::sys_days(std::chrono::year(2026) / 1 / 1));
    const std::string authorization = find(added, "authorization");
    EXPECT_TRUE(authorization.ends_with(signature)) << authorization;
    EXPECT_NE(
        authorization.find("SignedHeaders=accept;content-encoding;content-type;host;x-amz-date,"),
        std::string::npos);
  }
}

TEST(CanonicalPath, IsEncodedOnceMoreThanItWasSent) {
  EXPECT_EQ(canonical_path("", SigV4Path::standard), "/");
  EXPECT_EQ(canonical_path("/event", SigV4Path::standard), "/event");
  EXPECT_EQ(canonical_path("/a%20b/*", SigV4Path::standard), "/a%2520b/%2A");
  EXPECT_EQ(canonical_path("/a/../../b", SigV4Path::standard), "/b");
  EXPECT_EQ(canonical_path("/a/.", SigV4Path::standard), "/a");
}

TEST(CanonicalPath, OfS3KeepsItsDotsAndIsEncodedOnce) {
  EXPECT_EQ(canonical_path("/a%20b/./c//d%2Fe f", SigV4Path::as_sent), "/a%20b/./c//d%2Fe%20f");
}

TEST(CanonicalQuery, SortsByNameThenValueAndEncodesInOneWay) {
  EXPECT_EQ(canonical_query(""), "");
  EXPECT_EQ(canonical_query("b&a=2&&a=1"), "a=1&a=2&b=");
  EXPECT_EQ(canonical_query("channel=/default/*&x=a=b"), "channel=%2Fdefault%2F%2A&x=a%3Db");
  EXPECT_EQ(canonical_query("c=%7e%2f+%zz%4"), "c=~%2F%2B%25zz%254");
  // Names decide before values do, although '=' sorts after '-'.
  EXPECT_EQ(canonical_query("a-b=1&a=2"), "a=2&a-b=1");
}

TEST(SigV4, LeavesOutWhatTheWayMayChange) {
  const HeaderList headers = {{"host", "a"}, {"user-agent", "b"}, {"x-amzn-trace-id", "c"}};
  const HeaderList added = sigv4_headers({"GET", "/", "", headers, sha256_hex("")},
                                         {{"AKID", "secret", ""}, "r", "s"}, kSuiteTime);
  EXPECT_NE(find(added, "authorization").find("SignedHeaders=host;x-amz-date,"), std::string::npos);
}

TEST(SigV4, SendsThePayloadsDigestWhereS3AsksForIt) {
  const HeaderList headers = {{"host", "a"}};
  const std::string hash = sha256_hex("body");
  const HeaderList added =
      sigv4_headers({"PUT", "/k", "", headers, hash, SigV4Path::as_sent},
                    {{"AKID", "secret", ""}, "r", "s3", SigV4Path::as_sent}, kSuiteTime);
  EXPECT_EQ(find(added, "x-amz-content-sha256"), hash);
}

TEST(SignRequest, CoversTheHostOfTheAddressAndEveryHeader) {
  HttpRequest request{
      "POST", *parse_url("http://127.0.0.1:9001/fn?b=1&a=2"), {{"X-One", "1"}}, "{}"};
  sign_request(request, {{"AKID", "secret", "token"}, "eu-west-1", "lambda"}, kSuiteTime);
  const std::string authorization = find(request.headers, "authorization");
  EXPECT_NE(authorization.find("/20150830/eu-west-1/lambda/aws4_request, SignedHeaders="
                               "host;x-amz-date;x-amz-security-token;x-one, "),
            std::string::npos)
      << authorization;
  EXPECT_EQ(find(request.headers, "x-amz-security-token"), "token");
}

}  // namespace
}  // namespace eventsd::net
