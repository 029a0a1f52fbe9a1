// One value of a row, from PostgreSQL's text to a field of the Data API. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "data/rds/column_types.hpp"

namespace eventsd::data::rds {

// {"longValue":1} and its like; {"isNull":true}. A number that JSON does not have (NaN, Infinity)
// is a stringValue; so is an array that cannot be read.
void append_field(std::string& json, const ColumnType& type, std::optional<std::string_view> value);

}  // namespace eventsd::data::rds
