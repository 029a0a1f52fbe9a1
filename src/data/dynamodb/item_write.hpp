// A write to one item, as PutItem, UpdateItem, DeleteItem and the parts of a transaction have it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "data/dynamodb/expression.hpp"
#include "data/dynamodb/write_context.hpp"

namespace eventsd::data::dynamodb {

enum class WriteKind : std::uint8_t { put, update, erase, check };

struct ItemWrite {
  WriteKind kind = WriteKind::put;
  TablePtr table;
  std::string key;   // row key
  Item item;         // put: the item; else: its key
  std::string text;  // put: the item as it is stored
  std::size_t size = 0;
  std::optional<Condition> condition;
  Update update;
  bool old_item_on_failure = false;  // ReturnValuesOnConditionCheckFailure: ALL_OLD
  bool wants_old_item = false;       // somebody looks at ItemEffect::before
};

// What a write finds and would do.
struct ItemEffect {
  bool existed = false;
  std::size_t size_before = 0;
  std::optional<Item> before;  // when it was there and anybody needs it
  std::optional<Item> now;     // update only
  std::string text;            // update only
  std::size_t size = 0;        // after the write
};

// Reads and checks the members that all have: TableName, Item or Key, the expressions.
//   errors   ValidationException, SerializationException, ResourceNotFoundException
[[nodiscard]] Outcome<ItemWrite> read_item_write(WriteKind kind, const nlohmann::json& request,
                                                 const Catalog& catalog);

// Reads the item, tests the condition and works out the result; changes nothing.
//   errors   ConditionalCheckFailedException, ValidationException, ResourceNotFoundException
[[nodiscard]] Outcome<ItemEffect> judge(const ItemWrite& write, WriteContext& context);

// Does what judge() worked out, in the same transaction.
[[nodiscard]] Status perform(const ItemWrite& write, const ItemEffect& effect,
                             WriteContext& context);

}  // namespace eventsd::data::dynamodb
