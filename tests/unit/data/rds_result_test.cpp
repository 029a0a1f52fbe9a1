#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "data/rds/field_value.hpp"
#include "data/rds/statement_result.hpp"

namespace eventsd::data::rds {
namespace {

std::string field(std::uint32_t oid, std::optional<std::string_view> value) {
  std::string json;
  append_field(json, column_type(oid), value);
  return json;
}

TEST(FieldValue, HasTheMemberOfItsType) {
  EXPECT_EQ(field(20, "9223372036854775807"), R"({"longValue":9223372036854775807})");
  EXPECT_EQ(field(21, "-1"), R"({"longValue":-1})");
  EXPECT_EQ(field(701, "1e+20"), R"({"doubleValue":1e+20})");
  EXPECT_EQ(field(700, "0.5"), R"({"doubleValue":0.5})");
  EXPECT_EQ(field(16, "t"), R"({"booleanValue":true})");
  EXPECT_EQ(field(16, "f"), R"({"booleanValue":false})");
  EXPECT_EQ(field(17, "\\x00ff41"), R"({"blobValue":"AP9B"})");
  EXPECT_EQ(field(17, "\\x"), R"({"blobValue":""})");
  EXPECT_EQ(field(1700, "12.50"), R"({"stringValue":"12.50"})");
  EXPECT_EQ(field(25, "a\"\n"), R"({"stringValue":"a\"\n"})");
  EXPECT_EQ(field(3802, R"({"a": 1})"), R"({"stringValue":"{\"a\": 1}"})");
  EXPECT_EQ(field(123456, "sad"), R"({"stringValue":"sad"})") << "a type of the user's";
  EXPECT_EQ(field(25, std::nullopt), R"({"isNull":true})");
}

TEST(FieldValue, IsTextWhereJsonHasNoSuchNumber) {
  EXPECT_EQ(field(701, "NaN"), R"({"stringValue":"NaN"})");
  EXPECT_EQ(field(701, "-Infinity"), R"({"stringValue":"-Infinity"})");
}

TEST(FieldValue, ReadsArrays) {
  EXPECT_EQ(field(1007, "{1,NULL,-3}"), R"({"arrayValue":{"longValues":[1,null,-3]}})");
  EXPECT_EQ(field(1009, R"({a,"b \"c\\,}",NULL,"NULL"})"),
            R"({"arrayValue":{"stringValues":["a","b \"c\\,}",null,"NULL"]}})");
  EXPECT_EQ(field(1000, "{t,f}"), R"({"arrayValue":{"booleanValues":[true,false]}})");
  EXPECT_EQ(field(1022, "{0.5}"), R"({"arrayValue":{"doubleValues":[0.5]}})");
  EXPECT_EQ(field(1009, "{}"), R"({"arrayValue":{"stringValues":[]}})");
  EXPECT_EQ(field(1007, "{{1,2},{3,4}}"),
            R"({"arrayValue":{"arrayValues":[{"longValues":[1,2]},{"longValues":[3,4]}]}})");
  EXPECT_EQ(field(1007, "[2:3]={1,2}"), R"({"arrayValue":{"longValues":[1,2]}})");
}

TEST(FieldValue, IsTextWhereAnArrayCannotBeRead) {
  for (const char* text : {"", "{", "{1", "{1,", "{1,}", "{,1}", "{1}x", "{{1},2}", "{\"1", "{a}",
                           "{{{{{{{1}}}}}}}", "[1:2]"}) {
    EXPECT_EQ(field(1007, text), "{\"stringValue\":" + nlohmann::json(text).dump() + "}");
  }
}

TEST(StatementResult, HoldsRecordsAndTheirColumns) {
  StatementResult result;
  result.set_columns({{"id", 23, -1}, {"name", 1043, 24}, {"price", 1700, (10 << 16 | 2) + 4}});
  const std::optional<std::string_view> row[] = {"1", "a", std::nullopt};
  result.add_row(row);
  result.add_row(row);
  const auto json = nlohmann::json::parse(result.json(0));
  EXPECT_EQ(json["records"].size(), 2U);
  EXPECT_EQ(json["records"][1],
            nlohmann::json::parse(R"([{"longValue":1},{"stringValue":"a"},{"isNull":true}])"));
  EXPECT_EQ(json["columnMetadata"][0]["label"], "id");
  EXPECT_EQ(json["columnMetadata"][0]["typeName"], "int4");
  EXPECT_EQ(json["columnMetadata"][0]["type"], 4);
  EXPECT_EQ(json["columnMetadata"][0]["isSigned"], true);
  EXPECT_EQ(json["columnMetadata"][1]["precision"], 20);
  EXPECT_EQ(json["columnMetadata"][2]["precision"], 10);
  EXPECT_EQ(json["columnMetadata"][2]["scale"], 2);
  EXPECT_EQ(json["numberOfRecordsUpdated"], 0);
  EXPECT_EQ(json["generatedFields"], nlohmann::json::array());
}

TEST(StatementResult, HasEmptyRecordsOfAQueryAndNoneOfAnUpdate) {
  StatementResult query;
  query.set_columns({{"id", 23, -1}});
  EXPECT_EQ(nlohmann::json::parse(query.json(0))["records"], nlohmann::json::array());
  EXPECT_EQ(StatementResult().json(3), R"({"numberOfRecordsUpdated":3,"generatedFields":[]})");
}

}  // namespace
}  // namespace eventsd::data::rds
