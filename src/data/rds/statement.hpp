// What a handler asks of a database: one or two statements with their values. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eventsd/result.hpp"

namespace eventsd::data::rds {

// Type numbers (OIDs) of PostgreSQL's catalogue that are used here; 0 lets the server infer.
enum PgType : std::uint32_t {
  kInferred = 0,
  kBool = 16,
  kInt8 = 20,
  kText = 25,
  kFloat8 = 701,
  kDate = 1082,
  kTime = 1083,
  kTimestamp = 1114,
  kNumeric = 1700,
  kUuid = 2950,
  kJsonb = 3802,
};

struct Parameter {
  std::optional<std::string> text;  // in text format; absent: NULL
  std::uint32_t type = kInferred;
  std::uint32_t declared = kText;  // the Data API's own type, when inference does not succeed
};

struct Statement {
  std::string text;  // with $1, $2, …
  std::vector<Parameter> parameters;
};

// Reads {statements, variableMap, variableTypeHintMap}. Integers are bound as bigint, other numbers
// as double precision, booleans as boolean, objects and hint JSON as jsonb; the other hints give
// the type that they name. Text without a hint, and hint TIMESTAMP, take the type that the place in
// the statement asks for.
//   errors   bad_request: names the statement or the variable
//   source   handlers rule 5.6
Result<std::vector<Statement>> parse_statements(std::string_view request);

}  // namespace eventsd::data::rds
