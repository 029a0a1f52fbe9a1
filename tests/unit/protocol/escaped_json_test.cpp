#include "protocol/escaped_json.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "protocol/server_message.hpp"
#include "protocol/text.hpp"

namespace eventsd::protocol {
namespace {

// The literal of a text, read as a message's is, from memory of exactly its size.
bool valid(std::string_view text) {
  std::string written;
  append_json_string(written, text);
  const std::vector<char> exact(written.begin(), written.end());
  JsonScanner scanner({exact.data(), exact.size()});
  JsonString literal;
  EXPECT_EQ(scanner.peek(), '"');
  EXPECT_TRUE(scanner.read_string(literal) && scanner.at_end());
  if (!literal.is_usual) return is_valid_json(text);  // control characters that are written \u00XX
  EXPECT_EQ(decode_json_string(literal), text);
  return is_valid_escaped_json(literal);
}

TEST(EscapedJson, IsAnyValueWithWhiteSpaceAround) {
  for (const char* text : {"1", "-0.5e+7", "true", "false", "null", R"("")", R"("a")", "{}", "[]",
                           " \r\n\t[ 1 ,\n2 ]\t", R"({"a":{"b":[{"c":"d"}]}})", "\"\xc3\xa9\""}) {
    EXPECT_TRUE(valid(text)) << text;
  }
}

TEST(EscapedJson, IsNothingElse) {
  for (const char* text :
       {"",      " ",      "01",      "1.",         "1e",    "-",         "tru", "nul",
        "truex", "1 2",    "\"",      "\"a",        "{",     "[",         "[1",  "[1,",
        "[1,]",  "{\"a\"", "{\"a\":", "{\"a\":1,}", "{1:2}", "{\"a\" 1}", "[}",  "{]",
        "\b1",   "\f1",    "'a'",     "[1 2]",      "\\",    "\"\\",      "a"}) {
    EXPECT_FALSE(valid(text)) << text;
  }
}

TEST(EscapedJson, KnowsTheEscapesOfTheInnerText) {
  for (const char* text :
       {R"("\"")", R"("\\")", R"("\/\b\f\n\r\t")", R"("\u00e9\uD800")", R"("\\\"\\\\")"}) {
    EXPECT_TRUE(valid(text)) << text;
  }
  for (const char* text : {R"("\")", R"("\x")", R"("\u12")", R"("\u12g4")", "\"\\\n\"", "\"\n\"",
                           "\"\t\"", R"("\u123)", "\"\\u\\\"00\""}) {
    EXPECT_FALSE(valid(text)) << text;
  }
}

TEST(EscapedJson, IsNestedAsDeepAsPlainText) {
  for (const int depth : {JsonScanner::kMaxDepth, JsonScanner::kMaxDepth + 1}) {
    const auto size = static_cast<std::size_t>(depth);
    const std::string text = std::string(size, '[') + std::string(size, ']');
    EXPECT_EQ(valid(text), depth == JsonScanner::kMaxDepth);
    EXPECT_EQ(valid(text), is_valid_json(text));
  }
}

// Every byte of every text is put to the test at every distance from a block's end.
TEST(EscapedJson, AgreesWithTheScannerOfPlainTextWhateverIsChanged) {
  std::mt19937 random(7);
  const std::string alphabet = "\"\\{}[]:,01eE+-. \n\r\t\btrufalsn/\x01\xc3\xa9x";
  const std::vector<std::string> seeds = {
      R"({"n":"12345678","text":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"})",
      R"([1.5e-7,"\"\\\u00e9\/",null,{"a":[true,false,{}]}])", R"("\\\\\\\"\"\"\\")",
      " {\"a\" :\n[ 1 , 2 ] }\t"};
  int valid_ones = 0;
  for (int round = 0; round < 60'000; ++round) {
    std::string text = seeds[random() % seeds.size()];
    text.insert(random() % (text.size() + 1), std::string(random() % 3, ' '));
    for (unsigned changes = random() % 3; changes > 0 && !text.empty(); --changes) {
      const std::size_t at = random() % text.size();
      const char c = alphabet[random() % alphabet.size()];
      switch (random() % 3) {
        case 0:
          text[at] = c;
          break;
        case 1:
          text.insert(at, 1, c);
          break;
        default:
          text.erase(at, 1);
      }
    }
    const bool expected = is_valid_json(text);
    valid_ones += expected;
    ASSERT_EQ(valid(text), expected) << text;
  }
  EXPECT_GT(valid_ones, 10'000);
}

}  // namespace
}  // namespace eventsd::protocol
