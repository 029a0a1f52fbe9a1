// Cursors: opaque to clients, exclusive, of one namespace; they carry the store's epoch.
// Text: base64url without padding of version (1 byte), epoch (8), position (8), check (4: the
// first bytes of SHA-256 over the rest and the namespace's name), big-endian. Not over the API's
// id: a store that was lost takes a generated id with it, and cursors of that store must still read
// as what they are, of another epoch.
#pragma once

#include <string>
#include <string_view>

#include "eventsd/event.hpp"
#include "eventsd/result.hpp"

namespace eventsd::protocol {

struct Cursor {
  std::uint64_t epoch = 0;
  Position position = 0;
  bool operator==(const Cursor&) const = default;
};

std::string encode_cursor(const Cursor& cursor, const ChannelNamespace& channel_namespace);

// Errors: bad_request when malformed or of another namespace. The epoch is the caller's question.
Result<Cursor> decode_cursor(std::string_view text, const ChannelNamespace& channel_namespace);

}  // namespace eventsd::protocol
