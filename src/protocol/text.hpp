// Small encodings: UTF-8 and JSON checks, base64, UUIDs, timestamps, query parameters.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace eventsd::protocol {

bool is_valid_utf8(std::string_view text);

// True for exactly one JSON value (RFC 8259), white space around it allowed, UTF-8 not checked.
// Nesting deeper than 128 is refused. Escapes of lone surrogates are valid, as for JSON.parse.
bool is_valid_json(std::string_view text);

std::string base64url_encode(std::string_view bytes);  // no padding
std::optional<std::string> base64_decode(
    std::string_view text);  // either alphabet, padding optional

// Random UUID, version 4. From the thread's own generator, seeded from the operating system.
std::string make_uuid();
// The same where it is wanted in place.
using UuidText = std::array<char, 36>;
UuidText make_uuid_text();

// "2026-01-31T12:00:00.123Z"
std::string format_timestamp(std::int64_t unix_ms);

// A-Z become a-z; all else stays.
std::string in_lower_case(std::string_view text);

// n random bytes of the operating system as lower-case letters and digits (API keys, tokens).
std::string random_lower_alphanumeric(std::size_t n);

// Percent-decoding of one query parameter; nullopt when the parameter is absent. '+' is a space.
std::optional<std::string> query_parameter(std::string_view query, std::string_view name);

}  // namespace eventsd::protocol
