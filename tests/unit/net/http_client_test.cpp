#include "net/http_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/self_signed.hpp"
#include "net/tls_context.hpp"
#include "unit/net/support/scripted_server.hpp"
#include "unit/net/support/temp_dir.hpp"

namespace eventsd::net {
namespace {

using test::ScriptedServer;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class HttpClient : public ::testing::Test {
 protected:
  // Runs one request against `server` to its end.
  Result<HttpResponse> call(ScriptedServer& server, HttpRequest request) {
    std::optional<Result<HttpResponse>> outcome;
    async_http_request(context_, std::move(request), options_, [&](Result<HttpResponse> result) {
      outcome = std::move(result);
      server.stop();
    });
    EXPECT_FALSE(outcome) << "the handler was called from within the call";
    context_.run();
    return outcome ? *std::move(outcome) : fail(ErrorKind::internal, "no outcome");
  }
  HttpRequest get(const Url& url) { return {"GET", url, {}, {}}; }

  boost::asio::io_context context_{1};
  HttpOptions options_;
};

TEST_F(HttpClient, ReturnsStatusHeadersAndBody) {
  ScriptedServer server(context_,
                        "HTTP/1.1 404 Not Found\r\nX-Amzn-ErrorType: NotFoundException\r\n"
                        "Content-Length: 4\r\n\r\nnone");
  const auto response = call(server, get(server.url()));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 404);
  EXPECT_EQ(response->header("x-amzn-errortype"), "NotFoundException");
  EXPECT_EQ(response->header("absent"), std::nullopt);
  EXPECT_EQ(response->body, "none");
}

TEST_F(HttpClient, SendsMethodTargetHeadersAndBody) {
  ScriptedServer server(context_, "HTTP/1.1 204 No Content\r\n\r\n");
  const Url url = server.url("/event?a=b");
  ASSERT_TRUE(call(server, {"POST", url, {{"x-api-key", "da2-key"}}, "{}"}));
  ASSERT_EQ(server.requests().size(), 1u);
  EXPECT_THAT(server.requests()[0],
              AllOf(StartsWith("POST /event?a=b HTTP/1.1\r\n"),
                    HasSubstr("Host: " + url.authority() + "\r\n"),
                    HasSubstr("x-api-key: da2-key\r\n"), HasSubstr("Content-Length: 2\r\n"),
                    HasSubstr("Connection: close\r\n"), ::testing::EndsWith("\r\n\r\n{}")));
}

TEST_F(HttpClient, ReadsAChunkedBody) {
  ScriptedServer server(context_,
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                        "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  const auto response = call(server, get(server.url()));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "abcde");
}

TEST_F(HttpClient, FollowsNoRedirect) {
  ScriptedServer server(context_,
                        "HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n");
  const auto response = call(server, get(server.url()));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 302);
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(HttpClient, RefusesAnAnswerOverTheCap) {
  options_.max_response_bytes = 3;
  ScriptedServer server(context_, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd");
  const auto response = call(server, get(server.url()));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::payload_too_large);
}

TEST_F(HttpClient, ReportsAPeerThatBreaksOff) {
  ScriptedServer server(context_, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab");
  const auto response = call(server, get(server.url()));
  ASSERT_FALSE(response);
  EXPECT_THAT(response.error().message, HasSubstr("broke off"));
}

TEST_F(HttpClient, GivesUpWhenTheTimeIsOver) {
  options_.timeout = std::chrono::milliseconds(30);
  ScriptedServer server(context_, "");
  const auto response = call(server, get(server.url()));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::request_timeout);
}

TEST_F(HttpClient, SaysWhereItCouldNotConnect) {
  ScriptedServer server(context_, "");
  const Url url = server.url();
  server.stop();
  const auto response = call(server, get(url));
  ASSERT_FALSE(response);
  EXPECT_THAT(
      response.error().message,
      AllOf(StartsWith(std::string(kCannotConnect) + url.authority()), HasSubstr("refused")));
}

TEST_F(HttpClient, RefusesMetadataAddressesWithoutConnecting) {
  for (const char* address : {"http://169.254.169.254/latest/meta-data/",
                              "http://[::ffff:169.254.169.254]/", "http://[fe80::1]/"}) {
    const auto response = http_request(get(*parse_url(address)), options_);
    ASSERT_FALSE(response) << address;
    EXPECT_EQ(response.error().kind, ErrorKind::forbidden) << address;
  }
}

TEST_F(HttpClient, RefusesHeadersThatWouldBeginAnother) {
  const auto response =
      http_request({"GET", *parse_url("http://127.0.0.1:1"), {{"a", "b\r\nc: d"}}, {}}, options_);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::bad_request);
}

class HttpClientTls : public HttpClient {
 protected:
  TlsContextPtr server_context() {
    return *load_tls_context(*prepare_self_signed({}, dir_.path()));
  }
  test::TempDir dir_;
};

TEST_F(HttpClientTls, SpeaksWithAServerOfATrustedCa) {
  ScriptedServer server(context_, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
                        server_context());
  options_.connect.ca_file = self_signed_ca_file(dir_.path());
  const auto response = call(server, get(server.url()));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "ok");
}

TEST_F(HttpClientTls, RefusesAnUnknownCa) {
  ScriptedServer server(context_, "HTTP/1.1 200 OK\r\n\r\n", server_context());
  const auto response = call(server, get(server.url()));
  ASSERT_FALSE(response);
  EXPECT_THAT(response.error().message, HasSubstr("unable to get local issuer certificate"));
}

TEST_F(HttpClientTls, RefusesACertificateForAnotherName) {
  ScriptedServer server(context_, "HTTP/1.1 200 OK\r\n\r\n", server_context(),
                        boost::asio::ip::make_address_v4("127.0.0.2"));
  options_.connect.ca_file = self_signed_ca_file(dir_.path());
  const auto response = call(server, get(server.url()));
  ASSERT_FALSE(response);
  EXPECT_THAT(response.error().message, HasSubstr("TLS: "));
}

TEST_F(HttpClientTls, SaysWhichCaFileIsMissing) {
  ScriptedServer server(context_, "", server_context());
  options_.connect.ca_file = "/nowhere/ca.pem";
  const auto response = call(server, get(server.url()));
  ASSERT_FALSE(response);
  EXPECT_THAT(response.error().message, HasSubstr("/nowhere/ca.pem"));
}

}  // namespace
}  // namespace eventsd::net
