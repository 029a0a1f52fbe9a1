#include "data/dynamodb/decimal.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <string>

namespace eventsd::data::dynamodb {
namespace {

std::string judged(const Outcome<Decimal>& number) {
  if (number) return number->text();
  const std::string& why = number.error().message;
  if (why.find("overflow") != std::string::npos) return "overflow";
  if (why.find("underflow") != std::string::npos) return "underflow";
  if (why.find("38 significant digits") != std::string::npos) return "digits";
  return why;
}

std::string ordered(const Decimal& number) {
  std::string bytes;
  number.append_ordered(bytes);
  return bytes;
}

int sign(std::strong_ordering order) { return order < 0 ? -1 : order > 0 ? 1 : 0; }

TEST(Decimal, AgreesWithPythonsDecimalModule) {
  std::ifstream file(std::string(EVENTSD_SOURCE_DIR) + "/tests/unit/data/decimal_cases.txt");
  std::string a;
  std::string b;
  std::string text;
  std::string sum;
  std::string difference;
  int order = 0;
  int cases = 0;
  while (file >> a >> b >> text >> sum >> difference >> order) {
    ++cases;
    const Outcome<Decimal> x = Decimal::parse(a);
    const Outcome<Decimal> y = Decimal::parse(b);
    EXPECT_EQ(judged(x), text) << a;
    if (!x || !y) continue;
    EXPECT_EQ(judged(Decimal::add(*x, *y)), sum) << a << " + " << b;
    EXPECT_EQ(judged(Decimal::subtract(*x, *y)), difference) << a << " - " << b;
    EXPECT_EQ(sign(*x <=> *y), order) << a << " <=> " << b;
    EXPECT_EQ(sign(ordered(*x).compare(ordered(*y)) <=> 0), order) << a << " bytes " << b;
  }
  EXPECT_EQ(cases, 900);
}

TEST(Decimal, WritesOneTextForEqualNumbers) {
  for (const char* text : {"100", "+100", "1e2", "1E+2", "0100.000", "100."}) {
    EXPECT_EQ(judged(Decimal::parse(text)), "100") << text;
  }
  for (const char* text : {"0", "-0", "0.000", "0e999", ".0"}) {
    EXPECT_EQ(judged(Decimal::parse(text)), "0") << text;
  }
  EXPECT_EQ(judged(Decimal::parse("-.5")), "-0.5");
  EXPECT_EQ(judged(Decimal::parse("1e-130")), "0." + std::string(129, '0') + "1");
}

TEST(Decimal, RefusesWhatIsNoNumber) {
  for (const char* text : {"", "a", "1a", "1e", "1e+", "--1", "1..2", "1.2.3", ".", "NaN",
                           "Infinity", " 1", "1 ", "0x1", "1,5"}) {
    EXPECT_FALSE(Decimal::parse(text)) << text;
  }
  EXPECT_EQ(Decimal::parse("abc").error().message,
            "The parameter cannot be converted to a numeric value: abc");
  EXPECT_EQ(judged(Decimal::parse("1e126")), "overflow");
  EXPECT_EQ(judged(Decimal::parse("1e99999999999999999999")), "overflow");
  EXPECT_EQ(judged(Decimal::parse("1e-131")), "underflow");
  EXPECT_EQ(judged(Decimal::parse(std::string(39, '1'))), "digits");
  EXPECT_EQ(judged(Decimal::parse(std::string(38, '9'))), std::string(38, '9'));
}

TEST(Decimal, OrdersItsBytesAsItsNumbers) {
  std::mt19937 random(7);
  const auto any = [&] {
    std::string text = random() % 2 == 0 ? "-" : "";
    for (unsigned i = 0; i < 1 + random() % 6; ++i) text += static_cast<char>('0' + random() % 10);
    text += "e" + std::to_string(static_cast<int>(random() % 9) - 4);
    return *Decimal::parse(text);
  };
  for (int i = 0; i < 20'000; ++i) {
    const Decimal a = any();
    const Decimal b = any();
    EXPECT_EQ(sign(a <=> b), sign(ordered(a).compare(ordered(b)) <=> 0))
        << a.text() << " and " << b.text();
  }
}

}  // namespace
}  // namespace eventsd::data::dynamodb
