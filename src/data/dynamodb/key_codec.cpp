#include "data/dynamodb/key_codec.hpp"

namespace eventsd::data::dynamodb {

namespace {

// FNV-1a, then mixed so that similar keys differ in the high bits too.
std::uint32_t hash_of(std::string_view bytes) {
  std::uint32_t hash = 2166136261U;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  hash = (hash ^ (hash >> 16)) * 0x85ebca6bU;
  hash = (hash ^ (hash >> 13)) * 0xc2b2ae35U;
  return hash ^ (hash >> 16);
}

void append_big_endian(std::string& out, std::uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift & 0xff);
}

// Where segment `segment` of `total` begins: ceil(segment × 2^32 / total).
std::uint64_t segment_start(std::uint64_t segment, std::uint64_t total) {
  return ((segment << 32) + total - 1) / total;
}

}  // namespace

std::string ordered_bytes(const Value& value) {
  if (const auto* text = value.get<std::string>()) return *text;
  if (const auto* binary = value.get<Binary>()) return binary->bytes;
  std::string bytes;
  if (const auto* number = value.get<Decimal>()) number->append_ordered(bytes);
  return bytes;
}

void append_escaped(std::string& out, std::string_view bytes) {
  for (const char c : bytes) {
    out += c;
    if (c == '\0') out += '\xff';
  }
}

void append_terminated(std::string& out, std::string_view bytes) {
  append_escaped(out, bytes);
  out += '\0';
  out += '\x01';
}

std::optional<std::string> end_of_prefix(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  if (prefix.empty()) return std::nullopt;
  prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

std::string partition_prefix(const Value& hash) {
  const std::string bytes = ordered_bytes(hash);
  std::string prefix;
  prefix.reserve(bytes.size() + 8);
  append_big_endian(prefix, hash_of(bytes));
  append_terminated(prefix, bytes);
  return prefix;
}

KeyRange segment_range(std::uint32_t segment, std::uint32_t total) {
  KeyRange range;
  append_big_endian(range.low, static_cast<std::uint32_t>(segment_start(segment, total)));
  if (segment + 1 < total) {
    append_big_endian(range.high.emplace(),
                      static_cast<std::uint32_t>(segment_start(segment + 1, total)));
  }
  return range;
}

std::string row_key(const KeySchema& schema, const Item& item) {
  std::string key = partition_prefix(item.find(schema.hash.name)->second);
  if (schema.range) append_terminated(key, ordered_bytes(item.find(schema.range->name)->second));
  return key;
}

std::optional<std::string> index_row_key(const Index& index, const Item& item,
                                         std::string_view table_row_key) {
  if (!item.contains(index.key.hash.name)) return std::nullopt;
  if (index.key.range && !item.contains(index.key.range->name)) return std::nullopt;
  return row_key(index.key, item).append(table_row_key);
}

}  // namespace eventsd::data::dynamodb
