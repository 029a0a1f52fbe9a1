// OPENID_CONNECT: tokens of any issuer that publishes its keys, or shares a secret.
#pragma once

#include <memory>
#include <vector>

#include "auth/jwks.hpp"
#include "auth/token_cache.hpp"
#include "auth/verification_queue.hpp"
#include "eventsd/authorizer.hpp"
#include "eventsd/config.hpp"

namespace eventsd::auth {

// One authorizer for all issuers of an API. `queue` is that of all who share the keys' thread;
// null: one of its own.
//   errors   bad_request: names the option and what is wrong with it
//   thread   control; the authorizer's users have an ExecutorScope
//   source   PROTOCOL.md A-2, AUTHORIZATION.md "Tokens"
Result<std::shared_ptr<Authorizer>> make_oidc_authorizer(
    const std::vector<OpenIdConnectConfig>& issuers, KeyDirectory& keys,
    const TokenCacheLimits& cache = {},
    std::chrono::system_clock::time_point (*now)() = &std::chrono::system_clock::now,
    VerificationQueuePtr queue = nullptr);

}  // namespace eventsd::auth
