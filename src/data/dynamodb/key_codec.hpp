// Rows are found by one byte string, which sorts as the items of a partition do:
//   table row   hash(4) ‖ T(partition key) ‖ T(sort key)
//   index row   hash(4) ‖ T(index partition key) ‖ T(index sort key) ‖ table row key
// T(x) are the order-preserving bytes of x with 00 written as 00 FF, ended by 00 01, so that no key
// is a prefix of another. The hash spreads partitions evenly, which makes a Scan's segments ranges.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "data/dynamodb/table.hpp"

namespace eventsd::data::dynamodb {

// Bytes that compare as the values do: UTF-8, raw bytes, or Decimal::append_ordered().
// REQUIRES: a string, number or binary.
std::string ordered_bytes(const Value& value);

// T(x) and what all T(y) begin with whose y begins with x.
void append_terminated(std::string& out, std::string_view bytes);
void append_escaped(std::string& out, std::string_view bytes);

// Rows from `low` (inclusive) to `high` (exclusive; absent: to the end).
struct KeyRange {
  std::string low;
  std::optional<std::string> high;
};

// The first byte string after all that begin with `prefix`; absent when there is none.
std::optional<std::string> end_of_prefix(std::string prefix);

// What the row keys of one partition begin with.
std::string partition_prefix(const Value& hash);

// The rows of a segment of a Scan. REQUIRES: segment < total.
KeyRange segment_range(std::uint32_t segment, std::uint32_t total);

// The row key of an item or key. REQUIRES: its key attributes are there and have the right type.
std::string row_key(const KeySchema& schema, const Item& item);

// The key of the item's row in the index; absent when the index does not have the item.
std::optional<std::string> index_row_key(const Index& index, const Item& item,
                                         std::string_view table_row_key);

}  // namespace eventsd::data::dynamodb
