#include "auth/api_key.hpp"

#include <openssl/crypto.h>

namespace eventsd::auth {
namespace {

// The length of a key is no secret.
bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

class ApiKeyAuthorizer final : public Authorizer {
 public:
  ApiKeyAuthorizer(std::vector<ApiKey> keys, std::chrono::system_clock::time_point (*now)())
      : keys_(std::move(keys)), now_(now) {}

  Task<Result<Identity>> authorize(AuthorizationRequest request) override {
    if (!grants_at_once(request.credentials.api_key)) co_return fail(ErrorKind::unauthorized);
    co_return Identity{AuthMode::api_key, nullptr};
  }

  bool grants_at_once(std::string_view presented) const override {
    const ApiKey* match = nullptr;
    for (const ApiKey& key : keys_) {
      if (equal_in_constant_time(key.id, presented)) match = &key;
    }
    return match && (!match->expires || *match->expires > now_());
  }

 private:
  const std::vector<ApiKey> keys_;
  std::chrono::system_clock::time_point (*const now_)();
};

}  // namespace

std::shared_ptr<Authorizer> make_api_key_authorizer(
    std::vector<ApiKey> keys, std::chrono::system_clock::time_point (*now)()) {
  return std::make_shared<ApiKeyAuthorizer>(std::move(keys), now);
}

}  // namespace eventsd::auth
