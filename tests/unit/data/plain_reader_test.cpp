// Replies made plain as they are read: the same as by way of a document, or left to it.
#include "data/dynamodb_source/plain_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "data/dynamodb/value_json.hpp"
#include "data/dynamodb_source/plain_json.hpp"

namespace eventsd::data::dynamodb_source {
namespace {

using Json = nlohmann::json;

// The items by way of a document.
std::string slowly(const std::string& items) {
  std::string out = "[";
  for (const Json& one : Json::parse(items)) {
    const auto item = dynamodb::parse_item(one);
    if (out.size() > 1) out += ',';
    out += item ? plain_text(*item) : "?";
  }
  return out + "]";
}

TEST(PlainReader, ReadsEveryTypeAsADocumentWould) {
  for (
      const char* const item :
      {R"({})", R"({"a":{"S":""}})", R"({"a":{"S":"\u00e9\n\"\\ \ud83d\ude00 ü"}})",
       R"({"i":{"N":1},"n":{"N":"0012.500"},"o":{"N":"-1e3"},"p":{"N":"12345678901234567890.123"}})",
       R"({"b":{"BOOL":true},"c":{"BOOL":false},"d":{"NULL":true}})",
       R"({"b":{"B":"aGk="},"bs":{"BS":["aGk=","YQ=="]},"ns":{"NS":["3","1.0"]},"ss":{"SS":["b","a"]}})",
       R"({"l":{"L":[]},"m":{"M":{}},"x":{"L":[{"N":"1"},{"M":{"y":{"L":[{"S":"z"}]}}}]}})",
       R"({"a\"\u0001b":{"S":"x"}})"}) {
    const std::string items = "[" + std::string(item) + "," + item + "]";
    const auto page = read_plain_page(R"({"Items":)" + items + R"(,"ScannedCount":2})");
    ASSERT_TRUE(page) << item;
    // A text may be escaped in another way; numbers have all their digits.
    EXPECT_EQ(Json::parse(page->items), Json::parse(slowly(items)));
    if (items.find('\\') == std::string::npos) EXPECT_EQ(page->items, slowly(items));
    EXPECT_EQ(page->scanned_count, 2);
    EXPECT_EQ(page->last_key, "");
  }
}

TEST(PlainReader, KeepsTheKeyOfTheNextPageAsItIs) {
  const std::string reply =
      R"({ "Count":0, "Items" : [ ] ,"LastEvaluatedKey": {"id":{"S":"a"}}, "ScannedCount": 7 } )";
  const auto page = read_plain_page(reply);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->items, "[]");
  EXPECT_EQ(page->last_key, R"({"id":{"S":"a"}})");
  EXPECT_EQ(page->scanned_count, 7);
}

TEST(PlainReader, LeavesWhatItDoesNotUnderstandToTheDocument) {
  std::string deep = R"({"S":"x"})";
  for (int i = 0; i < 40; ++i) deep = R"({"L":[)" + deep + "]}";
  for (const std::string& items :
       {std::string(R"([5])"), std::string(R"([{"a":5}])"), std::string(R"([{"a":{}}])"),
        std::string(R"([{"a":{"S":5}}])"), std::string(R"([{"a":{"S":"x","N":"1"}}])"),
        std::string(R"([{"a":{"N":"x"}}])"), std::string(R"([{"a":{"S":"\ud800"}}])"),
        std::string(R"([{"a":{"BOOL":"x"}}])"), std::string(R"([{"a":{"X":"x"}}])"),
        std::string(R"([{"a":{"SS":[]}}])"), std::string(R"({"a":1})"), "[{\"a\":" + deep + "}]",
        std::string("[{\"a\":{\"S\":\"\xff\"}}]")}) {
    EXPECT_FALSE(read_plain_page(R"({"Items":)" + items + "}")) << items;
  }
  for (const char* const reply : {"", "[]", "{", R"({"Items":[]}x)", R"({"ScannedCount":"x"})",
                                  R"({"LastEvaluatedKey":null})", R"({"LastEvaluatedKey":{}})"}) {
    EXPECT_FALSE(read_plain_page(reply)) << reply;
  }
}

}  // namespace
}  // namespace eventsd::data::dynamodb_source
