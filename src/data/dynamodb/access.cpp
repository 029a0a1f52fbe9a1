#include "data/dynamodb/access.hpp"

#include <nlohmann/json.hpp>

#include "data/dynamodb/request.hpp"

namespace eventsd::data::dynamodb {

namespace {

using Json = nlohmann::json;

std::string text_member(const Json& json, const char* name) {
  if (!json.is_object()) return {};
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// The action that a part of a transaction is.
std::string action_of(const std::string& part) {
  return part == "ConditionCheck" ? "dynamodb:ConditionCheckItem" : "dynamodb:" + part + "Item";
}

}  // namespace

std::vector<Access> needed_access(const std::string& operation, const Json& request,
                                  std::string_view arn_prefix) {
  const auto arn = [&](const std::string& table) {
    return std::string(arn_prefix) + table_name_of(table);
  };
  const std::string action = "dynamodb:" + operation;
  if (operation == "ListTables") return {{action, "*"}};
  std::vector<Access> needed;
  if (operation.starts_with("Batch")) {
    const auto items = request.is_object() ? request.find("RequestItems") : request.end();
    if (items != request.end() && items->is_object()) {
      for (const auto& part : items->items()) needed.push_back({action, arn(part.key())});
    }
  } else if (operation.starts_with("Transact")) {
    const auto items = request.is_object() ? request.find("TransactItems") : request.end();
    if (items != request.end() && items->is_array()) {
      for (const Json& item : *items) {
        if (!item.is_object()) continue;
        for (const auto& part : item.items()) {
          needed.push_back({action_of(part.key()), arn(text_member(part.value(), "TableName"))});
        }
      }
    }
  } else {
    const std::string index = text_member(request, "IndexName");
    needed.push_back({action, arn(text_member(request, "TableName")) +
                                  (index.empty() ? "" : "/index/" + index)});
  }
  if (needed.empty()) needed.push_back({action, "*"});
  return needed;
}

}  // namespace eventsd::data::dynamodb
