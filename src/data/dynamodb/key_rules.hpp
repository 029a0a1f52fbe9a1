// Which keys and items a table takes.
#pragma once

#include "data/dynamodb/table.hpp"

namespace eventsd::data::dynamodb {

// May the item be put: keys present and of the right type, neither empty nor too long; index keys
// of the right type; not over 400 KB.
//   errors   ValidationException
[[nodiscard]] Status check_item(const Table& table, const Item& item);

// The part of check_item() about index keys and size, for an item that an update made.
//   errors   ValidationException
[[nodiscard]] Status check_updated_item(const Table& table, const Item& item);

// Exactly the key attributes of the schema, of the right types.
//   errors   ValidationException
[[nodiscard]] Status check_key(const KeySchema& schema, const Item& key);

// The key attributes of an item: the table's and, with an index, the index's (LastEvaluatedKey).
Item key_of(const Table& table, const Index* index, const Item& item);

// What an index shows of an item.
Item projected(const Table& table, const Index& index, const Item& item);
// Does the index hold this top-level attribute?
bool projects(const Table& table, const Index& index, std::string_view attribute);

}  // namespace eventsd::data::dynamodb
