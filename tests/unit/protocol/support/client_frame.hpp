// Frames as clients send them, for tests of the decoder.
#pragma once

#include <string>
#include <string_view>

#include "protocol/ws_frame.hpp"

namespace eventsd::protocol {

enum class Fin : bool { no, yes };

// A masked frame; the length has its shortest form.
std::string client_frame(Opcode opcode, std::string_view payload, Fin fin = Fin::yes);

// The same with a first byte of the caller's choice (FIN, reserved bits, opcode).
std::string raw_client_frame(unsigned first_byte, std::string_view payload);

}  // namespace eventsd::protocol
