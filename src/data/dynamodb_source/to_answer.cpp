#include <algorithm>
#include <array>

#include "data/dynamodb/dynamodb.hpp"
#include "data/dynamodb_source/backend.hpp"
#include "data/dynamodb_source/plan.hpp"

namespace eventsd::data::dynamodb_source {
namespace {

// Errors that AWS's client has a class for, whose names handlers see. Everything else, validation
// above all, is its base class.
constexpr std::array<std::string_view, 10> kNamed = {"ConditionalCheckFailedException",
                                                     "TransactionCanceledException",
                                                     "TransactionConflictException",
                                                     "ResourceNotFoundException",
                                                     "ProvisionedThroughputExceededException",
                                                     "RequestLimitExceeded",
                                                     "ItemCollectionSizeLimitExceededException",
                                                     "IdempotentParameterMismatchException",
                                                     "ThrottlingException",
                                                     "InternalServerError"};

std::string error_type(const dynamodb::Failure& failure) {
  if (failure.type == kUnreachable) return "DynamoDB:" + failure.type;
  if (std::find(kNamed.begin(), kNamed.end(), failure.type) == kNamed.end()) {
    return "DynamoDB:DynamoDbException";
  }
  return "DynamoDB:" + failure.type + (failure.type.ends_with("Exception") ? "" : "Exception");
}

}  // namespace

DataSourceAnswer to_answer(const dynamodb::Failure& failure, std::string_view request_id,
                           std::string result) {
  DataSourceAnswer answer;
  answer.result = std::move(result);
  if (failure.type == kBadToken) {
    answer.error_type = failure.type;
    answer.error_message = failure.message;
    return answer;
  }
  answer.error_type = error_type(failure);
  answer.error_message = failure.message;
  if (failure.type == kUnreachable) return answer;
  answer.error_message +=
      " (Service: DynamoDb, Status Code: " + std::to_string(dynamodb::http_status(failure)) +
      ", Request ID: " + std::string(request_id) + ")";
  return answer;
}

}  // namespace eventsd::data::dynamodb_source
