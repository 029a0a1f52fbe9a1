#include <algorithm>
#include <cassert>
#include <cstring>

#include "protocol/text.hpp"
#include "protocol/ws_frame.hpp"

namespace eventsd::protocol {

// The header at the beginning of some bytes, as far as they go.
struct WsDecoder::Header {
  unsigned first = 0;     // FIN, reserved bits and opcode
  unsigned second = 0;    // MASK and the short length
  std::size_t size = 0;   // bytes of the header; 0 while these two have not come
  bool complete = false;  // what follows is set only then
  std::uint64_t payload_size = 0;
  std::array<char, 4> mask{};

  explicit Header(std::span<const char> bytes) {
    if (bytes.size() < 2) return;
    const auto byte = [bytes](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    first = byte(0);
    second = byte(1);
    size = 2 + extended_size() + mask.size();
    complete = bytes.size() >= size;
    if (!complete) return;
    if (extended_size() == 0) payload_size = short_length();
    for (std::size_t i = 0; i < extended_size(); ++i) {
      payload_size = payload_size << 8 | byte(2 + i);
    }
    std::memcpy(mask.data(), bytes.data() + size - mask.size(), mask.size());
  }

  Opcode opcode() const { return static_cast<Opcode>(first & 0x0f); }
  bool is_last() const { return (first & 0x80) != 0; }
  bool is_control() const { return (first & 0x08) != 0; }
  bool is_masked() const { return (second & 0x80) != 0; }
  unsigned short_length() const { return second & 0x7f; }
  std::size_t extended_size() const {
    return short_length() < 126 ? 0 : short_length() == 126 ? 2 : 8;
  }
};

namespace {

constexpr std::uint64_t kHighBits = 0x8080808080808080;

// Returns whether all of it is ASCII, as most text is: its UTF-8 needs no look of its own then.
bool unmask(std::span<char> data, const std::array<char, 4>& mask) {
  std::array<char, 8> twice;
  std::memcpy(twice.data(), mask.data(), 4);
  std::memcpy(twice.data() + 4, mask.data(), 4);
  std::uint64_t key;
  std::memcpy(&key, twice.data(), sizeof key);
  char* p = data.data();
  std::size_t left = data.size();
  std::uint64_t seen = 0;  // all bytes, one over the other
  for (; left >= sizeof key; left -= sizeof key, p += sizeof key) {
    std::uint64_t word;
    std::memcpy(&word, p, sizeof word);
    word ^= key;
    seen |= word;
    std::memcpy(p, &word, sizeof word);
  }
  for (std::size_t i = 0; i < left; ++i) {
    p[i] = static_cast<char>(p[i] ^ mask[i % 4]);
    seen |= static_cast<unsigned char>(p[i]);
  }
  return (seen & kHighBits) == 0;
}

bool is_known(Opcode opcode) {
  switch (opcode) {
    case Opcode::continuation:
    case Opcode::text:
    case Opcode::binary:
    case Opcode::close:
    case Opcode::ping:
    case Opcode::pong:
      return true;
  }
  return false;
}

// Codes that may stand in a close frame (RFC 6455 §7.4 and IANA's registry).
bool is_close_code(unsigned code) {
  if (code >= 3000 && code < 5000) return true;
  return code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
}

std::string_view as_text(std::span<const char> bytes) { return {bytes.data(), bytes.size()}; }

}  // namespace

void WsDecoder::feed(std::span<char> input) {
  assert(input_.empty());
  if (!failed_) input_ = input;
}

WsStatus WsDecoder::next(WsMessage& out) {
  if (failed_) return WsStatus::failed;
  if (partial_ && partial_->idle()) partial_.reset();  // it held what was handed out last
  for (;;) {
    const Step step = partial_ && partial_->missing > 0     ? continue_payload(out)
                      : partial_ && partial_->head_size > 0 ? continue_head(out)
                                                            : take_frame(out);
    if (step) return *step;
  }
}

// A frame that begins in the input.
WsDecoder::Step WsDecoder::take_frame(WsMessage& out) {
  if (input_.empty()) return WsStatus::need_more;
  const Header header(input_);
  if (!check(header)) return WsStatus::failed;
  if (!header.complete) return keep_head();
  if (header.is_control() && input_.size() < header.size + header.payload_size) return keep_head();
  input_ = input_.subspan(header.size);
  return take_payload(header, out);
}

WsStatus WsDecoder::keep_head() {
  if (!partial_) partial_ = std::make_unique<Partial>();
  assert(partial_->head_size + input_.size() <= partial_->head.size());
  std::memcpy(partial_->head.data() + partial_->head_size, input_.data(), input_.size());
  partial_->head_size = static_cast<std::uint8_t>(partial_->head_size + input_.size());
  input_ = {};
  return WsStatus::need_more;
}

// A frame whose header, or a control frame whose payload, was incomplete at the end of a read.
WsDecoder::Step WsDecoder::continue_head(WsMessage& out) {
  if (input_.empty()) return WsStatus::need_more;
  Partial& partial = *partial_;
  const std::size_t kept = partial.head_size;
  const std::size_t added = std::min(partial.head.size() - kept, input_.size());
  std::memcpy(partial.head.data() + kept, input_.data(), added);
  const std::span<char> head(partial.head.data(), kept + added);
  const Header header(head);
  if (!check(header)) return WsStatus::failed;
  const std::uint64_t wanted = header.size + (header.is_control() ? header.payload_size : 0);
  if (!header.complete || head.size() < wanted) return keep_head();
  input_ = input_.subspan(static_cast<std::size_t>(wanted) - kept);
  partial.head_size = 0;
  if (!header.is_control()) return take_payload(header, out);
  const auto payload = head.subspan(header.size, static_cast<std::size_t>(header.payload_size));
  unmask(payload, header.mask);
  return accept(header.opcode(), as_text(payload), Text::unknown, out);
}

// The payload begins the input; that of a control frame is complete.
WsDecoder::Step WsDecoder::take_payload(const Header& header, WsMessage& out) {
  const bool alone = header.is_last() && header.opcode() != Opcode::continuation;
  if (alone && input_.size() >= header.payload_size) {
    const auto payload = input_.first(static_cast<std::size_t>(header.payload_size));
    input_ = input_.subspan(payload.size());
    const Text text = unmask(payload, header.mask) ? Text::ascii : Text::unknown;
    return accept(header.opcode(), as_text(payload), text, out);
  }
  if (!partial_) partial_ = std::make_unique<Partial>();
  if (header.opcode() != Opcode::continuation) partial_->opcode = header.opcode();
  partial_->missing = header.payload_size;
  partial_->mask = header.mask;
  partial_->last = header.is_last();
  return continue_payload(out);
}

// Moves what has come of the open data frame to the message. The announced length is never
// reserved: whoever announces much has to send it before it costs memory.
WsDecoder::Step WsDecoder::continue_payload(WsMessage& out) {
  Partial& partial = *partial_;
  const auto size =
      static_cast<std::size_t>(std::min<std::uint64_t>(partial.missing, input_.size()));
  const auto piece = input_.first(size);
  input_ = input_.subspan(size);
  unmask(piece, partial.mask);
  std::rotate(partial.mask.begin(), partial.mask.begin() + size % 4, partial.mask.end());
  partial.message += as_text(piece);
  partial.missing -= size;
  if (partial.missing > 0) return WsStatus::need_more;
  if (!partial.last) return std::nullopt;
  const Opcode opcode = partial.opcode;
  partial.opcode = Opcode::continuation;
  return accept(opcode, partial.message, Text::unknown, out);
}

// False, and failed, when the header breaks a rule. Judges as much as has come.
bool WsDecoder::check(const Header& header) {
  if (header.size == 0) return true;
  const bool open = partial_ && partial_->opcode != Opcode::continuation;
  const bool continues = header.opcode() == Opcode::continuation;
  const bool reserved = (header.first & 0x70) != 0 || !is_known(header.opcode());
  const bool bad_control = header.is_control() && (!header.is_last() || header.extended_size() > 0);
  const bool bad_order = !header.is_control() && open != continues;
  if (reserved || !header.is_masked() || bad_control || bad_order) {
    fail(CloseCode::protocol_error);
    return false;
  }
  if (!header.complete) return true;
  const std::uint64_t size = header.payload_size;
  const bool minimal =
      header.extended_size() == 0 || (header.extended_size() == 2 ? size >= 126 : size > 0xffff);
  if (!minimal || size >> 63 != 0) {
    fail(CloseCode::protocol_error);
    return false;
  }
  const std::uint64_t joined = open ? partial_->message.size() : 0;
  if (!header.is_control() && joined + size > max_message_) {
    fail(CloseCode::message_too_big);
    return false;
  }
  return true;
}

WsStatus WsDecoder::accept(Opcode opcode, std::string_view payload, Text text, WsMessage& out) {
  if (opcode == Opcode::text && text != Text::ascii && !is_valid_utf8(payload)) {
    return fail(CloseCode::invalid_payload);
  }
  if (opcode == Opcode::close && !payload.empty()) {
    if (payload.size() == 1) return fail(CloseCode::protocol_error);
    const unsigned code =
        static_cast<unsigned char>(payload[0]) * 256u + static_cast<unsigned char>(payload[1]);
    if (!is_close_code(code)) return fail(CloseCode::protocol_error);
    if (!is_valid_utf8(payload.substr(2))) return fail(CloseCode::invalid_payload);
  }
  out = {opcode, payload};
  return WsStatus::message;
}

WsStatus WsDecoder::fail(CloseCode code) {
  failed_ = true;
  close_code_ = code;
  input_ = {};
  partial_.reset();
  return WsStatus::failed;
}

}  // namespace eventsd::protocol
