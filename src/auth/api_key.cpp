#include "auth/api_key.hpp"

#include <openssl/crypto.h>

namespace eventsd::auth {
namespace {

class ApiKeyAuthorizer final : public Authorizer {
 public:
  ApiKeyAuthorizer(std::vector<ApiKey> keys, std::chrono::system_clock::time_point (*now)())
      : keys_(std::move(keys)), now_(now) {}

  Task<Result<Identity>> authorize(AuthorizationRequest request) override {
    if (!grants_at_once(request.credentials)) co_return fail(ErrorKind::unauthorized);
    co_return Identity{AuthMode::api_key, nullptr};
  }

  bool grants_at_once(const Credentials& credentials) const override {
    const std::string& presented = credentials.api_key;
    const ApiKey* match = nullptr;
    for (const ApiKey& key : keys_) {
      const bool equal = key.id.size() == presented.size() &&
                         CRYPTO_memcmp(key.id.data(), presented.data(), presented.size()) == 0;
      if (equal) match = &key;
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
