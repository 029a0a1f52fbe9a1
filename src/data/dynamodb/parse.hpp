// Expressions from text. All errors are worded as DynamoDB does, with "Invalid <kind>: " in front.
#pragma once

#include "data/dynamodb/expression.hpp"
#include "data/dynamodb/placeholders.hpp"

namespace eventsd::data::dynamodb {

constexpr std::size_t kMaxExpressionBytes = 4096;

// `kind`: "ConditionExpression", "FilterExpression" or "KeyConditionExpression".
//   errors   ValidationException
[[nodiscard]] Outcome<Condition> parse_condition(std::string_view kind, std::string_view source,
                                                 Placeholders& placeholders);

// ProjectionExpression: paths that do not overlap.
//   errors   ValidationException
[[nodiscard]] Outcome<std::vector<Path>> parse_projection(std::string_view source,
                                                          Placeholders& placeholders);

// UpdateExpression.
//   errors   ValidationException
[[nodiscard]] Outcome<Update> parse_update(std::string_view source, Placeholders& placeholders);

}  // namespace eventsd::data::dynamodb
