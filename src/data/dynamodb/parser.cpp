#include "data/dynamodb/parser.hpp"

#include <algorithm>
#include <charconv>

#include "data/dynamodb/parse.hpp"
#include "data/dynamodb/reserved_words.hpp"

namespace eventsd::data::dynamodb {

namespace {

constexpr std::size_t kMaxDepth = 100;
constexpr std::size_t kMaxPathSteps = kMaxNesting;

bool equals_keyword(std::string_view word, std::string_view keyword) {
  return word.size() == keyword.size() &&
         std::equal(word.begin(), word.end(), keyword.begin(), [](char a, char b) {
           return (a >= 'a' && a <= 'z' ? static_cast<char>(a - 32) : a) == b;
         });
}

std::string wrong_type(Function function, std::string_view type) {
  return "Incorrect operand type for operator or function; operator or function: " +
         std::string(function_name(function)) + ", operand type: " + std::string(type);
}

std::size_t operand_count(Function function) {
  switch (function) {
    case Function::attribute_exists:
    case Function::attribute_not_exists:
    case Function::size:
      return 1;
    default:
      return 2;
  }
}

bool needs_path_first(Function function) {
  return function == Function::attribute_exists || function == Function::attribute_not_exists ||
         function == Function::if_not_exists;
}

// The fault in an argument that is a value; empty when it is right.
std::string type_fault(Function function, std::size_t argument, const Value& value) {
  const Type type = value.type();
  const auto wrong = [&] { return wrong_type(function, type_name(type)); };
  switch (function) {
    case Function::begins_with:
      return type == Type::string || type == Type::binary ? "" : wrong();
    case Function::size:
      return type == Type::number || type == Type::boolean || type == Type::null ? wrong() : "";
    case Function::list_append:
      return type == Type::list ? "" : wrong();
    case Function::plus:
    case Function::minus:
      return type == Type::number ? "" : wrong();
    case Function::attribute_type: {
      if (argument == 0) return "";
      if (type != Type::string) return wrong();
      const std::string& name = *value.get<std::string>();
      if (type_of_name(name)) return "";
      return "Invalid attribute type name found; type: " + name +
             ", valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}";
    }
    default:
      return "";
  }
}

}  // namespace

Parser::Parser(std::string_view source, Placeholders& placeholders)
    : source_(source), placeholders_(placeholders), tokens_(tokenize(source)) {
  if (source.empty()) {
    note(Fault::syntax, "The expression can not be empty;");
  } else if (source.size() > kMaxExpressionBytes) {
    note(Fault::syntax, "Expression size has exceeded the maximum allowed size; expression size: " +
                            std::to_string(source.size()));
    refused_ = true;
    position_ = tokens_.size() - 1;
  }
}

const Token& Parser::peek_after() const {
  return tokens_[std::min(position_ + 1, tokens_.size() - 1)];
}

Token Parser::next() {
  const Token token = peek();
  if (token.kind != TokenKind::end) ++position_;
  return token;
}

bool Parser::accept(std::string_view symbol) {
  if (peek().kind != TokenKind::symbol || peek().text != symbol) return false;
  ++position_;
  return true;
}

void Parser::expect(std::string_view symbol) {
  if (!accept(symbol)) refuse();
}

bool Parser::at_keyword(std::string_view keyword) const {
  return peek().kind == TokenKind::word && equals_keyword(peek().text, keyword);
}

bool Parser::accept_keyword(std::string_view keyword) {
  if (!at_keyword(keyword)) return false;
  ++position_;
  return true;
}

void Parser::refuse() {
  note(Fault::syntax, syntax_error(source_, tokens_, position_));
  refused_ = true;
  position_ = tokens_.size() - 1;
}

void Parser::note(Fault fault, std::string message) {
  std::string& slot = faults_.at(static_cast<std::size_t>(fault));
  if (slot.empty()) slot = std::move(message);
}

bool Parser::at_function() const {
  return peek().kind == TokenKind::word && peek_after().kind == TokenKind::symbol &&
         peek_after().text == "(";
}

std::string Parser::parse_step_name() {
  if (peek().kind == TokenKind::name) {
    const Token token = next();
    const std::string* name = placeholders_.name(token.text);
    if (name != nullptr) return *name;
    note(Fault::placeholder,
         "An expression attribute name used in the document path is not defined; attribute name: " +
             std::string(token.text));
    return std::string(token.text);
  }
  if (peek().kind != TokenKind::word) {
    refuse();
    return "?";
  }
  const Token token = next();
  if (is_reserved_word(token.text)) {
    note(Fault::reserved_word,
         "Attribute name is a reserved keyword; reserved keyword: " + std::string(token.text));
  }
  return std::string(token.text);
}

Path Parser::parse_path() {
  Path path;
  path.emplace_back(parse_step_name());
  while (!refused_) {
    if (accept(".")) {
      path.emplace_back(parse_step_name());
    } else if (accept("[")) {
      if (peek().kind != TokenKind::number) {
        refuse();
        break;
      }
      const Token token = next();
      std::size_t index = 0;
      const auto [end, error] =
          std::from_chars(token.text.data(), token.text.data() + token.text.size(), index);
      if (error != std::errc() || index > 0x7fffffff) {
        note(Fault::syntax, "List index is not within the allowable range; index: [" +
                                std::string(token.text) + "]");
      }
      path.emplace_back(index);
      expect("]");
    } else {
      break;
    }
  }
  if (path.size() > kMaxPathSteps) {
    note(Fault::overlap, "The document path has too many nesting elements; nesting levels: " +
                             std::to_string(path.size()));
  }
  return path;
}

Operand Parser::parse_operand() {
  Operand operand;
  if (peek().kind == TokenKind::value) {
    const Token token = next();
    operand.value = placeholders_.value(token.text);
    if (operand.value == nullptr) {
      note(Fault::placeholder,
           "An expression attribute value used in expression is not defined; attribute value: " +
               std::string(token.text));
      operand.value = std::make_shared<const Value>();
    }
    return operand;
  }
  if (at_function()) return parse_call();
  operand.path = parse_path();
  return operand;
}

Operand Parser::parse_call() {
  Operand call;
  const Token name = next();
  const std::optional<Function> function = function_named(name.text);
  if (!function) {
    note(Fault::unknown_function, "Invalid function name; function: " + std::string(name.text));
  }
  call.function = function.value_or(Function::size);
  expect("(");
  if (!enter()) return call;
  do {
    call.arguments.push_back(parse_argument());
  } while (accept(","));
  leave();
  expect(")");
  for (const Operand& argument : call.arguments) {
    if (argument.is_function() && !may_nest(argument.function)) {
      note(Fault::misused_function,
           "The function is not allowed to be used this way in an expression; function: " +
               std::string(function_name(argument.function)));
    }
  }
  if (function && !refused_) check_function(call);
  return call;
}

void Parser::check_function(const Operand& call) {
  const std::vector<Operand>& arguments = call.arguments;
  const std::string name(function_name(call.function));
  if (arguments.size() != operand_count(call.function)) {
    note(Fault::operands,
         "Incorrect number of operands for operator or function; operator or function: " + name +
             ", number of operands: " + std::to_string(arguments.size()));
    return;
  }
  if (arguments.size() == 2 && arguments[0].is_path() && arguments[0].path == arguments[1].path &&
      (call.function == Function::contains || call.function == Function::begins_with)) {
    note(Fault::distinct,
         "The first operand must be distinct from the remaining operands for this operator or "
         "function; operator: " +
             name + ", first operand: " + path_text(arguments[0].path));
  }
  if (needs_path_first(call.function) && !arguments[0].is_path()) {
    note(Fault::operand_type,
         "Operator or function requires a document path; operator or function: " + name);
  }
  if (call.function == Function::attribute_type && !arguments[1].is_value()) {
    note(Fault::operand_type, wrong_type(call.function, "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}"));
  }
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (!arguments[i].is_value()) continue;
    std::string fault = type_fault(call.function, i, *arguments[i].value);
    if (!fault.empty()) note(Fault::operand_type, std::move(fault));
  }
}

bool Parser::enter() {
  if (++depth_ <= kMaxDepth) return true;
  note(Fault::syntax,
       "The expression has too many nesting levels; limit: " + std::to_string(kMaxDepth));
  refused_ = true;
  position_ = tokens_.size() - 1;
  return false;
}

std::optional<Failure> Parser::failure(std::string_view kind) const {
  for (const std::string& fault : faults_) {
    if (!fault.empty()) return invalid("Invalid " + std::string(kind) + ": " + fault);
  }
  return std::nullopt;
}

}  // namespace eventsd::data::dynamodb
