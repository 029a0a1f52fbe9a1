#include "data/dynamodb/table_json.hpp"

#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace eventsd::data::dynamodb {

namespace {

using Json = nlohmann::json;

Json key_schema_json(const KeySchema& schema) {
  Json json = Json::array();
  json.push_back({{"AttributeName", schema.hash.name}, {"KeyType", "HASH"}});
  if (schema.range) json.push_back({{"AttributeName", schema.range->name}, {"KeyType", "RANGE"}});
  return json;
}

void collect_definitions(const KeySchema& schema, std::map<std::string, Type>& definitions) {
  definitions.emplace(schema.hash.name, schema.hash.type);
  if (schema.range) definitions.emplace(schema.range->name, schema.range->type);
}

Json definitions_json(const Table& table) {
  std::map<std::string, Type> definitions;
  collect_definitions(table.key, definitions);
  for (const Index& index : table.indexes) collect_definitions(index.key, definitions);
  Json json = Json::array();
  for (const auto& [name, type] : definitions) {
    json.push_back({{"AttributeName", name}, {"AttributeType", type_name(type)}});
  }
  return json;
}

Json index_json(const Index& index) {
  Json projection = {{"ProjectionType", index.projection == Projection::all       ? "ALL"
                                        : index.projection == Projection::include ? "INCLUDE"
                                                                                  : "KEYS_ONLY"}};
  if (index.projection == Projection::include) projection["NonKeyAttributes"] = index.included;
  return {{"IndexName", index.name},
          {"KeySchema", key_schema_json(index.key)},
          {"Projection", std::move(projection)}};
}

// The part that CreateTable has too.
Json definition_json(const Table& table) {
  Json json = {{"TableName", table.name},
               {"AttributeDefinitions", definitions_json(table)},
               {"KeySchema", key_schema_json(table.key)}};
  for (const Index& index : table.indexes) {
    json[index.global ? "GlobalSecondaryIndexes" : "LocalSecondaryIndexes"].push_back(
        index_json(index));
  }
  return json;
}

}  // namespace

std::string table_description(const Table& table, std::string_view status,
                              const TableCounts& counts, std::string_view arn_prefix) {
  const std::string arn = std::string(arn_prefix) + table.name;
  Json json = definition_json(table);
  json["TableStatus"] = status;
  json["TableArn"] = arn;
  json["TableId"] = table.uuid;
  json["CreationDateTime"] = static_cast<double>(table.created_ms) / 1000.0;
  json["ItemCount"] = counts.items;
  json["TableSizeBytes"] = counts.bytes;
  json["DeletionProtectionEnabled"] = table.deletion_protected;
  const bool on_demand = table.read_units == 0;
  const Json throughput = {{"ReadCapacityUnits", table.read_units},
                           {"WriteCapacityUnits", table.write_units},
                           {"NumberOfDecreasesToday", 0}};
  json["ProvisionedThroughput"] = throughput;
  if (on_demand) json["BillingModeSummary"] = {{"BillingMode", "PAY_PER_REQUEST"}};
  for (const char* kind : {"GlobalSecondaryIndexes", "LocalSecondaryIndexes"}) {
    if (!json.contains(kind)) continue;
    for (Json& index : json[kind]) {
      index["IndexArn"] = arn + "/index/" + index["IndexName"].get<std::string>();
      if (std::string_view(kind) != "GlobalSecondaryIndexes") continue;
      index["IndexStatus"] = "ACTIVE";
      index["ProvisionedThroughput"] = throughput;
    }
  }
  return json.dump();
}

std::string stored_table(const Table& table) {
  Json json = definition_json(table);
  Json ids = Json::object();
  for (const Index& index : table.indexes) ids[index.name] = index.id;
  json["IndexIds"] = std::move(ids);
  json["TableId"] = table.uuid;
  json["CreatedMs"] = table.created_ms;
  json["DeletionProtectionEnabled"] = table.deletion_protected;
  if (table.ttl_attribute) json["TtlAttribute"] = *table.ttl_attribute;
  if (table.read_units == 0) {
    json["BillingMode"] = "PAY_PER_REQUEST";
  } else {
    json["ProvisionedThroughput"] = {{"ReadCapacityUnits", table.read_units},
                                     {"WriteCapacityUnits", table.write_units}};
  }
  return json.dump();
}

Table parse_stored_table(std::int64_t id, std::string_view text) {
  const Json json = Json::parse(text);
  Outcome<Table> table = parse_create_table(json);
  if (!table) throw std::runtime_error("a stored table is damaged: " + table.error().message);
  table->id = id;
  table->uuid = json.at("TableId").get<std::string>();
  table->created_ms = json.at("CreatedMs").get<std::int64_t>();
  if (json.contains("TtlAttribute")) table->ttl_attribute = json.at("TtlAttribute");
  for (Index& index : table->indexes) index.id = json.at("IndexIds").at(index.name);
  return std::move(*table);
}

}  // namespace eventsd::data::dynamodb
