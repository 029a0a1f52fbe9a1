#include "data/functions.hpp"

#include <gmock/gmock.h>

#include "unit/data/support/source_world.hpp"

namespace eventsd::data {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class FunctionsTest : public test::SourceWorld {
 protected:
  DataSourceAnswer invoke(Functions& asked, std::string_view name) {
    std::optional<DataSourceAnswer> answer;
    asked.invoke(name, R"({"a":1})", std::chrono::seconds(10),
                 [&](DataSourceAnswer given) { answer = std::move(given); });
    io.restart();
    while (!answer && io.run_one_for(std::chrono::seconds(20)) > 0) {
    }
    if (!answer) ADD_FAILURE() << "there is no answer";
    return answer.value_or(DataSourceAnswer{});
  }

  std::string reply = HttpServer::answer(R"({"action":"discard"})");
  HttpServer server{io, [this](const auto&) { return reply; }};
  FunctionsOptions options() {
    FunctionsOptions made;
    made.functions = {LambdaFunctionConfig{"judge", "http://" + server.url().authority(), {}}};
    made.signer = [](const std::string& region) -> net::RequestSigner {
      return [region](net::HttpRequest& request) { request.headers.emplace_back("X-R", region); };
    };
    made.pool = pool;
    return made;
  }
  std::shared_ptr<Functions> functions = make_functions(options());
};

TEST_F(FunctionsTest, InvokesTheConfiguredFunctionOfThatNameOrArn) {
  for (const char* name : {"judge", "arn:aws:lambda:eu-west-1:000000000000:function:judge"}) {
    EXPECT_EQ(invoke(*functions, name).result, R"({"action":"discard"})");
  }
  ASSERT_EQ(server.requests().size(), 2u);
  const std::string& asked = server.requests().at(1);
  EXPECT_THAT(asked, StartsWith("POST /2015-03-31/functions/"));
  EXPECT_THAT(asked, HasSubstr("X-R: eu-west-1\r\n")) << "signed for the region of its ARN";
  EXPECT_EQ(test::body_of(asked), R"({"a":1})");
}

TEST_F(FunctionsTest, AFunctionThatIsNotConfiguredIsAnErrorThatNamesIt) {
  const DataSourceAnswer answer = invoke(*functions, "other");
  EXPECT_EQ(answer.error_type, "Lambda:ResourceNotFoundException");
  EXPECT_EQ(answer.error_message, "The function \"other\" is not in lambda.functions.");
  EXPECT_EQ(invoke(*make_functions({}), "judge").error_type, "Lambda:ResourceNotFoundException");
}

TEST_F(FunctionsTest, AFunctionThatFailsIsAnError) {
  reply =
      HttpServer::answer(R"({"errorMessage":"no"})", 200, "X-Amz-Function-Error: Unhandled\r\n");
  const DataSourceAnswer answer = invoke(*functions, "judge");
  EXPECT_EQ(answer.error_type, "Lambda:Unhandled");
  EXPECT_EQ(answer.error_message, "no");
}

}  // namespace
}  // namespace eventsd::data
