// Strict reading of the JSON in tokens, key sets and discovery documents: what two parsers could
// read differently is refused.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eventsd/result.hpp"

namespace eventsd::auth {

// Members and their values as JSON text, which belongs to the text that was read.
using JsonMembers = std::map<std::string, std::string_view, std::less<>>;

inline constexpr int kMaxJsonNesting = 16;

// Reads one object. Members that come twice, anywhere in it, are refused, and so are nesting deeper
// than kMaxJsonNesting and text that is not UTF-8.
//   errors   unauthorized; the reason says what is wrong, not what the text is
Result<JsonMembers> read_json_object(std::string_view text);

// Of one JSON value that read_json_object() has passed. nullopt: it is of another kind.
std::optional<std::string> json_string(std::string_view value);
std::optional<std::vector<std::string_view>> json_array(std::string_view value);
// Seconds since 1970, rounded down (RFC 7519 allows fractions), not negative; at most
// 8,000,000,000.
std::optional<std::int64_t> json_time(std::string_view value);

// The member's value; nullopt when it is absent or no string.
std::optional<std::string> string_of(const JsonMembers& members, std::string_view name);

// What a stranger has sent, in a form that is fit for a log: quoted, short, printable ASCII.
std::string quoted(std::string_view text);

// Base64url without padding, in the one spelling that these bytes have (RFC 7515 section 2).
std::optional<std::string> decode_base64url(std::string_view text);

}  // namespace eventsd::auth
