#include "data/dynamodb/placeholders.hpp"

#include <nlohmann/json.hpp>

#include "data/dynamodb/token.hpp"
#include "data/dynamodb/value_json.hpp"

namespace eventsd::data::dynamodb {

namespace {

using Json = nlohmann::json;

// What both members must be.
Status check_shape(const Json& json, const std::string& member, char mark) {
  if (!json.is_object()) {
    return Failure("SerializationException", member + " must be a map");
  }
  if (json.empty()) return invalid(member + " must not be empty");
  for (const auto& [key, ignored] : json.items()) {
    if (!is_placeholder(key, mark)) {
      return invalid(member + " contains invalid key: Syntax error; key: \"" + key + "\"");
    }
  }
  return {};
}

std::string joined(const std::set<std::string, std::less<>>& keys) {
  std::string text;
  for (const std::string& key : keys) text += (text.empty() ? "" : ", ") + key;
  return text;
}

}  // namespace

Outcome<Placeholders> Placeholders::make(const Json* names, const Json* values) {
  Placeholders result;
  if (names != nullptr) {
    const Status shape = check_shape(*names, "ExpressionAttributeNames", '#');
    if (!shape) return shape.error();
    for (const auto& [key, name] : names->items()) {
      if (!name.is_string()) {
        return Failure("SerializationException",
                       "ExpressionAttributeNames must have strings as values");
      }
      if (name.get_ref<const std::string&>().empty()) {
        return invalid(
            "ExpressionAttributeNames contains invalid value: Empty attribute name; "
            "key: \"" +
            key + "\"");
      }
      result.names_.emplace(key, name.get<std::string>());
      result.unused_names_.insert(key);
    }
  }
  if (values != nullptr) {
    const Status shape = check_shape(*values, "ExpressionAttributeValues", ':');
    if (!shape) return shape.error();
    for (const auto& [key, json] : values->items()) {
      Outcome<Value> value = parse_value(json);
      if (!value) {
        if (value.error().type != "ValidationException") return value.error();
        return invalid("ExpressionAttributeValues contains invalid value: " +
                       value.error().message + " for key " + key);
      }
      result.values_.emplace(key, std::make_shared<const Value>(std::move(*value)));
      result.unused_values_.insert(key);
    }
  }
  return result;
}

const std::string* Placeholders::name(std::string_view placeholder) {
  const auto found = names_.find(placeholder);
  if (found == names_.end()) return nullptr;
  if (const auto unused = unused_names_.find(placeholder); unused != unused_names_.end()) {
    unused_names_.erase(unused);
  }
  return &found->second;
}

ValuePtr Placeholders::value(std::string_view placeholder) {
  const auto found = values_.find(placeholder);
  if (found == values_.end()) return nullptr;
  if (const auto unused = unused_values_.find(placeholder); unused != unused_values_.end()) {
    unused_values_.erase(unused);
  }
  return found->second;
}

Status Placeholders::check_all_used() const {
  if (!unused_names_.empty()) {
    return invalid("Value provided in ExpressionAttributeNames unused in expressions: keys: {" +
                   joined(unused_names_) + "}");
  }
  if (!unused_values_.empty()) {
    return invalid("Value provided in ExpressionAttributeValues unused in expressions: keys: {" +
                   joined(unused_values_) + "}");
  }
  return {};
}

}  // namespace eventsd::data::dynamodb
