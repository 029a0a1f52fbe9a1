// The statement builder: its numbers match its values, what it has numbered it takes no second
// time, and text in a string literal is never a name.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "data/rds/field_value.hpp"
#include "data/rds/sql_parameters.hpp"
#include "data/rds/statement.hpp"

namespace {

using namespace eventsd::data::rds;

void require(bool holds) {
  if (!holds) std::abort();
}

bool any(std::string_view) { return true; }

void check_numbering(const std::string& sql) {
  const auto made = number_parameters(sql, any);
  if (!made) return;
  for (const std::string& name : made->names) {
    require(std::count(made->names.begin(), made->names.end(), name) == 1);
  }
  const auto again = number_parameters(made->text, any);
  if (made->names.empty()) {
    require(made->text == sql);
    require(again && again->text == sql);
  } else {
    require(!again);  // it holds numbered parameters now
  }
}

void check_literal(const std::string& text) {
  std::string literal = "SELECT '";
  for (const char c : text) literal += c == '\'' ? "''" : std::string(1, c);
  literal += "'";
  const auto made = number_parameters(literal, any);
  require(made.has_value() == (text.find('\0') == std::string::npos));
  if (made) require(made->text == literal && made->names.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  check_numbering(text);
  check_literal(text);
  const auto statements = parse_statements(text);
  if (statements) {
    for (const Statement& statement : *statements) {
      require(statement.text.find('\0') == std::string::npos);
      for (const Parameter& one : statement.parameters) {
        require(!one.text || one.text->find('\0') == std::string::npos);
      }
    }
  }
  for (const std::uint32_t oid : {16U, 17U, 23U, 701U, 1007U, 1009U}) {
    std::string json;
    append_field(json, column_type(oid), text);
    require(json.front() == '{' && json.back() == '}');
  }
  return 0;
}
