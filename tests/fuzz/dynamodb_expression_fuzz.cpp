// Expressions of every kind: no input breaks the parsers, and what they accept can be evaluated.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "data/dynamodb/evaluate.hpp"
#include "data/dynamodb/key_condition.hpp"
#include "data/dynamodb/parse.hpp"
#include "data/dynamodb/value_json.hpp"

namespace {

using namespace eventsd::data::dynamodb;
using Json = nlohmann::json;

void require(bool holds) {
  if (!holds) std::abort();
}

const Json& names() {
  static const Json json = {{"#a", "a"}, {"#b", "status"}};
  return json;
}
const Json& values() {
  static const Json json = Json::parse(
      R"({":n":{"N":"5"},":s":{"S":"ab"},":l":{"L":[{"N":"1"}]},":t":{"SS":["a"]},":b":{"BOOL":true}})");
  return json;
}
const Item& item() {
  static const Item value = *parse_item(Json::parse(
      R"({"a":{"N":"1"},"b":{"L":[{"S":"x"},{"M":{"a":{"N":"2"}}}]},"c":{"SS":["a","b"]},
                      "d":{"M":{"a":{"M":{"b":{"B":"AQ=="}}}}},"e":{"S":"abc"}})"));
  return value;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string source(reinterpret_cast<const char*>(data) + 1, size - 1);
  Placeholders placeholders = *Placeholders::make(&names(), &values());
  if (data[0] % 3 == 0) {
    const Outcome<Condition> condition =
        parse_condition("ConditionExpression", source, placeholders);
    if (!condition) return 0;
    holds(*condition, item());
    holds(*condition, {});
    const Outcome<std::vector<KeyCondition>> keys = key_conditions(*condition);
    if (!keys) return 0;
    const KeySchema schema{.hash = {"a", Type::number}, .range = KeyAttribute{"e", Type::string}};
    const Outcome<KeySelection> selection = select_rows(schema, *keys);
    if (!selection) return 0;
    // The rows of the range are those that the condition is true of.
    const std::string key = row_key(schema, item());
    const bool inside = key >= selection->rows.low && key < *selection->rows.high;
    require(inside == holds(*condition, item()));
  } else if (data[0] % 3 == 1) {
    const Outcome<Update> update = parse_update(source, placeholders);
    if (!update) return 0;
    const Outcome<Item> result = apply_update(*update, item());
    if (result) require(parse_stored_item(item_text(*result)) == *result);
  } else {
    const Outcome<std::vector<Path>> paths = parse_projection(source, placeholders);
    if (!paths) return 0;
    const Item part = project(item(), *paths);
    for (const Path& path : *paths) {
      const bool indexed = std::any_of(path.begin(), path.end(), [](const PathStep& step) {
        return std::holds_alternative<std::size_t>(step);
      });
      const Value* original = find(item(), path);
      if (!indexed && original != nullptr) require(*find(part, path) == *original);
    }
  }
  return 0;
}
