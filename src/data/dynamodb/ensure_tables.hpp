// The tables of the configuration, at start.
#pragma once

#include <vector>

#include "data/dynamodb/dynamodb.hpp"
#include "data/dynamodb/write_context.hpp"

namespace eventsd::data::dynamodb {

// Makes the tables that are missing, adds missing indexes, sets times to live.
//   errors   ValidationException: a specification is faulty or does not fit the table that exists
[[nodiscard]] Status ensure_tables(const std::vector<TableSpec>& specs, WriteContext& context);

}  // namespace eventsd::data::dynamodb
