// GetItem, PutItem, UpdateItem, DeleteItem.
#include <nlohmann/json.hpp>

#include "data/dynamodb/answer.hpp"
#include "data/dynamodb/capacity.hpp"
#include "data/dynamodb/item_write.hpp"
#include "data/dynamodb/key_rules.hpp"
#include "data/dynamodb/operations.hpp"
#include "data/dynamodb/parse.hpp"
#include "data/dynamodb/request.hpp"
#include "data/dynamodb/value_json.hpp"

namespace eventsd::data::dynamodb {

namespace {

// What the three writes return of the item before and after.
void append_attributes(Answer& answer, const std::string& return_values, const ItemWrite& write,
                       const ItemEffect& effect) {
  const bool old = return_values == "ALL_OLD" || return_values == "UPDATED_OLD";
  const std::optional<Item>& item = old ? effect.before : effect.now;
  if (return_values == "NONE" || !item) return;
  if (return_values == "ALL_OLD" || return_values == "ALL_NEW") {
    answer.item("Attributes", *item);
    return;
  }
  std::vector<Path> paths;
  for (const UpdateAction& action : write.update) paths.push_back(action.path);
  const Item updated = paths.empty() ? Item{} : project(*item, paths);
  if (!updated.empty()) answer.item("Attributes", updated);
}

Outcome<WriteJob> single_write(WriteKind kind, const Request& json, ReadContext& context) {
  RequestReader request(json);
  const std::string return_values =
      kind == WriteKind::update ? request.choice("ReturnValues", {"NONE", "ALL_OLD", "UPDATED_OLD",
                                                                  "ALL_NEW", "UPDATED_NEW"})
                                : request.choice("ReturnValues", {"NONE", "ALL_OLD"});
  if (kind != WriteKind::update && (return_values == "ALL_NEW" || return_values == "UPDATED_OLD" ||
                                    return_values == "UPDATED_NEW")) {
    return invalid("Return values set to invalid value");
  }
  CapacityMeter meter(request);
  request.choice("ReturnItemCollectionMetrics", {"NONE", "SIZE"});
  if (const auto fault = request.fault()) return *fault;
  Outcome<ItemWrite> write = read_item_write(kind, json, *context.catalog);
  if (!write) return write.error();
  write->wants_old_item = return_values == "ALL_OLD" || return_values == "UPDATED_OLD";
  return WriteJob([write = std::move(*write), return_values,
                   meter](WriteContext& writing) mutable -> Outcome<std::string> {
    const Outcome<ItemEffect> effect = judge(write, writing);
    if (!effect) return effect.error();
    const Status status = perform(write, *effect, writing);
    if (!status) return status.error();
    Answer answer;
    append_attributes(answer, return_values, write, *effect);
    const Item* now = effect->now                    ? &*effect->now
                      : write.kind == WriteKind::put ? &write.item
                                                     : nullptr;
    meter.write(*write.table, effect->before ? &*effect->before : nullptr, now,
                std::max(effect->size, effect->size_before));
    meter.append_one(answer);
    return std::move(answer).finish();
  });
}

}  // namespace

Outcome<WriteJob> put_item(const Request& request, ReadContext& context) {
  return single_write(WriteKind::put, request, context);
}

Outcome<WriteJob> update_item(const Request& request, ReadContext& context) {
  return single_write(WriteKind::update, request, context);
}

Outcome<WriteJob> delete_item(const Request& request, ReadContext& context) {
  return single_write(WriteKind::erase, request, context);
}

Outcome<std::string> get_item(const Request& json, ReadContext& context) {
  RequestReader request(json);
  request.refuse_legacy({"AttributesToGet"});
  const std::string table_name = request.table_name();
  const Item key = request.item("Key");
  const bool consistent = request.flag("ConsistentRead", false);
  CapacityMeter meter(request);
  Placeholders placeholders = request.placeholders({"ProjectionExpression"});
  const std::string projection = request.text("ProjectionExpression");
  if (const auto fault = request.fault()) return *fault;
  std::optional<std::vector<Path>> paths;
  if (request.has("ProjectionExpression")) {
    Outcome<std::vector<Path>> parsed = parse_projection(projection, placeholders);
    if (!parsed) return parsed.error();
    paths = std::move(*parsed);
  }
  Status status = placeholders.check_all_used();
  if (!status) return status.error();
  const Outcome<TablePtr> table = find_table(*context.catalog, table_name);
  if (!table) return table.error();
  status = check_key((*table)->key, key);
  if (!status) return status.error();
  const Outcome<std::optional<StoredRow>> row =
      context.rows.get(**table, row_key((*table)->key, key));
  if (!row) return row.error();
  Answer answer;
  if (*row && paths) {
    answer.item("Item", project(parse_stored_item((*row)->item), *paths));
  } else if (*row) {
    answer.raw("Item", (*row)->item);
  }
  meter.read(**table, nullptr, *row ? (*row)->size : 0,
             consistent ? Strength::consistent : Strength::eventual);
  meter.append_one(answer);
  return std::move(answer).finish();
}

}  // namespace eventsd::data::dynamodb
