// The frame decoder: whatever the bytes and however they are cut, the messages and the close code
// are the same, and memory is kept only for what is incomplete.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "protocol/text.hpp"
#include "protocol/ws_frame.hpp"

namespace {

using namespace eventsd::protocol;

constexpr std::uint64_t kMaxMessage = 2000;

void require(bool holds) {
  if (!holds) std::abort();
}

struct Decoded {
  std::vector<std::pair<Opcode, std::string>> messages;
  CloseCode close_code = CloseCode::normal;
  bool operator==(const Decoded&) const = default;
};

// Decodes pieces of at most `piece_size` bytes; the first is of `first_size`.
Decoded decode(std::string_view bytes, std::size_t first_size, std::size_t piece_size) {
  WsDecoder decoder(kMaxMessage);
  Decoded result;
  for (std::size_t size = first_size; !bytes.empty(); size = piece_size) {
    // Memory of its own: a view kept beyond the feed is found.
    std::vector<char> piece(bytes.begin(), bytes.begin() + std::min(size, bytes.size()));
    bytes.remove_prefix(piece.size());
    decoder.feed(piece);
    for (WsMessage message;;) {
      const WsStatus status = decoder.next(message);
      require(decoder.buffered() <= kMaxMessage + 14 + 125);
      if (status == WsStatus::need_more) break;
      if (status == WsStatus::failed) {
        require(decoder.close_code() != CloseCode::normal);
        result.close_code = decoder.close_code();
        return result;
      }
      require(message.opcode != Opcode::continuation);
      require(message.payload.size() <= kMaxMessage);
      require(message.opcode != Opcode::text || is_valid_utf8(message.payload));
      result.messages.emplace_back(message.opcode, message.payload);
    }
  }
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Decoded whole = decode(bytes, size, size);
  require(decode(bytes, 1, 1) == whole);
  require(decode(bytes, 7, 13) == whole);
  // Every place for one cut, of short inputs; of long ones a few.
  const std::size_t step = size <= 200 ? 1 : size / 50;
  for (std::size_t at = 1; at < size; at += step) require(decode(bytes, at, size) == whole);
  // What we would send with the same bytes is measured as it was written.
  std::string frame;
  append_frame(frame, Opcode::text, bytes);
  require(server_frame_size(frame) == frame.size());
  require(close_payload(CloseCode::normal, bytes).size() <= 125);
  static_cast<void>(server_frame_size(bytes));
  return 0;
}
