// JSON inside a JSON string, checked as it stands there: an event on its way from a client's frame
// into a data frame needs no copy without its escapes.
#pragma once

#include <string_view>

#include "protocol/json_scanner.hpp"

namespace eventsd::protocol {

// Whether the text that a literal stands for is one JSON value: is_valid_json() of
// decode_json_string(), found without making that text.
// REQUIRES: literal.is_usual
bool is_valid_escaped_json(const JsonString& literal);

}  // namespace eventsd::protocol
