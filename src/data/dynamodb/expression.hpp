// What expressions say, with every placeholder replaced.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/dynamodb/path.hpp"

namespace eventsd::data::dynamodb {

enum class Function : std::uint8_t {
  attribute_exists,
  attribute_not_exists,
  attribute_type,
  begins_with,
  contains,
  size,
  if_not_exists,
  list_append,
  plus,
  minus,
};

// The name as expressions write it.
std::string_view function_name(Function function);

using ValuePtr = std::shared_ptr<const Value>;

// One of: a document path, a value, a function of operands.
struct Operand {
  Path path;       // empty: not a path
  ValuePtr value;  // null: not a value
  Function function = Function::size;
  std::vector<Operand> arguments;  // empty: not a function

  bool is_path() const { return !path.empty(); }
  bool is_value() const { return value != nullptr; }
  bool is_function() const { return !arguments.empty(); }
};

enum class Test : std::uint8_t {
  all,     // AND of the parts
  any,     // OR of the parts
  negate,  // NOT of the one part
  equal,
  not_equal,
  less,
  less_or_equal,
  greater,
  greater_or_equal,
  between,   // three operands
  in,        // the first is among the others
  function,  // one operand, a function that is true or false
};

// "=", "BETWEEN", "AND" …; empty for Test::function.
std::string_view test_name(Test test);

struct Condition {
  Test test = Test::all;
  std::vector<Condition> parts;
  std::vector<Operand> operands;
};

enum class UpdateKind : std::uint8_t { set, remove, add, delete_elements };

struct UpdateAction {
  UpdateKind kind = UpdateKind::set;
  Path path;
  Operand value;  // set: anything but conditions; add, delete_elements: a value
};
using Update = std::vector<UpdateAction>;

}  // namespace eventsd::data::dynamodb
