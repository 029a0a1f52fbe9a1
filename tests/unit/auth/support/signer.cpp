#include "unit/auth/support/signer.hpp"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <cstdlib>
#include <vector>

#include "net/openssl_ptr.hpp"

namespace eventsd::auth_test {
namespace {

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

const EVP_MD* digest(std::string_view algorithm) {
  const std::string_view size = algorithm.substr(2);
  return size == "256" ? EVP_sha256() : size == "384" ? EVP_sha384() : EVP_sha512();
}

std::string number(const EVP_PKEY* key, const char* name, std::size_t size = 0) {
  BIGNUM* value = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &value) != 1) std::abort();
  if (size == 0) size = static_cast<std::size_t>(BN_num_bytes(value));
  std::string bytes(size, '\0');
  BN_bn2binpad(value, reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(size));
  BN_free(value);
  return base64url(bytes);
}

std::size_t coordinate_size(const EVP_PKEY* key) {
  return (static_cast<std::size_t>(EVP_PKEY_get_bits(key)) + 7) / 8;
}

// DER to r ‖ s.
std::string side_by_side(const std::string& der, std::size_t size) {
  const unsigned char* in = bytes_of(der);
  ECDSA_SIG* pair = d2i_ECDSA_SIG(nullptr, &in, static_cast<long>(der.size()));
  std::string raw(2 * size, '\0');
  auto* out = reinterpret_cast<unsigned char*>(raw.data());
  BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, static_cast<int>(size));
  BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + size, static_cast<int>(size));
  ECDSA_SIG_free(pair);
  return raw;
}

}  // namespace

TestKey::TestKey(evp_pkey_st* key) : key_(key, EVP_PKEY_free) {
  if (!key) std::abort();
}

TestKey TestKey::make_rsa(unsigned bits) { return TestKey(EVP_RSA_gen(bits)); }
TestKey TestKey::make_ec(const std::string& crv) { return TestKey(EVP_EC_gen(crv.c_str())); }

const TestKey& TestKey::rsa() {
  static const TestKey key = make_rsa();
  return key;
}
const TestKey& TestKey::other_rsa() {
  static const TestKey key = make_rsa();
  return key;
}

std::string TestKey::jwk(std::string_view kid, std::string_view more) const {
  const std::string end = ",\"kid\":\"" + std::string(kid) + "\"" + std::string(more) + "}";
  if (EVP_PKEY_get_base_id(key_.get()) == EVP_PKEY_RSA) {
    return R"({"kty":"RSA","n":")" + number(key_.get(), OSSL_PKEY_PARAM_RSA_N) + R"(","e":")" +
           number(key_.get(), OSSL_PKEY_PARAM_RSA_E) + "\"" + end;
  }
  const std::size_t size = coordinate_size(key_.get());
  const std::string crv = size == 32 ? "P-256" : size == 48 ? "P-384" : "P-521";
  return R"({"kty":"EC","crv":")" + crv + R"(","x":")" +
         number(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X, size) + R"(","y":")" +
         number(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y, size) + "\"" + end;
}

std::string TestKey::public_pem() const {
  const net::BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PUBKEY(bio.get(), key_.get());
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string TestKey::sign(std::string_view algorithm, std::string_view text) const {
  const std::unique_ptr<EVP_MD_CTX, net::OpensslDelete<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* parameters = nullptr;
  EVP_DigestSignInit(context.get(), &parameters, digest(algorithm), nullptr, key_.get());
  if (algorithm.starts_with("PS")) {
    EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING);
    EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST);
  }
  std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())), '\0');
  std::size_t size = signature.size();
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                     bytes_of(text), text.size()) != 1) {
    std::abort();
  }
  signature.resize(size);
  return algorithm.starts_with("ES") ? side_by_side(signature, coordinate_size(key_.get()))
                                     : signature;
}

std::string hmac(std::string_view algorithm, std::string_view secret, std::string_view text) {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(digest(algorithm), secret.data(), static_cast<int>(secret.size()), bytes_of(text),
       text.size(), bytes, &size);
  return {reinterpret_cast<const char*>(bytes), size};
}

std::string base64url(std::string_view bytes) {
  std::vector<unsigned char> out(bytes.size() * 4 / 3 + 8);
  const int size = EVP_EncodeBlock(out.data(), bytes_of(bytes), static_cast<int>(bytes.size()));
  std::string text(out.begin(), out.begin() + size);
  while (text.ends_with('=')) text.pop_back();
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text;
}

std::string signing_input(std::string_view header, std::string_view claims) {
  return base64url(header) + "." + base64url(claims);
}

std::string header(std::string_view algorithm, std::string_view kid) {
  return R"({"alg":")" + std::string(algorithm) + R"(","typ":"JWT","kid":")" + std::string(kid) +
         "\"}";
}

std::string token(std::string_view algorithm, std::string_view kid, std::string_view claims,
                  const TestKey& key) {
  const std::string input = signing_input(header(algorithm, kid), claims);
  return input + "." + base64url(key.sign(algorithm, input));
}

std::string hs_token(std::string_view algorithm, std::string_view claims, std::string_view secret) {
  const std::string input =
      signing_input(R"({"alg":")" + std::string(algorithm) + R"(","typ":"JWT"})", claims);
  return input + "." + base64url(hmac(algorithm, secret, input));
}

std::string key_set(std::initializer_list<std::string> jwks) {
  std::string text = R"({"keys":[)";
  for (const std::string& jwk : jwks) text += (text.ends_with('[') ? "" : ",") + jwk;
  return text + "]}";
}

}  // namespace eventsd::auth_test
