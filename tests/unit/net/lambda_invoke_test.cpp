#include "net/lambda_invoke.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/net/support/scripted_server.hpp"

namespace eventsd::net {
namespace {

using test::ScriptedServer;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kArn = "arn:aws:lambda:eu-west-1:000000000000:function:auth";

std::vector<LambdaFunctionConfig> functions(std::string name,
                                            std::string url = "http://127.0.0.1:9001") {
  return {{std::move(name), std::move(url), {}}};
}

TEST(FindLambdaFunction, FindsTheNameThatWasConfigured) {
  const auto found = find_lambda_function(functions("auth"), "auth");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->url.text(), "http://127.0.0.1:9001/2015-03-31/functions/auth/invocations");
}

TEST(FindLambdaFunction, FindsAnArnByItsFunctionNameAndTheOtherWayRound) {
  const auto by_name = find_lambda_function(functions("auth"), kArn);
  ASSERT_TRUE(by_name) << by_name.error().message;
  EXPECT_EQ(by_name->url.path, "/2015-03-31/functions/auth/invocations");
  EXPECT_EQ(by_name->region, "eu-west-1");
  EXPECT_TRUE(find_lambda_function(functions(kArn), kArn));
  EXPECT_TRUE(find_lambda_function(functions(kArn), "auth"));
}

TEST(FindLambdaFunction, PrefersTheSameText) {
  std::vector<LambdaFunctionConfig> both = functions("auth", "http://127.0.0.1:1");
  both.push_back(functions(kArn, "http://127.0.0.1:2")[0]);
  EXPECT_EQ(find_lambda_function(both, kArn)->url.port, 2);
  EXPECT_EQ(find_lambda_function(both, "auth")->url.port, 1);
}

TEST(FindLambdaFunction, PassesAVersionOrAliasOn) {
  const auto found = find_lambda_function(functions("auth"), std::string(kArn) + ":live");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->url.query, "Qualifier=live");
}

TEST(FindLambdaFunction, KeepsThePathOfTheAddress) {
  const auto found = find_lambda_function(functions("a b", "http://127.0.0.1/lambda/"), "a b");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->url.path, "/lambda/2015-03-31/functions/a%20b/invocations");
}

TEST(FindLambdaFunction, SaysWhatIsMissing) {
  const auto found = find_lambda_function(functions("auth"), "other");
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message, HasSubstr("lambda.functions has no address for \"other\""));
  EXPECT_FALSE(find_lambda_function(functions("auth", "ftp://host"), "auth"));
  EXPECT_FALSE(find_lambda_function(functions("auth", "ws://host"), "auth"));
  EXPECT_FALSE(find_lambda_function(functions("auth", "http://host/?a=b"), "auth"));
  EXPECT_FALSE(find_lambda_function(functions(""), ""));
}

class InvokeLambda : public ::testing::Test {
 protected:
  Result<LambdaAnswer> invoke(std::string answer,
                              LambdaInvocation kind = LambdaInvocation::request_response,
                              std::string payload = R"({"a":1})") {
    ScriptedServer server(context_, std::move(answer));
    LambdaFunction function{server.url("/2015-03-31/functions/auth/invocations"), "auth", ""};
    std::optional<Result<LambdaAnswer>> outcome;
    async_invoke_lambda(context_, function, kind, std::move(payload), options_, sign_,
                        [&](Result<LambdaAnswer> result) {
                          outcome = std::move(result);
                          server.stop();
                        });
    EXPECT_FALSE(outcome) << "the handler was called from within the call";
    context_.run();
    if (!server.requests().empty()) request_ = server.requests()[0];
    return outcome ? *std::move(outcome) : fail(ErrorKind::internal, "no outcome");
  }
  static std::string ok(const std::string& body, const std::string& headers = {}) {
    return "HTTP/1.1 200 OK\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
  }

  boost::asio::io_context context_{1};
  HttpOptions options_;
  RequestSigner sign_;
  std::string request_;
};

TEST_F(InvokeLambda, PostsTheEventAndReturnsTheAnswer) {
  const auto answer = invoke(ok(R"({"isAuthorized":true})"));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->payload, R"({"isAuthorized":true})");
  EXPECT_EQ(answer->function_error, "");
  EXPECT_THAT(
      request_,
      AllOf(StartsWith("POST /2015-03-31/functions/auth/invocations HTTP/1.1\r\n"),
            HasSubstr("X-Amz-Invocation-Type: RequestResponse\r\n"),
            HasSubstr("Content-Type: application/json\r\n"), EndsWith("\r\n\r\n{\"a\":1}")));
}

TEST_F(InvokeLambda, WaitsOnlyForAcceptanceWhenTheInvocationIsAnEvent) {
  const auto answer =
      invoke("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", LambdaInvocation::event);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->payload, "");
  EXPECT_THAT(request_, HasSubstr("X-Amz-Invocation-Type: Event\r\n"));
}

TEST_F(InvokeLambda, TellsThatTheFunctionThrew) {
  const auto answer = invoke(ok(R"({"errorMessage":"no"})", "X-Amz-Function-Error: Unhandled\r\n"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->function_error, "Unhandled");
  EXPECT_EQ(answer->payload, R"({"errorMessage":"no"})");
}

TEST_F(InvokeLambda, NamesTheStatusOfARefusal) {
  const auto answer = invoke(
      "HTTP/1.1 404 Not Found\r\nX-Amzn-ErrorType: ResourceNotFoundException\r\n"
      "Content-Length: 0\r\n\r\n");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message,
            "the endpoint of function auth answered 404 ResourceNotFoundException");
}

TEST_F(InvokeLambda, DoesNotSendAnEventOverTheLimit) {
  const auto answer =
      invoke(ok("{}"), LambdaInvocation::request_response, std::string(kMaxLambdaPayload + 1, 'x'));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::payload_too_large);
  EXPECT_EQ(request_, "");
}

TEST_F(InvokeLambda, RefusesAnAnswerOverTheLimit) {
  const auto answer = invoke("HTTP/1.1 200 OK\r\nContent-Length: 6291457\r\n\r\n");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::payload_too_large);
}

TEST_F(InvokeLambda, GivesUpInTime) {
  options_.timeout = std::chrono::milliseconds(50);
  const auto answer = invoke("");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::request_timeout);
}

TEST_F(InvokeLambda, HasTheRequestSignedWhenItIsComplete) {
  sign_ = [](HttpRequest& request) {
    request.headers.emplace_back("X-Signed", request.method + " " + request.body);
  };
  ASSERT_TRUE(invoke(ok("{}")));
  EXPECT_THAT(request_, HasSubstr("X-Signed: POST {\"a\":1}\r\n"));
}

}  // namespace
}  // namespace eventsd::net
