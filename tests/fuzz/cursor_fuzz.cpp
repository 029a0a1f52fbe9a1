// Cursors: every cursor comes back, and a text that is accepted is the one spelling of its cursor.
#include "protocol/cursor.hpp"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

using namespace eventsd;
using namespace eventsd::protocol;

void require(bool holds) {
  if (!holds) std::abort();
}

ChannelNamespace make_namespace(const char* name) {
  ChannelNamespace channel_namespace;
  channel_namespace.api_id = "api";
  channel_namespace.name = name;
  return channel_namespace;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const ChannelNamespace kOne = make_namespace("one");
  static const ChannelNamespace kOther = make_namespace("other");
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const Result<Cursor> cursor = decode_cursor(text, kOne)) {
    require(encode_cursor(*cursor, kOne) == text);
  }
  if (size >= 16) {
    Cursor cursor;
    std::memcpy(&cursor.epoch, data, 8);
    std::memcpy(&cursor.position, data + 8, 8);
    const std::string encoded = encode_cursor(cursor, kOne);
    const Result<Cursor> decoded = decode_cursor(encoded, kOne);
    require(decoded && *decoded == cursor);
    require(encode_cursor(cursor, kOther) != encoded);
    // One byte of the text replaced by one of the input: the same text, or no cursor.
    std::string changed = encoded;
    changed[data[0] % changed.size()] = static_cast<char>(data[size - 1]);
    require(changed == encoded || !decode_cursor(changed, kOne) ||
            encode_cursor(*decode_cursor(changed, kOne), kOne) == changed);
  }
  return 0;
}
