#include <algorithm>

#include "data/dynamodb/evaluate.hpp"

namespace eventsd::data::dynamodb {

namespace {

// A string's length as DynamoDB's own language counts it: UTF-16 units.
std::size_t utf16_length(const std::string& text) {
  std::size_t length = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xc0) != 0x80) length += byte >= 0xf0 ? 2 : 1;
  }
  return length;
}

std::optional<std::size_t> element_count(const Value& value) {
  switch (value.type()) {
    case Type::string:
      return utf16_length(*value.get<std::string>());
    case Type::binary:
      return value.get<Binary>()->bytes.size();
    case Type::list:
      return value.get<List>()->size();
    case Type::map:
      return value.get<Item>()->size();
    case Type::string_set:
      return value.get<StringSet>()->size();
    case Type::number_set:
      return value.get<NumberSet>()->size();
    case Type::binary_set:
      return value.get<BinarySet>()->size();
    default:
      return std::nullopt;
  }
}

// An operand's value, kept alive when it had to be made.
class Evaluated {
 public:
  Evaluated(const Operand& operand, const Item& item) {
    if (operand.is_value()) {
      value_ = operand.value.get();
    } else if (operand.is_path()) {
      value_ = find(item, operand.path);
    } else {
      measure(Evaluated(operand.arguments[0], item));
    }
  }
  const Value* get() const { return made_ ? &*made_ : value_; }

 private:
  void measure(const Evaluated& argument) {
    if (argument.get() == nullptr) return;
    const std::optional<std::size_t> count = element_count(*argument.get());
    if (count) made_ = Value{*Decimal::parse(std::to_string(*count))};
  }

  const Value* value_ = nullptr;
  std::optional<Value> made_;
};

bool begins_with(const Value& value, const Value& prefix) {
  const auto* text = value.get<std::string>();
  const auto* start = prefix.get<std::string>();
  if (text != nullptr && start != nullptr) return text->starts_with(*start);
  const auto* bytes = value.get<Binary>();
  const auto* first = prefix.get<Binary>();
  return bytes != nullptr && first != nullptr && bytes->bytes.starts_with(first->bytes);
}

template <typename Set, typename Element>
bool has_element(const Value& value, const Value& element) {
  const Set* set = value.get<Set>();
  const Element* wanted = element.get<Element>();
  return set != nullptr && wanted != nullptr && set->contains(*wanted);
}

bool contains(const Value& value, const Value& part) {
  const auto* text = value.get<std::string>();
  if (const auto* wanted = part.get<std::string>(); text != nullptr && wanted != nullptr) {
    return text->find(*wanted) != std::string::npos;
  }
  const auto* bytes = value.get<Binary>();
  if (const auto* wanted = part.get<Binary>(); bytes != nullptr && wanted != nullptr) {
    return bytes->bytes.find(wanted->bytes) != std::string::npos;
  }
  if (const List* list = value.get<List>()) {
    return std::find(list->begin(), list->end(), part) != list->end();
  }
  return has_element<StringSet, std::string>(value, part) ||
         has_element<NumberSet, Decimal>(value, part) ||
         has_element<BinarySet, Binary>(value, part);
}

bool call_holds(const Operand& call, const Item& item) {
  const Evaluated subject(call.arguments[0], item);
  const Value* value = subject.get();
  if (call.function == Function::attribute_exists) return value != nullptr;
  if (call.function == Function::attribute_not_exists) return value == nullptr;
  const Evaluated second(call.arguments[1], item);
  const Value* argument = second.get();
  if (value == nullptr || argument == nullptr) return false;
  switch (call.function) {
    case Function::begins_with:
      return begins_with(*value, *argument);
    case Function::contains:
      return contains(*value, *argument);
    case Function::attribute_type: {
      const auto* name = argument->get<std::string>();
      return name != nullptr && type_name(value->type()) == *name;
    }
    default:
      return false;
  }
}

bool comparison_holds(Test test, const Value* left, const Value* right) {
  if (left == nullptr || right == nullptr) return test == Test::not_equal;
  if (test == Test::equal) return *left == *right;
  if (test == Test::not_equal) return !(*left == *right);
  const std::optional<std::strong_ordering> order = compare(*left, *right);
  if (!order) return false;
  switch (test) {
    case Test::less:
      return *order < 0;
    case Test::less_or_equal:
      return *order <= 0;
    case Test::greater:
      return *order > 0;
    case Test::greater_or_equal:
      return *order >= 0;
    default:
      return false;
  }
}

}  // namespace

bool holds(const Condition& condition, const Item& item) {
  const auto part_holds = [&](const Condition& part) { return holds(part, item); };
  const std::vector<Condition>& parts = condition.parts;
  switch (condition.test) {
    case Test::all:
      return std::all_of(parts.begin(), parts.end(), part_holds);
    case Test::any:
      return std::any_of(parts.begin(), parts.end(), part_holds);
    case Test::negate:
      return !holds(parts[0], item);
    case Test::function:
      return call_holds(condition.operands[0], item);
    default:
      break;
  }
  const Evaluated left(condition.operands[0], item);
  const auto compares = [&](Test test, std::size_t operand) {
    const Evaluated right(condition.operands[operand], item);
    return comparison_holds(test, left.get(), right.get());
  };
  if (condition.test == Test::between) {
    return compares(Test::greater_or_equal, 1) && compares(Test::less_or_equal, 2);
  }
  if (condition.test == Test::in) {
    for (std::size_t i = 1; i < condition.operands.size(); ++i) {
      if (compares(Test::equal, i)) return true;
    }
    return false;
  }
  return compares(condition.test, 1);
}

}  // namespace eventsd::data::dynamodb
