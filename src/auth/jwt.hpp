// JSON Web Tokens in compact form (RFC 7515, RFC 7519), parsed without trust.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eventsd/result.hpp"

namespace eventsd::auth {

inline constexpr std::size_t kMaxTokenSize = 16 * 1024;

enum class JwtAlgorithm : std::uint8_t {
  rs256,
  rs384,
  rs512,
  ps256,
  ps384,
  ps512,
  es256,
  es384,
  es512,
  hs256,
  hs384,
  hs512,
};
std::string_view name_of(JwtAlgorithm algorithm);  // "RS256"
// nullopt for every other name, "none" included.
std::optional<JwtAlgorithm> algorithm_of(std::string_view name);
inline bool is_symmetric(JwtAlgorithm a) { return a >= JwtAlgorithm::hs256; }

struct Jwt {
  JwtAlgorithm algorithm = JwtAlgorithm::rs256;
  std::string kid;               // empty: none
  std::string_view signed_part;  // belongs to the token's text
  std::string signature;
  std::string claims;  // the payload: JSON text that is an object
};

// "Bearer " in any case, and what is around the token, is left away.
std::string_view bare_token(std::string_view authorization);

// Takes a token apart. Nothing is verified. Keys that the header carries or points to (jwk, jku,
// x5c, x5u) are not looked at.
//   errors   unauthorized; the reason says what is malformed
Result<Jwt> parse_jwt(std::string_view token);

// The `iss` of what looks like a token; empty when there is none. Cheap, and nothing is verified.
std::string unverified_issuer(std::string_view token);

// The claims that eventsd looks at. A claim of another type than it must have refuses the token.
struct JwtClaims {
  std::string issuer;
  std::string subject;
  std::vector<std::string> audience;  // one or several
  std::string authorized_party;       // azp
  std::string client_id;
  std::string token_use;
  std::string username;         // cognito:username (ID tokens), else username
  std::string groups = "null";  // cognito:groups as JSON text
  std::optional<std::int64_t> expires, not_before, issued_at, auth_time;  // seconds since 1970
  std::string text;                                                       // all of them, JSON
};

//   errors   unauthorized; the reason names the claim
Result<JwtClaims> parse_claims(std::string text);

}  // namespace eventsd::auth
