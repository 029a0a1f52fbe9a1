// The signature of a request that arrived at a listener of ours, for every service that we stand in
// for.
#pragma once

#include "auth/iam_users.hpp"
#include "server/http_message.hpp"

namespace eventsd::app {

// The configured user who signed the request as it was sent.
//   errors   missing_credentials: there is no Authorization; else those of IamUsers::verify()
//   thread   any
Result<const auth::IamUser*> find_signer(const auth::IamUsers& users,
                                         const net::SigV4Audience& audience,
                                         const server::HttpRequest& request);

}  // namespace eventsd::app
