// Attribute values as the plain JSON that handlers see.
#pragma once

#include <string>

#include "data/dynamodb/value.hpp"

namespace eventsd::data::dynamodb_source {

// S a string, N a number with all its digits, B base64, NULL null, L and sets arrays, M an object.
void append_plain(std::string& out, const dynamodb::Value& value);
void append_plain(std::string& out, const dynamodb::Item& item);
std::string plain_text(const dynamodb::Item& item);

}  // namespace eventsd::data::dynamodb_source
