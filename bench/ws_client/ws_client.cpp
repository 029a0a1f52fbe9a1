#include "ws_client/ws_client.hpp"

#include <array>
#include <charconv>
#include <cstring>
#include <stdexcept>

#include "ws_client/json_scan.hpp"

namespace bench {
namespace {

constexpr unsigned char kContinuation = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9,
                        kPong = 10;

std::string base64url(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string result;
  std::uint32_t bits = 0;
  int have = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (have += 8; have >= 6; have -= 6) result += kDigits[bits >> (have - 6) & 63];
  }
  if (have > 0) result += kDigits[bits << (6 - have) & 63];
  return result;
}

}  // namespace

Target Target::parse(std::string_view url, std::string api_key) {
  Target target;
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos) {
    const std::string_view name = url.substr(0, scheme);
    target.tls = name == "https" || name == "wss";
    if (!target.tls && name != "http" && name != "ws") {
      throw std::invalid_argument("only http(s):// and ws(s):// are spoken: " + std::string(url));
    }
    url.remove_prefix(scheme + 3);
  }
  url = url.substr(0, url.find('/'));
  const auto colon = url.rfind(':');
  target.api_key = std::move(api_key);
  target.host = std::string(url.substr(0, colon));
  if (target.host == "localhost") target.host = "127.0.0.1";
  if (colon == std::string_view::npos ||
      std::from_chars(url.data() + colon + 1, url.data() + url.size(), target.port).ec !=
          std::errc{}) {
    throw std::invalid_argument("no port in URL " + std::string(url));
  }
  return target;
}

std::string source_address(const Target& target, std::size_t connection_index) {
  if (!target.host.starts_with("127.")) return {};
  const std::size_t group = connection_index / 2000;
  return "127.0." + std::to_string(1 + group / 250) + "." + std::to_string(2 + group % 250);
}

void WsClient::open(const Target& target, const std::string& source, int receive_buffer) {
  const std::string key =
      R"({"host":")" + target.authority() + R"(","x-api-key":")" + target.api_key + R"("})";
  const auto given = [&](const std::string& object) { return object.empty() ? key : object; };
  authorization_ = R"(,"authorization":)" + given(target.credentials);
  start(target, "/event/realtime",
        "aws-appsync-event-ws, header-" + base64url(given(target.connect_credentials)), source,
        receive_buffer);
}

void WsClient::open_at(const Target& target, std::string_view path, std::string_view protocol,
                       const std::string& source) {
  start(target, path, protocol, source, 0);
}

void WsClient::start(const Target& target, std::string_view path, std::string_view protocol,
                     const std::string& source, int receive_buffer) {
  request_ = "GET ";
  request_.append(path).append(" HTTP/1.1\r\nHost: ").append(target.authority());
  request_ +=
      "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  if (!protocol.empty()) request_.append("Sec-WebSocket-Protocol: ").append(protocol) += "\r\n";
  request_ += "\r\n";
  upgraded_ = false;
  close_code_ = 0;
  fragments_.clear();
  connect(target.host, target.port, source, receive_buffer, target.tls);
}

void WsClient::on_connected() { send(request_); }

std::size_t WsClient::on_bytes(std::string_view bytes) {
  std::size_t taken = 0;
  if (!upgraded_) {
    const auto end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos) return 0;
    // The accept value of the fixed key above, from RFC 6455 section 1.3.
    const std::string_view head = bytes.substr(0, end);
    if (!head.starts_with("HTTP/1.1 101") ||
        head.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") == std::string_view::npos) {
      close_now();
      on_ended();
      return bytes.size();
    }
    upgraded_ = true;
    close_code_ = 1006;
    taken = end + 4;
    listener_.on_open(*this);
  }
  while (is_open() && upgraded_) {
    const std::size_t length = take_frame(bytes.substr(taken));
    if (length == 0) break;
    taken += length;
  }
  return taken;
}

std::size_t WsClient::take_frame(std::string_view bytes) {
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
  if (bytes.size() < header + length) return 0;
  const std::string_view payload = bytes.substr(header, length);
  const bool last = (at(0) & 0x80) != 0;
  switch (at(0) & 0x0f) {
    case kText:
    case kBinary:
      if (last) {
        listener_.on_message(*this, payload);
      } else {
        fragments_.assign(payload);
      }
      break;
    case kContinuation:
      fragments_.append(payload);
      if (last) listener_.on_message(*this, fragments_);
      break;
    case kPing:
      send_frame(kPong, payload);
      break;
    case kClose:
      close_code_ = payload.size() >= 2 ? static_cast<unsigned char>(payload[0]) << 8 |
                                              static_cast<unsigned char>(payload[1])
                                        : 1005;
      send_frame(kClose, payload.substr(0, 2));
      close_now();
      on_ended();
      break;
    default:
      break;
  }
  return header + length;
}

void WsClient::on_ended() {
  upgraded_ = false;
  listener_.on_closed(*this, close_code_);
}

void WsClient::send_text(std::string_view text) { send_frame(kText, text); }
void WsClient::send_binary(std::string_view bytes) { send_frame(kBinary, bytes); }

void WsClient::send_frame(unsigned char opcode, std::string_view payload) {
  // A fixed masking key: the server unmasks it all the same, and runs repeat byte for byte.
  constexpr std::array<char, 8> kMask = {0x37, 0x13, 0x5a, 0x21, 0x37, 0x13, 0x5a, 0x21};
  std::array<char, 14> header{};
  std::size_t size = 2;
  header[0] = static_cast<char>(0x80 | opcode);
  if (payload.size() < 126) {
    header[1] = static_cast<char>(0x80 | payload.size());
  } else {
    const int wide = payload.size() < 65536 ? 2 : 8;
    header[1] = static_cast<char>(0x80 | (wide == 2 ? 126 : 127));
    for (int i = wide - 1; i >= 0; --i) {
      header[size++] = static_cast<char>(payload.size() >> (8 * i) & 0xff);
    }
  }
  std::memcpy(header.data() + size, kMask.data(), 4);
  size += 4;
  send({header.data(), size});
  std::string masked(payload);
  for (std::size_t i = 0; i < masked.size(); ++i) masked[i] ^= kMask[i & 3];
  send(masked);
}

void WsClient::subscribe(std::string_view id, std::string_view channel, std::string_view extra) {
  scratch_ = R"({"type":"subscribe","id":")";
  scratch_.append(id).append(R"(","channel":")").append(channel).append("\"");
  scratch_.append(extra).append(authorization_).append("}");
  send_text(scratch_);
}

void WsClient::unsubscribe(std::string_view id) {
  scratch_ = R"({"type":"unsubscribe","id":")";
  scratch_.append(id).append("\"}");
  send_text(scratch_);
}

void WsClient::publish(std::string_view id, std::string_view channel, std::string_view events) {
  scratch_ = R"({"type":"publish","id":")";
  scratch_.append(id).append(R"(","channel":")").append(channel).append(R"(","events":[)");
  scratch_.append(events).append("]").append(authorization_).append("}");
  send_text(scratch_);
}

void WsClient::close(int code) {
  const char payload[2] = {static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
  send_frame(kClose, {payload, 2});
  close_now();
  upgraded_ = false;
}

}  // namespace bench
