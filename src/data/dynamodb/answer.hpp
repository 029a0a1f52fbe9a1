// Answers as JSON text, put together without a document in between.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "data/dynamodb/value.hpp"

namespace eventsd::data::dynamodb {

// An object that grows member by member.
class Answer {
 public:
  // `json` is JSON text already.
  Answer& raw(std::string_view name, std::string_view json);
  Answer& text(std::string_view name, std::string_view value);
  Answer& number(std::string_view name, std::int64_t value);
  Answer& flag(std::string_view name, bool value);
  Answer& item(std::string_view name, const Item& value);
  std::string finish() &&;

 private:
  void begin(std::string_view name);
  std::string text_ = "{";
};

// Adds an element to the text of an array that began with "[".
void append_element(std::string& array, std::string_view json);

}  // namespace eventsd::data::dynamodb
