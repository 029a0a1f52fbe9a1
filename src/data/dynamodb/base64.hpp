// Base64 as DynamoDB's JSON carries binaries: RFC 4648 §4, padded.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace eventsd::data::dynamodb {

void append_base64(std::string& out, std::string_view bytes);

// Absent when the text is not exactly what append_base64() makes.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace eventsd::data::dynamodb
