// Attribute values and items, with the rules that do not depend on a table.
#pragma once

#include <compare>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "data/dynamodb/decimal.hpp"

namespace eventsd::data::dynamodb {

struct Value;

struct Null {
  friend bool operator==(Null, Null) = default;
};
struct Binary {
  std::string bytes;
  friend auto operator<=>(const Binary&, const Binary&) = default;
};
using List = std::vector<Value>;
using Item = std::map<std::string, Value, std::less<>>;
using StringSet = std::set<std::string>;
using NumberSet = std::set<Decimal>;
using BinarySet = std::set<Binary>;

// In the order of Value::data.
enum class Type : std::uint8_t {
  null,
  boolean,
  string,
  number,
  binary,
  list,
  map,
  string_set,
  number_set,
  binary_set,
};

struct Value {
  std::variant<Null, bool, std::string, Decimal, Binary, List, Item, StringSet, NumberSet,
               BinarySet>
      data;

  Type type() const { return static_cast<Type>(data.index()); }
  template <typename T>
  const T* get() const {
    return std::get_if<T>(&data);
  }
  template <typename T>
  T* get() {
    return std::get_if<T>(&data);
  }
};

// Sets without regard to order, numbers by value; values of different types are not equal.
bool operator==(const Value& a, const Value& b);

// How a comes to b, for strings (UTF-8 bytes), numbers and binaries; absent when the types differ
// or have no order.
std::optional<std::strong_ordering> compare(const Value& a, const Value& b);

// "S", "N", "B", "NULL", "BOOL", "L", "M", "SS", "NS", "BS"
std::string_view type_name(Type type);
std::optional<Type> type_of_name(std::string_view name);

// Limits of DynamoDB.
constexpr std::size_t kMaxItemBytes = 400 * 1024;
constexpr std::size_t kMaxNesting = 32;
constexpr std::size_t kMaxHashKeyBytes = 2048;
constexpr std::size_t kMaxRangeKeyBytes = 1024;

// Bytes that count for limits and capacity: names and values.
std::size_t size_of(const Value& value);
std::size_t size_of(const Item& item);

}  // namespace eventsd::data::dynamodb
