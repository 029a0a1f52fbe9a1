// GetItem, PutItem, UpdateItem, DeleteItem.
#include <nlohmann/json.hpp>

#include "data/dynamodb_source/condition.hpp"
#include "data/dynamodb_source/expressions.hpp"
#include "data/dynamodb_source/operations.hpp"
#include "data/dynamodb_source/plain_json.hpp"

namespace eventsd::data::dynamodb_source {
namespace {

using Json = nlohmann::json;
using Need = Members::Need;
using dynamodb::Answer;
using dynamodb::Failure;
using dynamodb::Item;

// What an item was before the write is wanted when its condition fails.
constexpr const char* kOnFailure = "ReturnValuesOnConditionCheckFailure";

}  // namespace

Plan get_item(Members& request, const Surroundings& surroundings, std::optional<Refusal>& fault) {
  const Item key = request.item("key", Need::required);
  const std::optional<bool> consistent = request.flag("consistentRead");
  Expressions expressions;
  expressions.add(request, "projection", Need::optional, "ProjectionExpression", fault);
  Answer ask;
  ask.text("TableName", surroundings.table).item("Key", key);
  if (consistent) ask.flag("ConsistentRead", *consistent);
  expressions.append_to(ask);
  return {"GetItem",
          std::move(ask).finish(),
          [](const Json& reply) { return Conclusion::success(plain_member(reply, "Item")); },
          {}};
}

Plan put_item(Members& request, const Surroundings& surroundings, std::optional<Refusal>& fault) {
  const Item key = request.item("key", Need::required);
  Item item = request.item("attributeValues", Need::optional);
  for (const auto& [name, value] : key) item.insert_or_assign(name, value);  // the key wins
  Expressions expressions;
  Condition condition = read_condition(request, expressions, Need::optional, fault);
  Answer ask;
  ask.text("TableName", surroundings.table).item("Item", item);
  if (condition.given) ask.text(kOnFailure, "ALL_OLD");
  expressions.append_to(ask);
  std::string written = plain_text(item);
  return {"PutItem", std::move(ask).finish(),
          [written = std::move(written)](const Json&) { return Conclusion::success(written); },
          [item = std::move(item), condition = std::move(condition)](const Failure& failure) {
            if (!is_condition_failure(failure)) return Conclusion::failed(failure);
            // Whoever repeats a write that has been done is told that it is done.
            std::optional<Item> found = item_of(failure);
            if (found && equal_but_for(*found, item, condition.equals_ignore)) {
              return Conclusion::success(plain_text(*found));
            }
            return condition_failed(failure, condition, std::move(found));
          }};
}

Plan update_item(Members& request, const Surroundings& surroundings,
                 std::optional<Refusal>& fault) {
  const Item key = request.item("key", Need::required);
  Expressions expressions;
  expressions.add(request, "update", Need::required, "UpdateExpression", fault);
  Condition condition = read_condition(request, expressions, Need::optional, fault);
  Answer ask;
  ask.text("TableName", surroundings.table).item("Key", key).text("ReturnValues", "ALL_NEW");
  if (!condition.custom_lambda.empty()) ask.text(kOnFailure, "ALL_OLD");
  expressions.append_to(ask);
  return {"UpdateItem", std::move(ask).finish(),
          [](const Json& reply) { return Conclusion::success(plain_member(reply, "Attributes")); },
          [condition = std::move(condition)](const Failure& failure) {
            if (!is_condition_failure(failure)) return Conclusion::failed(failure);
            return condition_failed(failure, condition, item_of(failure));
          }};
}

Plan delete_item(Members& request, const Surroundings& surroundings,
                 std::optional<Refusal>& fault) {
  const Item key = request.item("key", Need::required);
  Expressions expressions;
  Condition condition = read_condition(request, expressions, Need::optional, fault);
  Answer ask;
  ask.text("TableName", surroundings.table).item("Key", key).text("ReturnValues", "ALL_OLD");
  if (condition.given) ask.text(kOnFailure, "ALL_OLD");
  expressions.append_to(ask);
  return {"DeleteItem", std::move(ask).finish(),
          [](const Json& reply) { return Conclusion::success(plain_member(reply, "Attributes")); },
          [condition = std::move(condition)](const Failure& failure) {
            if (!is_condition_failure(failure)) return Conclusion::failed(failure);
            std::optional<Item> found = item_of(failure);
            if (!found) return Conclusion::success("null");  // it is gone already
            return condition_failed(failure, condition, std::move(found));
          }};
}

}  // namespace eventsd::data::dynamodb_source
