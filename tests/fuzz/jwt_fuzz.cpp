// Tokens, claims and key sets: what is accepted is what nlohmann/json sees, too, and signatures of
// arbitrary bytes verify with no key.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "auth/jwk.hpp"
#include "auth/jwt.hpp"
#include "auth/jwt_json.hpp"
#include "protocol/text.hpp"

namespace {

using namespace eventsd;
using nlohmann::json;

void require(bool holds) {
  if (!holds) std::abort();
}

// RFC 7515 A.2 and A.3: public keys whose private parts nobody keeps secret, yet the fuzzer has
// not.
const auth::JwkSet& keys() {
  static const auth::JwkSet set = *auth::parse_jwks(
      R"({"keys":[{"kty":"RSA","kid":"r","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"},)"
      R"({"kty":"EC","kid":"e","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})");
  return set;
}

void check_claims(const std::string& text) {
  const auto claims = auth::parse_claims(text);
  if (!claims) return;
  const json seen = json::parse(text, nullptr, false);
  if (seen.is_discarded()) {  // numbers over a double's range, halves of surrogate pairs
    require(protocol::is_valid_json(text));
    return;
  }
  require(seen.is_object());
  require(claims->issuer == seen.value("iss", ""));
  require(claims->subject == seen.value("sub", ""));
  require(claims->expires.has_value() == seen.contains("exp"));
  if (claims->expires) require(seen["exp"].is_number() && *claims->expires >= 0);
  for (const std::string& audience : claims->audience) {
    const json& aud = seen["aud"];
    require(aud == audience ||
            (aud.is_array() && std::find(aud.begin(), aud.end(), json(audience)) != aud.end()));
  }
  require(protocol::is_valid_json(claims->groups));
}

void check_token(const std::string& text) {
  const std::string_view bare = auth::bare_token(text);
  require(bare.size() <= text.size());
  const auto jwt = auth::parse_jwt(bare);
  const std::string issuer = auth::unverified_issuer(bare);
  if (!jwt) {
    require(!jwt.error().reason.empty() && jwt.error().message.empty());
    return;
  }
  // One token has one spelling.
  require(std::string(jwt->signed_part) + "." + protocol::base64url_encode(jwt->signature) == bare);
  const auto claims = auth::parse_claims(jwt->claims);
  if (claims) require(claims->issuer == issuer);
  for (const auth::PublicKeyPtr& key : keys().keys) {
    require(!(key->fits(jwt->algorithm) && auth::is_symmetric(jwt->algorithm)));
    if (key->fits(jwt->algorithm)) require(!auth::verify_signature(*key, *jwt));
  }
  require(!auth::verify_hmac("", *jwt));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  require(keys().keys.size() == 2);
  check_token(text);
  // The fuzzer need not learn base64: the same text as a header and as claims.
  const std::size_t line = text.find('\n');
  if (line != std::string::npos) {
    check_token(protocol::base64url_encode(text.substr(0, line)) + "." +
                protocol::base64url_encode(text.substr(line + 1)) + ".c2lnbmF0dXJl");
  }
  check_claims(text);
  if (const auto set = auth::parse_jwks(text)) {
    require(protocol::is_valid_json(text));
    for (const auth::PublicKeyPtr& key : set->keys) {
      require(!key->kid.empty() && key->key);
      require(!key->fits(auth::JwtAlgorithm::hs256));
    }
  }
  for (const char c : auth::quoted(text)) require(c >= ' ' && c <= '~');
  return 0;
}
