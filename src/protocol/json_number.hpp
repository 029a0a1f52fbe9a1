// The grammar of a JSON number (RFC 8259 section 6).
#pragma once

namespace eventsd::protocol {

constexpr bool is_json_digit(char c) { return c >= '0' && c <= '9'; }

constexpr bool pass_json_digits(const char*& p, const char* end) {
  const char* const begin = p;
  while (p < end && is_json_digit(*p)) ++p;
  return p != begin;
}

// Moves p behind the number that begins there. False: none does, and p is anywhere.
constexpr bool pass_json_number(const char*& p, const char* end) {
  if (p < end && *p == '-') ++p;
  if (p < end && *p == '0') {
    ++p;
  } else if (!pass_json_digits(p, end)) {
    return false;
  }
  if (p < end && *p == '.') {
    ++p;
    if (!pass_json_digits(p, end)) return false;
  }
  if (p < end && (*p == 'e' || *p == 'E')) {
    ++p;
    if (p < end && (*p == '+' || *p == '-')) ++p;
    if (!pass_json_digits(p, end)) return false;
  }
  return true;
}

}  // namespace eventsd::protocol
