#include "data/lambda_answer.hpp"

#include "data/request_members.hpp"
#include "protocol/json_scanner.hpp"

namespace eventsd::data {
namespace {

using net::LambdaAnswer;

bool is_json(std::string_view text) {
  protocol::JsonScanner scanner(text);
  return scanner.skip_value() && scanner.at_end();
}

// {"errorMessage": …}, as Lambda's runtimes report what a function threw.
std::string error_message(const LambdaAnswer& answer) {
  const auto members = RequestMembers::parse(answer.payload);
  if (members) {
    const auto message = members->text("errorMessage");
    if (message && *message) return **message;
  }
  return "The function failed.";
}

DataSourceAnswer answer_of(const LambdaAnswer& answer) {
  if (!answer.function_error.empty()) {
    const bool is_handled = answer.function_error == "Handled";
    return DataSourceAnswer::failure(is_handled ? "Lambda:Handled" : "Lambda:Unhandled",
                                     error_message(answer));
  }
  if (answer.payload.empty()) return DataSourceAnswer::success("null");
  if (!is_json(answer.payload)) {
    return DataSourceAnswer::failure("Lambda:ServiceException",
                                     "The function's answer is not JSON.");
  }
  return DataSourceAnswer::success(answer.payload);
}

DataSourceAnswer answer_of(const Error& error) {
  switch (error.kind) {
    case ErrorKind::request_timeout:
      return DataSourceAnswer::failure("Lambda:ExecutionTimeoutException", "Execution timed out.");
    case ErrorKind::overloaded:
      return DataSourceAnswer::failure("Lambda:TooManyRequestsException", "Rate Exceeded.");
    case ErrorKind::payload_too_large:
      return DataSourceAnswer::failure("Lambda:RequestTooLargeException",
                                       "The payload or the answer is larger than 6 MB.");
    default:
      return DataSourceAnswer::failure("Lambda:ServiceException",
                                       "The function could not be invoked.");
  }
}

}  // namespace

DataSourceAnswer lambda_answer(const Result<LambdaAnswer>& answer) {
  return answer ? answer_of(*answer) : answer_of(answer.error());
}

}  // namespace eventsd::data
