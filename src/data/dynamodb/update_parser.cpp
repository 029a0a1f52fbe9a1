#include <set>

#include "data/dynamodb/parse.hpp"
#include "data/dynamodb/parser.hpp"

namespace eventsd::data::dynamodb {

namespace {

// UpdateExpression and ProjectionExpression: neither has conditions.
class UpdateParser final : public Parser {
 public:
  using Parser::Parser;

  Outcome<Update> parse_update() {
    do {
      parse_section();
    } while (!at_end());
    check_overlaps(Fault::overlap);
    if (std::optional<Failure> fault = failure("UpdateExpression")) return std::move(*fault);
    return std::move(update_);
  }

  Outcome<std::vector<Path>> parse_projection() {
    do {
      update_.push_back({.path = parse_path(), .value = {}});
    } while (accept(","));
    if (!at_end()) refuse();
    check_overlaps(Fault::overlap);
    if (std::optional<Failure> fault = failure("ProjectionExpression")) return std::move(*fault);
    std::vector<Path> paths;
    for (UpdateAction& action : update_) paths.push_back(std::move(action.path));
    return paths;
  }

 private:
  std::optional<Function> function_named(std::string_view name) const override {
    for (const Function function : {Function::if_not_exists, Function::list_append}) {
      if (function_name(function) == name) return function;
    }
    return std::nullopt;
  }
  bool may_nest(Function inner) const override {
    return inner == Function::if_not_exists || inner == Function::list_append;
  }
  Operand parse_argument() override {
    if (!accept("(")) return parse_operand();
    if (!enter()) return {};
    Operand inner = parse_argument();
    leave();
    expect(")");
    return inner;
  }

  void parse_section() {
    if (accept_keyword("SET")) {
      begin_section("SET");
      parse_actions(UpdateKind::set);
    } else if (accept_keyword("REMOVE")) {
      begin_section("REMOVE");
      parse_actions(UpdateKind::remove);
    } else if (accept_keyword("ADD")) {
      begin_section("ADD");
      parse_actions(UpdateKind::add);
    } else if (accept_keyword("DELETE")) {
      begin_section("DELETE");
      parse_actions(UpdateKind::delete_elements);
    } else {
      refuse();
    }
  }

  void begin_section(const std::string& name) {
    if (sections_.insert(name).second) return;
    note(Fault::section,
         "The \"" + name + "\" section can only be used once in an update expression;");
  }

  void parse_actions(UpdateKind kind) {
    do {
      UpdateAction action{.kind = kind, .path = parse_path(), .value = {}};
      switch (kind) {
        case UpdateKind::set:
          expect("=");
          if (!refused()) action.value = parse_set_value();
          break;
        case UpdateKind::remove:
          break;
        case UpdateKind::add:
        case UpdateKind::delete_elements:
          if (peek().kind != TokenKind::value) {
            refuse();
            break;
          }
          action.value = parse_operand();
          check_operand(kind, *action.value.value);
          break;
      }
      update_.push_back(std::move(action));
    } while (accept(","));
  }

  // operand [+|- operand], all of it in parentheses or not
  Operand parse_set_value() {
    if (peek().text == "(" && peek().kind == TokenKind::symbol) {
      accept("(");
      if (!enter()) return {};
      Operand inner = parse_set_value();
      leave();
      expect(")");
      return parse_sum(std::move(inner));
    }
    return parse_sum(parse_operand());
  }

  Operand parse_sum(Operand left) {
    std::optional<Function> sign;
    if (accept("+")) {
      sign = Function::plus;
    } else if (accept("-")) {
      sign = Function::minus;
    }
    if (!sign) return left;
    // (a + b) + c is more than the grammar has.
    if (left.is_function() &&
        (left.function == Function::plus || left.function == Function::minus)) {
      refuse();
    }
    Operand sum;
    sum.function = *sign;
    sum.arguments.push_back(std::move(left));
    sum.arguments.push_back(parse_argument());
    if (!refused()) check_function(sum);
    return sum;
  }

  void check_operand(UpdateKind kind, const Value& value) {
    const Type type = value.type();
    if (type == Type::string_set || type == Type::number_set || type == Type::binary_set) return;
    if (kind == UpdateKind::add && type == Type::number) return;
    const std::string name = kind == UpdateKind::add ? "ADD" : "DELETE";
    note(Fault::operand_type, "Incorrect operand type for operator or function; operator: " + name +
                                  ", operand type: " + long_name(type) + ", typeSet: ALLOWED_FOR_" +
                                  name + "_OPERAND");
  }

  static std::string long_name(Type type) {
    switch (type) {
      case Type::string:
        return "STRING";
      case Type::number:
        return "NUMBER";
      case Type::binary:
        return "BINARY";
      case Type::boolean:
        return "BOOLEAN";
      case Type::list:
        return "LIST";
      case Type::map:
        return "MAP";
      default:
        return "NULL";
    }
  }

  void check_overlaps(Fault fault) {
    if (refused()) return;
    for (std::size_t i = 0; i < update_.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        std::string clash = clash_of(update_[j].path, update_[i].path);
        if (!clash.empty()) note(fault, std::move(clash));
      }
    }
  }

  Update update_;
  std::set<std::string> sections_;
};

}  // namespace

Outcome<Update> parse_update(std::string_view source, Placeholders& placeholders) {
  return UpdateParser(source, placeholders).parse_update();
}

Outcome<std::vector<Path>> parse_projection(std::string_view source, Placeholders& placeholders) {
  return UpdateParser(source, placeholders).parse_projection();
}

}  // namespace eventsd::data::dynamodb
