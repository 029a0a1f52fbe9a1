// BatchGetItem, BatchPutItem, BatchDeleteItem.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "data/dynamodb/value_json.hpp"
#include "data/dynamodb_source/expressions.hpp"
#include "data/dynamodb_source/operations.hpp"
#include "data/dynamodb_source/plain_json.hpp"

namespace eventsd::data::dynamodb_source {
namespace {

using Json = nlohmann::json;
using Need = Members::Need;
using dynamodb::Answer;
using dynamodb::Item;

struct TablePart {
  std::string table;
  std::vector<Item> items;         // or keys
  std::vector<std::string> added;  // attributes of the keys that the projection has got for us
};

std::vector<Item> read_items(const Json& array, const std::string& where,
                             std::optional<Refusal>& fault) {
  std::vector<Item> items;
  for (const Json& element : array) {
    items.push_back(read_item(element, where + "[" + std::to_string(items.size()) + "]", fault));
  }
  return items;
}

// The items of an array of a reply, each within `wrappers` ("PutRequest", "Item"); by their text.
std::vector<Item> reply_items(const Json& reply, const char* member, const std::string& table,
                              std::initializer_list<const char*> wrappers) {
  std::vector<Item> items;
  const Json* at = &reply;
  for (const std::string& name : {std::string(member), table}) {
    if (!at->is_object() || !at->contains(name)) return items;
    at = &at->at(name);
  }
  if (at->is_object() && at->contains("Keys")) at = &at->at("Keys");
  if (!at->is_array()) return items;
  for (const Json& element : *at) {
    const Json* inner = &element;
    for (const char* wrapper : wrappers) {
      if (inner->is_object() && inner->contains(wrapper)) inner = &inner->at(wrapper);
    }
    auto item = dynamodb::parse_item(*inner);
    if (item) items.push_back(std::move(*item));
  }
  return items;
}

std::string plain_list(const std::vector<Item>& items) {
  std::string list = "[";
  for (const Item& item : items) dynamodb::append_element(list, plain_text(item));
  return list + "]";
}

std::string result_of(Answer data, const char* rest_name, Answer rest) {
  Answer result;
  result.raw("data", std::move(data).finish()).raw(rest_name, std::move(rest).finish());
  return std::move(result).finish();
}

// Puts and deletes: what was written comes back, null for what the service left undone.
Conclusion conclude_writes(const Json& reply, const std::vector<TablePart>& parts,
                           const char* wrapper, const char* member, const char* rest_name) {
  Answer data;
  Answer rest;
  for (const TablePart& part : parts) {
    const std::vector<Item> undone =
        reply_items(reply, "UnprocessedItems", part.table, {wrapper, member});
    std::string list = "[";
    for (const Item& item : part.items) {
      const bool done = std::find(undone.begin(), undone.end(), item) == undone.end();
      dynamodb::append_element(list, done ? plain_text(item) : "null");
    }
    data.raw(part.table, list + "]");
    rest.raw(part.table, plain_list(undone));
  }
  return Conclusion::success(result_of(std::move(data), rest_name, std::move(rest)));
}

Plan batch_write(Members& request, std::optional<Refusal>& fault, const char* wrapper,
                 const char* member, const char* rest_name) {
  std::vector<TablePart> parts;
  Answer by_table;
  if (const Json* tables = request.object("tables", Need::required)) {
    for (const auto& [table, items] : tables->items()) {
      const std::string where = "tables." + table;
      if (!items.is_array()) {
        request.fail_shape(where, "must be an array");
        continue;
      }
      TablePart part{table, read_items(items, where, fault), {}};
      std::string writes = "[";
      for (const Item& item : part.items) {
        Answer inner;
        Answer write;
        inner.item(member, item);
        write.raw(wrapper, std::move(inner).finish());
        dynamodb::append_element(writes, std::move(write).finish());
      }
      by_table.raw(table, writes + "]");
      parts.push_back(std::move(part));
    }
  }
  Answer ask;
  ask.raw("RequestItems", std::move(by_table).finish());
  return {"BatchWriteItem",
          std::move(ask).finish(),
          [=, parts = std::move(parts)](const Json& reply) {
            return conclude_writes(reply, parts, wrapper, member, rest_name);
          },
          {}};
}

// Items come back in any order, and only those that there are.
bool has_key(const Item& item, const Item& key) {
  return std::all_of(key.begin(), key.end(), [&](const auto& attribute) {
    const auto found = item.find(attribute.first);
    return found != item.end() && found->second == attribute.second;
  });
}

Conclusion conclude_gets(const Json& reply, const std::vector<TablePart>& parts) {
  Answer data;
  Answer rest;
  for (const TablePart& part : parts) {
    const std::vector<Item> found = reply_items(reply, "Responses", part.table, {});
    std::string list = "[";
    for (const Item& key : part.items) {
      const auto match = std::find_if(found.begin(), found.end(),
                                      [&](const Item& item) { return has_key(item, key); });
      if (match == found.end()) {
        dynamodb::append_element(list, "null");
        continue;
      }
      Item item = *match;
      for (const std::string& attribute : part.added) item.erase(attribute);
      dynamodb::append_element(list, plain_text(item));
    }
    data.raw(part.table, list + "]");
    rest.raw(part.table, plain_list(reply_items(reply, "UnprocessedKeys", part.table, {})));
  }
  return Conclusion::success(result_of(std::move(data), "unprocessedKeys", std::move(rest)));
}

// {keys, consistentRead?, projection?} or the keys alone.
std::string read_table_gets(const Json& given, TablePart& part, std::optional<Refusal>& fault) {
  const std::string where = "tables." + part.table;
  Expressions expressions;
  Answer ask;
  if (given.is_array()) {
    part.items = read_items(given, where, fault);
  } else {
    Members members(given, where, fault);
    if (const Json* keys = members.array("keys", Need::required)) {
      part.items = read_items(*keys, where + ".keys", fault);
    }
    if (const auto consistent = members.flag("consistentRead")) {
      ask.flag("ConsistentRead", *consistent);
    }
    expressions.add(members, "projection", Need::optional, "ProjectionExpression", fault);
    std::vector<std::string> attributes;
    if (!part.items.empty()) {
      for (const auto& [name, value] : part.items.front()) attributes.push_back(name);
    }
    part.added = expressions.project_also(attributes);
  }
  std::string keys = "[";
  for (const Item& key : part.items) dynamodb::append_element(keys, dynamodb::item_text(key));
  ask.raw("Keys", keys + "]");
  expressions.append_to(ask);
  return std::move(ask).finish();
}

}  // namespace

Plan batch_get(Members& request, const Surroundings&, std::optional<Refusal>& fault) {
  std::vector<TablePart> parts;
  Answer by_table;
  if (const Json* tables = request.object("tables", Need::required)) {
    for (const auto& [table, given] : tables->items()) {
      TablePart part{table, {}, {}};
      by_table.raw(table, read_table_gets(given, part, fault));
      parts.push_back(std::move(part));
    }
  }
  Answer ask;
  ask.raw("RequestItems", std::move(by_table).finish());
  return {"BatchGetItem",
          std::move(ask).finish(),
          [parts = std::move(parts)](const Json& reply) { return conclude_gets(reply, parts); },
          {}};
}

Plan batch_put(Members& request, const Surroundings&, std::optional<Refusal>& fault) {
  return batch_write(request, fault, "PutRequest", "Item", "unprocessedItems");
}

Plan batch_delete(Members& request, const Surroundings&, std::optional<Refusal>& fault) {
  return batch_write(request, fault, "DeleteRequest", "Key", "unprocessedKeys");
}

}  // namespace eventsd::data::dynamodb_source
