// Keys of issuers (RFC 7517), and signatures made with them (RFC 7518).
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "auth/jwt.hpp"
#include "eventsd/result.hpp"

struct evp_pkey_st;

namespace eventsd::auth {

inline constexpr std::size_t kMaxKeysOfIssuer = 100;
inline constexpr int kMinRsaBits = 2048;
inline constexpr int kMaxRsaBits = 8192;

enum class KeyType : std::uint8_t { rsa, p256, p384, p521 };

// One public key of an issuer. Shared by the key set and by what has been verified with it; the
// former retires it when the issuer no longer names it.
//   thread   any; verify_signature() on one thread at a time
struct PublicKey {
  std::string kid;
  KeyType type = KeyType::rsa;
  std::optional<JwtAlgorithm> only_for;  // the key's own alg
  std::shared_ptr<evp_pkey_st> key;
  std::string source;  // the JWK as text: equal texts are the same key
  mutable std::atomic<bool> retired = false;

  // Whether signatures of this algorithm may be checked with it: by its type, and its own alg.
  bool fits(JwtAlgorithm algorithm) const;
};
using PublicKeyPtr = std::shared_ptr<const PublicKey>;

struct JwkSet {
  std::vector<PublicKeyPtr> keys;
  std::vector<std::string> ignored;  // why others are not used, for the log
};

// Takes the keys of {"keys":[…]} that can verify signatures: RSA (2,048 to 8,192 bits) and EC
// (P-256, P-384, P-521), with a kid, and neither `use` nor `key_ops` against it. Others are
// ignored; symmetric keys always are.
//   errors   bad_request: no key set at all; says why
Result<JwkSet> parse_jwks(std::string_view text);

// Checks the signature of `jwt` (RS, PS, ES). REQUIRES: key.fits(jwt.algorithm).
bool verify_signature(const PublicKey& key, const Jwt& jwt);

// Checks an HS signature with a configured secret, in constant time.
bool verify_hmac(std::string_view secret, const Jwt& jwt);

// The JWK of a public RSA key, for publishing:
// {"kty":"RSA","use":"sig","alg":…,"kid":…,"n":…,"e":…}
std::string rsa_jwk(evp_pkey_st* key, std::string_view kid, JwtAlgorithm algorithm);

}  // namespace eventsd::auth
