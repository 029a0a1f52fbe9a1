#include "data/dynamodb/token.hpp"

#include <algorithm>

namespace eventsd::data::dynamodb {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_word_character(char c) { return is_letter(c) || is_digit(c); }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

constexpr std::string_view kSymbols = "()[],.=<>+-";

std::size_t run_length(std::string_view text, bool (*belongs)(char)) {
  std::size_t length = 0;
  while (length < text.size() && belongs(text[length])) ++length;
  return length;
}

Token read_token(std::string_view rest) {
  const char first = rest.front();
  if (first == '#' || first == ':') {
    const std::size_t length = run_length(rest.substr(1), is_word_character);
    if (length == 0) return {TokenKind::bad, rest.substr(0, 1)};
    return {first == '#' ? TokenKind::name : TokenKind::value, rest.substr(0, length + 1)};
  }
  if (is_letter(first)) {
    return {TokenKind::word, rest.substr(0, run_length(rest, is_word_character))};
  }
  if (is_digit(first)) return {TokenKind::number, rest.substr(0, run_length(rest, is_digit))};
  const std::string_view two = rest.substr(0, 2);
  if (two == "<>" || two == "<=" || two == ">=") return {TokenKind::symbol, two};
  const bool symbol = kSymbols.find(first) != std::string_view::npos;
  return {symbol ? TokenKind::symbol : TokenKind::bad, rest.substr(0, 1)};
}

}  // namespace

std::vector<Token> tokenize(std::string_view source) {
  std::vector<Token> tokens;
  std::size_t at = 0;
  while (true) {
    while (at < source.size() && is_space(source[at])) ++at;
    if (at == source.size()) break;
    Token token = read_token(source.substr(at));
    token.offset = at;
    at += token.text.size();
    tokens.push_back(token);
  }
  tokens.push_back({TokenKind::end, source.substr(source.size()), source.size()});
  return tokens;
}

bool is_placeholder(std::string_view text, char mark) {
  return text.size() > 1 && text.front() == mark &&
         std::all_of(text.begin() + 1, text.end(), is_word_character);
}

std::string syntax_error(std::string_view source, const std::vector<Token>& tokens,
                         std::size_t position) {
  const Token& token = tokens[position];
  const std::size_t start = tokens[position == 0 ? 0 : position - 1].offset;
  // The last word that is shown: the one after, unless the source ends before it.
  std::size_t last = std::min(position + 1, tokens.size() - 1);
  while (last > 0 && tokens[last].kind == TokenKind::end) --last;
  const std::size_t end = tokens[last].offset + tokens[last].text.size();
  const std::string_view text = token.kind == TokenKind::end ? "<EOF>" : token.text;
  return "Syntax error; token: \"" + std::string(text) + "\", near: \"" +
         std::string(source.substr(start, end - start)) + "\"";
}

}  // namespace eventsd::data::dynamodb
