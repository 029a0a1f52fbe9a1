// A handler's request on its way: what DynamoDB is asked, and what its reply means.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "data/dynamodb/failure.hpp"
#include "data/dynamodb/value.hpp"
#include "data/dynamodb_source/page_tokens.hpp"
#include "data/dynamodb_source/refusal.hpp"
#include "eventsd/data_source.hpp"

namespace eventsd::data::dynamodb_source {

// The type of the failure that a nextToken is not one of ours; without DynamoDB's prefix.
inline constexpr std::string_view kBadToken = "BadRequestException";

// What a translation needs to know besides the request.
struct Surroundings {
  std::string table;        // of the data source
  std::string token_place;  // API, namespace and data source: whose page tokens are taken
  const PageTokens& tokens;
};

// A function that decides what becomes of a write whose condition failed.
struct Arbiter {
  std::string function;                 // conditionalCheckFailedHandler.lambdaArn
  std::optional<dynamodb::Item> found;  // the item that the condition met; absent: there was none
};

// What becomes of DynamoDB's reply.
struct Conclusion {
  std::string result;                        // of a success; JSON text
  std::optional<dynamodb::Failure> failure;  // `result` is then usually empty, which means null
  std::optional<Arbiter> arbiter = {};       // beside a failure: it is asked first

  static Conclusion success(std::string result) { return {std::move(result), {}}; }
  static Conclusion failed(dynamodb::Failure failure, std::string result = {}) {
    return {std::move(result), std::move(failure)};
  }
};

struct Plan {
  std::string operation;  // DynamoDB's: "BatchWriteItem"
  std::string request;    // DynamoDB's JSON
  // Given the reply of a success, parsed.
  std::function<Conclusion(const nlohmann::json& reply)> conclude;
  // Given the error of a failure; null: it is the handler's ctx.error, the result is null.
  std::function<Conclusion(const dynamodb::Failure& failure)> judge;
  // Given the reply as it came, for operations with long replies; null: none. Absent: conclude()
  // has to see it.
  std::function<std::optional<Conclusion>(std::string_view reply)> conclude_text = {};
};

// Translates what a handler's request() returned.
//   errors   a shape: the operation or a member is not what it must be; a service's failure
//   source   handlers rules 5.1
Checked<Plan> translate(const nlohmann::json& request, const Surroundings& surroundings);

// ctx.error of a failure: type "DynamoDB:…" and the text with service, status and request id.
DataSourceAnswer to_answer(const dynamodb::Failure& failure, std::string_view request_id,
                           std::string result = "null");

}  // namespace eventsd::data::dynamodb_source
