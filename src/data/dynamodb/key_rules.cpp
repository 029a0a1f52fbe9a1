#include "data/dynamodb/key_rules.hpp"

#include <algorithm>

namespace eventsd::data::dynamodb {

namespace {

bool is_empty(const Value& value) {
  if (const auto* text = value.get<std::string>()) return text->empty();
  if (const auto* binary = value.get<Binary>()) return binary->bytes.empty();
  return false;
}

std::string_view kind_of_empty(const Value& value) {
  return value.type() == Type::string ? "string" : "binary";
}

Status check_length(const Value& value, bool hash) {
  if (value.type() == Type::number) return {};
  const std::size_t length = size_of(value);
  if (hash && length > kMaxHashKeyBytes) {
    return invalid_values("Size of hashkey has exceeded the maximum size limit of2048 bytes");
  }
  if (!hash && length > kMaxRangeKeyBytes) {
    return invalid_values(
        "Aggregated size of all range keys has exceeded the size limit of 1024 bytes");
  }
  return {};
}

Status check_item_part(const KeyAttribute& attribute, bool hash, const Item& item) {
  const auto found = item.find(attribute.name);
  if (found == item.end()) {
    return invalid_values("Missing the key " + attribute.name + " in the item");
  }
  const Value& value = found->second;
  if (value.type() != attribute.type) {
    return invalid_values("Type mismatch for key " + attribute.name +
                          " expected: " + std::string(type_name(attribute.type)) +
                          " actual: " + std::string(type_name(value.type())));
  }
  if (is_empty(value)) {
    return invalid(
        "One or more parameter values are not valid. The AttributeValue for a key attribute "
        "cannot contain an empty " +
        std::string(kind_of_empty(value)) + " value. Key: " + attribute.name);
  }
  return check_length(value, hash);
}

Status check_index_part(const Index& index, const KeyAttribute& attribute, bool hash,
                        const Item& item) {
  const auto found = item.find(attribute.name);
  if (found == item.end()) return {};
  const Value& value = found->second;
  if (value.type() != attribute.type) {
    return invalid_values("Type mismatch for Index Key " + attribute.name +
                          " Expected: " + std::string(type_name(attribute.type)) + " Actual: " +
                          std::string(type_name(value.type())) + " IndexName: " + index.name);
  }
  if (is_empty(value)) {
    return invalid(
        "One or more parameter values are not valid. A value specified for a secondary index key "
        "is not supported. The AttributeValue for a key attribute cannot contain an empty " +
        std::string(kind_of_empty(value)) + " value. IndexName: " + index.name +
        ", IndexKey: " + attribute.name);
  }
  return check_length(value, hash);
}

Status check_indexes(const Table& table, const Item& item) {
  for (const Index& index : table.indexes) {
    Status status = check_index_part(index, index.key.hash, true, item);
    if (status && index.key.range) {
      status = check_index_part(index, *index.key.range, false, item);
    }
    if (!status) return status;
  }
  return {};
}

Status check_key_part(const KeyAttribute& attribute, bool hash, const Item& key) {
  const auto found = key.find(attribute.name);
  if (found == key.end() || found->second.type() != attribute.type) {
    return invalid("The provided key element does not match the schema");
  }
  if (is_empty(found->second)) {
    return invalid(
        "One or more parameter values are not valid. The AttributeValue for a key attribute "
        "cannot contain an empty " +
        std::string(kind_of_empty(found->second)) + " value. Key: " + attribute.name);
  }
  return check_length(found->second, hash);
}

void copy_keys(const KeySchema& schema, const Item& from, Item& to) {
  const auto copy = [&](const std::string& name) {
    const auto found = from.find(name);
    if (found != from.end()) to.insert(*found);
  };
  copy(schema.hash.name);
  if (schema.range) copy(schema.range->name);
}

}  // namespace

Status check_item(const Table& table, const Item& item) {
  Status status = check_item_part(table.key.hash, true, item);
  if (status && table.key.range) status = check_item_part(*table.key.range, false, item);
  if (status) status = check_indexes(table, item);
  if (!status) return status;
  if (size_of(item) > kMaxItemBytes) {
    return invalid("Item size has exceeded the maximum allowed size");
  }
  return {};
}

Status check_updated_item(const Table& table, const Item& item) {
  const auto wrong_type = [&](const KeyAttribute& attribute) {
    const auto found = item.find(attribute.name);
    return found != item.end() && found->second.type() != attribute.type;
  };
  for (const Index& index : table.indexes) {
    if (wrong_type(index.key.hash) || (index.key.range && wrong_type(*index.key.range))) {
      return invalid(
          "The update expression attempted to update the secondary index key to unsupported type");
    }
  }
  const Status status = check_indexes(table, item);
  if (!status) return status;
  if (size_of(item) > kMaxItemBytes) {
    return invalid("Item size to update has exceeded the maximum allowed size");
  }
  return {};
}

Status check_key(const KeySchema& schema, const Item& key) {
  if (key.size() != (schema.range ? 2U : 1U)) {
    return invalid("The provided key element does not match the schema");
  }
  Status status = check_key_part(schema.hash, true, key);
  if (status && schema.range) status = check_key_part(*schema.range, false, key);
  return status;
}

Item key_of(const Table& table, const Index* index, const Item& item) {
  Item key;
  copy_keys(table.key, item, key);
  if (index != nullptr) copy_keys(index->key, item, key);
  return key;
}

bool projects(const Table& table, const Index& index, std::string_view attribute) {
  return index.projection == Projection::all || table.key.contains(attribute) ||
         index.key.contains(attribute) ||
         (index.projection == Projection::include &&
          std::find(index.included.begin(), index.included.end(), attribute) !=
              index.included.end());
}

Item projected(const Table& table, const Index& index, const Item& item) {
  Item visible;
  for (const auto& member : item) {
    if (projects(table, index, member.first)) visible.insert(visible.end(), member);
  }
  return visible;
}

}  // namespace eventsd::data::dynamodb
