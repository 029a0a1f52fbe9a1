// The tables of the configuration, at start and at a reload.
#pragma once

#include <vector>

#include "data/dynamodb/dynamodb.hpp"
#include "data/dynamodb/write_context.hpp"

namespace eventsd::data::dynamodb {

// What there is to do: tables to make, and existing ones with what they lack.
//   errors   ValidationException: a specification is faulty or does not fit the table that exists
[[nodiscard]] Outcome<std::vector<Table>> find_table_changes(const std::vector<TableSpec>& specs,
                                                             const Catalog& catalog);

// Makes the tables that are missing, adds missing indexes, sets times to live. When a specification
// is faulty nothing is done.
//   errors   those of find_table_changes(), and of SQLite
[[nodiscard]] Status ensure_tables(const std::vector<TableSpec>& specs, WriteContext& context);

}  // namespace eventsd::data::dynamodb
