// What Query and Scan have in common: a page of rows, filtered, cut and counted.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data/dynamodb/capacity.hpp"
#include "data/dynamodb/expression.hpp"
#include "data/dynamodb/operations.hpp"

namespace eventsd::data::dynamodb {

enum class Select : std::uint8_t { all, projected, specific, count };

struct PageRequest {
  TablePtr table;
  const Index* index = nullptr;  // in *table
  KeyRange rows;
  bool forward = true;
  std::optional<std::int64_t> limit;
  std::optional<Condition> filter;
  std::optional<std::vector<Path>> projection;
  Select select = Select::all;
  Strength strength = Strength::eventual;
  CapacityMeter meter;
};

// Reads the members that both have: TableName, IndexName, Limit, Select, the filter and projection,
// ConsistentRead, ReturnConsumedCapacity. `key_condition`: Query's, parsed with the others since
// they share placeholders; null for Scan.
//   errors   ValidationException, SerializationException, ResourceNotFoundException
[[nodiscard]] Outcome<PageRequest> read_page_request(const Request& json, const Catalog& catalog,
                                                     std::optional<Condition>* key_condition);

// ExclusiveStartKey: the key attributes of table and index; absent when not given.
//   errors   ValidationException
[[nodiscard]] Outcome<std::optional<Item>> read_start_key(const Request& json,
                                                          const PageRequest& page);

// Leaves out the rows up to that of the key.
void start_after(PageRequest& page, const Item& start_key);

// Reads up to Limit items or 1 MB and answers.
[[nodiscard]] Outcome<std::string> read_page(PageRequest& page, Rows& rows);

}  // namespace eventsd::data::dynamodb
