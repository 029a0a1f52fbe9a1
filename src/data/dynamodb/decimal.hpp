// DynamoDB's number: an exact decimal of up to 38 significant digits, magnitude 1E-130
// to 9.99…E+125.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "data/dynamodb/failure.hpp"

namespace eventsd::data::dynamodb {

class Decimal {
 public:
  static constexpr std::size_t kMaxDigits = 38;
  static constexpr int kMaxMagnitude = 125;   // of the leading digit
  static constexpr int kMinMagnitude = -130;  // likewise

  Decimal() = default;  // zero

  // [+-]digits[.digits][e[+-]digits]
  //   errors   ValidationException: not a number, out of range, too many digits
  [[nodiscard]] static Outcome<Decimal> parse(std::string_view text);

  // Exact sums.
  //   errors   ValidationException: the result is out of range or has too many digits
  [[nodiscard]] static Outcome<Decimal> add(const Decimal& a, const Decimal& b);
  [[nodiscard]] static Outcome<Decimal> subtract(const Decimal& a, const Decimal& b);

  // Canonical: no exponent, no superfluous zeros or signs; equal numbers have equal texts.
  std::string text() const;

  // Appends bytes that compare (as unsigned, shorter first) as the numbers do.
  void append_ordered(std::string& out) const;

  // Bytes that count for the item's size.
  std::size_t size() const;

  // The number as a whole number, rounded towards zero and held within ±10^18 (TTL).
  long long whole() const;

  bool is_zero() const { return digits_.empty(); }

  friend bool operator==(const Decimal&, const Decimal&) = default;
  friend std::strong_ordering operator<=>(const Decimal& a, const Decimal& b);

 private:
  [[nodiscard]] static Outcome<Decimal> make(bool negative, std::string digits, int exponent);
  static std::strong_ordering compare_magnitudes(const Decimal& a, const Decimal& b);

  // The value is ±0.DIGITS × 10^exponent; DIGITS has no zeros at either end and is empty for zero.
  bool negative_ = false;
  int exponent_ = 0;
  std::string digits_;
};

}  // namespace eventsd::data::dynamodb
