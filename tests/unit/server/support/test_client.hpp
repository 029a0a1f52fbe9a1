// The other end of a connection: bytes, HTTP answers and WebSocket frames.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/ws_frame.hpp"

namespace eventsd::server_test {

class TestShard;

struct Frame {
  protocol::Opcode opcode;
  std::string payload;
};

// Every call that waits lets the shard work until it is idle.
class TestClient {
 public:
  TestClient(TestShard& shard, int native_socket) : shard_(&shard), socket_(native_socket) {}
  TestClient(TestClient&& other) noexcept;
  TestClient& operator=(TestClient&&) = delete;
  ~TestClient();

  // Sends bytes; the shard works when the socket is full, and afterwards.
  void send_raw(std::string_view bytes);
  // One masked text frame each.
  void send(std::string_view text);
  void send_all(const std::vector<std::string>& texts);
  void ping(std::string_view payload);

  // Upgrades to the WebSocket of the test API. Returns what came before the first frame.
  std::string upgrade(std::string_view extra_headers = "x-api-key: da2-good\r\n");

  // Takes the head of an HTTP answer; everything that has come, if there is no whole one.
  std::string take_head();
  // Takes everything that has come.
  std::string take_bytes();
  // Takes at the most `count` bytes and puts them to what frames() will read.
  void sip(std::size_t count);
  // Takes every whole frame that has come; a broken stream fails the test.
  std::vector<Frame> frames();
  // The payloads of the text frames, and nothing else may have come.
  std::vector<std::string> texts();
  // True when the server has ended the stream and everything has been taken.
  bool at_end();
  // Half-closes.
  void shut_write();
  // Goes without a word.
  void vanish();

 private:
  void receive();
  TestShard* shard_;
  int socket_;
  std::string in_;
  bool ended_ = false;
};

// The value of a string member that is written without escapes: member(text, "type").
std::string member(std::string_view json, std::string_view name);
// The same of many: {"connection_ack", "ka"}.
std::vector<std::string> members(const std::vector<std::string>& texts, std::string_view name);
// The code of a close frame's payload; 0 when there is none.
int close_code(std::string_view payload);

// Client messages.
std::string subscribe_message(std::string_view id, std::string_view channel,
                              std::string_view extra = "");
std::string unsubscribe_message(std::string_view id);
// `event` is written as it is, inside of a JSON string.
std::string publish_message(std::string_view id, std::string_view channel, std::string_view event);

}  // namespace eventsd::server_test
