#include "data/dynamodb/answer.hpp"

#include "data/dynamodb/value_json.hpp"

namespace eventsd::data::dynamodb {

void Answer::begin(std::string_view name) {
  if (text_.size() > 1) text_ += ',';
  append_json_string(text_, name);
  text_ += ':';
}

Answer& Answer::raw(std::string_view name, std::string_view json) {
  begin(name);
  text_ += json;
  return *this;
}

Answer& Answer::text(std::string_view name, std::string_view value) {
  begin(name);
  append_json_string(text_, value);
  return *this;
}

Answer& Answer::number(std::string_view name, std::int64_t value) {
  return raw(name, std::to_string(value));
}

Answer& Answer::flag(std::string_view name, bool value) {
  return raw(name, value ? "true" : "false");
}

Answer& Answer::item(std::string_view name, const Item& value) {
  begin(name);
  append_item(text_, value);
  return *this;
}

std::string Answer::finish() && {
  text_ += '}';
  return std::move(text_);
}

void append_element(std::string& array, std::string_view json) {
  if (array.size() > 1) array += ',';
  array += json;
}

}  // namespace eventsd::data::dynamodb
