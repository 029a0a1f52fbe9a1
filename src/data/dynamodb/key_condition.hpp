// KeyConditionExpression: which rows of one partition.
#pragma once

#include "data/dynamodb/expression.hpp"
#include "data/dynamodb/key_codec.hpp"

namespace eventsd::data::dynamodb {

// One condition on one key attribute; begins_with is Test::function.
struct KeyCondition {
  std::string attribute;
  Test test = Test::equal;
  std::vector<ValuePtr> values;  // two with BETWEEN, else one
};

// One or two conditions, on different attributes.
//   errors   ValidationException
[[nodiscard]] Outcome<std::vector<KeyCondition>> key_conditions(const Condition& condition);

// The rows that fulfil the conditions, and what the partition key must be.
struct KeySelection {
  ValuePtr hash;
  std::optional<KeyCondition> range;
  KeyRange rows;
};

//   errors   ValidationException: not conditions on this schema's keys, or of other types
[[nodiscard]] Outcome<KeySelection> select_rows(const KeySchema& schema,
                                                const std::vector<KeyCondition>& conditions);

// Is the value one that the condition selects?
bool selects(const KeyCondition& condition, const Value& value);

}  // namespace eventsd::data::dynamodb
