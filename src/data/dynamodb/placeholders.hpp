// ExpressionAttributeNames and ExpressionAttributeValues of one request.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <string_view>

#include "data/dynamodb/expression.hpp"

namespace eventsd::data::dynamodb {

// Shared by all expressions of a request; notes which placeholders were used.
class Placeholders {
 public:
  Placeholders() = default;
  // The members' values; null: the request does not have the member.
  //   errors   ValidationException, SerializationException
  [[nodiscard]] static Outcome<Placeholders> make(const nlohmann::json* names,
                                                  const nlohmann::json* values);

  // The name or value behind a placeholder (with its # or :); null when it is not defined.
  const std::string* name(std::string_view placeholder);
  ValuePtr value(std::string_view placeholder);

  // Every placeholder must have been used.
  //   errors   ValidationException
  [[nodiscard]] Status check_all_used() const;

 private:
  std::map<std::string, std::string, std::less<>> names_;
  std::map<std::string, ValuePtr, std::less<>> values_;
  std::set<std::string, std::less<>> unused_names_;
  std::set<std::string, std::less<>> unused_values_;
};

}  // namespace eventsd::data::dynamodb
