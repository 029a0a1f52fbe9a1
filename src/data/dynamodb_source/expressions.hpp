// The expressions of one request, each with names and values of its own in a handler's request and
// with common ones in DynamoDB's.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "data/dynamodb/answer.hpp"
#include "data/dynamodb/value.hpp"
#include "data/dynamodb_source/members.hpp"

namespace eventsd::data::dynamodb_source {

class Expressions {
 public:
  // Adds `members`' member `name`, an object {expression, expressionNames, expressionValues} or its
  // JSON text (as util.transform makes it), as DynamoDB's `parameter` ("FilterExpression"). An
  // optional one without text is left out. A placeholder that an earlier expression uses for
  // something else gets another name.
  void add(Members& members, std::string_view name, Members::Need need, std::string_view parameter,
           std::optional<Refusal>& fault);

  // Adds top-level attributes to a ProjectionExpression that does not have them, and returns those
  // that were added. Without a projection nothing is added.
  std::vector<std::string> project_also(const std::vector<std::string>& attributes);

  bool has(std::string_view parameter) const { return texts_.contains(parameter); }

  // Writes the parameters, ExpressionAttributeNames and ExpressionAttributeValues.
  void append_to(dynamodb::Answer& request) const;

 private:
  using Renamed = std::map<std::string, std::string, std::less<>>;
  void add_names(const nlohmann::json& object, const std::string& where, Renamed& renamed,
                 std::optional<Refusal>& fault);
  void add_values(const nlohmann::json& object, const std::string& where, Renamed& renamed,
                  std::optional<Refusal>& fault);
  std::string free_name(const std::string& wanted) const;

  std::map<std::string, std::string, std::less<>> texts_;  // by parameter
  std::map<std::string, std::string, std::less<>> names_;
  dynamodb::Item values_;
};

// An expression member as an object: as it is, or parsed from its JSON text into `storage`. Null
// when absent or at a fault.
const nlohmann::json* expression_object(Members& members, std::string_view name,
                                        nlohmann::json& storage);

}  // namespace eventsd::data::dynamodb_source
