#include "protocol/json_scanner.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

#include "protocol/json_number.hpp"
#include "protocol/quote_escapes.hpp"
#include "protocol/text.hpp"

namespace eventsd::protocol {
namespace {

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

// Set in the count of dropped bytes: when a literal holds half of a surrogate pair, and when it has
// an escape that we would not write, or might write differently.
constexpr std::size_t kLoneSurrogate = std::size_t{1} << 63;
constexpr std::size_t kUnusual = std::size_t{1} << 62;

// Passes the escape at p; counts the bytes that unescaping removes. Null when it is malformed.
inline const char* pass_escape(const char* p, const char* end, std::size_t& dropped) {
  if (end - p < 2) return nullptr;
  if (kEscapes[static_cast<unsigned char>(p[1])] != 0) {
    ++dropped;
    if (p[1] == '/') dropped |= kUnusual;
    return p + 2;
  }
  dropped |= kUnusual;
  if (end - p < 6 || p[1] != 'u') return nullptr;
  const int unit = hex4(p + 2);
  if (unit < 0) return nullptr;
  if (!is_high_surrogate(unit) && !is_low_surrogate(unit)) {
    dropped += unit < 0x80 ? 5 : unit < 0x800 ? 4 : 3;
    return p + 6;
  }
  const bool pair = is_high_surrogate(unit) && end - p >= 12 && p[6] == '\\' && p[7] == 'u' &&
                    is_low_surrogate(hex4(p + 8));
  if (!pair) {
    dropped |= kLoneSurrogate;
    return p + 6;
  }
  dropped += 8;
  return p + 12;
}

// Passes a block by visiting its special bytes in turn; returns where to go on. At the quote that
// ends the literal, `closing` is set to it; null when the literal is malformed.
const char* pass_escapes(const char* p, const char* end, std::size_t& dropped,
                         const char*& closing) {
  for (unsigned mask = special_mask(p); mask != 0;) {
    const char* const at = p + std::countr_zero(mask);
    if (*at == '"') return closing = at;
    if (*at != '\\') return nullptr;
    const char* after = at;
    do {  // a row of escapes, as quotes escaped twice are
      after = pass_escape(after, end, dropped);
      if (after == nullptr) return nullptr;
    } while (after < end && *after == '\\');
    if (after >= p + kBlock) return after;
    mask &= ~0u << (after - p);
  }
  return p + kBlock;
}

// The quote that ends the literal whose content begins at p; null when the literal is malformed.
// Events are JSON inside JSON, so escapes are dense: where they are quotes' alone, a block costs
// the same however many there are.
const char* find_closing_quote(const char* p, const char* end, std::size_t& dropped) {
  bool inside = false;  // the byte before p is a backslash that has not been passed
  while (static_cast<std::size_t>(end - p) >= kBlock) {
    const QuoteEscapes passed = pass_quote_escapes(p, inside);
    if (passed.found == QuoteEscapes::Found::other) {
      if (std::exchange(inside, false)) --p;
      const char* closing = nullptr;
      p = pass_escapes(p, end, dropped, closing);
      if (p == nullptr || closing != nullptr) return p;
      continue;
    }
    dropped += passed.escapes;
    p += passed.size;
    if (passed.found == QuoteEscapes::Found::special) return *p == '"' ? p : nullptr;
    inside = passed.ends_inside;
  }
  if (inside) --p;
  while (p < end) {
    if (*p == '"') return p;
    if (static_cast<unsigned char>(*p) < 0x20) return nullptr;
    if (*p != '\\') {
      ++p;
      continue;
    }
    p = pass_escape(p, end, dropped);
    if (p == nullptr) return nullptr;
  }
  return nullptr;
}

}  // namespace

std::string decode_json_string(const JsonString& literal) {
  if (!literal.has_escapes()) return std::string(literal.raw);
  std::string text(literal.decoded_size, '\0');
  char* out = text.data();
  const char* const out_end = out + text.size();
  const char* in = literal.raw.data();
  const char* const end = in + literal.raw.size();
  // Blocks are copied before it is known how much of them is plain; what was too much is
  // overwritten. One block gives no more than a block, and every copy is one long: twice that is
  // always enough.
  while (static_cast<std::size_t>(end - in) >= 2 * kBlock &&
         static_cast<std::size_t>(out_end - out) >= 2 * kBlock) {
    const char* const block = in;
    const char* const block_end = block + kBlock;
    for (unsigned mask = special_mask(block); mask != 0;) {
      // Of the special bytes, a valid literal holds backslashes and what they escape.
      const char* const at = block + std::countr_zero(mask);
      std::memcpy(out, in, kBlock);
      out += at - in;
      in = at;
      do {
        in = decode_escape(in, out);
      } while (in < end && *in == '\\');
      if (in >= block_end) break;
      mask &= ~0u << (in - block);
    }
    if (in < block_end) {
      std::memcpy(out, in, kBlock);
      out += block_end - in;
      in = block_end;
    }
  }
  while (in < end) {
    if (*in == '\\') {
      in = decode_escape(in, out);
    } else {
      *out++ = *in++;
    }
  }
  return text;
}

bool JsonScanner::read_long_string(JsonString& out) {
  const char* const begin = position_ + 1;
  std::size_t dropped = 0;
  // Keys and tokens have no escape at all.
  const char* const special = find_string_special(begin, end_);
  const char* const quote =
      special < end_ && *special == '"' ? special : find_closing_quote(special, end_, dropped);
  if (quote == nullptr) return false;
  out.raw = std::string_view(begin, static_cast<std::size_t>(quote - begin));
  out.has_text = (dropped & kLoneSurrogate) == 0;
  out.is_usual = (dropped & kUnusual) == 0;
  out.decoded_size = out.raw.size() - (dropped & ~(kLoneSurrogate | kUnusual));
  position_ = quote + 1;
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
      return pass_json_number(position_, end_);
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

bool is_valid_json(std::string_view text) {
  JsonScanner scanner(text);
  return scanner.skip_value() && scanner.at_end();
}

}  // namespace eventsd::protocol
