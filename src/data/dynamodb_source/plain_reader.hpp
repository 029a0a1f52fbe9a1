// DynamoDB's JSON made plain as it is read, for replies with many items: no document in between.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace eventsd::data::dynamodb_source {

// The members that pages of a Query or Scan consist of.
struct PlainPage {
  std::string items = "[]";   // JSON text
  std::string_view last_key;  // LastEvaluatedKey as it stands in the reply; empty: there is none
  std::int64_t scanned_count = 0;
};

// Reads a reply as append_plain() would write its items.
//   absent   the reply is malformed, or has something that takes a document to understand
std::optional<PlainPage> read_plain_page(std::string_view reply);

}  // namespace eventsd::data::dynamodb_source
