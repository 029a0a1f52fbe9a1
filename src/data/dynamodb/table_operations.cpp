// CreateTable, DescribeTable, ListTables, DeleteTable, UpdateTimeToLive, DescribeTimeToLive.
#include <nlohmann/json.hpp>

#include "data/dynamodb/answer.hpp"
#include "data/dynamodb/operations.hpp"
#include "data/dynamodb/request.hpp"
#include "data/dynamodb/table_json.hpp"
#include "data/dynamodb/uuid.hpp"

namespace eventsd::data::dynamodb {

namespace {

using Need = RequestReader::Need;

Failure no_such_table(const std::string& name) {
  return {"ResourceNotFoundException",
          "Requested resource not found: Table: " + name + " not found"};
}

Outcome<TablePtr> named_table(const Request& json, const Catalog& catalog) {
  RequestReader request(json);
  const std::string name = request.table_name();
  if (const auto fault = request.fault()) return *fault;
  const auto found = catalog.find(name);
  if (found == catalog.end()) return no_such_table(name);
  return found->second;
}

}  // namespace

Outcome<WriteJob> create_table(const Request& json, ReadContext& context) {
  Outcome<Table> table = parse_create_table(json);
  if (!table) return table.error();
  table->uuid = make_uuid();
  return WriteJob([table = std::move(*table), arn = context.arn_prefix](
                      WriteContext& writing) mutable -> Outcome<std::string> {
    const std::string name = table.name;
    if (writing.catalog().contains(name)) {
      return Failure("ResourceInUseException", "Table already exists: " + name);
    }
    table.created_ms = writing.now_ms;
    const Status status = writing.create_table(std::move(table));
    if (!status) return status.error();
    Answer answer;
    answer.raw("TableDescription",
               table_description(*writing.catalog().find(name)->second, "ACTIVE", {}, arn));
    return std::move(answer).finish();
  });
}

Outcome<WriteJob> delete_table(const Request& json, ReadContext& context) {
  const Outcome<TablePtr> table = named_table(json, *context.catalog);
  if (!table) return table.error();
  return WriteJob(
      [table = *table, arn = context.arn_prefix](WriteContext& writing) -> Outcome<std::string> {
        const TablePtr current = writing.current(*table);
        if (current == nullptr) return no_such_table(table->name);
        if (current->deletion_protected) {
          return invalid(
              "Resource cannot be deleted as it is currently protected against deletion. Disable "
              "deletion protection first.");
        }
        const Outcome<TableCounts> counts = read_counts(writing.rows(), *current);
        if (!counts) return counts.error();
        const Status status = writing.delete_table(*current);
        if (!status) return status.error();
        Answer answer;
        answer.raw("TableDescription", table_description(*current, "DELETING", *counts, arn));
        return std::move(answer).finish();
      });
}

Outcome<std::string> describe_table(const Request& json, ReadContext& context) {
  const Outcome<TablePtr> table = named_table(json, *context.catalog);
  if (!table) return table.error();
  const Outcome<TableCounts> counts = read_counts(context.rows, **table);
  if (!counts) return counts.error();
  Answer answer;
  answer.raw("Table", table_description(**table, "ACTIVE", *counts, context.arn_prefix));
  return std::move(answer).finish();
}

Outcome<std::string> list_tables(const Request& json, ReadContext& context) {
  RequestReader request(json);
  const std::string after = request.text("ExclusiveStartTableName");
  const auto limit = static_cast<std::size_t>(request.integer("Limit", 1, 100).value_or(100));
  if (const auto fault = request.fault()) return *fault;
  Request names = Request::array();
  Request answer = Request::object();
  for (auto table = context.catalog->upper_bound(after); table != context.catalog->end(); ++table) {
    if (names.size() == limit) {
      answer["LastEvaluatedTableName"] = names.back();
      break;
    }
    names.push_back(table->first);
  }
  answer["TableNames"] = std::move(names);
  return answer.dump();
}

Outcome<WriteJob> update_time_to_live(const Request& json, ReadContext& context) {
  RequestReader request(json);
  request.table_name();
  const Request* specification = request.object("TimeToLiveSpecification");
  if (const auto fault = request.fault()) return *fault;
  RequestReader inner(*specification);
  const std::string attribute = inner.text("AttributeName", Need::required);
  if (!inner.has("Enabled")) inner.constraint("Enabled", "null", "Member must not be null");
  const bool enabled = inner.flag("Enabled", false);
  if (const auto fault = inner.fault()) return *fault;
  const Outcome<TablePtr> table = named_table(json, *context.catalog);
  if (!table) return table.error();
  return WriteJob([table = *table, attribute,
                   enabled](WriteContext& writing) -> Outcome<std::string> {
    const TablePtr current = writing.current(*table);
    if (current == nullptr) return no_such_table(table->name);
    const std::optional<std::string>& active = current->ttl_attribute;
    if (active && *active != attribute) {
      return invalid(
          "TimeToLive is active on a different AttributeName: current AttributeName is " + *active);
    }
    if (active.has_value() == enabled) {
      return invalid(enabled ? "TimeToLive is already enabled" : "TimeToLive is already disabled");
    }
    Table changed = *current;
    changed.ttl_attribute = enabled ? std::optional<std::string>(attribute) : std::nullopt;
    const Status status = writing.change_table(std::move(changed));
    if (!status) return status.error();
    Answer settings;
    settings.flag("Enabled", enabled).text("AttributeName", attribute);
    Answer answer;
    answer.raw("TimeToLiveSpecification", std::move(settings).finish());
    return std::move(answer).finish();
  });
}

Outcome<std::string> describe_time_to_live(const Request& json, ReadContext& context) {
  const Outcome<TablePtr> table = named_table(json, *context.catalog);
  if (!table) return table.error();
  Answer settings;
  settings.text("TimeToLiveStatus", (*table)->ttl_attribute ? "ENABLED" : "DISABLED");
  if ((*table)->ttl_attribute) settings.text("AttributeName", *(*table)->ttl_attribute);
  Answer answer;
  answer.raw("TimeToLiveDescription", std::move(settings).finish());
  return std::move(answer).finish();
}

}  // namespace eventsd::data::dynamodb
