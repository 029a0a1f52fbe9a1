#include "protocol/ws_frame.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>

#include "protocol/text.hpp"

// What we send. The decoder of what clients send is in ws_decoder.cpp.
namespace eventsd::protocol {
namespace {

constexpr std::size_t kMaxControlPayload = 125;

}  // namespace

std::size_t encode_frame_header(char* out, Opcode opcode, std::uint64_t payload_size) {
  out[0] = static_cast<char>(0x80 | static_cast<unsigned>(opcode));
  if (payload_size < 126) {
    out[1] = static_cast<char>(payload_size);
    return 2;
  }
  if (payload_size <= 0xffff) {
    out[1] = 126;
    out[2] = static_cast<char>(payload_size >> 8);
    out[3] = static_cast<char>(payload_size & 0xff);
    return 4;
  }
  out[1] = 127;
  for (int i = 0; i < 8; ++i) out[2 + i] = static_cast<char>(payload_size >> (56 - 8 * i) & 0xff);
  return 10;
}

void append_frame(std::string& out, Opcode opcode, std::string_view payload) {
  std::array<char, kMaxServerHeader> header;
  const std::size_t header_size = encode_frame_header(header.data(), opcode, payload.size());
  out.append(header.data(), header_size);
  out += payload;
}

std::uint16_t close_code_of(std::string_view payload) {
  if (payload.size() < 2) return 1005;
  return static_cast<std::uint16_t>(static_cast<std::uint8_t>(payload[0]) << 8 |
                                    static_cast<std::uint8_t>(payload[1]));
}

std::string close_payload(CloseCode code, std::string_view reason) {
  constexpr std::size_t kMaxReason = kMaxControlPayload - 2;
  std::size_t size = std::min(reason.size(), kMaxReason);
  // Not inside a character: back to where one begins.
  while (size > 0 && size < reason.size() &&
         (static_cast<unsigned char>(reason[size]) & 0xc0) == 0x80) {
    --size;
  }
  std::string payload;
  payload.reserve(2 + size);
  payload += static_cast<char>(static_cast<std::uint16_t>(code) >> 8);
  payload += static_cast<char>(static_cast<std::uint16_t>(code) & 0xff);
  payload += reason.substr(0, size);
  return payload;
}

std::uint64_t server_frame_size(std::string_view data) {
  if (data.size() < 2) return 0;
  const auto byte = [data](std::size_t i) {
    return static_cast<std::uint64_t>(static_cast<unsigned char>(data[i]));
  };
  const std::uint64_t length = byte(1) & 0x7f;
  if (length < 126) return 2 + length;
  const std::size_t header = length == 126 ? 4 : 10;
  if (data.size() < header) return 0;
  std::uint64_t payload = 0;
  for (std::size_t i = 2; i < header; ++i) payload = payload << 8 | byte(i);
  return header + payload;
}

std::string accept_key(std::string_view sec_websocket_key) {
  std::string text(sec_websocket_key);
  text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  // Looked up once: the look-up costs several times the digest.
  static const EVP_MD* const sha1 = EVP_MD_fetch(nullptr, "SHA1", nullptr);
  thread_local const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(
      EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  if (!sha1 || !context || EVP_DigestInit_ex2(context.get(), sha1, nullptr) != 1 ||
      EVP_DigestUpdate(context.get(), text.data(), text.size()) != 1 ||
      EVP_DigestFinal_ex(context.get(), digest.data(), &size) != 1) {
    throw std::runtime_error("SHA-1 failed");
  }
  std::array<char, 4 * ((EVP_MAX_MD_SIZE + 2) / 3) + 1> encoded;
  const int encoded_size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                                           digest.data(), static_cast<int>(size));
  return std::string(encoded.data(), static_cast<std::size_t>(encoded_size));
}

}  // namespace eventsd::protocol
