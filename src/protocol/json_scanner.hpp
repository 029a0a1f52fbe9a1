// A forward-only reader of JSON text (RFC 8259) that validates what it passes and copies nothing.
#pragma once

#include <bit>
#include <cstddef>
#include <string>
#include <string_view>

#include "protocol/byte_scan.hpp"

namespace eventsd::protocol {

// A string literal as it stands in the text, valid and without its quotes.
struct JsonString {
  std::string_view raw;
  std::size_t decoded_size = 0;  // bytes of UTF-8 after unescaping
  bool has_text = true;  // false: it escapes half of a surrogate pair, which no UTF-8 stands for
  bool is_usual = true;  // it is what append_json_string() would make of its text

  bool has_escapes() const { return raw.size() != decoded_size; }
};

// The text that a literal stands for. REQUIRES: literal.has_text.
std::string decode_json_string(const JsonString& literal);

// Reads one JSON text from its beginning. Every function that returns false has met malformed text;
// the scanner is then of no further use. UTF-8 is not checked.
class JsonScanner {
 public:
  static constexpr int kMaxDepth = 128;  // bounds the recursion of skip_value()

  explicit JsonScanner(std::string_view text)
      : position_(text.data()), end_(text.data() + text.size()) {}

  // Skips white space and shows the next byte; '\0', which begins no value, at the end.
  char peek() {
    while (position_ < end_ && is_space(*position_)) ++position_;
    return position_ < end_ ? *position_ : '\0';
  }

  // Where it stands. After peek(): the first byte of the next token.
  const char* position() const { return position_; }

  // True when only white space is left.
  bool at_end() {
    peek();
    return position_ == end_;
  }

  // Passes one value of any kind.
  bool skip_value();

  // Reads a string. REQUIRES: peek() has just returned '"'.
  bool read_string(JsonString& out) {
    // Most are short and plain: they end in the first block.
    const char* const begin = position_ + 1;
    if (end_ - begin >= static_cast<std::ptrdiff_t>(kBlock)) {
      const auto size = static_cast<std::size_t>(std::countr_zero(special_mask(begin)));
      if (size < kBlock && begin[size] == '"') {
        out = {{begin, size}, size, true, true};
        position_ = begin + size + 1;
        return true;
      }
    }
    return read_long_string(out);
  }

  // Reads an object; on_member(name) must pass its value and return whether that was well-formed.
  // REQUIRES: peek() has just returned '{'.
  template <typename OnMember>
  bool read_object(OnMember&& on_member) {
    if (!enter()) return false;
    if (peek() == '}') return leave();
    std::string unescaped;
    for (;;) {
      JsonString name;
      if (peek() != '"' || !read_string(name)) return false;
      if (!take(':')) return false;
      if (name.has_escapes() && name.has_text) {
        unescaped = decode_json_string(name);
        if (!on_member(std::string_view(unescaped))) return false;
      } else if (!on_member(name.raw)) {
        return false;
      }
      if (peek() == '}') return leave();
      if (!take(',')) return false;
    }
  }

  // Reads an array; on_element() must pass one value and return whether that was well-formed.
  // REQUIRES: peek() has just returned '['.
  template <typename OnElement>
  bool read_array(OnElement&& on_element) {
    if (!enter()) return false;
    if (peek() == ']') return leave();
    for (;;) {
      if (!on_element()) return false;
      if (peek() == ']') return leave();
      if (!take(',')) return false;
    }
  }

 private:
  bool read_long_string(JsonString& out);
  static bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

  bool enter() {
    ++position_;
    return ++depth_ <= kMaxDepth;
  }
  bool leave() {
    ++position_;
    --depth_;
    return true;
  }
  bool take(char c) {
    if (peek() != c) return false;
    ++position_;
    return true;
  }
  bool skip_object();
  bool skip_literal(std::string_view literal);

  const char* position_;
  const char* end_;
  int depth_ = 0;
};

}  // namespace eventsd::protocol
