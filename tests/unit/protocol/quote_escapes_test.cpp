// Literals as they are read, a block at a time and byte by byte.
#include "protocol/quote_escapes.hpp"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "protocol/json_scanner.hpp"

namespace eventsd::protocol {
namespace {

struct Read {
  std::size_t size;     // of the literal's content
  std::size_t dropped;  // bytes
  bool usual;
  bool operator==(const Read&) const = default;
};

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// The grammar of RFC 8259, section 7, one character after the other; surrogates are left out.
std::optional<Read> slowly(std::string_view text) {
  Read read{0, 0, true};
  for (std::size_t i = 1; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      read.size = i - 1;
      return read;
    }
    if (static_cast<unsigned char>(c) < 0x20) return std::nullopt;
    if (c != '\\') continue;
    if (++i == text.size()) return std::nullopt;
    if (text[i] != 'u') {
      if (std::string_view("\"\\/bfnrt").find(text[i]) == std::string_view::npos)
        return std::nullopt;
      ++read.dropped;
      read.usual = read.usual && text[i] != '/';
      continue;
    }
    if (i + 4 >= text.size()) return std::nullopt;
    for (std::size_t digit = 1; digit <= 4; ++digit) {
      if (!is_hex(text[i + digit])) return std::nullopt;
    }
    const int unit = std::stoi(std::string(text.substr(i + 1, 4)), nullptr, 16);
    read.dropped += unit < 0x80 ? 5 : unit < 0x800 ? 4 : 3;
    read.usual = false;
    i += 4;
  }
  return std::nullopt;
}

std::optional<Read> quickly(std::string_view text) {
  const std::vector<char> exact(text.begin(), text.end());  // for the address sanitizer
  JsonScanner scanner({exact.data(), exact.size()});
  JsonString literal;
  if (scanner.peek() != '"' || !scanner.read_string(literal)) return std::nullopt;
  return Read{literal.raw.size(), literal.raw.size() - literal.decoded_size, literal.is_usual};
}

TEST(QuoteEscapes, AreReadWhereverABlockEnds) {
  for (std::size_t before = 0; before < 40; ++before) {
    for (const char* row : {"\\\"", "\\\"\\\"", "\\\\", "\\\\\\\"", "\\n", "\\u0041\\\"", "\\\"\\/",
                            "\\x", "\\", "\x01", "\\\\\\\\\"", "\\\"\x1f"}) {
      for (const std::size_t after : {0u, 1u, 15u, 16u, 40u}) {
        const std::string text =
            '"' + std::string(before, 'x') + row + std::string(after, 'y') + "\",\"z\\\"\"]";
        EXPECT_EQ(quickly(text), slowly(text)) << text;
      }
    }
  }
}

TEST(QuoteEscapes, AreReadLikeTheGrammarSaysWhateverTheText) {
  std::mt19937 random(3);
  // Mostly quotes' escapes, as in JSON in JSON, with a few of everything.
  const std::array<std::string, 16> pieces = {"\\\"", "\\\"", "\\\"", "\\\"",   "xxxxxxxx", "x",
                                              "{",    ":",    ",",    "\\\\",   "\\n",      "\\/",
                                              "\\",   "\"",   "\x1f", "\\u00e9"};
  int whole = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string text = "\"";
    const unsigned kinds = round % 2 == 0 ? 9 : 16;
    for (unsigned left = random() % 30; left > 0; --left) text += pieces[random() % kinds];
    if (random() % 4 != 0) text += "\" ";
    const std::optional<Read> expected = slowly(text);
    whole += expected.has_value();
    ASSERT_EQ(quickly(text), expected) << text;
  }
  EXPECT_GT(whole, 50'000);
}

}  // namespace
}  // namespace eventsd::protocol
