#include "unit/server/support/test_client.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "unit/protocol/support/client_frame.hpp"
#include "unit/server/support/test_shard.hpp"

namespace eventsd::server_test {

using protocol::client_frame;
using protocol::Opcode;

TestClient::TestClient(TestClient&& other) noexcept
    : shard_(other.shard_),
      socket_(std::exchange(other.socket_, -1)),
      in_(std::move(other.in_)),
      ended_(other.ended_) {}

TestClient::~TestClient() { vanish(); }

void TestClient::vanish() {
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
}

void TestClient::shut_write() {
  ::shutdown(socket_, SHUT_WR);
  shard_->pump();
}

void TestClient::send_raw(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
    if (sent < 0 && errno != EAGAIN) break;  // the server may have closed: the test will see
    if (shard_->pump() == 0 && sent < 0) {
      ADD_FAILURE() << "the server does not read";
      return;
    }
  }
  shard_->pump();
}

void TestClient::send(std::string_view text) { send_raw(client_frame(Opcode::text, text)); }

void TestClient::send_all(const std::vector<std::string>& texts) {
  std::string bytes;
  for (const std::string& text : texts) bytes += client_frame(Opcode::text, text);
  send_raw(bytes);
}

void TestClient::ping(std::string_view payload) { send_raw(client_frame(Opcode::ping, payload)); }

std::string TestClient::upgrade(std::string_view extra_headers) {
  send_raw(
      "GET /event/realtime HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
      "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
      "Sec-WebSocket-Protocol: aws-appsync-event-ws\r\n" +
      std::string(extra_headers) + "\r\n");
  receive();
  const std::size_t end = in_.find("\r\n\r\n");
  if (end == std::string::npos) {
    ADD_FAILURE() << "no answer to the upgrade: " << in_;
    return {};
  }
  std::string answer = in_.substr(0, end + 4);
  in_.erase(0, end + 4);
  return answer;
}

void TestClient::receive() {
  std::array<char, 65536> bytes;
  for (;;) {
    shard_->pump();
    const ssize_t got = ::recv(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (got == 0) ended_ = true;
    if (got <= 0) return;
    in_.append(bytes.data(), static_cast<std::size_t>(got));
  }
}

std::string TestClient::take_head() {
  receive();
  const std::size_t end = in_.find("\r\n\r\n");
  if (end == std::string::npos) return std::exchange(in_, {});
  std::string head = in_.substr(0, end + 4);
  in_.erase(0, end + 4);
  return head;
}

std::string TestClient::take_bytes() {
  receive();
  return std::exchange(in_, {});
}

void TestClient::sip(std::size_t count) {
  std::string bytes(count, '\0');
  const ssize_t got = ::recv(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (got > 0) in_.append(bytes, 0, static_cast<std::size_t>(got));
}

std::vector<Frame> TestClient::frames() {
  receive();
  std::vector<Frame> found;
  std::size_t at = 0;
  for (;;) {
    const std::string_view rest = std::string_view(in_).substr(at);
    if (rest.size() < 2) break;
    const unsigned first = static_cast<unsigned char>(rest[0]);
    const unsigned second = static_cast<unsigned char>(rest[1]);
    const unsigned opcode = first & 0x0F;
    const bool known = opcode == 1 || opcode == 8 || opcode == 9 || opcode == 10;
    if ((first & 0xF0) != 0x80 || (second & 0x80) != 0 || !known) {
      ADD_FAILURE() << "no server frame at byte " << at;
      break;
    }
    const std::uint64_t size = protocol::server_frame_size(rest);
    if (size == 0 || size > rest.size()) break;
    const std::size_t header = second < 126 ? 2 : second == 126 ? 4 : 10;
    found.push_back({static_cast<Opcode>(opcode), std::string(rest.substr(header, size - header))});
    at += size;
  }
  in_.erase(0, at);
  return found;
}

std::vector<std::string> TestClient::texts() {
  std::vector<std::string> found;
  for (Frame& frame : frames()) {
    EXPECT_EQ(frame.opcode, Opcode::text) << frame.payload;
    found.push_back(std::move(frame.payload));
  }
  return found;
}

bool TestClient::at_end() {
  receive();
  return ended_ && in_.empty();
}

std::string member(std::string_view json, std::string_view name) {
  const std::string start = "\"" + std::string(name) + "\":\"";
  const std::size_t found = json.find(start);
  if (found == std::string_view::npos) return {};
  const std::string_view value = json.substr(found + start.size());
  return std::string(value.substr(0, value.find('"')));
}

std::vector<std::string> members(const std::vector<std::string>& texts, std::string_view name) {
  std::vector<std::string> found;
  for (const std::string& text : texts) found.push_back(member(text, name));
  return found;
}

int close_code(std::string_view payload) {
  if (payload.size() < 2) return 0;
  return static_cast<unsigned char>(payload[0]) << 8 | static_cast<unsigned char>(payload[1]);
}

namespace {

constexpr std::string_view kAuthorization = R"("authorization":{"x-api-key":"da2-good"})";

}  // namespace

std::string subscribe_message(std::string_view id, std::string_view channel,
                              std::string_view extra) {
  std::string text = R"({"type":"subscribe","id":")";
  ((((text += id) += R"(","channel":")") += channel) += "\",") += kAuthorization;
  return (text += extra) += "}";
}

std::string unsubscribe_message(std::string_view id) {
  std::string text = R"({"type":"unsubscribe","id":")";
  return (text += id) += "\"}";
}

std::string publish_message(std::string_view id, std::string_view channel, std::string_view event) {
  std::string text = R"({"type":"publish","id":")";
  ((((text += id) += R"(","channel":")") += channel) += R"(","events":[")") += event;
  return ((text += R"("],)") += kAuthorization) += "}";
}

}  // namespace eventsd::server_test
