#include "data/dynamodb/value_json.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace eventsd::data::dynamodb {
namespace {

std::string again(const std::string& text) {
  const Outcome<Item> item = parse_item(nlohmann::json::parse(text));
  return item ? item_text(*item) : item.error().type + ": " + item.error().message;
}

TEST(ValueJson, PrintsWhatItParsed) {
  const std::string text =
      R"({"b":{"B":"AQID"},"bs":{"BS":["AQ==","Ag=="]},"l":{"L":[{"BOOL":true},{"NULL":true}]},)"
      R"("m":{"M":{"x\u0001\"\\":{"S":"é"}}},"n":{"N":"-1.5"},"ns":{"NS":["1","20"]},)"
      R"("ss":{"SS":["a","b"]}})";
  EXPECT_EQ(again(text), text);
}

TEST(ValueJson, TakesTheHandlersNumbersAndNulls) {
  EXPECT_EQ(again(R"({"n":{"N":12.50},"z":{"NULL":null}})"),
            R"({"n":{"N":"12.5"},"z":{"NULL":true}})");
}

TEST(ValueJson, RefusesAsDynamoDbDoes) {
  const std::string invalid = "ValidationException: ";
  EXPECT_EQ(again(R"({"a":{}})"), invalid +
                                      "Supplied AttributeValue is empty, must contain exactly "
                                      "one of the supported datatypes");
  EXPECT_EQ(again(R"({"a":{"S":"x","N":"1"}})"),
            invalid +
                "Supplied AttributeValue has more than one datatypes set, must contain exactly "
                "one of the supported datatypes");
  EXPECT_EQ(again(R"({"a":{"SS":[]}})"),
            invalid + "One or more parameter values were invalid: An string set  may not be empty");
  EXPECT_EQ(again(R"({"a":{"SS":["x","x"]}})"),
            invalid +
                "One or more parameter values were invalid: Input collection [x, x] contains "
                "duplicates.");
  EXPECT_EQ(again(R"({"a":{"NS":["1","1.0"]}})"), invalid + "Input collection contains duplicates");
  EXPECT_EQ(again(R"({"a":{"NULL":false}})"),
            invalid +
                "One or more parameter values were invalid: Null attribute value types must "
                "have the value of true");
  EXPECT_EQ(again(R"({"a":{"S":1}})"),
            "SerializationException: NUMBER_VALUE cannot be converted to String");
  for (const char* text : {"A", "AA", "AAA", "AB==", "A===", "AA=A", "A-_=", "===="}) {
    EXPECT_EQ(again(R"({"a":{"B":")" + std::string(text) + "\"}}"),
              "SerializationException: Invalid base64 in a binary value")
        << text;
  }
}

TEST(ValueJson, NestsThirtyTwoLevels) {
  const auto nested = [](int levels) {
    std::string text = R"({"S":"x"})";
    for (int i = 1; i < levels; ++i) text = R"({"L":[)" + text + "]}";
    return again(R"({"a":)" + text + "}");
  };
  EXPECT_EQ(nested(32).substr(0, 6), R"({"a":{)");
  EXPECT_EQ(nested(33), "ValidationException: Nesting Levels have exceeded supported limits");
}

TEST(ItemSize, CountsNamesAndValues) {
  const auto size = [](const std::string& text) {
    return size_of(*parse_item(nlohmann::json::parse(text)));
  };
  EXPECT_EQ(size(R"({"abc":{"S":"é"}})"), 5U);
  EXPECT_EQ(size(R"({"n":{"N":"123"}})"), 4U);
  EXPECT_EQ(size(R"({"b":{"B":"AQID"}})"), 4U);
  EXPECT_EQ(size(R"({"l":{"L":[{"BOOL":true}]}})"), 6U);
  EXPECT_EQ(size(R"({"m":{"M":{"k":{"NULL":true}}}})"), 7U);
}

}  // namespace
}  // namespace eventsd::data::dynamodb
