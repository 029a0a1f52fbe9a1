#include "eventsd/result.hpp"

#include <array>
#include <cassert>
#include <cstddef>
#include <stdexcept>

namespace eventsd {
namespace {

// In the order of ErrorKind. Where AWS has no text of its own for a situation, the type is one that
// its clients know, so that they neither retry what is hopeless nor give up what is not.
constexpr std::array kTable = {
    // unauthorized
    ErrorInfo{401, "UnauthorizedException", "UnauthorizedException",
              "You are not authorized to make this call."},
    // missing_credentials
    ErrorInfo{401, "UnauthorizedException", "UnauthorizedException",
              "Valid authorization header not provided."},
    // forbidden
    ErrorInfo{403, "UnauthorizedException", "UnauthorizedException", ""},
    // bad_request
    ErrorInfo{400, "BadRequestException", "BadRequestException", "Invalid request"},
    // too_many_events
    ErrorInfo{400, "InvalidInputError", "BadRequestException", "input exceeded 5 event limit"},
    // payload_too_large
    ErrorInfo{413, "BadRequestException", "BadRequestException", "Request is too large"},
    // too_many_subscriptions
    ErrorInfo{400, "MaxSubscriptionsReachedError", "MaxSubscriptionsReachedError",
              "Max number of 200 subscriptions reached"},
    // duplicate_subscription
    ErrorInfo{409, "DuplicatedOperationError", "DuplicatedOperationError",
              "Operation id is already in use"},
    // unknown_subscription
    ErrorInfo{404, "UnknownOperationError", "UnknownOperationError", "Unknown operation id"},
    // unsupported_operation
    ErrorInfo{400, "UnsupportedOperation", "UnsupportedOperation",
              "Operation not supported through the realtime channel"},
    // rate_limited
    ErrorInfo{429, "LimitExceededError", "LimitExceededError", "Rate limit exceeded"},
    // overloaded
    ErrorInfo{503, "LimitExceededError", "ServiceUnavailableException",
              "The server is overloaded, try again"},
    // store_full
    ErrorInfo{503, "ServiceUnavailableException", "ServiceUnavailableException",
              "The event store is full"},
    // store_unavailable
    ErrorInfo{503, "ServiceUnavailableException", "ServiceUnavailableException",
              "The event store is unavailable"},
    // not_found
    ErrorInfo{404, "NotFoundException", "NotFoundException", "Not found"},
    // method_not_allowed
    ErrorInfo{405, "BadRequestException", "BadRequestException", "Method not allowed"},
    // upgrade_required
    ErrorInfo{426, "BadRequestException", "BadRequestException", "TLS is required"},
    // request_timeout
    ErrorInfo{408, "BadRequestException", "BadRequestException", "Request timed out"},
    // header_too_large
    ErrorInfo{431, "BadRequestException", "BadRequestException", "Request headers are too large"},
    // conflict
    ErrorInfo{409, "ConflictException", "ConflictException", "Conflict"},
    // handler_refused
    ErrorInfo{403, "HandlerExecutionError", "HandlerExecutionError",
              "The handler refused the request"},
    // handler_unauthorized
    ErrorInfo{401, "UnauthorizedException", "UnauthorizedException",
              "You are not authorized to make this call."},
    // handler_failed
    ErrorInfo{500, "HandlerExecutionError", "HandlerExecutionError", "Unable to process request"},
    // internal
    ErrorInfo{500, "InternalFailure", "InternalFailure", "Internal failure"},
};
static_assert(kTable.size() == static_cast<std::size_t>(ErrorKind::internal) + 1);

}  // namespace

const ErrorInfo& error_info(ErrorKind kind) {
  assert(static_cast<std::size_t>(kind) < kTable.size());
  return kTable[static_cast<std::size_t>(kind)];
}

std::string_view error_text(const Error& error) {
  return error.message.empty() ? error_info(error.kind).message : std::string_view(error.message);
}

std::string_view error_type(const Error& error) {
  return error.type.empty() ? error_info(error.kind).type : std::string_view(error.type);
}

std::string_view http_error_type(const Error& error) {
  return error.type.empty() ? error_info(error.kind).http_type : std::string_view(error.type);
}

void throw_exception_from_error(const Error& error, const boost::source_location& loc) {
  throw std::logic_error("value() of an error at " + loc.to_string() + ": " +
                         std::string(error_info(error.kind).type) + " " +
                         std::string(error_text(error)));
}

}  // namespace eventsd
