// What is known of tokens that were seen before, good and bad: bounded, and shared by all shards.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "auth/jwk.hpp"
#include "eventsd/result.hpp"

namespace eventsd::auth {

using TokenDigest = std::array<unsigned char, 32>;

// SHA-256. The calling thread's previous token is remembered: asked twice in a row, it costs one
// comparison.
TokenDigest digest_of(std::string_view token);

// A token that has passed every check. Handlers' document is `head`, or `head`, the caller's
// address as a JSON string, and `tail`.
struct VerifiedToken {
  std::chrono::system_clock::time_point valid_until;
  PublicKeyPtr key;  // null: a configured secret
  std::string head;
  std::string tail;  // empty: the document does not name the address
  std::string source_ip;
  std::shared_ptr<const std::string> document;  // with source_ip, when it names one

  bool holds(std::chrono::system_clock::time_point now) const {
    return now < valid_until && !(key && key->retired.load(std::memory_order_relaxed));
  }
};
using VerifiedTokenPtr = std::shared_ptr<const VerifiedToken>;

struct TokenCacheLimits {
  std::size_t verified_bytes = 32u << 20;
  std::size_t refused_bytes = 1u << 20;
  std::chrono::milliseconds refused_for{5'000};
};

// The least recently used go first.
//   thread   any
class TokenCache {
 public:
  explicit TokenCache(const TokenCacheLimits& limits);
  ~TokenCache();

  // Null: not known, or it does not hold any more.
  VerifiedTokenPtr find(const TokenDigest& token, std::chrono::system_clock::time_point now);
  void keep(const TokenDigest& token, VerifiedTokenPtr verified);

  // Why the token has been refused, a moment ago.
  std::optional<Error> refusal(const TokenDigest& token, std::chrono::system_clock::time_point now);
  void refuse(const TokenDigest& token, const Error& error,
              std::chrono::system_clock::time_point now);

 private:
  struct Tables;
  const TokenCacheLimits limits_;
  const std::unique_ptr<Tables> tables_;
};

}  // namespace eventsd::auth
