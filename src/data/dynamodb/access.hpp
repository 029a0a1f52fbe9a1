// Which permissions a request needs.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace eventsd::data::dynamodb {

struct Access {
  std::string action;    // "dynamodb:PutItem"
  std::string resource;  // ARN of a table or of one of its indexes; "*" for ListTables
};

// As IAM has it: batches need their own action on every table, transactions that of each part.
// Faulty requests need what can be made out; they fail later for what is wrong with them.
std::vector<Access> needed_access(const std::string& operation, const nlohmann::json& request,
                                  std::string_view arn_prefix);

}  // namespace eventsd::data::dynamodb
