#include "app/bench_socket.hpp"

#include <array>
#include <charconv>
#include <cstring>
#include <random>

#include "app/bench_http.hpp"
#include "protocol/text.hpp"
#include "protocol/ws_frame.hpp"

namespace eventsd::app::bench {
namespace {

using protocol::Opcode;

// The key of RFC 6455 section 1.3: it protects from caches, and there is none to fool here.
constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::size_t kMaxUpgradeAnswer = 64 * 1024;

std::uint32_t next_mask() {
  thread_local std::minstd_rand random{std::random_device{}()};
  return static_cast<std::uint32_t>(random()) * 2654435761u;
}

}  // namespace

Result<void> Socket::open_socket(std::size_t index) {
  is_upgraded_ = false;
  fragments_.clear();
  return open(access_.realtime, index);
}

void Socket::on_connected() {
  std::string credentials;
  access_.credentials->append_authorization(credentials, "{}");
  send("GET " + access_.realtime_path + " HTTP/1.1\r\nHost: " + access_.realtime_authority +
       "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
       "Sec-WebSocket-Key: " +
       std::string(kKey) + "\r\nSec-WebSocket-Protocol: aws-appsync-event-ws, header-" +
       protocol::base64url_encode(credentials) + "\r\n\r\n");
}

std::size_t Socket::on_bytes(std::string_view bytes) {
  std::size_t taken = 0;
  if (!is_upgraded_) {
    taken = take_upgrade(bytes);
    if (taken == 0) return 0;
  }
  while (is_open() && is_upgraded_) {
    const std::size_t length = take_frame(bytes.substr(taken));
    if (length == 0) break;
    taken += length;
  }
  return taken;
}

std::size_t Socket::take_upgrade(std::string_view bytes) {
  static const std::string accept = protocol::accept_key(kKey);
  HttpAnswer answer;
  const std::size_t length = take_http_answer(bytes, answer);
  if (length == 0) {
    if (bytes.size() <= kMaxUpgradeAnswer) return 0;
    drop();
    on_closed("the answer to the upgrade is too long");
    return bytes.size();
  }
  if (answer.status != 101 || answer.head.find(accept) == std::string_view::npos) {
    const std::string reason = "the server refused the upgrade: " + explain_http(answer);
    drop();
    on_closed(reason);
    return bytes.size();
  }
  is_upgraded_ = true;
  on_upgraded();
  return length;
}

std::size_t Socket::take_frame(std::string_view bytes) {
  if (bytes.size() < 2) return 0;
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  std::size_t header = 2;
  std::uint64_t length = at(1) & 0x7f;
  if (length >= 126) {
    const std::size_t wide = length == 126 ? 2 : 8;
    if (bytes.size() < 2 + wide) return 0;
    length = 0;
    for (std::size_t i = 0; i < wide; ++i) length = length << 8 | at(2 + i);
    header += wide;
  }
  if (bytes.size() - header < length) return 0;
  const std::string_view payload = bytes.substr(header, length);
  const bool is_last = (at(0) & 0x80) != 0;
  switch (static_cast<Opcode>(at(0) & 0x0f)) {
    case Opcode::text:
      if (is_last) {
        on_text(payload);
      } else {
        fragments_.assign(payload);
      }
      break;
    case Opcode::continuation:
      fragments_.append(payload);
      if (is_last) {
        const std::string whole = std::exchange(fragments_, {});
        on_text(whole);
      }
      break;
    case Opcode::ping:
      send_frame(static_cast<unsigned char>(Opcode::pong), payload);
      break;
    case Opcode::close: {
      std::string reason = "the server closed the connection (";
      if (payload.size() >= 2) {
        const int code =
            static_cast<unsigned char>(payload[0]) << 8 | static_cast<unsigned char>(payload[1]);
        reason += std::to_string(code);
        if (payload.size() > 2) reason += " " + std::string(payload.substr(2));
      } else {
        reason += "1005";
      }
      send_frame(static_cast<unsigned char>(Opcode::close), payload.substr(0, 2));
      drop();
      on_closed(reason + ")");
      break;
    }
    default:
      break;
  }
  return header + length;
}

void Socket::on_ended(const std::string& reason) { on_closed(reason); }

void Socket::send_text(std::string_view text) {
  send_frame(static_cast<unsigned char>(Opcode::text), text);
}

void Socket::send_frame(unsigned char opcode, std::string_view payload) {
  std::array<char, 14> header;
  std::size_t size =
      protocol::encode_frame_header(header.data(), static_cast<Opcode>(opcode), payload.size());
  header[1] = static_cast<char>(header[1] | 0x80);  // a client masks
  const std::uint32_t word = next_mask();
  std::array<char, 4> mask;
  std::memcpy(mask.data(), &word, mask.size());
  std::memcpy(header.data() + size, mask.data(), mask.size());
  size += mask.size();
  send({header.data(), size});
  thread_local std::string masked;
  masked.assign(payload);
  for (std::size_t i = 0; i < masked.size(); ++i) masked[i] ^= mask[i & 3];
  send(masked);
}

void Socket::close_socket() {
  if (is_open() && is_upgraded_) {
    constexpr std::array<char, 2> kNormal = {'\x03', '\xe8'};  // 1000
    send_frame(static_cast<unsigned char>(Opcode::close), {kNormal.data(), kNormal.size()});
  }
  drop();
}

}  // namespace eventsd::app::bench
