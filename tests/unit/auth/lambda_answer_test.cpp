#include "auth/lambda_answer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace eventsd::auth {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string reason_of(std::string_view payload) {
  const auto verdict = parse_lambda_answer(payload);
  EXPECT_FALSE(verdict);
  if (verdict) return {};
  EXPECT_EQ(verdict.error().kind, ErrorKind::unauthorized);
  EXPECT_EQ(verdict.error().message, "");
  return verdict.error().reason;
}

TEST(LambdaAnswer, GrantsWithAnEmptyContext) {
  const auto verdict = parse_lambda_answer(R"({"isAuthorized":true})");
  ASSERT_TRUE(verdict);
  EXPECT_TRUE(verdict->authorized);
  EXPECT_EQ(*verdict->document, R"({"handlerContext":{}})");
  EXPECT_EQ(verdict->ttl, std::nullopt);
}

TEST(LambdaAnswer, GivesTheContextToHandlersAsStrings) {
  const auto verdict = parse_lambda_answer(
      R"({"isAuthorized":true,"handlerContext":{"a":"1","n":2,"b":true,"f":1.5}})");
  ASSERT_TRUE(verdict);
  EXPECT_EQ(*verdict->document, R"({"handlerContext":{"a":"1","b":"true","f":"1.5","n":"2"}})");
}

TEST(LambdaAnswer, RefusesANestedContext) {
  EXPECT_THAT(reason_of(R"({"isAuthorized":true,"handlerContext":{"a":{"b":"c"}}})"),
              HasSubstr("handlerContext.a is not a string"));
  EXPECT_THAT(reason_of(R"({"isAuthorized":true,"handlerContext":{"a":null}})"),
              HasSubstr("handlerContext.a"));
  EXPECT_THAT(reason_of(R"({"isAuthorized":true,"handlerContext":"x"})"),
              HasSubstr("handlerContext is not an object"));
}

TEST(LambdaAnswer, RefusesAContextOverFiveMegabytes) {
  const std::string large(kMaxHandlerContext, 'x');
  EXPECT_THAT(reason_of(R"({"isAuthorized":true,"handlerContext":{"a":")" + large + "\"}}"),
              HasSubstr("larger than 5 MB"));
}

TEST(LambdaAnswer, RefusesWhatIsNoAnswer) {
  EXPECT_THAT(reason_of("{}"), HasSubstr("isAuthorized is missing"));
  EXPECT_THAT(reason_of(""), HasSubstr("not a JSON object"));
  EXPECT_THAT(reason_of("null"), HasSubstr("not a JSON object"));
  EXPECT_THAT(reason_of("true"), HasSubstr("not a JSON object"));
  EXPECT_THAT(reason_of(R"({"isAuthorized":"true"})"), HasSubstr("not a boolean"));
  EXPECT_THAT(reason_of(R"({"isAuthorized":1})"), HasSubstr("not a boolean"));
  EXPECT_THAT(reason_of(R"({"isAuthorized":true)"), HasSubstr("not a JSON object"));
}

TEST(LambdaAnswer, ReadsADenialWithItsTime) {
  const auto verdict = parse_lambda_answer(R"({"isAuthorized":false,"ttlOverride":7})");
  ASSERT_TRUE(verdict);
  EXPECT_FALSE(verdict->authorized);
  EXPECT_EQ(verdict->document, nullptr);
  EXPECT_EQ(verdict->ttl, std::chrono::seconds(7));
}

TEST(LambdaAnswer, TakesAnyTtlAsTheNearestThatMakesSense) {
  const auto ttl = [](std::string value) {
    return parse_lambda_answer(R"({"isAuthorized":true,"ttlOverride":)" + value + "}")->ttl;
  };
  EXPECT_EQ(ttl("0"), std::chrono::seconds(0));
  EXPECT_EQ(ttl("12.9"), std::chrono::seconds(12));
  EXPECT_EQ(ttl("1e300"), kMaxResultTtl);
  EXPECT_EQ(ttl("-1"), std::chrono::seconds(0));
  EXPECT_EQ(ttl("\"60\""), std::chrono::seconds(0));
  EXPECT_EQ(ttl("null"), std::nullopt);
}

TEST(FunctionError, IsToldWithItsTypeAndMessage) {
  EXPECT_EQ(describe_function_error(
                R"({"errorType":"TypeError","errorMessage":"x is no\nfunction"})", ""),
            "TypeError: x is no?function");
  EXPECT_EQ(describe_function_error("garbage", ""), "no error message");
  EXPECT_EQ(describe_function_error(R"({"errorMessage":5})", ""), "no error message");
  EXPECT_LE(
      describe_function_error(R"({"errorMessage":")" + std::string(5000, 'x') + "\"}", "").size(),
      200u);
}

TEST(FunctionError, NeverHoldsTheTokenNorAPartOfIt) {
  const std::string token = "secret-token-0123456789";
  const std::string text = describe_function_error(
      R"({"errorMessage":"bad token secret-token-0123456789, I mean token-0123456"})", token);
  EXPECT_EQ(text, "bad token ***, I mean ***");
  EXPECT_THAT(describe_function_error(R"({"errorMessage":"abc and abc"})", "abc"),
              Not(HasSubstr("abc")));
}

}  // namespace
}  // namespace eventsd::auth
