// Chooses the mode from the credentials, has it verified, and checks it against the operation.
#pragma once

#include "core/snapshot.hpp"

namespace eventsd::core {

// Verifies the request's credentials for `allowed`, the modes of the operation. The answer does not
// tell an unknown namespace from a mode that is not allowed: both are `allowed` without the mode.
//   errors   missing_credentials, unauthorized, forbidden
//   thread   the shard's
//   source   PROTOCOL.md A-1…A-5
Task<Result<Identity>> authorize(ApiPtr api, AuthorizationRequest request, AuthModes allowed);

// The mode that credentials speak of. REQUIRES: credentials are not empty.
AuthMode mode_of(const Credentials& credentials, const Api& api, AuthModes allowed);

}  // namespace eventsd::core
