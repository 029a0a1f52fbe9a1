#include "data/dynamodb/ensure_tables.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "data/dynamodb/table_json.hpp"
#include "data/dynamodb/uuid.hpp"

namespace eventsd::data::dynamodb {

namespace {

using Json = nlohmann::json;

Failure faulty(const TableSpec& spec, const std::string& what) {
  return invalid((spec.place.empty() ? "" : spec.place + ": ") + "dynamodb.tables: table \"" +
                 spec.name + "\": " + what);
}

struct KeyText {
  std::string name;
  std::string type;
};

// "NAME:TYPE"; a name may itself have colons.
std::optional<KeyText> split_key(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return std::nullopt;
  KeyText key{text.substr(0, colon), text.substr(colon + 1)};
  if (key.type != "S" && key.type != "N" && key.type != "B") return std::nullopt;
  return key;
}

// The configuration's words as CreateTable's, so that one set of rules holds for both.
class RequestOfSpec {
 public:
  explicit RequestOfSpec(const TableSpec& spec) : spec_(spec) {}

  Outcome<Table> table() {
    Json request = {{"TableName", spec_.name}, {"BillingMode", "PAY_PER_REQUEST"}};
    request["KeySchema"] = key_schema(spec_.partition_key, spec_.sort_key);
    for (const IndexSpec& index : spec_.indexes) {
      request["GlobalSecondaryIndexes"].push_back(
          {{"IndexName", index.name},
           {"KeySchema", key_schema(index.partition_key, index.sort_key)},
           {"Projection", {{"ProjectionType", "ALL"}}}});
    }
    for (const auto& [name, type] : types_) {
      request["AttributeDefinitions"].push_back({{"AttributeName", name}, {"AttributeType", type}});
    }
    if (fault_) return *fault_;
    Outcome<Table> table = parse_create_table(request);
    if (!table) return faulty(spec_, table.error().message);
    if (!spec_.ttl_attribute.empty()) table->ttl_attribute = spec_.ttl_attribute;
    return table;
  }

 private:
  Json key_schema(const std::string& partition_key, const std::string& sort_key) {
    Json schema = Json::array();
    for (const std::string& text : {partition_key, sort_key}) {
      if (text.empty() && !schema.empty()) continue;
      const std::optional<KeyText> key = split_key(text);
      if (!key) {
        fault_ = faulty(spec_, "the key \"" + text +
                                   "\" is not NAME:TYPE with type S, N or B, as in \"channel:S\"");
        continue;
      }
      const auto known = types_.emplace(key->name, key->type).first;
      if (known->second != key->type) {
        fault_ = faulty(spec_, "attribute \"" + key->name + "\" has two types, " + known->second +
                                   " and " + key->type);
      }
      schema.push_back(
          {{"AttributeName", key->name}, {"KeyType", schema.empty() ? "HASH" : "RANGE"}});
    }
    return schema;
  }

  const TableSpec& spec_;
  std::map<std::string, std::string> types_;
  std::optional<Failure> fault_;
};

// The existing table with what it lacks; absent: nothing.
Outcome<std::optional<Table>> changed_table(const TableSpec& spec, const Table& wanted,
                                            const Table& existing) {
  if (!(existing.key == wanted.key)) {
    return faulty(spec,
                  "exists with another key; give the table another name, or delete the old one "
                  "with DeleteTable");
  }
  Table changed = existing;
  bool differs = false;
  std::int64_t last_id = 0;
  for (const Index& index : existing.indexes) last_id = std::max(last_id, index.id);
  for (const Index& index : wanted.indexes) {
    const Index* present = existing.find_index(index.name);
    if (present != nullptr && present->key == index.key) continue;
    if (present != nullptr) {
      return faulty(spec, "index \"" + index.name +
                              "\" exists with another key; give the new one another name");
    }
    changed.indexes.push_back(index);
    changed.indexes.back().id = ++last_id;
    differs = true;
  }
  if (wanted.ttl_attribute && wanted.ttl_attribute != existing.ttl_attribute) {
    changed.ttl_attribute = wanted.ttl_attribute;
    differs = true;
  }
  if (!differs) return std::optional<Table>();
  return std::optional<Table>(std::move(changed));
}

}  // namespace

Outcome<std::vector<Table>> find_table_changes(const std::vector<TableSpec>& specs,
                                               const Catalog& catalog) {
  std::vector<Table> changes;
  std::set<std::string> names;
  for (const TableSpec& spec : specs) {
    if (!names.insert(spec.name).second) return faulty(spec, "is listed twice");
    Outcome<Table> wanted = RequestOfSpec(spec).table();
    if (!wanted) return wanted.error();
    const auto existing = catalog.find(spec.name);
    if (existing == catalog.end()) {
      changes.push_back(std::move(*wanted));
      continue;
    }
    Outcome<std::optional<Table>> changed = changed_table(spec, *wanted, *existing->second);
    if (!changed) return changed.error();
    if (*changed) changes.push_back(std::move(**changed));
  }
  return changes;
}

Status ensure_tables(const std::vector<TableSpec>& specs, WriteContext& context) {
  Outcome<std::vector<Table>> changes = find_table_changes(specs, context.catalog());
  if (!changes) return changes.error();
  for (Table& table : *changes) {
    const bool exists = context.catalog().contains(table.name);
    if (!exists) {
      table.uuid = make_uuid();
      table.created_ms = context.now_ms;
    }
    const Status status =
        exists ? context.change_table(std::move(table)) : context.create_table(std::move(table));
    if (!status) return status;
  }
  return {};
}

}  // namespace eventsd::data::dynamodb
