#include "unit/protocol/support/client_frame.hpp"

namespace eventsd::protocol {

std::string raw_client_frame(unsigned first_byte, std::string_view payload) {
  constexpr std::string_view kMask = "\x37\xfa\x21\x3d";  // RFC 6455 §5.7
  std::string header(kMaxServerHeader, '\0');
  header.resize(encode_frame_header(header.data(), Opcode::text, payload.size()));
  header[0] = static_cast<char>(first_byte);
  header[1] = static_cast<char>(header[1] | 0x80);
  header += kMask;
  for (std::size_t i = 0; i < payload.size(); ++i) {
    header += static_cast<char>(payload[i] ^ kMask[i % kMask.size()]);
  }
  return header;
}

std::string client_frame(Opcode opcode, std::string_view payload, Fin fin) {
  return raw_client_frame((fin == Fin::yes ? 0x80u : 0u) | static_cast<unsigned>(opcode), payload);
}

}  // namespace eventsd::protocol
