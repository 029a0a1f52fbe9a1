// The integer key of an event row: namespace row in the high bits, position in the low ones, so
// that one B-tree keeps every namespace's events together and in order (docs/STORE.md, "event").
#pragma once

#include <algorithm>
#include <cstdint>

#include "eventsd/event.hpp"

namespace eventsd::store {

// 45 bits: 35 million million events a namespace. 18 bits: 262,143 namespaces a file.
constexpr int kPositionBits = 45;
constexpr Position kPositionEnd = (Position{1} << kPositionBits) - 1;  // never given to an event
constexpr std::int64_t kMaxNamespaceId = (std::int64_t{1} << (63 - kPositionBits)) - 1;

// Positions past the end are the end: a cursor may name any number.
constexpr std::int64_t event_key(std::int64_t namespace_id, Position position) {
  return (namespace_id << kPositionBits) |
         static_cast<std::int64_t>(std::min(position, kPositionEnd));
}

constexpr Position position_of(std::int64_t key) {
  return static_cast<Position>(key) & kPositionEnd;
}

}  // namespace eventsd::store
