// RFC 6455 frames, server side: the decoder of what clients send, and headers for what we send.
// No extensions: permessage-deflate is never negotiated (PROTOCOL.md H-9).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace eventsd::protocol {

enum class Opcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10
};

// Close codes that we send or accept (RFC 6455 §7.4.1).
enum class CloseCode : std::uint16_t {
  normal = 1000,
  going_away = 1001,
  protocol_error = 1002,
  unsupported_data = 1003,
  invalid_payload = 1007,
  policy_violation = 1008,
  message_too_big = 1009,
  internal_error = 1011,
  service_restart = 1012,
  try_again_later = 1013,
};

// What the decoder found.
struct WsMessage {
  Opcode opcode = Opcode::text;  // text, binary, close, ping or pong; never continuation
  std::string_view payload;      // unmasked; valid until the next call of the decoder
};

enum class WsStatus : std::uint8_t {
  message,    // `out` holds a message; call again for the next
  need_more,  // everything has been consumed or kept; read from the socket
  failed,     // close_code() says why; nothing further is decoded
};

// Decodes client frames from a byte stream that comes in pieces of any size. Unmasks in place,
// joins fragments, checks UTF-8 of text messages and close reasons, enforces the cap.
// Keeps memory only while a frame or a fragmented message is incomplete.
//   errors   1002 unmasked frame, reserved bits or opcodes, bad control frames, stray continuation,
//            non-minimal length, close payload of one byte or with a forbidden code;
//            1007 invalid UTF-8 (text and close reason); 1009 message longer than max_message
//   source   RFC 6455 §5
class WsDecoder {
 public:
  explicit WsDecoder(std::uint64_t max_message) : max_message_(max_message) {}

  // Gives it the bytes of one read. It may unmask in place and keep views into `input` until the
  // next feed(); whatever is left over is copied when need_more is returned.
  // REQUIRES: the last call of next() returned need_more (or none was made).
  void feed(std::span<char> input);
  WsStatus next(WsMessage& out);

  CloseCode close_code() const { return close_code_; }
  // Bytes kept between reads.
  std::size_t buffered() const {
    return partial_ ? partial_->head_size + partial_->message.size() : 0;
  }
  void set_max_message(std::uint64_t max_message) { max_message_ = max_message; }

 private:
  // What outlives a read. An idle connection has none, which keeps the decoder itself small.
  struct Partial {
    std::string message;        // payload of the open message so far, unmasked
    std::uint64_t missing = 0;  // payload bytes of the open data frame that have not come
    Opcode opcode = Opcode::continuation;  // of the open message; continuation: none is open
    bool last = false;                     // the open data frame ends the message
    std::uint8_t head_size = 0;
    std::array<char, 4> mask{};       // of the open data frame, turned to where its payload goes on
    std::array<char, 14 + 125> head;  // an incomplete header, or an incomplete control frame

    bool idle() const { return opcode == Opcode::continuation && missing == 0 && head_size == 0; }
  };
  struct Header;

  // Each step returns what to tell the caller, or nothing when there is more to decode.
  using Step = std::optional<WsStatus>;

  Step take_frame(WsMessage& out);
  Step continue_head(WsMessage& out);
  Step take_payload(const Header& header, WsMessage& out);
  Step continue_payload(WsMessage& out);
  WsStatus keep_head();
  bool check(const Header& header);
  enum class Text : std::uint8_t { unknown, ascii };
  WsStatus accept(Opcode opcode, std::string_view payload, Text text, WsMessage& out);
  WsStatus fail(CloseCode code);

  std::uint64_t max_message_;
  std::span<char> input_;             // not yet consumed part of the last feed
  std::unique_ptr<Partial> partial_;  // only while something is incomplete
  CloseCode close_code_ = CloseCode::normal;
  bool failed_ = false;
};

// Largest header of a server frame.
inline constexpr std::size_t kMaxServerHeader = 10;

// Writes the header of an unfragmented server frame; returns its size (2, 4 or 10).
std::size_t encode_frame_header(char* out, Opcode opcode, std::uint64_t payload_size);

// Appends a whole frame.
void append_frame(std::string& out, Opcode opcode, std::string_view payload);

// Payload of a close frame: code, reason (cut to 123 bytes at a character boundary).
std::string close_payload(CloseCode code, std::string_view reason);
// The code in a Close frame's payload; 1005 when it has none.
//   source   RFC 6455 section 7.1.5
std::uint16_t close_code_of(std::string_view payload);

// Size of the frame that starts at `data` (header and payload), 0 when the header is incomplete.
// For frames that we made ourselves.
std::uint64_t server_frame_size(std::string_view data);

// Sec-WebSocket-Accept for a key (RFC 6455 §4.2.2).
std::string accept_key(std::string_view sec_websocket_key);

}  // namespace eventsd::protocol
