#include "data/rds/statement.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace eventsd::data::rds {
namespace {

using ::testing::HasSubstr;

// The one parameter of a statement with :P0 of this JSON value and hint.
Parameter bound(const std::string& value, const std::string& hint = "") {
  const auto statements = parse_statements(
      R"({"statements":["SELECT :P0"],"variableMap":{":P0":)" + value + "}" +
      (hint.empty() ? "" : R"(,"variableTypeHintMap":{":P0":")" + hint + "\"}") + "}");
  if (!statements) {
    ADD_FAILURE() << statements.error().message;
    return {};
  }
  return statements->at(0).parameters.at(0);
}

std::string refusal(const std::string& request) {
  const auto statements = parse_statements(request);
  return statements ? "accepted" : statements.error().message;
}

TEST(RdsStatement, BindsValuesByTheirKind) {
  EXPECT_EQ(bound("12").text, "12");
  EXPECT_EQ(bound("12").type, kInt8);
  EXPECT_EQ(bound("-9223372036854775808").type, kInt8);
  EXPECT_EQ(bound("9223372036854775808").type, kFloat8);
  EXPECT_EQ(bound("1.5e3").text, "1.5e3");
  EXPECT_EQ(bound("1.5e3").type, kFloat8);
  EXPECT_EQ(bound("true").type, kBool);
  EXPECT_EQ(bound("null").text, std::nullopt);
  EXPECT_EQ(bound(R"("a\"ä")").text, "a\"ä");
  EXPECT_EQ(bound(R"("a")").type, kInferred);
  EXPECT_EQ(bound(R"("a")").declared, kText);
  EXPECT_EQ(bound(R"({"z":1.50})").text, R"({"z":1.50})");
  EXPECT_EQ(bound(R"({"z":1})").type, kJsonb);
}

TEST(RdsStatement, CastsByHints) {
  EXPECT_EQ(bound(R"("0b2f…")", "UUID").type, kUuid);
  EXPECT_EQ(bound("12.50", "DECIMAL").text, "12.50");
  EXPECT_EQ(bound("12.50", "DECIMAL").type, kNumeric);
  EXPECT_EQ(bound(R"("{\"a\":1}")", "JSON").text, R"({"a":1})");
  EXPECT_EQ(bound("[1,2]", "JSON").text, "[1,2]");
  EXPECT_EQ(bound(R"("2026-01-31")", "DATE").type, kDate);
  EXPECT_EQ(bound(R"("12:00")", "TIME").type, kTime);
  EXPECT_EQ(bound(R"("2026-01-31T12:00:00.000Z")", "TIMESTAMP").type, kInferred);
  EXPECT_EQ(bound(R"("2026-01-31T12:00:00.000Z")", "TIMESTAMP").declared, kTimestamp);
  EXPECT_EQ(bound("null", "UUID").type, kUuid);
}

TEST(RdsStatement, GivesEachStatementItsOwnVariables) {
  const auto statements = parse_statements(
      R"({"statements":["A :P0","B :P2, :P1"],"variableMap":{":P0":0,":P1":"one","P2":true}})");
  ASSERT_TRUE(statements) << statements.error().message;
  ASSERT_EQ(statements->size(), 2U);
  EXPECT_EQ((*statements)[0].text, "A $1");
  EXPECT_EQ((*statements)[0].parameters.at(0).text, "0");
  EXPECT_EQ((*statements)[1].text, "B $1, $2");
  EXPECT_EQ((*statements)[1].parameters.at(0).type, kBool) << "names may come without their colon";
  EXPECT_EQ((*statements)[1].parameters.at(1).text, "one");
}

TEST(RdsStatement, SaysWhatIsWrong) {
  EXPECT_THAT(refusal("[]"), HasSubstr("must be an object"));
  EXPECT_THAT(refusal("{}"), HasSubstr("statements must be an array"));
  EXPECT_THAT(refusal(R"({"statements":[]})"), HasSubstr("one or two statements, not 0"));
  EXPECT_THAT(refusal(R"({"statements":["a","b","c"]})"), HasSubstr("not 3"));
  EXPECT_THAT(refusal(R"({"statements":[1]})"), HasSubstr("a statement must be a string"));
  EXPECT_THAT(refusal(R"({"statements":["SELECT :P0"]})"), HasSubstr("no value for \":P0\""));
  EXPECT_THAT(refusal(R"({"statements":["x"],"variableMap":{":P0":[1]}})"),
              HasSubstr("\":P0\" is an array"));
  EXPECT_THAT(refusal(R"({"statements":["x"],"variableMap":{":P0":"a\u0000b"}})"),
              HasSubstr("NUL"));
  EXPECT_THAT(
      refusal(
          R"({"statements":["x"],"variableMap":{":P0":1},"variableTypeHintMap":{":P0":"BLOB"}})"),
      HasSubstr("type hint \"BLOB\""));
  EXPECT_THAT(refusal(R"({"statements":["x"],"variableMap":[]})"),
              HasSubstr("variableMap must be an object"));
}

}  // namespace
}  // namespace eventsd::data::rds
