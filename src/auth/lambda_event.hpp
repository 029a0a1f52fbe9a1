// What a Lambda authorizer is sent, and under which key its answer is kept.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

#include "eventsd/authorizer.hpp"

namespace eventsd::auth {

struct LambdaEventSource {
  std::string api_id;
  std::string account_id;
};

// {"authorizationToken", "requestContext", "requestHeaders"} as JSON text. The token is the value
// of Authorization as it was sent. For connect, channel and channelNamespaceName are null. Headers
// are those of the HTTP request, else the members of the authorization object: names in lower case,
// values of one name joined by ", ", cookies left out.
//   source   AUTHORIZATION.md "Lambda"
std::string lambda_event(const LambdaEventSource& source, const AuthorizationRequest& request);

// SHA-256: no token stays in memory for the sake of a cache.
using Digest = std::array<unsigned char, 32>;

struct DigestHash {
  std::size_t operator()(const Digest& digest) const {
    std::size_t hash = 0;
    std::memcpy(&hash, digest.data(), sizeof hash);
    return hash;
  }
};

// What the answer depends on: API, operation, token and, but for connect, the channel as written
// (a wildcard is its text). `generation` keeps authorizers apart that share a cache.
//   source   AUTHORIZATION.md "Lambda"
Digest lambda_cache_key(std::uint64_t generation, const LambdaEventSource& source,
                        const AuthorizationRequest& request);

Digest digest_of_text(std::string_view text);

}  // namespace eventsd::auth
