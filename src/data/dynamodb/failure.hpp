// How a request to the tables fails: DynamoDB's own error, as its clients read it.
#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace eventsd::data::dynamodb {

// Not an aggregate: result<T> would then take any text for an error.
struct Failure {
  Failure() = default;
  Failure(std::string error_type, std::string text, std::string further_members = {})
      : type(std::move(error_type)),
        message(std::move(text)),
        members(std::move(further_members)) {}

  std::string type;     // "ValidationException", without a namespace
  std::string message;  // as DynamoDB words it
  std::string members;  // further members of the error body as JSON text: "Item":{…}; may be empty
};

template <typename T>
using Outcome = boost::system::result<T, Failure>;
using Status = Outcome<void>;

inline Failure invalid(std::string message) { return {"ValidationException", std::move(message)}; }

// With DynamoDB's usual opening.
inline Failure invalid_values(std::string_view message) {
  return invalid("One or more parameter values were invalid: " + std::string(message));
}

inline Failure table_not_found() {
  return {"ResourceNotFoundException", "Requested resource not found"};
}

}  // namespace eventsd::data::dynamodb
