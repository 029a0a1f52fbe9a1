// The condition of a write.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "data/dynamodb/value.hpp"
#include "data/dynamodb_source/expressions.hpp"
#include "data/dynamodb_source/members.hpp"
#include "data/dynamodb_source/plan.hpp"

namespace eventsd::data::dynamodb_source {

struct Condition {
  bool given = false;
  std::set<std::string, std::less<>> equals_ignore;  // PutItem: attributes that need not be equal
  std::string custom_lambda;  // conditionalCheckFailedHandler {strategy: Custom, lambdaArn}
  bool returns_item = true;   // returnValuesOnConditionCheckFailure, of transactions
};

// Reads `members`' member "condition" and adds its expression as ConditionExpression.
Condition read_condition(Members& members, Expressions& expressions, Members::Need need,
                         std::optional<Refusal>& fault);

// Are the items equal but for some attributes?
bool equal_but_for(const dynamodb::Item& a, const dynamodb::Item& b,
                   const std::set<std::string, std::less<>>& ignored);

// The item that a failed condition met; absent: there was none.
std::optional<dynamodb::Item> item_of(const dynamodb::Failure& failure);

// What becomes of a write that met `found`: its failure, and with strategy Custom the function that
// is asked about it.
Conclusion condition_failed(const dynamodb::Failure& failure, const Condition& condition,
                            std::optional<dynamodb::Item> found);

inline bool is_condition_failure(const dynamodb::Failure& failure) {
  return failure.type == "ConditionalCheckFailedException";
}

}  // namespace eventsd::data::dynamodb_source
