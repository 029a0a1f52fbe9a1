#include "auth/jwk.hpp"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <algorithm>

#include "auth/jwt_json.hpp"
#include "net/openssl_ptr.hpp"
#include "protocol/text.hpp"

namespace eventsd::auth {
namespace {

using net::OpensslDelete;
using BignumPtr = std::unique_ptr<BIGNUM, OpensslDelete<BN_free>>;
using BuilderPtr = std::unique_ptr<OSSL_PARAM_BLD, OpensslDelete<OSSL_PARAM_BLD_free>>;
using ParametersPtr = std::unique_ptr<OSSL_PARAM, OpensslDelete<OSSL_PARAM_free>>;
using ContextPtr = std::unique_ptr<EVP_PKEY_CTX, OpensslDelete<EVP_PKEY_CTX_free>>;

struct Curve {
  std::string_view crv;
  KeyType type;
  const char* group;
  std::size_t coordinate_size;
};
constexpr Curve kCurves[] = {{"P-256", KeyType::p256, "prime256v1", 32},
                             {"P-384", KeyType::p384, "secp384r1", 48},
                             {"P-521", KeyType::p521, "secp521r1", 66}};

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

BignumPtr to_bignum(std::string_view bytes) {
  return BignumPtr(BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr));
}

std::shared_ptr<EVP_PKEY> build(const char* type, OSSL_PARAM_BLD* builder) {
  const ParametersPtr parameters(OSSL_PARAM_BLD_to_param(builder));
  const ContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    ERR_clear_error();
    return nullptr;
  }
  return {key, EVP_PKEY_free};
}

Result<void> read_rsa(const JsonMembers& jwk, PublicKey& out) {
  const auto n = decode_base64url(string_of(jwk, "n").value_or(""));
  const auto e = decode_base64url(string_of(jwk, "e").value_or(""));
  if (!n || !e || n->empty() || e->empty()) return fail(ErrorKind::bad_request, "no n and e");
  const BignumPtr modulus = to_bignum(*n);
  const BignumPtr exponent = to_bignum(*e);
  const int bits = BN_num_bits(modulus.get());
  if (bits < kMinRsaBits || bits > kMaxRsaBits) {
    return fail(ErrorKind::bad_request, "RSA of " + std::to_string(bits) + " bits, not " +
                                            std::to_string(kMinRsaBits) + " to " +
                                            std::to_string(kMaxRsaBits));
  }
  if (!BN_is_odd(modulus.get()) || !BN_is_odd(exponent.get()) || BN_num_bits(exponent.get()) < 2 ||
      BN_num_bits(exponent.get()) > 64) {
    return fail(ErrorKind::bad_request, "an impossible RSA key");
  }
  const BuilderPtr builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
  out.key = build("RSA", builder.get());
  out.type = KeyType::rsa;
  if (!out.key) return fail(ErrorKind::bad_request, "an impossible RSA key");
  return {};
}

Result<void> read_ec(const JsonMembers& jwk, PublicKey& out) {
  const std::string crv = string_of(jwk, "crv").value_or("");
  const auto* const curve =
      std::find_if(std::begin(kCurves), std::end(kCurves), [&](auto& c) { return c.crv == crv; });
  if (curve == std::end(kCurves)) return fail(ErrorKind::bad_request, "the curve " + quoted(crv));
  const auto x = decode_base64url(string_of(jwk, "x").value_or(""));
  const auto y = decode_base64url(string_of(jwk, "y").value_or(""));
  if (!x || !y || x->size() != curve->coordinate_size || y->size() != curve->coordinate_size) {
    return fail(ErrorKind::bad_request, "coordinates of a wrong size");
  }
  const std::string point = '\x04' + *x + *y;
  const BuilderPtr builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve->group, 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                   point.size());
  out.key = build("EC", builder.get());
  out.type = curve->type;
  if (!out.key) return fail(ErrorKind::bad_request, "a point that is not on its curve");
  return {};
}

// `key_ops` is absent, or an array that holds "verify".
bool may_verify(const JsonMembers& jwk) {
  const auto found = jwk.find("key_ops");
  if (found == jwk.end()) return true;
  const auto operations = json_array(found->second);
  return operations && std::any_of(operations->begin(), operations->end(),
                                   [](std::string_view o) { return json_string(o) == "verify"; });
}

Result<PublicKeyPtr> read_key(std::string_view text) {
  const auto jwk = read_json_object(text);
  if (!jwk) return fail(ErrorKind::bad_request, jwk.error().reason);
  auto key = std::make_shared<PublicKey>();
  key->kid = string_of(*jwk, "kid").value_or("");
  key->source = text;
  const std::string name = "key " + quoted(key->kid) + ": ";
  if (key->kid.empty()) return fail(ErrorKind::bad_request, "a key without kid");
  if (jwk->contains("use") && string_of(*jwk, "use") != "sig") {
    return fail(ErrorKind::bad_request, name + "its use is not sig");
  }
  if (!may_verify(*jwk)) return fail(ErrorKind::bad_request, name + "key_ops without verify");
  const std::string kty = string_of(*jwk, "kty").value_or("");
  const auto read = kty == "RSA" ? read_rsa(*jwk, *key)
                    : kty == "EC"
                        ? read_ec(*jwk, *key)
                        : Result<void>(fail(ErrorKind::bad_request, "kty " + quoted(kty)));
  if (!read) return fail(ErrorKind::bad_request, name + read.error().message);
  if (jwk->contains("alg")) {
    const auto alg = string_of(*jwk, "alg");
    key->only_for = alg ? algorithm_of(*alg) : std::nullopt;
    if (!key->only_for || !key->fits(*key->only_for)) {
      return fail(ErrorKind::bad_request, name + "an alg that it cannot be for");
    }
  }
  return PublicKeyPtr(std::move(key));
}

const EVP_MD* digest_of(JwtAlgorithm algorithm) {
  switch (static_cast<int>(algorithm) % 3) {
    case 0:
      return EVP_sha256();
    case 1:
      return EVP_sha384();
    default:
      return EVP_sha512();
  }
}

bool is_pss(JwtAlgorithm a) { return a >= JwtAlgorithm::ps256 && a <= JwtAlgorithm::ps512; }
bool is_ecdsa(JwtAlgorithm a) { return a >= JwtAlgorithm::es256 && a <= JwtAlgorithm::es512; }

// JWTs hold r and s side by side, each as long as the curve's order; OpenSSL wants DER.
std::optional<std::string> to_der(std::string_view signature, KeyType type) {
  const auto* const curve =
      std::find_if(std::begin(kCurves), std::end(kCurves), [&](auto& c) { return c.type == type; });
  if (signature.size() != 2 * curve->coordinate_size) return std::nullopt;
  BignumPtr r = to_bignum(signature.substr(0, curve->coordinate_size));
  BignumPtr s = to_bignum(signature.substr(curve->coordinate_size));
  const std::unique_ptr<ECDSA_SIG, OpensslDelete<ECDSA_SIG_free>> pair(ECDSA_SIG_new());
  if (ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) return std::nullopt;
  (void)r.release();
  (void)s.release();
  std::string der(static_cast<std::size_t>(i2d_ECDSA_SIG(pair.get(), nullptr)), '\0');
  auto* out = reinterpret_cast<unsigned char*>(der.data());
  i2d_ECDSA_SIG(pair.get(), &out);
  return der;
}

std::string encoded(const EVP_PKEY* key, const char* parameter) {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(key, parameter, &number) != 1) return {};
  const BignumPtr owned(number);
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
  BN_bn2bin(number, reinterpret_cast<unsigned char*>(bytes.data()));
  return protocol::base64url_encode(bytes);
}

}  // namespace

bool PublicKey::fits(JwtAlgorithm algorithm) const {
  if (only_for && *only_for != algorithm) return false;
  switch (type) {
    case KeyType::rsa:
      return algorithm < JwtAlgorithm::es256;
    case KeyType::p256:
      return algorithm == JwtAlgorithm::es256;
    case KeyType::p384:
      return algorithm == JwtAlgorithm::es384;
    case KeyType::p521:
      return algorithm == JwtAlgorithm::es512;
  }
  return false;
}

Result<JwkSet> parse_jwks(std::string_view text) {
  const auto document = read_json_object(text);
  if (!document) return fail(ErrorKind::bad_request, document.error().reason);
  const auto member = document->find("keys");
  const auto elements = member == document->end() ? std::nullopt : json_array(member->second);
  if (!elements) return fail(ErrorKind::bad_request, "no array \"keys\"");
  if (elements->size() > kMaxKeysOfIssuer) {
    return fail(ErrorKind::bad_request, std::to_string(elements->size()) + " keys, more than " +
                                            std::to_string(kMaxKeysOfIssuer));
  }
  JwkSet set;
  for (const std::string_view element : *elements) {
    auto key = read_key(element);
    key ? set.keys.push_back(*std::move(key)) : set.ignored.push_back(key.error().message);
  }
  return set;
}

bool verify_signature(const PublicKey& key, const Jwt& jwt) {
  std::string der;
  std::string_view signature = jwt.signature;
  if (is_ecdsa(jwt.algorithm)) {
    auto converted = to_der(signature, key.type);
    if (!converted) return false;
    der = *std::move(converted);
    signature = der;
  }
  const std::unique_ptr<EVP_MD_CTX, OpensslDelete<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* parameters = nullptr;  // the context's
  bool valid = EVP_DigestVerifyInit(context.get(), &parameters, digest_of(jwt.algorithm), nullptr,
                                    key.key.get()) == 1;
  if (valid && is_pss(jwt.algorithm)) {
    valid = EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1 &&
            EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) == 1;
  }
  valid = valid && EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(),
                                    bytes_of(jwt.signed_part), jwt.signed_part.size()) == 1;
  ERR_clear_error();
  return valid;
}

bool verify_hmac(std::string_view secret, const Jwt& jwt) {
  if (secret.empty() || !is_symmetric(jwt.algorithm)) return false;
  unsigned char expected[EVP_MAX_MD_SIZE];
  std::size_t size = 0;
  const EVP_MD* digest = digest_of(jwt.algorithm);
  if (!EVP_Q_mac(nullptr, "HMAC", nullptr, EVP_MD_get0_name(digest), nullptr, secret.data(),
                 secret.size(), bytes_of(jwt.signed_part), jwt.signed_part.size(), expected,
                 sizeof expected, &size)) {
    ERR_clear_error();
    return false;
  }
  return jwt.signature.size() == size && CRYPTO_memcmp(jwt.signature.data(), expected, size) == 0;
}

std::string rsa_jwk(evp_pkey_st* key, std::string_view kid, JwtAlgorithm algorithm) {
  return R"({"kty":"RSA","use":"sig","alg":")" + std::string(name_of(algorithm)) + R"(","kid":")" +
         std::string(kid) + R"(","n":")" + encoded(key, OSSL_PKEY_PARAM_RSA_N) + R"(","e":")" +
         encoded(key, OSSL_PKEY_PARAM_RSA_E) + "\"}";
}

}  // namespace eventsd::auth
