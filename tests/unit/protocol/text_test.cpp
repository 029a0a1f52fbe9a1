#include "protocol/text.hpp"

#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <string>

namespace eventsd::protocol {
namespace {

TEST(Utf8, AcceptsTheEndsOfEveryLength) {
  using namespace std::string_view_literals;
  for (const auto text :
       {""sv, "\x00"sv, "\x7f"sv, "\xc2\x80"sv, "\xdf\xbf"sv, "\xe0\xa0\x80"sv, "\xed\x9f\xbf"sv,
        "\xee\x80\x80"sv, "\xef\xbf\xbf"sv, "\xf0\x90\x80\x80"sv, "\xf4\x8f\xbf\xbf"sv}) {
    EXPECT_TRUE(is_valid_utf8(text));
  }
}

TEST(Utf8, RefusesOverlongFormsSurrogatesAndWhatIsBeyondUnicode) {
  for (const char* text : {"\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf",
                           "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"}) {
    EXPECT_FALSE(is_valid_utf8(text));
  }
}

TEST(Utf8, FindsAFaultAtEveryPlace) {
  for (std::size_t size = 1; size < 70; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      std::string text(size, 'x');
      text[at] = '\x80';
      EXPECT_FALSE(is_valid_utf8(text));
    }
  }
}

TEST(Utf8, RefusesATruncatedSequenceAtEveryPlace) {
  for (std::size_t before = 0; before < 40; ++before) {
    EXPECT_TRUE(is_valid_utf8(std::string(before, 'x') + "\xf0\x9f\x98\x80"));
    EXPECT_FALSE(is_valid_utf8(std::string(before, 'x') + "\xf0\x9f\x98"));
    EXPECT_FALSE(is_valid_utf8(std::string(before, 'x') + "\xf0\x9f\x98x"));
  }
}

TEST(Json, AcceptsEveryKindOfValue) {
  for (const char* text : {"{}", "[]", "null", "true", "false", "0", "-0", "12", "1.5", "1e5",
                           "-1.25E-7", R"("")", R"("a")", R"({"a":[1,{"b":null}],"c":"d"})"}) {
    EXPECT_TRUE(is_valid_json(text)) << text;
  }
}

TEST(Json, AcceptsWhiteSpaceAround) {
  EXPECT_TRUE(is_valid_json(" \t\r\n{ \"a\" : [ 1 , 2 ] } \n"));
  EXPECT_FALSE(is_valid_json("\v1"));
}

TEST(Json, RefusesWhatIsNotOneValue) {
  for (const char* text :
       {"",        " ",    "1 2",   "{}{}",    "{",         "[",          "]",
        "[1,]",    "[,1]", "{,}",   "{\"a\"}", "{\"a\":}",  "{\"a\":1,}", "{a:1}",
        "{'a':1}", "nul",  "nulls", "True",    "undefined", "NaN",        "// 1"}) {
    EXPECT_FALSE(is_valid_json(text)) << text;
  }
}

TEST(Json, RefusesNumbersInOtherForms) {
  for (const char* text : {"01", "-", "+1", ".5", "1.", "1e", "1e+", "0x10", "1_000", "-a"}) {
    EXPECT_FALSE(is_valid_json(text)) << text;
  }
}

TEST(Json, RefusesStringsThatAreNotClosedOrHoldControls) {
  for (const char* text : {R"(")", R"("\")", R"("\)", "\"\n\"", "\"\x1f\"", R"("\u12)"}) {
    EXPECT_FALSE(is_valid_json(text)) << text;
  }
  EXPECT_FALSE(is_valid_json(std::string_view("\"\0\"", 3)));
}

TEST(Json, FindsAControlCharacterAtEveryPlaceOfAString) {
  for (std::size_t size = 1; size < 50; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      std::string text = '"' + std::string(size, 'x') + '"';
      text[1 + at] = '\x01';
      EXPECT_FALSE(is_valid_json(text));
    }
  }
}

TEST(Json, KnowsEveryEscape) {
  EXPECT_TRUE(is_valid_json(R"("\"\\\/\b\f\n\r\t\u00e9\uD83D\ude00")"));
  for (const char* text : {R"("\a")", R"("\x41")", R"("\u12g4")", R"("\U0041")", R"("\'")"}) {
    EXPECT_FALSE(is_valid_json(text)) << text;
  }
}

TEST(Json, TakesLoneSurrogatesAsJsonParseDoes) {
  for (const char* text : {R"("\ud800")", R"("\udc00")", R"("\ud800x")", R"("\ud800\ud800")",
                           R"("\ud800\n")", R"("\udc00\ud800")"}) {
    EXPECT_TRUE(is_valid_json(text)) << text;
  }
}

TEST(Json, RefusesNestingDeeperThan128) {
  EXPECT_TRUE(is_valid_json(std::string(128, '[') + std::string(128, ']')));
  EXPECT_FALSE(is_valid_json(std::string(129, '[') + std::string(129, ']')));
  EXPECT_FALSE(is_valid_json(std::string(1'000'000, '[')));
}

TEST(Base64, EncodesTheVectorsOfTheRfcWithoutPadding) {
  EXPECT_EQ(base64url_encode(""), "");
  EXPECT_EQ(base64url_encode("f"), "Zg");
  EXPECT_EQ(base64url_encode("fo"), "Zm8");
  EXPECT_EQ(base64url_encode("foo"), "Zm9v");
  EXPECT_EQ(base64url_encode("foob"), "Zm9vYg");
  EXPECT_EQ(base64url_encode("\xfb\xff"), "-_8");
}

TEST(Base64, DecodesEitherAlphabetPaddedOrNot) {
  EXPECT_EQ(base64_decode("Zg"), "f");
  EXPECT_EQ(base64_decode("Zg=="), "f");
  EXPECT_EQ(base64_decode("Zm8="), "fo");
  EXPECT_EQ(base64_decode("-_8"), "\xfb\xff");
  EXPECT_EQ(base64_decode("+/8="), "\xfb\xff");
  EXPECT_EQ(base64_decode(""), "");
}

TEST(Base64, RefusesWhatIsNoBase64) {
  for (const char* text :
       {"Z", "Zg=", "Zm9v=", "Zm9v====", "=", "====", "Z g", "Zm9!", "Zg==Zg=="}) {
    EXPECT_EQ(base64_decode(text), std::nullopt) << text;
  }
}

TEST(Uuid, HasVersionFourAndTheRfcVariant) {
  const std::regex form("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(std::regex_match(make_uuid(), form));
}

TEST(Uuid, DoesNotRepeat) {
  std::set<std::string> seen;
  for (int i = 0; i < 10'000; ++i) seen.insert(make_uuid());
  EXPECT_EQ(seen.size(), 10'000u);
}

TEST(Timestamp, IsIso8601InUtcWithMilliseconds) {
  EXPECT_EQ(format_timestamp(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_timestamp(1'769'860'800'123), "2026-01-31T12:00:00.123Z");
  EXPECT_EQ(format_timestamp(951'827'696'789), "2000-02-29T12:34:56.789Z");
  EXPECT_EQ(format_timestamp(-1), "1969-12-31T23:59:59.999Z");
}

TEST(Timestamp, KeepsToFourDigitsOfYear) {
  EXPECT_EQ(format_timestamp(INT64_MAX), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(format_timestamp(INT64_MIN), "0000-01-01T00:00:00.000Z");
}

TEST(RandomText, HasTheLengthAndTheAlphabet) {
  const std::regex form("[a-z0-9]*");
  for (const std::size_t size : {0u, 1u, 26u, 1000u}) {
    const std::string text = random_lower_alphanumeric(size);
    EXPECT_EQ(text.size(), size);
    EXPECT_TRUE(std::regex_match(text, form));
  }
  EXPECT_NE(random_lower_alphanumeric(26), random_lower_alphanumeric(26));
}

TEST(RandomText, UsesTheWholeAlphabet) {
  const std::string text = random_lower_alphanumeric(5000);
  EXPECT_EQ(std::set<char>(text.begin(), text.end()).size(), 36u);
}

TEST(QueryParameter, IsPercentDecoded) {
  EXPECT_EQ(query_parameter("channel=%2Fdefault%2fx&limit=5", "channel"), "/default/x");
  EXPECT_EQ(query_parameter("channel=%2Fdefault%2fx&limit=5", "limit"), "5");
  EXPECT_EQ(query_parameter("a=b+c", "a"), "b c");
}

TEST(QueryParameter, IsTheFirstOfItsName) { EXPECT_EQ(query_parameter("a=1&a=2", "a"), "1"); }

TEST(QueryParameter, IsFoundByItsDecodedName) { EXPECT_EQ(query_parameter("%61=1", "a"), "1"); }

TEST(QueryParameter, MayBeEmpty) {
  EXPECT_EQ(query_parameter("a=", "a"), "");
  EXPECT_EQ(query_parameter("a", "a"), "");
  EXPECT_EQ(query_parameter("a=b=c", "a"), "b=c");
}

TEST(QueryParameter, IsNothingWhenAbsent) {
  EXPECT_EQ(query_parameter("", "a"), std::nullopt);
  EXPECT_EQ(query_parameter("ab=1&&b=a", "a"), std::nullopt);
  EXPECT_EQ(query_parameter("&", ""), std::nullopt);
}

TEST(QueryParameter, LeavesABrokenEscapeAsItIs) {
  EXPECT_EQ(query_parameter("a=100%", "a"), "100%");
  EXPECT_EQ(query_parameter("a=%zz%4", "a"), "%zz%4");
}

}  // namespace
}  // namespace eventsd::protocol
