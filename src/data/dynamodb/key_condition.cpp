#include "data/dynamodb/key_condition.hpp"

#include <algorithm>

#include "data/dynamodb/evaluate.hpp"

namespace eventsd::data::dynamodb {

namespace {

Failure bad_operator(std::string_view name) {
  return invalid("Invalid operator used in KeyConditionExpression: " + std::string(name));
}
Failure bad_condition(const std::string& what) {
  return invalid("Invalid condition in KeyConditionExpression: " + what);
}
Failure not_supported() { return invalid("Query key condition not supported"); }

// The comparison with its operands exchanged.
Test mirrored(Test test) {
  switch (test) {
    case Test::less:
      return Test::greater;
    case Test::less_or_equal:
      return Test::greater_or_equal;
    case Test::greater:
      return Test::less;
    case Test::greater_or_equal:
      return Test::less_or_equal;
    default:
      return test;
  }
}

Outcome<KeyCondition> key_condition(Test test, const std::vector<Operand>& operands,
                                    std::string_view name) {
  KeyCondition result{.attribute = {}, .test = test, .values = {}};
  for (std::size_t i = 0; i < operands.size(); ++i) {
    const Operand& operand = operands[i];
    if (operand.is_function()) {
      return invalid("KeyConditionExpressions cannot contain nested operations");
    }
    if (operand.is_value()) {
      result.values.push_back(operand.value);
      continue;
    }
    if (!result.attribute.empty()) {
      return bad_condition("Multiple attribute names used in one condition");
    }
    if (operand.path.size() > 1) {
      return invalid("KeyConditionExpressions cannot have conditions on nested attributes");
    }
    result.attribute = top(operand.path);
    if (i == 0) continue;
    if (test == Test::between || test == Test::function) {
      return bad_condition(std::string(name) +
                           " operator must have the key attribute as its first operand");
    }
    result.test = mirrored(test);
  }
  if (result.attribute.empty()) return bad_condition("No key attribute specified");
  return result;
}

Status collect(const Condition& condition, std::vector<KeyCondition>& out) {
  switch (condition.test) {
    case Test::all:
      for (const Condition& part : condition.parts) {
        const Status status = collect(part, out);
        if (!status) return status;
      }
      return {};
    case Test::any:
    case Test::negate:
    case Test::in:
    case Test::not_equal:
      return bad_operator(test_name(condition.test));
    default:
      break;
  }
  const bool call = condition.test == Test::function;
  std::string_view name = test_name(condition.test);
  if (call) {
    const Function function = condition.operands[0].function;
    name = function_name(function);
    if (function != Function::begins_with) return bad_operator(name);
  }
  Outcome<KeyCondition> found = key_condition(
      condition.test, call ? condition.operands[0].arguments : condition.operands, name);
  if (!found) return found.error();
  for (const KeyCondition& other : out) {
    if (other.attribute == found->attribute) {
      return invalid("KeyConditionExpressions must only contain one condition per key");
    }
  }
  out.push_back(std::move(*found));
  return {};
}

const KeyCondition* condition_on(const std::vector<KeyCondition>& conditions,
                                 const std::string& attribute) {
  for (const KeyCondition& condition : conditions) {
    if (condition.attribute == attribute) return &condition;
  }
  return nullptr;
}

bool fits(const KeyCondition& condition, Type type) {
  return std::all_of(condition.values.begin(), condition.values.end(),
                     [&](const ValuePtr& value) { return value->type() == type; });
}

bool any_empty(const KeyCondition& condition) {
  return std::any_of(condition.values.begin(), condition.values.end(), [](const ValuePtr& value) {
    return value->type() != Type::number && size_of(*value) == 0;
  });
}

// Narrows a partition's rows to those whose sort key fulfils the condition.
KeyRange narrow(const std::string& partition, const KeyCondition& condition) {
  const auto from = [&](const Value& value) {
    std::string key = partition;
    append_terminated(key, ordered_bytes(value));
    return key;
  };
  const auto after = [&](const Value& value) { return *end_of_prefix(from(value)); };
  const Value& value = *condition.values.front();
  KeyRange rows{.low = partition, .high = end_of_prefix(partition)};
  switch (condition.test) {
    case Test::less:
      rows.high = from(value);
      break;
    case Test::less_or_equal:
      rows.high = after(value);
      break;
    case Test::greater:
      rows.low = after(value);
      break;
    case Test::greater_or_equal:
      rows.low = from(value);
      break;
    case Test::between:
      rows = {.low = from(value), .high = after(*condition.values.back())};
      break;
    case Test::function:
      append_escaped(rows.low, ordered_bytes(value));
      rows.high = end_of_prefix(rows.low);
      break;
    default:
      rows = {.low = from(value), .high = after(value)};
      break;
  }
  return rows;
}

}  // namespace

Outcome<std::vector<KeyCondition>> key_conditions(const Condition& condition) {
  std::vector<KeyCondition> conditions;
  const Status status = collect(condition, conditions);
  if (!status) return status.error();
  if (conditions.empty() || conditions.size() > 2) {
    return invalid("Conditions can be of length 1 or 2 only");
  }
  return conditions;
}

Outcome<KeySelection> select_rows(const KeySchema& schema,
                                  const std::vector<KeyCondition>& conditions) {
  const KeyCondition* hash = condition_on(conditions, schema.hash.name);
  if (!schema.range && conditions.size() > 1) return not_supported();
  if (hash == nullptr) {
    return invalid("Query condition missed key schema element: " + schema.hash.name);
  }
  const KeyCondition* range = schema.range ? condition_on(conditions, schema.range->name) : nullptr;
  if (range == nullptr && conditions.size() > 1) {
    return invalid("Query condition missed key schema element: " + schema.range->name);
  }
  if (!fits(*hash, schema.hash.type) ||
      (range != nullptr &&
       (!fits(*range, schema.range->type) ||
        (range->test == Test::function && schema.range->type == Type::number)))) {
    return invalid_values("Condition parameter type does not match schema type");
  }
  if (hash->test != Test::equal) return not_supported();
  for (const KeyCondition* condition : {hash, range}) {
    if (condition == nullptr || !any_empty(*condition)) continue;
    return invalid(
        "One or more parameter values are not valid. The AttributeValue for a key attribute "
        "cannot contain an empty string value. Key: " +
        condition->attribute);
  }
  KeySelection selection;
  selection.hash = hash->values.front();
  const std::string partition = partition_prefix(*selection.hash);
  if (range != nullptr) {
    selection.range = *range;
    selection.rows = narrow(partition, *range);
  } else {
    selection.rows = {.low = partition, .high = end_of_prefix(partition)};
  }
  return selection;
}

bool selects(const KeyCondition& condition, const Value& value) {
  Operand subject;
  subject.value = std::make_shared<const Value>(value);
  Condition test{.test = condition.test, .parts = {}, .operands = {}};
  std::vector<Operand> operands{subject};
  for (const ValuePtr& bound : condition.values) operands.emplace_back().value = bound;
  if (condition.test == Test::function) {
    Operand call;
    call.function = Function::begins_with;
    call.arguments = std::move(operands);
    test.operands.push_back(std::move(call));
  } else {
    test.operands = std::move(operands);
  }
  return holds(test, {});
}

}  // namespace eventsd::data::dynamodb
