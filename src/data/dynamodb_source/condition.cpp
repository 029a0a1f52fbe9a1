#include "data/dynamodb_source/condition.hpp"

#include <nlohmann/json.hpp>

#include "data/dynamodb/value_json.hpp"

namespace eventsd::data::dynamodb_source {
namespace {

using Json = nlohmann::json;

void read_handler(Members& condition, Condition& read, std::optional<Refusal>& fault) {
  const Json* handler = condition.object("conditionalCheckFailedHandler", Members::Need::optional);
  if (!handler) return;
  Members members(*handler, condition.place("conditionalCheckFailedHandler"), fault);
  const std::string strategy = members.text("strategy", Members::Need::required);
  const std::string lambda = members.text("lambdaArn", Members::Need::optional);
  if (strategy == "Custom") {
    if (lambda.empty()) members.fail_shape("lambdaArn", "is missing: strategy Custom needs it");
    read.custom_lambda = lambda;
  } else if (strategy != "Reject") {
    members.fail_shape("strategy", "must be Reject or Custom");
  }
}

}  // namespace

Condition read_condition(Members& members, Expressions& expressions, Members::Need need,
                         std::optional<Refusal>& fault) {
  Condition read;
  expressions.add(members, "condition", need, "ConditionExpression", fault);
  read.given = expressions.has("ConditionExpression");
  Json storage;
  const Json* object = expression_object(members, "condition", storage);
  if (!object) return read;
  Members condition(*object, members.place("condition"), fault);
  if (const Json* ignored = condition.array("equalsIgnore", Members::Need::optional)) {
    for (const Json& name : *ignored) {
      if (!name.is_string()) {
        condition.fail_shape("equalsIgnore", "must be an array of attribute names");
        break;
      }
      read.equals_ignore.insert(name.get<std::string>());
    }
  }
  (void)condition.flag("consistentRead");  // the item is read in the write itself
  read.returns_item = condition.flag("returnValuesOnConditionCheckFailure").value_or(true);
  read_handler(condition, read, fault);
  return read;
}

bool equal_but_for(const dynamodb::Item& a, const dynamodb::Item& b,
                   const std::set<std::string, std::less<>>& ignored) {
  const auto has_all_of = [&](const dynamodb::Item& other, const dynamodb::Item& item) {
    for (const auto& [name, value] : item) {
      if (ignored.contains(name)) continue;
      const auto found = other.find(name);
      if (found == other.end() || !(found->second == value)) return false;
    }
    return true;
  };
  return has_all_of(a, b) && has_all_of(b, a);
}

std::optional<dynamodb::Item> item_of(const dynamodb::Failure& failure) {
  const Json members = Json::parse("{" + failure.members + "}", nullptr, false);
  if (!members.is_object() || !members.contains("Item")) return std::nullopt;
  auto item = dynamodb::parse_item(members["Item"]);
  if (!item) return std::nullopt;
  return std::move(*item);
}

Conclusion condition_failed(const dynamodb::Failure& failure, const Condition& condition,
                            std::optional<dynamodb::Item> found) {
  Conclusion conclusion = Conclusion::failed(failure);
  if (!condition.custom_lambda.empty()) {
    conclusion.arbiter = Arbiter{condition.custom_lambda, std::move(found)};
  }
  return conclusion;
}

}  // namespace eventsd::data::dynamodb_source
