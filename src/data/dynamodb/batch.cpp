// BatchGetItem and BatchWriteItem.
#include <nlohmann/json.hpp>
#include <set>

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

constexpr std::size_t kMaxGets = 100;
constexpr std::size_t kMaxWrites = 25;
constexpr std::size_t kMaxAnswerBytes = 16U << 20;
constexpr std::size_t kMaxRequestBytes = 16U << 20;

Failure duplicates() { return invalid("Provided list of item keys contains duplicates"); }

// RequestItems, which must have something in it.
Outcome<const Request*> request_items(RequestReader& request) {
  const Request* items = request.object("RequestItems");
  if (items != nullptr && items->empty()) {
    request.constraint("RequestItems", "'{}'",
                       "Member must have length greater than or equal to 1");
  }
  if (const auto fault = request.fault()) return *fault;
  return items;
}

// One table's part of a BatchGetItem.
struct TableGets {
  TablePtr table;
  std::string name;  // as the request has it
  std::vector<std::string> keys;
  std::optional<std::vector<Path>> paths;
  Strength strength = Strength::eventual;
  const Request* json = nullptr;
};

Outcome<TableGets> read_gets(const std::string& name, const Request& json, const Catalog& catalog) {
  RequestReader request(json);
  request.refuse_legacy({"AttributesToGet"});
  TableGets gets;
  gets.name = name;
  gets.json = &json;
  const Request* keys = request.array("Keys");
  if (request.flag("ConsistentRead", false)) gets.strength = Strength::consistent;
  Placeholders placeholders = request.placeholders({"ProjectionExpression"});
  const std::string projection = request.text("ProjectionExpression");
  if (keys != nullptr && keys->empty()) {
    request.constraint("Keys", "'[]'", "Member must have length greater than or equal to 1");
  }
  if (const auto fault = request.fault()) return *fault;
  if (request.has("ProjectionExpression")) {
    Outcome<std::vector<Path>> parsed = parse_projection(projection, placeholders);
    if (!parsed) return parsed.error();
    gets.paths = std::move(*parsed);
  }
  const Status used = placeholders.check_all_used();
  if (!used) return used.error();
  Outcome<TablePtr> table = find_table(catalog, table_name_of(name));
  if (!table) return table.error();
  gets.table = std::move(*table);
  std::set<std::string> seen;
  for (const Request& element : *keys) {
    const Outcome<Item> key = parse_item(element);
    if (!key) return key.error();
    const Status status = check_key(gets.table->key, *key);
    if (!status) return status.error();
    gets.keys.push_back(row_key(gets.table->key, *key));
    if (!seen.insert(gets.keys.back()).second) return duplicates();
  }
  return gets;
}

// What was left out because the answer was long enough, in the form of the request.
std::string unprocessed(const TableGets& gets, std::size_t from) {
  Request rest = *gets.json;
  Request keys = Request::array();
  for (std::size_t i = from; i < gets.keys.size(); ++i) keys.push_back((*gets.json)["Keys"][i]);
  rest["Keys"] = std::move(keys);
  return rest.dump();
}

Outcome<std::vector<ItemWrite>> read_writes(const std::string& name, const Request& json,
                                            const Catalog& catalog) {
  if (!json.is_array()) {
    return Failure("SerializationException", "RequestItems must have a list for each table");
  }
  if (json.empty()) {
    return invalid(
        "1 validation error detected: Value '{" + name +
        "=[]}' at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: "
        "[Member must have length less than or equal to 25, Member must have length greater than "
        "or equal to 1]");
  }
  std::vector<ItemWrite> writes;
  for (const Request& element : json) {
    RequestReader request(element);
    const Request* put = request.object("PutRequest", RequestReader::Need::optional);
    const Request* erase = request.object("DeleteRequest", RequestReader::Need::optional);
    if (const auto fault = request.fault()) return *fault;
    if ((put == nullptr) == (erase == nullptr)) {
      return invalid(
          put == nullptr
              ? "Supplied AttributeValue is empty, must contain exactly one of the supported "
                "datatypes"
              : "Supplied AttributeValue has more than one datatypes set, must contain exactly "
                "one of the supported datatypes");
    }
    Request single = put != nullptr ? *put : *erase;
    single["TableName"] = name;
    Outcome<ItemWrite> write =
        read_item_write(put != nullptr ? WriteKind::put : WriteKind::erase, single, catalog);
    if (!write) return write.error();
    writes.push_back(std::move(*write));
  }
  return writes;
}

}  // namespace

Outcome<std::string> batch_get_item(const Request& json, ReadContext& context) {
  RequestReader request(json);
  CapacityMeter meter(request);
  const Outcome<const Request*> items = request_items(request);
  if (!items) return items.error();
  std::vector<TableGets> tables;
  std::size_t count = 0;
  for (const auto& [name, part] : (*items)->items()) {
    Outcome<TableGets> gets = read_gets(name, part, *context.catalog);
    if (!gets) return gets.error();
    count += gets->keys.size();
    if (count > kMaxGets) return invalid("Too many items requested for the BatchGetItem call");
    tables.push_back(std::move(*gets));
  }
  Answer responses;
  Answer rest;
  std::size_t bytes = 0;
  for (const TableGets& gets : tables) {
    std::string found = "[";
    for (std::size_t i = 0; i < gets.keys.size(); ++i) {
      if (bytes > kMaxAnswerBytes) {
        rest.raw(gets.name, unprocessed(gets, i));
        break;
      }
      const Outcome<std::optional<StoredRow>> row = context.rows.get(*gets.table, gets.keys[i]);
      if (!row) return row.error();
      meter.read(*gets.table, nullptr, *row ? (*row)->size : 0, gets.strength);
      if (!*row) continue;
      bytes += (*row)->size;
      append_element(found, gets.paths
                                ? item_text(project(parse_stored_item((*row)->item), *gets.paths))
                                : (*row)->item);
    }
    responses.raw(gets.name, found + "]");
  }
  Answer answer;
  answer.raw("Responses", std::move(responses).finish());
  answer.raw("UnprocessedKeys", std::move(rest).finish());
  meter.append_list(answer);
  return std::move(answer).finish();
}

Outcome<WriteJob> batch_write_item(const Request& json, ReadContext& context) {
  RequestReader request(json);
  CapacityMeter meter(request);
  request.choice("ReturnItemCollectionMetrics", {"NONE", "SIZE"});
  const Outcome<const Request*> items = request_items(request);
  if (!items) return items.error();
  std::size_t count = 0;
  for (const auto& entry : (*items)->items()) count += entry.value().size();
  if (count > kMaxWrites) return invalid("Too many items requested for the BatchWriteItem call");
  std::vector<ItemWrite> writes;
  std::size_t bytes = 0;
  std::set<std::pair<std::int64_t, std::string>> seen;  // a table may be named in two ways
  for (const auto& [name, part] : (*items)->items()) {
    Outcome<std::vector<ItemWrite>> table_writes = read_writes(name, part, *context.catalog);
    if (!table_writes) return table_writes.error();
    for (ItemWrite& write : *table_writes) {
      bytes += write.size;
      if (!seen.emplace(write.table->id, write.key).second) return duplicates();
      writes.push_back(std::move(write));
    }
  }
  if (bytes > kMaxRequestBytes) {
    return invalid("Size of the items of the BatchWriteItem call exceeds 16 MB");
  }
  return WriteJob(
      [writes = std::move(writes), meter](WriteContext& writing) mutable -> Outcome<std::string> {
        std::vector<ItemEffect> effects;
        for (const ItemWrite& write : writes) {
          Outcome<ItemEffect> effect = judge(write, writing);
          if (!effect) return effect.error();
          effects.push_back(std::move(*effect));
        }
        for (std::size_t i = 0; i < writes.size(); ++i) {
          const Status status = perform(writes[i], effects[i], writing);
          if (!status) return status.error();
          meter.write(*writes[i].table, effects[i].before ? &*effects[i].before : nullptr,
                      writes[i].kind == WriteKind::put ? &writes[i].item : nullptr,
                      std::max(effects[i].size, effects[i].size_before));
        }
        Answer answer;
        answer.raw("UnprocessedItems", "{}");
        meter.append_list(answer);
        return std::move(answer).finish();
      });
}

}  // namespace eventsd::data::dynamodb
