// How columns of PostgreSQL's types appear in the Data API.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace eventsd::data::rds {

// The member of a field that holds a value.
enum class ValueKind : std::uint8_t { text, long_integer, double_float, boolean, blob, array };

struct ColumnType {
  std::string_view name;  // PostgreSQL's: "int8"
  ValueKind kind = ValueKind::text;
  ValueKind element = ValueKind::text;  // of an array
  int jdbc = 1111;                      // java.sql.Types: OTHER
};

// By a type's number in the catalogue; those that are not built in are text of type "unknown".
const ColumnType& column_type(std::uint32_t oid);

}  // namespace eventsd::data::rds
