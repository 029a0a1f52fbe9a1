#include "data/dynamodb/operations.hpp"

#include <map>

namespace eventsd::data::dynamodb {

Operation find_operation(std::string_view name) {
  static const std::map<std::string_view, Operation> kOperations = {
      {"GetItem", &get_item},
      {"Query", &query},
      {"Scan", &scan},
      {"BatchGetItem", &batch_get_item},
      {"TransactGetItems", &transact_get_items},
      {"DescribeTable", &describe_table},
      {"ListTables", &list_tables},
      {"DescribeTimeToLive", &describe_time_to_live},
      {"PutItem", &put_item},
      {"UpdateItem", &update_item},
      {"DeleteItem", &delete_item},
      {"BatchWriteItem", &batch_write_item},
      {"TransactWriteItems", &transact_write_items},
      {"CreateTable", &create_table},
      {"DeleteTable", &delete_table},
      {"UpdateTimeToLive", &update_time_to_live},
  };
  const auto found = kOperations.find(name);
  return found == kOperations.end() ? Operation() : found->second;
}

Outcome<TablePtr> find_table(const Catalog& catalog, std::string_view name) {
  const auto found = catalog.find(name);
  if (found == catalog.end()) return table_not_found();
  return found->second;
}

}  // namespace eventsd::data::dynamodb
