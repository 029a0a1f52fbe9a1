// Tables as CreateTable takes them, DescribeTable shows them and the catalog keeps them.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "data/dynamodb/table.hpp"

namespace eventsd::data::dynamodb {

// Reads a CreateTable request; ids, uuid and time are not set.
//   errors   ValidationException
[[nodiscard]] Outcome<Table> parse_create_table(const nlohmann::json& request);

struct TableCounts {
  std::int64_t items = 0;
  std::int64_t bytes = 0;
};

// The TableDescription. `arn_prefix`: "arn:aws:dynamodb:us-east-1:000000000000:table/".
std::string table_description(const Table& table, std::string_view status,
                              const TableCounts& counts, std::string_view arn_prefix);

// What the catalog keeps, and back; reading throws on anything else.
std::string stored_table(const Table& table);
Table parse_stored_table(std::int64_t id, std::string_view text);

}  // namespace eventsd::data::dynamodb
