#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "data/dynamodb/request.hpp"
#include "data/dynamodb/table_json.hpp"

namespace eventsd::data::dynamodb {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxLocalIndexes = 5;
constexpr std::size_t kMaxGlobalIndexes = 20;
constexpr std::int64_t kMaxUnits = 1'000'000'000'000;

using Definitions = std::map<std::string, Type>;

Outcome<Definitions> read_definitions(const Json& json) {
  Definitions definitions;
  for (const Json& element : json) {
    RequestReader reader(element);
    std::string name = reader.text("AttributeName", RequestReader::Need::required);
    reader.text("AttributeType", RequestReader::Need::required);
    const std::string type = reader.choice("AttributeType", {"B", "N", "S"});
    if (const auto fault = reader.fault()) return *fault;
    if (!definitions.emplace(name, *type_of_name(type)).second) {
      return invalid_values("Cannot create duplicate attribute definition: " + name);
    }
  }
  return definitions;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return "[" + text + "]";
}

Outcome<KeySchema> read_key_schema(const Json& json, const Definitions& definitions) {
  std::vector<std::string> names;
  std::vector<std::string> kinds;
  for (const Json& element : json) {
    RequestReader reader(element);
    names.push_back(reader.text("AttributeName", RequestReader::Need::required));
    reader.text("KeyType", RequestReader::Need::required);
    kinds.push_back(reader.choice("KeyType", {"HASH", "RANGE"}));
    if (const auto fault = reader.fault()) return *fault;
  }
  if (names.empty() || names.size() > 2) {
    return invalid("1 validation error detected: Value '" + json.dump() +
                   "' at 'keySchema' failed to satisfy constraint: Member must have length " +
                   (names.empty() ? "greater than or equal to 1" : "less than or equal to 2"));
  }
  for (const std::string& name : names) {
    if (definitions.contains(name)) continue;
    std::vector<std::string> defined;
    for (const auto& definition : definitions) defined.push_back(definition.first);
    return invalid_values(
        "Some index key attributes are not defined in AttributeDefinitions. Keys: " +
        joined(names) + ", AttributeDefinitions: " + joined(defined));
  }
  if (names.size() == 2 && names[0] == names[1]) {
    return invalid(
        "Both the Hash Key and the Range Key element in the KeySchema have the same "
        "name");
  }
  if (kinds[0] != "HASH") {
    return invalid("Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
  }
  if (kinds.size() == 2 && kinds[1] != "RANGE") {
    return invalid("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
  }
  KeySchema schema{.hash = {names[0], definitions.at(names[0])}, .range = std::nullopt};
  if (names.size() == 2) schema.range = KeyAttribute{names[1], definitions.at(names[1])};
  return schema;
}

Status read_projection(const Json* json, Index& index) {
  if (json == nullptr) return invalid_values("Unknown ProjectionType: null");
  RequestReader reader(*json);
  if (!reader.has("ProjectionType")) return invalid_values("Unknown ProjectionType: null");
  const std::string type = reader.choice("ProjectionType", {"ALL", "INCLUDE", "KEYS_ONLY"});
  const Json* names = reader.array("NonKeyAttributes", RequestReader::Need::optional);
  if (const auto fault = reader.fault()) return *fault;
  index.projection = type == "ALL"       ? Projection::all
                     : type == "INCLUDE" ? Projection::include
                                         : Projection::keys_only;
  if (names != nullptr && index.projection != Projection::include) {
    return invalid_values("ProjectionType is " + type + ", but NonKeyAttributes is specified");
  }
  if (names == nullptr && index.projection == Projection::include) {
    return invalid_values("ProjectionType is INCLUDE, but NonKeyAttributes is not specified");
  }
  for (std::size_t i = 0; names != nullptr && i < names->size(); ++i) {
    if (!(*names)[i].is_string()) {
      return Failure("SerializationException", "NonKeyAttributes must be strings");
    }
    index.included.push_back((*names)[i].get<std::string>());
  }
  return {};
}

Status check_local(const Table& table, const Index& index) {
  if (!table.key.range) {
    return invalid_values(
        "Table KeySchema does not have a range key, which is required when specifying a "
        "LocalSecondaryIndex");
  }
  if (!index.key.range) {
    return invalid_values("Index KeySchema does not have a range key for index: " + index.name);
  }
  if (index.key.hash.name != table.key.hash.name) {
    return invalid_values(
        "Index KeySchema does not have the same leading hash key as table KeySchema for index: " +
        index.name + ". index hash key: " + index.key.hash.name +
        ", table hash key: " + table.key.hash.name);
  }
  return {};
}

Status read_indexes(const Json* json, bool global, const Definitions& definitions, Table& table) {
  if (json == nullptr) return {};
  const std::string member = global ? "GlobalSecondaryIndexes" : "LocalSecondaryIndexes";
  if (json->empty()) return invalid_values("List of " + member + " is empty");
  if (json->size() > (global ? kMaxGlobalIndexes : kMaxLocalIndexes)) {
    return invalid_values(global ? "GlobalSecondaryIndex count exceeds the per-table limit of 20"
                                 : "Number of LocalSecondaryIndexes exceeds per-table limit of 5");
  }
  for (const Json& element : *json) {
    RequestReader reader(element);
    Index index;
    index.global = global;
    index.id = static_cast<std::int64_t>(table.indexes.size()) + 1;
    index.name = reader.text("IndexName", RequestReader::Need::required);
    const Json* keys = reader.array("KeySchema");
    if (const auto fault = reader.fault()) return *fault;
    Outcome<KeySchema> schema = read_key_schema(*keys, definitions);
    if (!schema) return schema.error();
    index.key = std::move(*schema);
    Status status = global ? Status() : check_local(table, index);
    if (status) status = read_projection(reader.member("Projection"), index);
    if (!status) return status;
    if (table.find_index(index.name) != nullptr) {
      return invalid_values("Duplicate index name: " + index.name);
    }
    table.indexes.push_back(std::move(index));
  }
  return {};
}

Status check_all_used(const Definitions& definitions, const Table& table) {
  for (const auto& [name, type] : definitions) {
    const bool used = table.key.contains(name) ||
                      std::any_of(table.indexes.begin(), table.indexes.end(),
                                  [&](const Index& index) { return index.key.contains(name); });
    if (used) continue;
    if (table.indexes.empty()) {
      return invalid_values(
          "Number of attributes in KeySchema does not exactly match number of attributes defined "
          "in AttributeDefinitions");
    }
    return invalid_values("Some AttributeDefinitions are not used. AttributeDefinitions: " + name);
  }
  return {};
}

Status read_billing(RequestReader& request, Table& table) {
  const std::string mode = request.choice("BillingMode", {"PROVISIONED", "PAY_PER_REQUEST"});
  const Json* throughput = request.object("ProvisionedThroughput", RequestReader::Need::optional);
  if (const auto fault = request.fault()) return *fault;
  if (mode == "PAY_PER_REQUEST") {
    if (throughput == nullptr) return {};
    return invalid_values(
        "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
        "PAY_PER_REQUEST");
  }
  if (throughput == nullptr) {
    return invalid_values(
        "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is "
        "PROVISIONED");
  }
  RequestReader units(*throughput);
  table.read_units = units.integer("ReadCapacityUnits", 1, kMaxUnits).value_or(0);
  table.write_units = units.integer("WriteCapacityUnits", 1, kMaxUnits).value_or(0);
  if (const auto fault = units.fault()) return *fault;
  return {};
}

}  // namespace

Outcome<Table> parse_create_table(const Json& json) {
  RequestReader request(json);
  Table table;
  table.name = request.table_name();
  const Json* defined = request.array("AttributeDefinitions");
  const Json* keys = request.array("KeySchema");
  const Json* global = request.array("GlobalSecondaryIndexes", RequestReader::Need::optional);
  const Json* local = request.array("LocalSecondaryIndexes", RequestReader::Need::optional);
  table.deletion_protected = request.flag("DeletionProtectionEnabled", false);
  if (const auto fault = request.fault()) return *fault;
  Status status = read_billing(request, table);
  if (!status) return status.error();
  const Outcome<Definitions> definitions = read_definitions(*defined);
  if (!definitions) return definitions.error();
  Outcome<KeySchema> schema = read_key_schema(*keys, *definitions);
  if (!schema) return schema.error();
  table.key = std::move(*schema);
  status = read_indexes(local, false, *definitions, table);
  if (status) status = read_indexes(global, true, *definitions, table);
  if (status) status = check_all_used(*definitions, table);
  if (!status) return status.error();
  return table;
}

}  // namespace eventsd::data::dynamodb
