// Keys of test issuers, and tokens signed with them: by OpenSSL alone, without the code under test.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct evp_pkey_st;

namespace eventsd::auth_test {

class TestKey {
 public:
  static TestKey make_rsa(unsigned bits = 2048);
  static TestKey make_ec(const std::string& crv);  // "P-256"
  // Made once in a process, as RSA keys take long.
  static const TestKey& rsa();
  static const TestKey& other_rsa();

  // A JWK of the public key; `more` is appended to the members: `,"use":"sig"`.
  std::string jwk(std::string_view kid, std::string_view more = "") const;
  std::string public_pem() const;
  // The signature as it stands in a JWT, before base64url.
  std::string sign(std::string_view algorithm, std::string_view text) const;

 private:
  explicit TestKey(evp_pkey_st* key);
  std::shared_ptr<evp_pkey_st> key_;
};

std::string hmac(std::string_view algorithm, std::string_view secret, std::string_view text);

std::string base64url(std::string_view bytes);

// base64url(header).base64url(claims)
std::string signing_input(std::string_view header, std::string_view claims);

// {"alg":…,"typ":"JWT","kid":…}
std::string header(std::string_view algorithm, std::string_view kid);

std::string token(std::string_view algorithm, std::string_view kid, std::string_view claims,
                  const TestKey& key);
std::string hs_token(std::string_view algorithm, std::string_view claims, std::string_view secret);

std::string key_set(std::initializer_list<std::string> jwks);

}  // namespace eventsd::auth_test
