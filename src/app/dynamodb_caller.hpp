// Who sends a request to the DynamoDB API.
#pragma once

#include <string_view>

#include "auth/iam_users.hpp"
#include "data/dynamodb/http_api.hpp"

namespace eventsd::app {

// The configured user whose signature for the service `dynamodb` the request carries. The caller's
// permission is the user's policy.
//   errors   MissingAuthenticationTokenException, IncompleteSignatureException,
//            InvalidSignatureException, UnrecognizedClientException
//   thread   any
data::dynamodb::Outcome<data::dynamodb::Caller> find_dynamodb_caller(
    const auth::IamUsersPtr& users, std::string_view region, const server::HttpRequest& request);

}  // namespace eventsd::app
