// What the parsers of the three grammars have in common.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/dynamodb/expression.hpp"
#include "data/dynamodb/placeholders.hpp"
#include "data/dynamodb/token.hpp"

namespace eventsd::data::dynamodb {

// What can be wrong with an expression, what is reported first coming first.
enum class Fault : std::uint8_t {
  syntax,
  parentheses,
  unknown_function,
  misused_function,
  reserved_word,
  section,
  placeholder,
  overlap,
  operands,
  distinct,
  operand_type,
  count_,
};

// A recursive-descent parser keeps the first fault of each kind and goes on. After a syntax error
// it stands at the end of the source, where every loop ends.
class Parser {
 public:
  Parser(std::string_view source, Placeholders& placeholders);
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

 protected:
  const Token& peek() const { return tokens_[position_]; }
  const Token& peek_after() const;
  bool at_end() const { return peek().kind == TokenKind::end; }
  Token next();
  bool accept(std::string_view symbol);
  void expect(std::string_view symbol);
  // Keywords are words without regard to case.
  bool at_keyword(std::string_view keyword) const;
  bool accept_keyword(std::string_view keyword);
  // The token here does not belong here.
  void refuse();
  bool refused() const { return refused_; }
  void note(Fault fault, std::string message);

  // A function's name, when the next tokens are NAME ( … .
  bool at_function() const;
  // A path; its first step must be a name.
  Path parse_path();
  // A path, :value or function (its arguments in operands of the same kind).
  Operand parse_operand();
  // Type, count and sense of the arguments. The grammar that is parsed allows `names`.
  void check_function(const Operand& call);
  virtual std::optional<Function> function_named(std::string_view name) const = 0;
  // May `inner` be an argument of another function?
  virtual bool may_nest(Function inner) const = 0;
  // An operand that may stand in parentheses.
  virtual Operand parse_argument() = 0;

  // Guards against deep recursion: false, and a fault, when it is too deep.
  bool enter();
  void leave() { --depth_; }

  // The first fault in their order, with "Invalid <kind>: " in front; empty when there is none.
  std::optional<Failure> failure(std::string_view kind) const;

  ~Parser() = default;

 private:
  std::string parse_step_name();
  Operand parse_call();

  std::string_view source_;
  Placeholders& placeholders_;
  std::vector<Token> tokens_;
  std::size_t position_ = 0;
  std::size_t depth_ = 0;
  bool refused_ = false;
  std::array<std::string, static_cast<std::size_t>(Fault::count_)> faults_;
};

}  // namespace eventsd::data::dynamodb
