// What the authorizers of tokens have in common: whose token it is, whether it holds, and memory.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "auth/jwks.hpp"
#include "auth/jwt.hpp"
#include "auth/token_cache.hpp"
#include "auth/verification_queue.hpp"
#include "eventsd/authorizer.hpp"

namespace eventsd::auth {

// Clocks of issuers and of this machine may differ by so much: for exp, nbf and iat.
inline constexpr std::chrono::seconds kClockSkew{60};

// The handlers' document of a caller: `head`, or `head`, the address as a JSON string, `tail`.
struct IdentityText {
  std::string head;
  std::string tail;  // empty: the address is not part of it
};

// One issuer that an API trusts, and what it asks of its tokens.
struct TokenParty {
  std::string issuer;
  std::shared_ptr<KeySource> keys;
  std::string secret;                     // of HS algorithms; empty: they are refused
  bool needs_issued_at = false;           // iat is mandatory
  std::chrono::milliseconds iat_ttl{0};   // since iat; 0: no limit
  std::chrono::milliseconds auth_ttl{0};  // since auth_time; 0: no limit
  // What is special to the kind of party: who the token was made for. Null: nothing.
  std::function<Result<void>(const JwtClaims&)> check;
};

// Checks exp, nbf, iat and the limits of `party` at `now`, and returns when they will not hold any
// more.
//   errors   unauthorized; the reason says which one failed, and by how much
Result<std::chrono::system_clock::time_point> check_times(
    const JwtClaims& claims, const TokenParty& party, std::chrono::system_clock::time_point now);

struct JwtAuthorizerOptions {
  AuthMode mode = AuthMode::oidc;
  std::vector<TokenParty> parties;  // several of one issuer: the first that accepts decides
  IdentityText (*identity)(const JwtClaims&) = nullptr;
  Executor executor;  // where keys are asked for and signatures verified
  TokenCacheLimits cache;
  std::chrono::system_clock::time_point (*now)() = &std::chrono::system_clock::now;
  VerificationQueuePtr queue;  // null: one of its own
};

// Tokens that were seen before are answered at once. Others are read on the shard's thread, which
// takes microseconds, and verified on the executor's.
std::shared_ptr<Authorizer> make_jwt_authorizer(JwtAuthorizerOptions options);

}  // namespace eventsd::auth
