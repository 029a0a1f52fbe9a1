// AMAZON_COGNITO_USER_POOLS: tokens of user pools, at AWS or elsewhere.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "auth/jwks.hpp"
#include "auth/token_cache.hpp"
#include "auth/verification_queue.hpp"
#include "eventsd/authorizer.hpp"
#include "eventsd/config.hpp"

namespace eventsd::auth {

// The pool's own `issuer`, else what `user_pools` says of its id, else AWS's address of it.
std::string cognito_issuer(const CognitoConfig& pool, std::span<const NamedAddress> user_pools);

// One authorizer for all pools of an API. ID and access tokens are accepted. `queue` is that of all
// who share the keys' thread; null: one of its own.
//   errors   bad_request: names the option and what is wrong with it
//   thread   control; the authorizer's users have an ExecutorScope
//   source   PROTOCOL.md A-2, AUTHORIZATION.md "Tokens"
Result<std::shared_ptr<Authorizer>> make_cognito_authorizer(
    const std::vector<CognitoConfig>& pools, std::span<const NamedAddress> user_pools,
    KeyDirectory& keys, const TokenCacheLimits& cache = {},
    std::chrono::system_clock::time_point (*now)() = &std::chrono::system_clock::now,
    VerificationQueuePtr queue = nullptr);

}  // namespace eventsd::auth
