// TransactGetItems and TransactWriteItems.
#include <array>
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

constexpr const char* kCancelled = "TransactionCanceledException";

std::string text_of(const Json& object, const char* name, const char* otherwise) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : otherwise;
}

// One of cancellationReasons, in AppSync's words.
std::string reason(const Json& from) {
  std::string type = text_of(from, "Code", "None");
  std::string message = text_of(from, "Message", "None");
  if (type == "ConditionalCheckFailed") {
    type = "ConditionCheckFailed";
    message = "The condition check failed.";
  }
  Answer answer;
  const std::string item = plain_member(from, "Item");
  if (item != "null") answer.raw("item", item);
  answer.text("type", type).text("message", message);
  return std::move(answer).finish();
}

std::string reasons(const Failure& failure) {
  const Json members = Json::parse("{" + failure.members + "}", nullptr, false);
  if (!members.is_object() || !members.contains("CancellationReasons")) return "null";
  std::string list = "[";
  for (const Json& one : members["CancellationReasons"]) {
    dynamodb::append_element(list, one.is_object() ? reason(one) : "null");
  }
  return list + "]";
}

// {"items"|"keys": …, "cancellationReasons": …}
std::string result_of(const char* name, std::string_view list, std::string_view reason_list) {
  Answer result;
  result.raw(name, list).raw("cancellationReasons", reason_list);
  return std::move(result).finish();
}

Conclusion judge(const char* name, Failure failure) {
  // Two actions on one item: AppSync counts that among the reasons for a cancelled transaction.
  if (failure.type == "ValidationException" &&
      failure.message == "Transaction request cannot include multiple operations on one item") {
    failure.type = kCancelled;
  }
  if (failure.type != kCancelled) return Conclusion::failed(std::move(failure));
  std::string result = result_of(name, "null", reasons(failure));
  return Conclusion::failed(std::move(failure), std::move(result));
}

// Calls `read` with each element and its place, and puts what it returns into "TransactItems".
template <typename Read>
std::string read_actions(Members& request, std::optional<Refusal>& fault, Read read) {
  std::string list = "[";
  if (const Json* actions = request.array("transactItems", Need::required)) {
    for (std::size_t i = 0; i < actions->size(); ++i) {
      Members action((*actions)[i], "transactItems[" + std::to_string(i) + "]", fault);
      dynamodb::append_element(list, read(action));
    }
  }
  Answer ask;
  ask.raw("TransactItems", list + "]");
  return std::move(ask).finish();
}

struct Action {
  std::string_view name;  // as handlers have it
  const char* member;     // as DynamoDB has it
};
constexpr std::array<Action, 4> kActions = {{{"PutItem", "Put"},
                                             {"UpdateItem", "Update"},
                                             {"DeleteItem", "Delete"},
                                             {"ConditionCheck", "ConditionCheck"}}};

std::string read_write(Members& action, std::string& keys, std::optional<Refusal>& fault) {
  const std::string table = action.text("table", Need::required);
  const std::string operation = action.text("operation", Need::required);
  const auto found = std::find_if(kActions.begin(), kActions.end(),
                                  [&](const Action& one) { return one.name == operation; });
  if (found == kActions.end()) {
    action.fail_shape("operation", "must be PutItem, UpdateItem, DeleteItem or ConditionCheck");
    return "{}";
  }
  const Item key = action.item("key", Need::required);
  dynamodb::append_element(keys, plain_text(key));
  Expressions expressions;
  Answer ask;
  ask.text("TableName", table);
  if (operation == "PutItem") {
    Item item = action.item("attributeValues", Need::optional);
    for (const auto& [name, value] : key) item.insert_or_assign(name, value);
    ask.item("Item", item);
  } else {
    ask.item("Key", key);
  }
  if (operation == "UpdateItem") {
    expressions.add(action, "update", Need::required, "UpdateExpression", fault);
  }
  const Condition condition = read_condition(
      action, expressions, operation == "ConditionCheck" ? Need::required : Need::optional, fault);
  if (condition.given && condition.returns_item) {
    ask.text("ReturnValuesOnConditionCheckFailure", "ALL_OLD");
  }
  expressions.append_to(ask);
  Answer one;
  one.raw(found->member, std::move(ask).finish());
  return std::move(one).finish();
}

std::string read_get(Members& action, std::optional<Refusal>& fault) {
  Answer ask;
  ask.text("TableName", action.text("table", Need::required));
  ask.item("Key", action.item("key", Need::required));
  Expressions expressions;
  expressions.add(action, "projection", Need::optional, "ProjectionExpression", fault);
  expressions.append_to(ask);
  Answer one;
  one.raw("Get", std::move(ask).finish());
  return std::move(one).finish();
}

Conclusion conclude_gets(const Json& reply) {
  std::string list = "[";
  const auto responses = reply.find("Responses");
  if (responses != reply.end() && responses->is_array()) {
    for (const Json& one : *responses) {
      dynamodb::append_element(list, one.is_object() ? plain_member(one, "Item") : "null");
    }
  }
  return Conclusion::success(result_of("items", list + "]", "null"));
}

}  // namespace

Plan transact_get(Members& request, const Surroundings&, std::optional<Refusal>& fault) {
  std::string ask =
      read_actions(request, fault, [&](Members& action) { return read_get(action, fault); });
  return {"TransactGetItems", std::move(ask), &conclude_gets,
          [](const Failure& failure) { return judge("items", failure); }};
}

Plan transact_write(Members& request, const Surroundings&, std::optional<Refusal>& fault) {
  std::string keys = "[";
  std::string ask = read_actions(request, fault,
                                 [&](Members& action) { return read_write(action, keys, fault); });
  return {"TransactWriteItems", std::move(ask),
          [keys = keys + "]"](const Json&) {
            return Conclusion::success(result_of("keys", keys, "null"));
          },
          [](const Failure& failure) { return judge("keys", failure); }};
}

}  // namespace eventsd::data::dynamodb_source
