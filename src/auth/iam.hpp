// AWS_IAM: operations signed with SigV4 by users of the configuration, each with a policy.
#pragma once

#include <memory>
#include <string>

#include "auth/iam_users.hpp"
#include "eventsd/authorizer.hpp"

namespace eventsd::auth {

// Which API's operations are signed, and what its ARNs are made of.
struct IamApi {
  std::string region;
  std::string account_id;
  std::string api_id;
};

// Verifies signatures for the service `appsync` and asks the user's policy for
// appsync:EventConnect on the API, or appsync:EventPublish or EventSubscribe on the namespace.
//
// An HTTP request is signed as it was sent. A socket's operation is signed as a POST of
// AuthorizationRequest::signed_body to the path of the endpoint that the client was given, which
// does not arrive here: /event is tried, then / and /event/ (endpoints written like this) and, for
// credentials in the upgrade's headers, the upgrade's path less "/realtime". A body with
// < > & or a line separator is then tried as Go's encoder writes it, with \u003c and so on. Eight
// attempts at most.
//   errors   as IamUsers::verify(); forbidden: the policy does not allow it
//   source   PROTOCOL.md, "Authorization"
std::shared_ptr<Authorizer> make_iam_authorizer(IamUsersPtr users, IamApi api);

}  // namespace eventsd::auth
