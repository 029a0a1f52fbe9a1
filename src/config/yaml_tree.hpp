// A YAML document as plain values that know where they were written.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/load.hpp"

namespace eventsd::config {

struct Entry;

struct Value {
  enum class Type : std::uint8_t { null, scalar, list, map };
  Type type = Type::null;
  std::string text;            // of a scalar, as written
  std::vector<Value> items;    // of a list
  std::vector<Entry> entries;  // of a map, in order, duplicates kept
  SourcePlace place;
};

struct Entry {
  std::string key;
  SourcePlace place;  // of the key
  Value value;
};

// Bounds of a document. They stop a hostile file from exhausting memory (aliases multiply) or the
// stack; a configuration of ten thousand API keys stays below them.
inline constexpr std::size_t kMaxFileBytes = 1 << 20;
inline constexpr std::size_t kMaxDepth = 64;
inline constexpr std::size_t kMaxNodes = 100'000;
inline constexpr std::size_t kMaxExpandedBytes = 8 << 20;

// An empty document is an empty map. The root is a map.
//   errors   the first fault of syntax, or of the bounds above
std::variant<Value, Fault> parse_yaml(const std::string& text, const std::string& file_name);

// Null when the map has no such key; the first when it has several.
Entry* find_entry(Value& map, std::string_view key);

}  // namespace eventsd::config
