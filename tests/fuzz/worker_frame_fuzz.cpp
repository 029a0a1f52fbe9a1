// Frames of worker processes: whatever the bytes and however they are cut, the frames are the same,
// none is longer than the cap, and what was read is written back as the same bytes.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <variant>

#include "handler/frame.hpp"

namespace {

using namespace eventsd::handler;

constexpr std::size_t kMaxSize = 4096;

void require(bool holds) {
  if (!holds) std::abort();
}

void append(std::string& out, const Frame& frame) {
  if (const auto* call = std::get_if<CallFrame>(&frame)) {
    append_call(out, call->id, call->module, call->function, call->context);
  } else {
    std::visit(
        [&out](const auto& one) {
          if constexpr (!std::is_same_v<std::decay_t<decltype(one)>, CallFrame>) {
            append_frame(out, one);
          }
        },
        frame);
  }
}

struct Decoded {
  std::string written;
  bool broken = false;
  bool operator==(const Decoded&) const = default;
};

Decoded decode(std::string_view bytes, std::size_t piece) {
  FrameDecoder decoder(kMaxSize);
  Decoded result;
  for (; !bytes.empty() && !result.broken; bytes.remove_prefix(std::min(piece, bytes.size()))) {
    const std::string copy(bytes.substr(0, piece));  // a view that is kept is found
    decoder.feed(copy);
    for (;;) {
      Frame frame;
      const auto status = decoder.next(frame);
      if (status == FrameDecoder::Status::need_more) break;
      result.broken = status == FrameDecoder::Status::broken;
      if (result.broken) break;
      append(result.written, frame);
    }
    require(decoder.buffered() <= kMaxSize + 4 + piece);
  }
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Decoded whole = decode(bytes, bytes.size() + 1);
  require(decode(bytes, 1u + data[0]) == whole);
  require(bytes.starts_with(whole.written));
  return 0;
}
