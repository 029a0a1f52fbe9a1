#include "data/bedrock_source.hpp"

#include <gmock/gmock.h>

#include "unit/data/support/source_world.hpp"

namespace eventsd::data {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class BedrockSourceTest : public test::SourceWorld {
 protected:
  std::shared_ptr<DataSource> make(std::string model) {
    return make_bedrock_source({http_options(), {{std::move(model), server.url("/v1/")}}}, calls);
  }
  std::string reply = HttpServer::answer(R"({"output":{"message":{}}})");
  HttpServer server{io, [this](const auto&) { return reply; }};
};

TEST_F(BedrockSourceTest, RefusesModelsWithoutAnEndpoint) {
  const auto source = make("other");
  const DataSourceAnswer answer =
      call(*source, R"({"operation":"InvokeModel","modelId":"m","body":{}})");
  EXPECT_EQ(answer.error_type, "Bedrock:NotConfigured");
  EXPECT_THAT(answer.error_message, AllOf(HasSubstr("model \"m\""), HasSubstr("add it to")));
}

TEST_F(BedrockSourceTest, InvokesAModel) {
  const auto source = make("a.model-v1:0");
  const DataSourceAnswer answer =
      call(*source, R"({"operation":"InvokeModel","modelId":"a.model-v1:0",
        "body":{"prompt":"hi","t":0.50},"guardrailIdentifier":"g","guardrailVersion":"1"})");
  EXPECT_EQ(answer.result, R"({"output":{"message":{}}})");
  EXPECT_THAT(server.requests().at(0),
              AllOf(StartsWith("POST /v1/model/a.model-v1%3A0/invoke HTTP/1.1\r\n"),
                    HasSubstr("X-Amzn-Bedrock-GuardrailIdentifier: g\r\n"),
                    HasSubstr("X-Amzn-Bedrock-GuardrailVersion: 1\r\n")));
  EXPECT_EQ(test::body_of(server.requests().at(0)), R"({"prompt":"hi","t":0.50})");
}

TEST_F(BedrockSourceTest, ConversesWithAnyModelUnderAStar) {
  const auto source = make("*");
  result(*source, R"({"operation":"Converse","modelId":"m","messages":[{"role":"user"}],
    "inferenceConfig":{"maxTokens":5}})");
  EXPECT_THAT(server.requests().at(0), StartsWith("POST /v1/model/m/converse HTTP/1.1\r\n"));
  EXPECT_EQ(Json::parse(test::body_of(server.requests().at(0))),
            Json::parse(R"({"messages":[{"role":"user"}],"inferenceConfig":{"maxTokens":5}})"));
}

TEST_F(BedrockSourceTest, FailsWithTheMessageOfTheEndpoint) {
  reply = HttpServer::answer(R"({"message":"too many tokens"})", 400);
  const auto source = make("*");
  const DataSourceAnswer answer =
      call(*source, R"({"operation":"Converse","modelId":"m","messages":[]})");
  EXPECT_EQ(answer.error_type, "Bedrock:HttpStatus400");
  EXPECT_EQ(answer.error_message, "too many tokens");
  reply = HttpServer::answer("hello");
  EXPECT_EQ(call(*source, R"({"operation":"Converse","modelId":"m"})").error_type,
            "Bedrock:InvalidAnswerException");
}

TEST_F(BedrockSourceTest, SaysWhatIsWrongWithARequest) {
  const auto source = make("*");
  EXPECT_THAT(call(*source, R"({"operation":"Invoke","modelId":"m"})").invalid_request,
              HasSubstr("InvokeModel or Converse"));
  EXPECT_THAT(call(*source, R"({"operation":"InvokeModel","modelId":"m"})").invalid_request,
              HasSubstr("no \"body\""));
  EXPECT_THAT(call(*source, R"({"operation":"Converse"})").invalid_request,
              HasSubstr("no \"modelId\""));
}

}  // namespace
}  // namespace eventsd::data
