#include <array>
#include <utility>

#include "data/dynamodb/parse.hpp"
#include "data/dynamodb/parser.hpp"

namespace eventsd::data::dynamodb {

namespace {

constexpr std::size_t kMaxOperators = 300;
constexpr std::size_t kMaxInOperands = 100;

// "(" opens a condition or an operand; which one shows only later.
struct Node {
  std::variant<Condition, Operand> what;
  bool parenthesised = false;  // nothing but a parenthesised node
};

class ConditionParser final : public Parser {
 public:
  using Parser::Parser;

  Outcome<Condition> parse(std::string_view kind) {
    Node node = parse_any();
    Condition condition = as_condition(std::move(node));
    if (!at_end()) refuse();
    if (operators_ > kMaxOperators) {
      note(Fault::operands, "The expression contains too many operators; operator count: " +
                                std::to_string(operators_));
    }
    if (std::optional<Failure> fault = failure(kind)) return std::move(*fault);
    return condition;
  }

 private:
  std::optional<Function> function_named(std::string_view name) const override {
    for (const Function function :
         {Function::attribute_exists, Function::attribute_not_exists, Function::attribute_type,
          Function::begins_with, Function::contains, Function::size}) {
      if (function_name(function) == name) return function;
    }
    return std::nullopt;
  }
  bool may_nest(Function inner) const override { return inner == Function::size; }
  Operand parse_argument() override { return as_operand(parse_operand_node()); }

  // a OR b OR c, and so on for AND: one condition with many parts, so that depth stays small.
  Node parse_chain(std::string_view keyword, Test test, Node (ConditionParser::*parse_part)()) {
    Node first = (this->*parse_part)();
    if (!at_keyword(keyword)) return first;
    Condition chain{.test = test, .parts = {}, .operands = {}};
    chain.parts.push_back(as_condition(std::move(first)));
    while (accept_keyword(keyword)) {
      ++operators_;
      chain.parts.push_back(as_condition((this->*parse_part)()));
    }
    return {.what = std::move(chain)};
  }
  Node parse_any() {
    if (!enter()) return {.what = Condition{}};
    Node node = parse_chain("OR", Test::any, &ConditionParser::parse_all);
    leave();
    return node;
  }
  Node parse_all() { return parse_chain("AND", Test::all, &ConditionParser::parse_negation); }

  Node parse_negation() {
    if (!accept_keyword("NOT")) return parse_comparison();
    ++operators_;
    Condition condition{.test = Test::negate, .parts = {}, .operands = {}};
    if (!enter()) return {.what = std::move(condition)};
    condition.parts.push_back(as_condition(parse_negation()));
    leave();
    return {.what = std::move(condition)};
  }

  Node parse_comparison() {
    Node left = parse_operand_node();
    const std::optional<Test> test = accept_test();
    if (!test) return left;
    ++operators_;
    Condition condition{.test = *test, .parts = {}, .operands = {}};
    condition.operands.push_back(as_operand(std::move(left)));
    if (*test == Test::between) {
      condition.operands.push_back(parse_argument());
      if (!accept_keyword("AND")) refuse();
      condition.operands.push_back(parse_argument());
    } else if (*test == Test::in) {
      parse_in_list(condition);
    } else {
      condition.operands.push_back(parse_argument());
    }
    if (!refused()) check_comparison(condition);
    return {.what = std::move(condition)};
  }

  std::optional<Test> accept_test() {
    static constexpr std::array<std::pair<std::string_view, Test>, 6> kComparators = {{
        {"=", Test::equal},
        {"<>", Test::not_equal},
        {"<", Test::less},
        {"<=", Test::less_or_equal},
        {">", Test::greater},
        {">=", Test::greater_or_equal},
    }};
    for (const auto& [symbol, test] : kComparators) {
      if (accept(symbol)) return test;
    }
    if (accept_keyword("BETWEEN")) return Test::between;
    if (accept_keyword("IN")) return Test::in;
    return std::nullopt;
  }

  void parse_in_list(Condition& condition) {
    expect("(");
    do {
      condition.operands.push_back(parse_argument());
    } while (accept(","));
    expect(")");
    if (condition.operands.size() - 1 > kMaxInOperands) {
      note(Fault::operands,
           "The number of operands for the IN operator exceeds the limit; number of operands: " +
               std::to_string(condition.operands.size() - 1) + ", limit: 100");
    }
  }

  Node parse_operand_node() {
    if (accept("(")) {
      Node inner = parse_any();
      if (inner.parenthesised) {
        note(Fault::parentheses, "The expression has redundant parentheses;");
      }
      expect(")");
      inner.parenthesised = true;
      return inner;
    }
    if (at_keyword("AND") || at_keyword("OR") || at_keyword("NOT") || at_keyword("BETWEEN") ||
        at_keyword("IN")) {
      refuse();
    }
    return {.what = parse_operand()};
  }

  Operand as_operand(Node node) {
    if (auto* operand = std::get_if<Operand>(&node.what)) return std::move(*operand);
    refuse();  // a comparison cannot be compared
    return {};
  }

  Condition as_condition(Node node) {
    if (auto* condition = std::get_if<Condition>(&node.what)) return std::move(*condition);
    auto& operand = std::get<Operand>(node.what);
    Condition condition{.test = Test::function, .parts = {}, .operands = {}};
    if (!operand.is_function()) {
      refuse();
    } else if (operand.function == Function::size) {
      misuse(operand);
    }
    condition.operands.push_back(std::move(operand));
    return condition;
  }

  void misuse(const Operand& call) {
    note(Fault::misused_function,
         "The function is not allowed to be used this way in an expression; function: " +
             std::string(function_name(call.function)));
  }

  void check_comparison(const Condition& condition) {
    const std::vector<Operand>& operands = condition.operands;
    for (const Operand& operand : operands) {
      if (operand.is_function() && operand.function != Function::size) misuse(operand);
    }
    if (condition.test != Test::in && condition.test != Test::between && operands[0].is_path() &&
        operands[0].path == operands[1].path) {
      note(Fault::distinct,
           "The first operand must be distinct from the remaining operands for this operator or "
           "function; operator: " +
               std::string(test_name(condition.test)) +
               ", first operand: " + path_text(operands[0].path));
    }
    if (condition.test == Test::between) check_bounds(operands[1], operands[2]);
    if (condition.test != Test::in && condition.test != Test::equal &&
        condition.test != Test::not_equal) {
      check_ordered(condition);
    }
  }

  // Only strings, numbers and binaries have an order.
  void check_ordered(const Condition& condition) {
    for (const Operand& operand : condition.operands) {
      if (!operand.is_value() || compare(*operand.value, *operand.value)) continue;
      note(Fault::operand_type,
           "Incorrect operand type for operator or function; operator or function: " +
               std::string(test_name(condition.test)) +
               ", operand type: " + std::string(type_name(operand.value->type())));
    }
  }

  void check_bounds(const Operand& lower, const Operand& upper) {
    if (!lower.is_value() || !upper.is_value()) return;
    const auto shown = [](const Value& value) {
      std::string text = "AttributeValue: {" + std::string(type_name(value.type())) + ":";
      if (const auto* string = value.get<std::string>()) text += *string;
      if (const auto* number = value.get<Decimal>()) text += number->text();
      return text + "}";
    };
    const std::string bounds = "; lower bound operand: " + shown(*lower.value) +
                               ", upper bound operand: " + shown(*upper.value);
    if (lower.value->type() != upper.value->type()) {
      note(Fault::operand_type,
           "The BETWEEN operator requires same data type for lower and upper bounds" + bounds);
    } else if (const auto order = compare(*lower.value, *upper.value); order && *order > 0) {
      note(Fault::operand_type,
           "The BETWEEN operator requires upper bound to be greater than or equal to lower bound" +
               bounds);
    }
  }

  std::size_t operators_ = 0;
};

}  // namespace

Outcome<Condition> parse_condition(std::string_view kind, std::string_view source,
                                   Placeholders& placeholders) {
  return ConditionParser(source, placeholders).parse(kind);
}

}  // namespace eventsd::data::dynamodb
