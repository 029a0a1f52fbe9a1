#include "data/dynamodb_source/custom_strategy.hpp"

#include <nlohmann/json.hpp>

#include "data/dynamodb/answer.hpp"
#include "data/dynamodb/value_json.hpp"

namespace eventsd::data::dynamodb_source {
namespace {

using Json = nlohmann::json;
using dynamodb::append_json_string;
using dynamodb::Decimal;
using dynamodb::Item;
using dynamodb::List;
using dynamodb::NumberSet;
using dynamodb::Value;

void append_typed(std::string& out, const Item& item);

void append_typed(std::string& out, const Value& value) {
  if (const auto* number = value.get<Decimal>()) {
    out += R"({"N":)" + number->text() + '}';
  } else if (const auto* numbers = value.get<NumberSet>()) {
    std::string array = "[";
    for (const Decimal& one : *numbers) dynamodb::append_element(array, one.text());
    out += R"({"NS":)" + array + "]}";
  } else if (const auto* list = value.get<List>()) {
    std::string array = "[";
    for (const Value& one : *list) {
      std::string element;
      append_typed(element, one);
      dynamodb::append_element(array, element);
    }
    out += R"({"L":)" + array + "]}";
  } else if (const auto* item = value.get<Item>()) {
    out += R"({"M":)";
    append_typed(out, *item);
    out += '}';
  } else {
    dynamodb::append_value(out, value);
  }
}

void append_typed(std::string& out, const Item& item) {
  out += '{';
  for (const auto& [name, value] : item) {
    if (out.back() != '{') out += ',';
    append_json_string(out, name);
    out += ':';
    append_typed(out, value);
  }
  out += '}';
}

// What the mapping leaves out is the first request's, but for the condition: a retry without one
// has none.
std::string retry_request(const Json& first, Json mapping) {
  for (const char* name : {"attributeValues", "update"}) {
    if (!mapping.contains(name) && first.contains(name)) mapping[name] = first[name];
  }
  mapping["operation"] = first["operation"];
  mapping["key"] = first["key"];
  return mapping.dump();
}

Verdict no_verdict(std::string why) { return {Verdict::Action::reject, {}, std::move(why)}; }

}  // namespace

std::string custom_event(const DataSourceCall& call, const std::optional<Item>& found,
                         const TablePlace& place) {
  dynamodb::Answer resolver;
  resolver.text("tableName", place.table)
      .text("awsRegion", place.region)
      .text("parentType", call.namespace_name)
      .text("field", call.operation)
      .raw("outputType", "null");
  std::string current = "null";
  if (found) {
    current.clear();
    append_typed(current, *found);
  }
  dynamodb::Answer event;
  event.raw("arguments", "{}")
      .raw("requestMapping", call.request)
      .raw("currentValue", current)
      .raw("resolver", std::move(resolver).finish())
      .raw("identity", call.identity ? *call.identity : "null");
  return std::move(event).finish();
}

Verdict read_verdict(const DataSourceAnswer& answer, std::string_view request) {
  if (!answer.error_type.empty()) {
    return no_verdict(answer.error_type + ": " + answer.error_message);
  }
  const Json said = Json::parse(answer.result, nullptr, false);
  const auto action = said.is_object() ? said.find("action") : said.end();
  if (!said.is_object() || action == said.end() || !action->is_string()) {
    return no_verdict("its answer has no action");
  }
  if (*action == "reject") return {};
  if (*action == "discard") return {Verdict::Action::discard};
  if (*action != "retry") {
    const auto& text = action->get_ref<const std::string&>();
    // Whole or not at all: half of a character is no text.
    const std::string quoted = text.size() <= 64 ? " \"" + text + '"' : "";
    return no_verdict("its action" + quoted + " is none of reject, discard, retry");
  }
  const auto mapping = said.find("retryMapping");
  if (mapping == said.end() || !mapping->is_object()) {
    return no_verdict("its retry has no retryMapping");
  }
  return {Verdict::Action::retry, retry_request(Json::parse(request), *mapping)};
}

}  // namespace eventsd::data::dynamodb_source
