// The words of an expression.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace eventsd::data::dynamodb {

enum class TokenKind : std::uint8_t {
  word,    // identifier or keyword
  name,    // #placeholder
  value,   // :placeholder
  number,  // digits
  symbol,  // ( ) [ ] , . = <> < <= > >= + -
  bad,     // anything else, one character
  end,
};

struct Token {
  TokenKind kind = TokenKind::end;
  std::string_view text;   // part of the source
  std::size_t offset = 0;  // in the source
};

// Splits the whole source; the last token is `end`. Views into `source`.
std::vector<Token> tokenize(std::string_view source);

// [0-9A-Za-z_]+ after the first character, which is `mark`.
bool is_placeholder(std::string_view text, char mark);

// `Syntax error; token: "x", near: "a x b"`
std::string syntax_error(std::string_view source, const std::vector<Token>& tokens,
                         std::size_t position);

}  // namespace eventsd::data::dynamodb
