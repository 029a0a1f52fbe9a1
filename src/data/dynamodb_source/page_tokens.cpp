#include "data/dynamodb_source/page_tokens.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <memory>
#include <stdexcept>

#include "data/dynamodb/base64.hpp"

namespace eventsd::data::dynamodb_source {
namespace {

constexpr char kForm = 1;
constexpr std::size_t kNonce = 12;
constexpr std::size_t kTag = 16;
constexpr std::size_t kHead = 1 + kNonce;
// Four keys of at most 2 KB, each byte escaped: longer ones are not ours.
constexpr std::size_t kMaxToken = 128 * 1024;

using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

void check(bool done) {
  if (!done) throw std::runtime_error("AES-GCM failed");
}

}  // namespace

PageTokens PageTokens::from_secret(std::string_view secret) {
  Key key;
  SHA256(bytes(secret), secret.size(), key.data());
  return PageTokens(key);
}

std::string PageTokens::seal(std::string_view start_key, std::string_view place) const {
  std::string sealed(kHead + start_key.size() + kTag, '\0');
  sealed[0] = kForm;
  check(RAND_bytes(bytes(sealed) + 1, kNonce) == 1);
  const Context context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  int written = 0;
  check(context &&
        EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key_.data(),
                           bytes(sealed) + 1) == 1 &&
        EVP_EncryptUpdate(context.get(), nullptr, &written, bytes(place),
                          static_cast<int>(place.size())) == 1 &&
        EVP_EncryptUpdate(context.get(), bytes(sealed) + kHead, &written, bytes(start_key),
                          static_cast<int>(start_key.size())) == 1 &&
        EVP_EncryptFinal_ex(context.get(), bytes(sealed) + kHead + written, &written) == 1 &&
        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTag,
                            bytes(sealed) + sealed.size() - kTag) == 1);
  std::string token;
  dynamodb::append_base64(token, sealed);
  return token;
}

std::optional<std::string> PageTokens::open(std::string_view token, std::string_view place) const {
  if (token.size() > kMaxToken) return std::nullopt;
  std::optional<std::string> sealed = dynamodb::decode_base64(token);
  if (!sealed || sealed->size() < kHead + kTag || (*sealed)[0] != kForm) return std::nullopt;
  std::string start_key(sealed->size() - kHead - kTag, '\0');
  const Context context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  int written = 0;
  check(context && EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key_.data(),
                                      bytes(*sealed) + 1) == 1);
  const bool genuine =
      EVP_DecryptUpdate(context.get(), nullptr, &written, bytes(place),
                        static_cast<int>(place.size())) == 1 &&
      EVP_DecryptUpdate(context.get(), bytes(start_key), &written, bytes(*sealed) + kHead,
                        static_cast<int>(start_key.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTag,
                          bytes(*sealed) + sealed->size() - kTag) == 1 &&
      EVP_DecryptFinal_ex(context.get(), bytes(start_key) + written, &written) == 1;
  if (!genuine) return std::nullopt;
  return start_key;
}

}  // namespace eventsd::data::dynamodb_source
