// Attribute values as DynamoDB's JSON: {"S":"text"}, {"N":"1.5"}, {"M":{…}} …
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "data/dynamodb/value.hpp"

namespace eventsd::data::dynamodb {

// Reads one value. Beyond DynamoDB's form, N may be a JSON number and NULL may be null, as the
// handlers' util.dynamodb makes them.
//   errors   ValidationException, SerializationException; worded as DynamoDB does
[[nodiscard]] Outcome<Value> parse_value(const nlohmann::json& json);

// Reads an object of values.
[[nodiscard]] Outcome<Item> parse_item(const nlohmann::json& json);

// Reads what append_item() wrote; throws on anything else, since only a damaged file can hold it.
Item parse_stored_item(std::string_view text);

void append_json_string(std::string& out, std::string_view text);
void append_value(std::string& out, const Value& value);
void append_item(std::string& out, const Item& item);
std::string item_text(const Item& item);

}  // namespace eventsd::data::dynamodb
