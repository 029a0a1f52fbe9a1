#include "protocol/cursor.hpp"

#include <openssl/evp.h>

#include <array>
#include <stdexcept>

#include "protocol/text.hpp"

namespace eventsd::protocol {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kCheckSize = 4;
constexpr std::size_t kSize = 1 + 8 + 8 + kCheckSize;

void append_big_endian(std::string& out, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xff);
}

std::uint64_t read_big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes.substr(0, 8)) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

std::array<unsigned char, EVP_MAX_MD_SIZE> sha256(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("SHA-256 failed");
  }
  return digest;
}

}  // namespace

std::string encode_cursor(const Cursor& cursor, const ChannelNamespace& channel_namespace) {
  std::string bytes(1, kVersion);
  append_big_endian(bytes, cursor.epoch);
  append_big_endian(bytes, cursor.position);
  std::string checked = bytes;
  checked += channel_namespace.name;
  const auto digest = sha256(checked);
  bytes.append(reinterpret_cast<const char*>(digest.data()), kCheckSize);
  return base64url_encode(bytes);
}

Result<Cursor> decode_cursor(std::string_view text, const ChannelNamespace& channel_namespace) {
  const auto malformed = [] { return fail(ErrorKind::bad_request, "Invalid cursor"); };
  if (text.size() != kSize * 4 / 3) return malformed();
  const std::optional<std::string> bytes = base64_decode(text);
  if (!bytes || bytes->size() != kSize || bytes->front() != kVersion) return malformed();
  const std::string_view numbers = std::string_view(*bytes).substr(1);
  const Cursor cursor{read_big_endian(numbers), read_big_endian(numbers.substr(8))};
  // A cursor has one spelling; this compares the check as well.
  if (encode_cursor(cursor, channel_namespace) != text) return malformed();
  return cursor;
}

}  // namespace eventsd::protocol
