#include "data/http_source.hpp"

#include <gmock/gmock.h>

#include "data/http_request.hpp"
#include "net/sigv4.hpp"
#include "unit/data/support/source_world.hpp"

namespace eventsd::data {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string url_of(std::string_view path, const char* endpoint = "http://host:9000/base/") {
  const auto url = resource_url(*net::parse_url(endpoint), path);
  return url ? url->text() : "refused: " + url.error().message;
}

TEST(ResourceUrl, StandsBehindTheEndpointsPathWithOneSlashBetween) {
  EXPECT_EQ(url_of("/a/b"), "http://host:9000/base/a/b");
  EXPECT_EQ(url_of("/a", "http://host:9000"), "http://host:9000/a");
  EXPECT_EQ(url_of("/", "http://host:9000/"), "http://host:9000/");
  EXPECT_EQ(url_of("/a//b/"), "http://host:9000/base/a//b/");
}

TEST(ResourceUrl, TakesAQueryAndEncodesWhatNeedsIt) {
  EXPECT_EQ(url_of("/a?b=c d&e=%20", "http://host:9000/?x=y"),
            "http://host:9000/a?x=y&b=c%20d&e=%20");
  EXPECT_EQ(url_of("/käse \"1\""), "http://host:9000/base/k%C3%A4se%20%221%22");
}

TEST(ResourceUrl, CannotLeaveItsHostOrPath) {
  for (const std::string path : {"",
                                 "a",
                                 "//evil.example/a",
                                 "@evil.example/",
                                 ":80/",
                                 "/a\r\nHost: evil",
                                 "/a\tb",
                                 "/\\evil.example",
                                 "/a#b",
                                 "/..",
                                 "/../admin",
                                 "/a/../../admin",
                                 "/./a",
                                 "/%2e%2E/admin",
                                 "/.%2e/admin",
                                 "/a%2f..%2Fadmin",
                                 "/..%2fadmin",
                                 "/a/..%5Cadmin",
                                 "/%2e%2e%2fadmin",
                                 "/a%2f.",
                                 "http://evil.example/"}) {
    EXPECT_THAT(url_of(path), StartsWith("refused: ")) << path;
  }
  EXPECT_EQ(url_of("/@evil.example"), "http://host:9000/base/@evil.example");
  EXPECT_EQ(url_of("/a%2Fb"), "http://host:9000/base/a%2Fb");
  EXPECT_EQ(url_of("/a..b/...c"), "http://host:9000/base/a..b/...c");
  EXPECT_THAT(url_of(std::string("/a\0b", 4)), StartsWith("refused: "));
}

class HttpSourceTest : public test::SourceWorld {
 protected:
  std::shared_ptr<DataSource> make(OutboundHttpOptions http, std::string path = "/") {
    return make_http_source({std::move(http), server.url(path)}, calls);
  }
  DataSource& source() {
    if (!source_) source_ = make(http_options());
    return *source_;
  }

  std::string reply = HttpServer::answer("ok");
  HttpServer server{io, [this](const auto&) { return reply; }};
  std::shared_ptr<DataSource> source_;
};

TEST_F(HttpSourceTest, SendsMethodPathQueryHeadersAndBody) {
  const Json answer = result(source(), R"({"method":"POST","resourcePath":"/hooks","params":{
    "query":{"a":"1 2","b":[true,3],"none":null},
    "headers":{"x-token":"t","x-many":["1","2"]},
    "body":{"z":1,"a":"ä"}}})");
  EXPECT_EQ(answer["statusCode"], 200);
  EXPECT_EQ(answer["body"], "ok");
  const std::string& request = server.requests().at(0);
  EXPECT_THAT(request, AllOf(StartsWith("POST /hooks?a=1%202&b=true&b=3 HTTP/1.1\r\n"),
                             HasSubstr("x-token: t\r\n"), HasSubstr("x-many: 1\r\nx-many: 2\r\n"),
                             HasSubstr("Content-Type: application/json\r\n")));
  EXPECT_EQ(test::body_of(request), R"({"z":1,"a":"ä"})");
}

TEST_F(HttpSourceTest, SendsABodyThatIsTextAsItIs) {
  result(source(), R"({"method":"PUT","resourcePath":"/","params":{
    "headers":{"content-type":"text/plain"},"body":"a\n\"b\""}})");
  EXPECT_THAT(server.requests().at(0),
              AllOf(HasSubstr("content-type: text/plain\r\n"), Not(HasSubstr("application/json"))));
  EXPECT_EQ(test::body_of(server.requests().at(0)), "a\n\"b\"");
}

TEST_F(HttpSourceTest, DropsTheHeadersThatAreTheClientsOwn) {
  result(source(), R"({"method":"GET","resourcePath":"/","params":{"headers":{
    "Host":"evil.example","connection":"upgrade","User-Agent":"x","expect":"100-continue",
    "EXPECTATION":"y","Transfer-Encoding":"chunked","TRANSFER_ENCODING":"chunked",
    "Content-Length":"999","CONTENT_LENGTH":"9","accept-encoding":"gzip","x-kept":"1"}}})");
  const std::string request = server.requests().at(0);
  EXPECT_THAT(request, AllOf(HasSubstr("x-kept: 1\r\n"), HasSubstr("User-Agent: eventsd\r\n"),
                             Not(HasSubstr("evil")), Not(HasSubstr("upgrade")),
                             Not(HasSubstr("100-continue")), Not(HasSubstr("chunked")),
                             Not(HasSubstr("999")), Not(HasSubstr("gzip"))));
}

TEST_F(HttpSourceTest, TakesAnyStatusAsAResultAndFollowsNoRedirect) {
  reply = HttpServer::answer("gone", 302, "Location: http://127.0.0.1:1/\r\n");
  Json answer = result(source(), R"({"method":"GET","resourcePath":"/"})");
  EXPECT_EQ(answer["statusCode"], 302);
  EXPECT_EQ(answer["headers"]["location"], "http://127.0.0.1:1/");
  EXPECT_EQ(server.requests().size(), 1U);
  reply = HttpServer::answer("{\"a\":1}", 503);
  answer = result(source(), R"({"method":"DELETE","resourcePath":"/"})");
  EXPECT_EQ(answer["statusCode"], 503);
  EXPECT_EQ(answer["body"], "{\"a\":1}") << "a string, not what it stands for";
}

TEST_F(HttpSourceTest, JoinsRepeatedHeadersUnderNamesInLowerCase) {
  reply = HttpServer::answer("", 200, "Set-Cookie: a=1\r\nX-One: 1\r\nset-cookie: b=2\r\n");
  const Json answer = result(source(), R"({"method":"GET","resourcePath":"/"})");
  EXPECT_EQ(answer["headers"]["set-cookie"], "a=1, b=2");
  EXPECT_EQ(answer["headers"]["x-one"], "1");
}

TEST_F(HttpSourceTest, MakesTextOfABodyThatIsNotUtf8) {
  reply = HttpServer::answer("a\xff\"\x01z");
  EXPECT_EQ(result(source(), R"({"method":"GET","resourcePath":"/"})")["body"], "a\uFFFD\"\x01z");
}

TEST_F(HttpSourceTest, UsesItsConnectionAgain) {
  for (int i = 0; i < 3; ++i) result(source(), R"({"method":"POST","resourcePath":"/"})");
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(HttpSourceTest, FailsWithoutAnAnswerAndNamesNoAddress) {
  OutboundHttpOptions hasty = http_options();
  hasty.wall_time = std::chrono::milliseconds(30);
  const auto impatient = make(hasty);
  reply = "";
  EXPECT_EQ(call(*impatient, R"({"method":"GET","resourcePath":"/"})").error_type,
            "HTTP:ExecutionTimeoutException");
  source();
  server.stop();
  const DataSourceAnswer answer = call(source(), R"({"method":"GET","resourcePath":"/"})");
  EXPECT_EQ(answer.error_type, "HTTP:ConnectionFailedException");
  EXPECT_EQ(answer.error_message, "The endpoint did not answer.");
  EXPECT_EQ(answer.invalid_request, "");
}

TEST_F(HttpSourceTest, DoesNotTakeLongerThanItsCallerWaits) {
  reply = "";
  DataSourceCall hasty{R"({"method":"GET","resourcePath":"/"})", "", "", ""};
  hasty.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(30);
  EXPECT_EQ(run(source().call(hasty)).error_type, "HTTP:ExecutionTimeoutException");
  hasty.deadline = std::chrono::steady_clock::now() - std::chrono::milliseconds(30);
  EXPECT_EQ(run(source().call(hasty)).error_type, "HTTP:ExecutionTimeoutException");
}

TEST_F(HttpSourceTest, RefusesAnswersOverItsCap) {
  reply = HttpServer::answer(std::string(kMaxAnswerBytes + 1, 'a'));
  EXPECT_EQ(call(source(), R"({"method":"GET","resourcePath":"/"})").error_type,
            "HTTP:ResponseTooLargeException");
}

TEST_F(HttpSourceTest, DoesNotCallMetadataAddresses) {
  const auto metadata =
      make_http_source({http_options(), *net::parse_url("http://169.254.169.254/")}, calls);
  EXPECT_EQ(call(*metadata, R"({"method":"GET","resourcePath":"/latest"})").error_type,
            "HTTP:ConnectionFailedException");
}

TEST_F(HttpSourceTest, SaysWhatIsWrongWithARequest) {
  for (const auto& [request, reason] : std::initializer_list<std::pair<const char*, const char*>>{
           {R"({"resourcePath":"/"})", "has no \"method\""},
           {R"({"method":"TRACE","resourcePath":"/"})", "not \"TRACE\""},
           {R"({"method":"get","resourcePath":"/"})", "not \"get\""},
           {R"({"method":"GET"})", "has no \"resourcePath\""},
           {R"({"method":"GET","resourcePath":"//evil"})", "one \"/\" only"},
           {R"({"method":"GET","resourcePath":"/\r\n"})", "control characters"},
           {R"({"method":"GET","resourcePath":"/","params":[]})", "params must be an object"},
           {R"({"method":"GET","resourcePath":"/","params":{"query":{"a":{}}}})", "query \"a\""},
           {R"({"method":"GET","resourcePath":"/","params":{"headers":{"a":"b\r\nc: d"}}})",
            "malformed HTTP header \"a\""},
           {R"({"method":"GET","resourcePath":"/","params":{"headers":{"a\r\nb":"c"}}})",
            "malformed HTTP header"}}) {
    EXPECT_THAT(call(source(), request).invalid_request, HasSubstr(reason)) << request;
  }
  EXPECT_EQ(server.requests().size(), 0U);
}

TEST_F(HttpSourceTest, SignsUnlessCodeHasAuthorizedItself) {
  OutboundHttpOptions options = http_options();
  options.sign = [](net::HttpRequest& request) {
    net::sign_request(request, {{"AKID", "secret", ""}, "eu-west-1", "execute-api"},
                      std::chrono::system_clock::time_point());
  };
  const auto signing = make(options);
  result(*signing, R"({"method":"POST","resourcePath":"/a","params":{"body":"x"}})");
  EXPECT_THAT(server.requests().at(0),
              AllOf(HasSubstr("AWS4-HMAC-SHA256 Credential=AKID/19700101/eu-west-1/execute-api/"),
                    HasSubstr("19700101T000000Z")));
  result(*signing,
         R"({"method":"GET","resourcePath":"/","params":{"headers":{"Authorization":"mine"}}})");
  EXPECT_THAT(server.requests().at(1),
              AllOf(HasSubstr("Authorization: mine\r\n"), Not(HasSubstr("AWS4-HMAC-SHA256"))));
}

}  // namespace
}  // namespace eventsd::data
