#include "data/dynamodb/decimal.hpp"

#include <algorithm>
#include <cstdlib>

namespace eventsd::data::dynamodb {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

Failure not_a_number(std::string_view text) {
  return invalid("The parameter cannot be converted to a numeric value: " + std::string(text));
}

// Digits of `text` with its point removed, and where the point was.
struct Mantissa {
  std::string digits;
  int point = 0;
  std::size_t used = 0;
};

Mantissa read_mantissa(std::string_view text) {
  Mantissa mantissa;
  bool seen_point = false;
  for (; mantissa.used < text.size(); ++mantissa.used) {
    const char c = text[mantissa.used];
    if (c == '.' && !seen_point) {
      seen_point = true;
    } else if (is_digit(c)) {
      mantissa.digits += c;
      if (!seen_point) ++mantissa.point;
    } else {
      break;
    }
  }
  return mantissa;
}

// Both as digit strings of one length whose last digits have the same weight.
void align(std::string& a, int& exponent_a, std::string& b, int exponent_b) {
  const int top = std::max(exponent_a, exponent_b);
  a.insert(0, static_cast<std::size_t>(top - exponent_a), '0');
  b.insert(0, static_cast<std::size_t>(top - exponent_b), '0');
  const std::size_t length = std::max(a.size(), b.size());
  a.resize(length, '0');
  b.resize(length, '0');
  exponent_a = top;
}

}  // namespace

Outcome<Decimal> Decimal::make(bool negative, std::string digits, int exponent) {
  const std::size_t first = digits.find_first_not_of('0');
  if (first == std::string::npos) return Decimal();
  digits.erase(0, first);
  exponent -= static_cast<int>(first);
  digits.erase(digits.find_last_not_of('0') + 1);
  const int magnitude = exponent - 1;
  if (magnitude > kMaxMagnitude) {
    return invalid(
        "Number overflow. Attempting to store a number with magnitude larger than supported range");
  }
  if (magnitude < kMinMagnitude) {
    return invalid(
        "Number underflow. Attempting to store a number with magnitude smaller than supported "
        "range");
  }
  if (digits.size() > kMaxDigits) {
    return invalid("Attempting to store more than 38 significant digits in a Number");
  }
  Decimal decimal;
  decimal.negative_ = negative;
  decimal.exponent_ = exponent;
  decimal.digits_ = std::move(digits);
  return decimal;
}

Outcome<Decimal> Decimal::parse(std::string_view text) {
  if (text.empty()) return invalid("The parameter cannot be converted to a numeric value");
  std::string_view rest = text;
  const bool negative = rest.front() == '-';
  if (rest.front() == '-' || rest.front() == '+') rest.remove_prefix(1);
  Mantissa mantissa = read_mantissa(rest);
  if (mantissa.digits.empty()) return not_a_number(text);
  rest.remove_prefix(mantissa.used);
  int exponent = 0;
  if (!rest.empty()) {
    if (rest.front() != 'e' && rest.front() != 'E') return not_a_number(text);
    rest.remove_prefix(1);
    const bool below_one = !rest.empty() && rest.front() == '-';
    if (!rest.empty() && (rest.front() == '-' || rest.front() == '+')) rest.remove_prefix(1);
    if (rest.empty() || !std::all_of(rest.begin(), rest.end(), is_digit)) return not_a_number(text);
    // Far outside the range already; a longer exponent could only overflow the integer.
    constexpr int kFar = 100'000'000;
    for (const char c : rest) exponent = std::min(exponent * 10 + (c - '0'), kFar);
    if (below_one) exponent = -exponent;
  }
  return make(negative, std::move(mantissa.digits), mantissa.point + exponent);
}

Outcome<Decimal> Decimal::add(const Decimal& a, const Decimal& b) {
  if (a.is_zero()) return b;
  if (b.is_zero()) return a;
  if (a.negative_ != b.negative_ && compare_magnitudes(a, b) < 0) return add(b, a);
  std::string x = a.digits_;
  std::string y = b.digits_;
  int exponent = a.exponent_;
  align(x, exponent, y, b.exponent_);
  int carry = 0;
  const bool same_sign = a.negative_ == b.negative_;
  for (std::size_t i = x.size(); i-- > 0;) {
    int digit = (x[i] - '0') + (same_sign ? y[i] - '0' : '0' - y[i]) + carry;
    carry = digit > 9 ? 1 : digit < 0 ? -1 : 0;
    digit -= carry * 10;
    x[i] = static_cast<char>('0' + digit);
  }
  if (carry == 1) {
    x.insert(0, 1, '1');
    ++exponent;
  }
  return make(a.negative_, std::move(x), exponent);
}

Outcome<Decimal> Decimal::subtract(const Decimal& a, const Decimal& b) {
  Decimal negated = b;
  if (!negated.is_zero()) negated.negative_ = !negated.negative_;
  return add(a, negated);
}

std::string Decimal::text() const {
  if (is_zero()) return "0";
  std::string text = negative_ ? "-" : "";
  if (exponent_ <= 0) {
    text += "0.";
    text.append(static_cast<std::size_t>(-exponent_), '0');
    return text + digits_;
  }
  const auto whole_digits = static_cast<std::size_t>(exponent_);
  if (whole_digits >= digits_.size()) {
    text += digits_;
    text.append(whole_digits - digits_.size(), '0');
    return text;
  }
  return text + digits_.substr(0, whole_digits) + "." + digits_.substr(whole_digits);
}

void Decimal::append_ordered(std::string& out) const {
  if (is_zero()) {
    out += '\x80';
    return;
  }
  // Positive: C0, exponent, pairs of digits as 1…100. Negative: the same bytes complemented, so
  // that larger magnitudes come first, and a last byte above every pair, so that shorter ones come
  // last.
  const auto flip = static_cast<unsigned char>(negative_ ? 0xff : 0x00);
  const auto put = [&](unsigned byte) {
    out += static_cast<char>(static_cast<unsigned char>(byte) ^ flip);
  };
  const unsigned exponent = static_cast<unsigned>(exponent_ + 1000);
  put(0xc0);
  put(exponent >> 8);
  put(exponent & 0xff);
  for (std::size_t i = 0; i < digits_.size(); i += 2) {
    const int low = i + 1 < digits_.size() ? digits_[i + 1] - '0' : 0;
    put(static_cast<unsigned>((digits_[i] - '0') * 10 + low + 1));
  }
  if (negative_) out += '\xff';
}

std::size_t Decimal::size() const { return 1 + (digits_.size() + 1) / 2 + (negative_ ? 1 : 0); }

long long Decimal::whole() const {
  constexpr int kMost = 18;
  if (exponent_ > kMost) return negative_ ? -1'000'000'000'000'000'000 : 1'000'000'000'000'000'000;
  long long number = 0;
  for (int i = 0; i < exponent_; ++i) {
    const auto at = static_cast<std::size_t>(i);
    number = number * 10 + (at < digits_.size() ? digits_[at] - '0' : 0);
  }
  return negative_ ? -number : number;
}

std::strong_ordering Decimal::compare_magnitudes(const Decimal& a, const Decimal& b) {
  if (a.is_zero() || b.is_zero()) return b.is_zero() <=> a.is_zero();
  if (a.exponent_ != b.exponent_) return a.exponent_ <=> b.exponent_;
  return a.digits_.compare(b.digits_) <=> 0;
}

std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) {
  if (a.negative_ != b.negative_) return b.negative_ <=> a.negative_;
  return a.negative_ ? Decimal::compare_magnitudes(b, a) : Decimal::compare_magnitudes(a, b);
}

}  // namespace eventsd::data::dynamodb
