#include "data/rds/sql_parameters.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace eventsd::data::rds {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// With values for P0, P1 and a.
std::string numbered(std::string_view sql) {
  const auto made = number_parameters(
      sql, [](std::string_view name) { return name == "P0" || name == "P1" || name == "a"; });
  return made ? made->text : "refused: " + made.error().message;
}

TEST(NumberParameters, ReplacesNamesByTheirNumbers) {
  const auto made = number_parameters("SELECT :P1, :a FROM t WHERE x=:P1 AND y>:P0",
                                      [](std::string_view) { return true; });
  ASSERT_TRUE(made);
  EXPECT_EQ(made->text, "SELECT $1, $2 FROM t WHERE x=$1 AND y>$3");
  EXPECT_THAT(made->names, ElementsAre("P1", "a", "P0"));
}

TEST(NumberParameters, LeavesTextWithoutNamesAsItIs) {
  for (const char* sql : {"",
                          "SELECT 1",
                          "SELECT a::text, b :: int",
                          "SELECT f(x := 1)",
                          "SELECT ':P0'",
                          "x[1:2]",
                          "SELECT 'it''s :P0'",
                          "SELECT \":P0\"",
                          "SELECT \"a\"\":P0\"",
                          "-- :P0\nSELECT 1",
                          "/* :P0 /* :P1 */ :a */ SELECT 1",
                          "SELECT $$ :P0 $$",
                          "SELECT $t$ :P0 $$ :P1 $t$",
                          "SELECT E'\\':P0'",
                          "SELECT e'a\\\\\\'' ':P0'",
                          "SELECT E'a'\n':P0\\':P1'",
                          "SELECT 'a' -- x\n ':P0'",
                          "SELECT U&':P0'",
                          "SELECT B':P0'",
                          "arr[lo:hi]",
                          "'unended :P0",
                          "\"unended :P0",
                          "/* unended :P0",
                          "$$unended :P0",
                          "E'unended \\",
                          "1::P0",
                          "a$1:1"}) {
    EXPECT_EQ(numbered(sql), sql);
  }
}

TEST(NumberParameters, KnowsWhereStringsEnd) {
  EXPECT_EQ(numbered("SELECT 'a\\',:P0"), "SELECT 'a\\',$1") << "a plain string has no escapes";
  EXPECT_EQ(numbered("SELECT ename':P1',:P0"), "SELECT ename':P1',$1") << "e is part of a word";
  EXPECT_EQ(numbered("SELECT E'a' :P0"), "SELECT E'a' $1");
  EXPECT_EQ(numbered("SELECT E'a' 'b\\':P0"), "SELECT E'a' 'b\\'$1")
      << "without a line break, the second string is one of its own";
  EXPECT_EQ(numbered("SELECT $a$x$b$ :P0 $a$:P0"), "SELECT $a$x$b$ :P0 $a$ $1");
  EXPECT_EQ(numbered("SELECT a$$ :P0"), "SELECT a$$ $1") << "dollars in a word quote nothing";
  EXPECT_EQ(numbered("--\r:P0"), "--\r$1");
}

TEST(NumberParameters, KeepsNumbersApartFromWords) {
  EXPECT_EQ(numbered("LIMIT:P0"), "LIMIT $1");
  EXPECT_EQ(numbered(":P0:P1"), "$1 $2");
  EXPECT_EQ(numbered("x=:P0::uuid"), "x=$1::uuid");
  EXPECT_EQ(numbered("a[:P0]"), "a[$1]");
  EXPECT_EQ(numbered("a[1::P0]"), "a[1::P0]");
}

TEST(NumberParameters, RefusesWhatHasNoValue) {
  EXPECT_THAT(numbered("SELECT :P2"), HasSubstr("no value for \":P2\""));
  EXPECT_THAT(numbered("SELECT :p0"), HasSubstr("no value for \":p0\""));
  EXPECT_THAT(numbered("SELECT $1"), HasSubstr("numbered parameters"));
  EXPECT_THAT(numbered("SELECT a+$2"), HasSubstr("numbered parameters"));
  EXPECT_THAT(numbered(std::string_view("SELECT '\0'", 10)), HasSubstr("NUL"));
}

}  // namespace
}  // namespace eventsd::data::rds
