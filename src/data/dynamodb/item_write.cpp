#include "data/dynamodb/item_write.hpp"

#include <nlohmann/json.hpp>

#include "data/dynamodb/evaluate.hpp"
#include "data/dynamodb/key_rules.hpp"
#include "data/dynamodb/operations.hpp"
#include "data/dynamodb/parse.hpp"
#include "data/dynamodb/request.hpp"
#include "data/dynamodb/value_json.hpp"

namespace eventsd::data::dynamodb {

namespace {

using Need = RequestReader::Need;

Status check_update_paths(const Table& table, const Update& update) {
  for (const UpdateAction& action : update) {
    const std::string& name = top(action.path);
    if (table.key.contains(name)) {
      return invalid_values("Cannot update attribute " + name +
                            ". This attribute is part of the key");
    }
    for (const Index& index : table.indexes) {
      if (action.path.size() > 1 && index.key.contains(name)) {
        return invalid(
            "Key attributes must be scalars; list random access '[]' and map lookup '.' are not "
            "allowed: IndexKey: " +
            name);
      }
    }
  }
  return {};
}

Status read_expressions(WriteKind kind, RequestReader& request, ItemWrite& write) {
  Placeholders placeholders =
      kind == WriteKind::update ? request.placeholders({"UpdateExpression", "ConditionExpression"})
                                : request.placeholders({"ConditionExpression"});
  const std::string condition = request.text(
      "ConditionExpression", kind == WriteKind::check ? Need::required : Need::optional);
  const std::string update =
      kind == WriteKind::update ? request.text("UpdateExpression") : std::string();
  if (const auto fault = request.fault()) return *fault;
  if (kind == WriteKind::update && request.has("UpdateExpression")) {
    Outcome<Update> parsed = parse_update(update, placeholders);
    if (!parsed) return parsed.error();
    write.update = std::move(*parsed);
  }
  if (request.has("ConditionExpression")) {
    Outcome<Condition> parsed = parse_condition("ConditionExpression", condition, placeholders);
    if (!parsed) return parsed.error();
    write.condition = std::move(*parsed);
  }
  return placeholders.check_all_used();
}

Failure condition_failed(const ItemWrite& write, const ItemEffect& effect) {
  Failure failure("ConditionalCheckFailedException", "The conditional request failed");
  if (write.old_item_on_failure && effect.before) {
    failure.members = "\"Item\":" + item_text(*effect.before);
  }
  return failure;
}

}  // namespace

Outcome<ItemWrite> read_item_write(WriteKind kind, const nlohmann::json& json,
                                   const Catalog& catalog) {
  RequestReader request(json);
  request.refuse_legacy({"Expected", "ConditionalOperator", "AttributeUpdates"});
  ItemWrite write;
  write.kind = kind;
  const std::string table_name = request.table_name();
  write.item = request.item(kind == WriteKind::put ? "Item" : "Key");
  write.old_item_on_failure =
      request.choice("ReturnValuesOnConditionCheckFailure", {"NONE", "ALL_OLD"}) == "ALL_OLD";
  Status status = read_expressions(kind, request, write);
  if (!status) return status.error();
  Outcome<TablePtr> table = find_table(catalog, table_name);
  if (!table) return table.error();
  write.table = std::move(*table);
  status = kind == WriteKind::put ? check_item(*write.table, write.item)
                                  : check_key(write.table->key, write.item);
  if (status) status = check_update_paths(*write.table, write.update);
  if (!status) return status.error();
  write.key = row_key(write.table->key, write.item);
  if (kind == WriteKind::put) {
    write.text = item_text(write.item);
    write.size = size_of(write.item);
  }
  return write;
}

Outcome<ItemEffect> judge(const ItemWrite& write, WriteContext& context) {
  const TablePtr table = context.current(*write.table);
  if (table == nullptr) return table_not_found();
  const Outcome<std::optional<StoredRow>> row = context.rows().get(*table, write.key);
  if (!row) return row.error();
  ItemEffect effect;
  effect.existed = row->has_value();
  const bool needs_item = write.condition || write.wants_old_item || !table->indexes.empty() ||
                          write.kind == WriteKind::update;
  if (effect.existed) {
    effect.size_before = (*row)->size;
    if (needs_item) effect.before = parse_stored_item((*row)->item);
  }
  if (write.condition && !holds(*write.condition, effect.before.value_or(Item{}))) {
    return condition_failed(write, effect);
  }
  effect.size = write.kind == WriteKind::check ? effect.size_before : write.size;
  if (write.kind != WriteKind::update) return effect;
  // A new item begins with its key.
  Outcome<Item> now = apply_update(write.update, effect.before ? *effect.before : write.item);
  if (!now) return now.error();
  const Status status = check_updated_item(*table, *now);
  if (!status) return status.error();
  effect.text = item_text(*now);
  effect.size = size_of(*now);
  effect.now = std::move(*now);
  return effect;
}

Status perform(const ItemWrite& write, const ItemEffect& effect, WriteContext& context) {
  const TablePtr table = context.current(*write.table);
  const WriteContext::Stored before{
      .text = {}, .size = effect.size_before, .item = effect.before ? &*effect.before : nullptr};
  switch (write.kind) {
    case WriteKind::check:
      return {};
    case WriteKind::erase:
      return effect.existed ? context.erase(*table, write.key, before) : Status();
    case WriteKind::put:
      return context.put(*table, write.key,
                         {.text = write.text, .size = write.size, .item = &write.item},
                         effect.existed ? &before : nullptr);
    case WriteKind::update:
      return context.put(*table, write.key,
                         {.text = effect.text, .size = effect.size, .item = &*effect.now},
                         effect.existed ? &before : nullptr);
  }
  return {};
}

}  // namespace eventsd::data::dynamodb
