#include "protocol/json_scanner.hpp"

#include <array>
#include <cstdint>
#include <cstring>

#include "protocol/byte_scan.hpp"
#include "protocol/text.hpp"

namespace eventsd::protocol {
namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

// What the byte after a backslash stands for; 0: not an escape (or \u).
constexpr auto kEscapes = [] {
  std::array<char, 256> table{};
  table['"'] = '"';
  table['\\'] = '\\';
  table['/'] = '/';
  table['b'] = '\b';
  table['f'] = '\f';
  table['n'] = '\n';
  table['r'] = '\r';
  table['t'] = '\t';
  return table;
}();

constexpr auto kHexDigits = [] {
  std::array<std::int8_t, 256> table{};
  table.fill(-1);
  for (int i = 0; i < 10; ++i)
    table[static_cast<std::size_t>('0' + i)] = static_cast<std::int8_t>(i);
  for (int i = 0; i < 6; ++i) {
    table[static_cast<std::size_t>('a' + i)] = static_cast<std::int8_t>(10 + i);
    table[static_cast<std::size_t>('A' + i)] = static_cast<std::int8_t>(10 + i);
  }
  return table;
}();

// Value of four hexadecimal digits, negative when one of them is none.
int hex4(const char* p) {
  int value = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = kHexDigits[static_cast<unsigned char>(p[i])];
    if (digit < 0) return -1;
    value = value << 4 | digit;
  }
  return value;
}

constexpr bool is_high_surrogate(int unit) { return unit >= 0xd800 && unit < 0xdc00; }
constexpr bool is_low_surrogate(int unit) { return unit >= 0xdc00 && unit < 0xe000; }

char* write_utf8(char* out, std::uint32_t c) {
  const auto put = [&out](std::uint32_t byte) { *out++ = static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | c >> 6);
    put(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    put(0xe0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  } else {
    put(0xf0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3f));
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  }
  return out;
}

// Writes what the escape at `in` stands for; returns the byte after the escape.
const char* decode_escape(const char* in, char*& out) {
  if (in[1] != 'u') {
    *out++ = kEscapes[static_cast<unsigned char>(in[1])];
    return in + 2;
  }
  const int unit = hex4(in + 2);
  if (!is_high_surrogate(unit)) {
    out = write_utf8(out, static_cast<std::uint32_t>(unit));
    return in + 6;
  }
  const int low = hex4(in + 8);
  out = write_utf8(out, 0x10000u + (static_cast<std::uint32_t>(unit - 0xd800) << 10) +
                            static_cast<std::uint32_t>(low - 0xdc00));
  return in + 12;
}

}  // namespace

std::string decode_json_string(const JsonString& literal) {
  if (!literal.has_escapes()) return std::string(literal.raw);
  std::string text(literal.decoded_size, '\0');
  char* out = text.data();
  const char* const out_end = out + text.size();
  const char* in = literal.raw.data();
  const char* const end = in + literal.raw.size();
  while (in < end) {
    // Whole blocks are copied before it is known how much of them is plain; what was too much is
    // overwritten. Backslash is the only special byte that a valid literal holds.
    while (static_cast<std::size_t>(end - in) >= kBlock &&
           static_cast<std::size_t>(out_end - out) >= kBlock) {
      std::memcpy(out, in, kBlock);
      const unsigned mask = special_mask(in);
      const std::size_t plain =
          mask == 0 ? kBlock : static_cast<std::size_t>(std::countr_zero(mask));
      in += plain;
      out += plain;
      if (mask != 0) break;
    }
    while (in < end && *in != '\\' &&
           (static_cast<std::size_t>(end - in) < kBlock ||
            static_cast<std::size_t>(out_end - out) < kBlock)) {
      *out++ = *in++;
    }
    while (in < end && *in == '\\') in = decode_escape(in, out);
  }
  return text;
}

bool JsonScanner::read_string(JsonString& out) {
  const char* const begin = ++position_;
  std::size_t dropped = 0;  // bytes that unescaping removes
  for (;;) {
    position_ = find_string_special(position_, end_);
    if (position_ == end_) return false;
    if (*position_ == '"') break;
    // Escapes often come in rows (quotes escaped twice): no search between them.
    while (position_ < end_ && *position_ == '\\') {
      if (end_ - position_ < 2) return false;
      if (kEscapes[static_cast<unsigned char>(position_[1])] != 0) {
        position_ += 2;
        ++dropped;
        continue;
      }
      const char* const escape = position_;
      std::size_t utf8_size = 0;
      if (!skip_unicode_escape(utf8_size)) return false;
      dropped += static_cast<std::size_t>(position_ - escape) - utf8_size;
    }
    if (position_ < end_ && static_cast<unsigned char>(*position_) < 0x20) return false;
  }
  out.raw = std::string_view(begin, static_cast<std::size_t>(position_ - begin));
  out.decoded_size = out.raw.size() - dropped;
  ++position_;
  return true;
}

bool JsonScanner::skip_unicode_escape(std::size_t& utf8_size) {
  if (end_ - position_ < 6 || position_[1] != 'u') return false;
  const int unit = hex4(position_ + 2);
  if (unit < 0 || is_low_surrogate(unit)) return false;
  position_ += 6;
  if (!is_high_surrogate(unit)) {
    utf8_size = unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3;
    return true;
  }
  if (end_ - position_ < 6 || position_[0] != '\\' || position_[1] != 'u') return false;
  if (!is_low_surrogate(hex4(position_ + 2))) return false;
  position_ += 6;
  utf8_size = 4;
  return true;
}

bool JsonScanner::skip_value() {
  switch (peek()) {
    case '"': {
      JsonString ignored;
      return read_string(ignored);
    }
    case '{':
      return skip_object();
    case '[':
      return read_array([this] { return skip_value(); });
    case 't':
      return skip_literal("true");
    case 'f':
      return skip_literal("false");
    case 'n':
      return skip_literal("null");
    default:
      return skip_number();
  }
}

// read_object() without unescaping names that nobody asks for.
bool JsonScanner::skip_object() {
  if (!enter()) return false;
  if (peek() == '}') return leave();
  for (;;) {
    JsonString name;
    if (peek() != '"' || !read_string(name)) return false;
    if (!take(':') || !skip_value()) return false;
    if (peek() == '}') return leave();
    if (!take(',')) return false;
  }
}

bool JsonScanner::skip_literal(std::string_view literal) {
  if (!std::string_view(position_, static_cast<std::size_t>(end_ - position_))
           .starts_with(literal)) {
    return false;
  }
  position_ += literal.size();
  return true;
}

bool JsonScanner::skip_digits() {
  const char* const begin = position_;
  while (position_ < end_ && is_digit(*position_)) ++position_;
  return position_ != begin;
}

bool JsonScanner::skip_number() {
  if (position_ < end_ && *position_ == '-') ++position_;
  if (position_ < end_ && *position_ == '0') {
    ++position_;
  } else if (!skip_digits()) {
    return false;
  }
  if (position_ < end_ && *position_ == '.') {
    ++position_;
    if (!skip_digits()) return false;
  }
  if (position_ < end_ && (*position_ == 'e' || *position_ == 'E')) {
    ++position_;
    if (position_ < end_ && (*position_ == '+' || *position_ == '-')) ++position_;
    if (!skip_digits()) return false;
  }
  return true;
}

bool is_valid_json(std::string_view text) {
  JsonScanner scanner(text);
  return scanner.skip_value() && scanner.at_end();
}

}  // namespace eventsd::protocol
