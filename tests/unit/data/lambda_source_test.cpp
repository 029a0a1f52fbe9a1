#include "data/lambda_source.hpp"

#include <gmock/gmock.h>

#include "unit/data/support/source_world.hpp"

namespace eventsd::data {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class LambdaSourceTest : public test::SourceWorld {
 protected:
  DataSource& source() {
    if (!source_) {
      LambdaSourceOptions options{
          "fn", {server.url("/2015-03-31/functions/fn/invocations"), "fn", ""}, nullptr, pool};
      options.wall_time = wall_time;
      source_ = make_lambda_source(std::move(options), calls);
    }
    return *source_;
  }

  std::string reply = HttpServer::answer(R"({"ok":[1,2.50]})");
  HttpServer server{io, [this](const auto&) { return reply; }};
  std::chrono::milliseconds wall_time{10'000};
  std::shared_ptr<DataSource> source_;
};

TEST_F(LambdaSourceTest, InvokesWithThePayloadAndReturnsWhatTheFunctionReturns) {
  const DataSourceAnswer answer =
      call(source(), R"({"operation":"Invoke","payload":{"z":1,"a":[2.50]},"version":"2018"})");
  EXPECT_EQ(answer.error_type, "");
  EXPECT_EQ(answer.result, R"({"ok":[1,2.50]})");
  const std::string& request = server.requests().at(0);
  EXPECT_THAT(request, AllOf(StartsWith("POST /2015-03-31/functions/fn/invocations HTTP/1.1\r\n"),
                             HasSubstr("X-Amz-Invocation-Type: RequestResponse\r\n")));
  EXPECT_EQ(test::body_of(request), R"({"z":1,"a":[2.50]})") << "the text is passed on as it is";
}

TEST_F(LambdaSourceTest, DoesNotWaitForAnEventAndResultsInNull) {
  reply = HttpServer::answer("", 202);
  const DataSourceAnswer answer =
      call(source(), R"({"operation":"Invoke","payload":null,"invocationType":"Event"})");
  EXPECT_EQ(answer.error_type, "");
  EXPECT_EQ(answer.result, "null");
  EXPECT_THAT(server.requests().at(0), HasSubstr("X-Amz-Invocation-Type: Event\r\n"));
  EXPECT_EQ(test::body_of(server.requests().at(0)), "null");
}

TEST_F(LambdaSourceTest, TellsOfAFunctionThatFailed) {
  reply = HttpServer::answer(R"({"errorType":"Error","errorMessage":"no room"})", 200,
                             "X-Amz-Function-Error: Unhandled\r\n");
  DataSourceAnswer answer = call(source(), R"({"operation":"Invoke","payload":{}})");
  EXPECT_EQ(answer.error_type, "Lambda:Unhandled");
  EXPECT_EQ(answer.error_message, "no room");
  EXPECT_EQ(answer.result, "null");
  reply = HttpServer::answer("not JSON", 200, "X-Amz-Function-Error: Handled\r\n");
  answer = call(source(), R"({"operation":"Invoke","payload":{}})");
  EXPECT_EQ(answer.error_type, "Lambda:Handled");
  EXPECT_EQ(answer.error_message, "The function failed.");
}

TEST_F(LambdaSourceTest, TellsNothingOfAddressesWhenTheEndpointFails) {
  reply = HttpServer::answer("{}", 404, "X-Amzn-ErrorType: ResourceNotFoundException\r\n");
  const DataSourceAnswer answer = call(source(), R"({"operation":"Invoke","payload":{}})");
  EXPECT_EQ(answer.error_type, "Lambda:ServiceException");
  EXPECT_EQ(answer.error_message, "The function could not be invoked.");
}

TEST_F(LambdaSourceTest, RefusesAnAnswerThatIsNoJson) {
  reply = HttpServer::answer("{\"a\":");
  EXPECT_EQ(call(source(), R"({"operation":"Invoke"})").error_type, "Lambda:ServiceException");
}

TEST_F(LambdaSourceTest, GivesUpAfterTheWallTime) {
  reply = "";
  wall_time = std::chrono::milliseconds(30);
  EXPECT_EQ(call(source(), R"({"operation":"Invoke"})").error_type,
            "Lambda:ExecutionTimeoutException");
}

TEST_F(LambdaSourceTest, RefusesPayloadsOverSixMegabytes) {
  const std::string big(net::kMaxLambdaPayload, 'a');
  EXPECT_EQ(call(source(), R"({"operation":"Invoke","payload":")" + big + "\"}").error_type,
            "Lambda:RequestTooLargeException");
  EXPECT_EQ(server.requests().size(), 0U);
}

TEST_F(LambdaSourceTest, SaysWhatIsWrongWithARequest) {
  for (const auto& [request, reason] : std::initializer_list<std::pair<const char*, const char*>>{
           {"[]", "must be an object"},
           {"{}", "has no \"operation\""},
           {R"({"operation":1})", "operation must be a string"},
           {R"({"operation":"BatchInvoke"})", "use \"Invoke\""},
           {R"({"operation":"Invoke","invocationType":"DryRun"})", "neither"},
           {R"({"operation":"Invoke","payload":})", "well-formed"}}) {
    const DataSourceAnswer answer = call(source(), request);
    EXPECT_THAT(answer.invalid_request, HasSubstr(reason)) << request;
    EXPECT_EQ(answer.result, "null");
  }
  EXPECT_EQ(server.requests().size(), 0U);
}

TEST_F(LambdaSourceTest, AnswersWhatWaitsWhenItIsClosed) {
  reply = "";
  boost::asio::post(io, [&] { calls.close(); });
  EXPECT_EQ(call(source(), R"({"operation":"Invoke"})").error_type,
            "Lambda:ServiceUnavailableException");
  EXPECT_EQ(call(source(), R"({"operation":"Invoke"})").error_type,
            "Lambda:ServiceUnavailableException");
}

}  // namespace
}  // namespace eventsd::data
