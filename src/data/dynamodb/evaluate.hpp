// Expressions applied to an item.
#pragma once

#include "data/dynamodb/expression.hpp"

namespace eventsd::data::dynamodb {

// Is the condition true of the item? (No item: an empty one.)
bool holds(const Condition& condition, const Item& item);

// The item after the update; all right-hand sides see the item before it.
//   errors   ValidationException
[[nodiscard]] Outcome<Item> apply_update(const Update& update, const Item& item);

}  // namespace eventsd::data::dynamodb
