// What a table is: keys, indexes, time to live. Immutable once shared.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/dynamodb/value.hpp"

namespace eventsd::data::dynamodb {

struct KeyAttribute {
  std::string name;
  Type type = Type::string;  // string, number or binary
  friend bool operator==(const KeyAttribute&, const KeyAttribute&) = default;
};

struct KeySchema {
  KeyAttribute hash;
  std::optional<KeyAttribute> range;
  bool contains(std::string_view attribute) const {
    return hash.name == attribute || (range && range->name == attribute);
  }
  friend bool operator==(const KeySchema&, const KeySchema&) = default;
};

enum class Projection : std::uint8_t { all, keys_only, include };

// A secondary index. Only items that have all its key attributes are in it.
struct Index {
  std::int64_t id = 0;  // unique within the table, never used again
  std::string name;
  KeySchema key;
  bool global = true;
  Projection projection = Projection::all;
  std::vector<std::string> included;  // with Projection::include
};

struct Table {
  std::int64_t id = 0;  // names the SQLite tables; never used again
  std::string name;
  std::string uuid;
  KeySchema key;
  std::vector<Index> indexes;
  std::optional<std::string> ttl_attribute;
  std::int64_t created_ms = 0;   // since the Unix epoch, UTC
  std::int64_t read_units = 0;   // as given; both 0: PAY_PER_REQUEST
  std::int64_t write_units = 0;  // (kept to be described; nothing is throttled)
  bool deletion_protected = false;

  const Index* find_index(std::string_view index_name) const {
    for (const Index& index : indexes) {
      if (index.name == index_name) return &index;
    }
    return nullptr;
  }
};

using TablePtr = std::shared_ptr<const Table>;
using Catalog = std::map<std::string, TablePtr, std::less<>>;
using CatalogPtr = std::shared_ptr<const Catalog>;

}  // namespace eventsd::data::dynamodb
