#include "auth/api_key.hpp"

#include <cstdint>
#include <cstring>

namespace eventsd::auth {
namespace {

// Keeps the compiler from knowing anything about a value.
std::uint64_t hidden(std::uint64_t value) {
  asm volatile("" : "+r"(value));
  return value;
}

// Looks at every byte, whatever the first ones say. Eight at a time: CRYPTO_memcmp takes them one
// by one, for every publish. The length of a key is no secret.
bool equal_in_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  std::uint64_t difference = 0;
  std::size_t at = 0;
  for (; at + sizeof difference <= a.size(); at += sizeof difference) {
    std::uint64_t x, y;
    std::memcpy(&x, a.data() + at, sizeof x);
    std::memcpy(&y, b.data() + at, sizeof y);
    difference = hidden(difference | (x ^ y));
  }
  for (; at < a.size(); ++at) {
    difference = hidden(difference | static_cast<unsigned char>(a[at] ^ b[at]));
  }
  return difference == 0;
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
