#include "app/dynamodb_caller.hpp"

#include <spdlog/spdlog.h>

#include "app/signed_request.hpp"

namespace eventsd::app {
namespace {

using data::dynamodb::Caller;
using data::dynamodb::Failure;

// The error's name as DynamoDB has it; the SDKs show it to their callers.
Failure failure_of(const Error& error) {
  switch (error.kind) {
    case ErrorKind::missing_credentials:
      return {"MissingAuthenticationTokenException", "Request is missing Authentication Token"};
    case ErrorKind::unauthorized:
      return {"UnrecognizedClientException",
              "The security token included in the request is invalid."};
    default:
      break;
  }
  const bool incomplete = error.message.find("Authorization header") != std::string::npos;
  return {incomplete ? "IncompleteSignatureException" : "InvalidSignatureException", error.message};
}

}  // namespace

data::dynamodb::Outcome<Caller> find_dynamodb_caller(const auth::IamUsersPtr& users,
                                                     std::string_view region,
                                                     const server::HttpRequest& request) {
  const auto user = find_signer(*users, {region, "dynamodb"}, request);
  if (!user) {
    spdlog::debug("dynamodb request refused ip={} err=\"{}\"", request.source_ip,
                  user.error().reason.empty() ? user.error().message : user.error().reason);
    return failure_of(user.error());
  }
  return Caller{(*user)->arn,
                [users, user = *user](std::string_view action, std::string_view resource) {
                  return user->policy.allows(action, resource);
                }};
}

}  // namespace eventsd::app
