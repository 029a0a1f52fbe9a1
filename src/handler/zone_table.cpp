#include "handler/zone_table.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

namespace eventsd::handler {
namespace {

constexpr std::size_t kHeaderSize = 44;
constexpr std::size_t kMaxFileBytes = 64 << 10;

// Big-endian, `width` bytes at `at`.
std::int64_t number_at(std::string_view bytes, std::size_t at, std::size_t width) {
  std::uint64_t value = static_cast<unsigned char>(bytes[at]) & 0x80 ? ~0ull : 0;
  for (std::size_t i = 0; i < width; ++i) {
    value = (value << 8) | static_cast<unsigned char>(bytes[at + i]);
  }
  return static_cast<std::int64_t>(value);
}

struct Header {
  std::size_t is_ut, is_std, leap, times, types, characters;
  std::size_t data_size(std::size_t width) const {
    return times * (width + 1) + types * 6 + characters + leap * (width + 4) + is_std + is_ut;
  }
};

std::optional<Header> header_at(std::string_view file, std::size_t at) {
  if (file.size() < at + kHeaderSize || file.substr(at, 4) != "TZif") return std::nullopt;
  const auto count = [&](std::size_t i) {
    return static_cast<std::size_t>(number_at(file, at + 20 + 4 * i, 4));
  };
  const Header header{count(0), count(1), count(2), count(3), count(4), count(5)};
  for (std::size_t i = 0; i < 6; ++i) {
    if (count(i) > kMaxFileBytes) return std::nullopt;
  }
  return header;
}

}  // namespace

std::optional<ZoneTable::Zone> ZoneTable::parse(std::string_view file) {
  const auto first = header_at(file, 0);
  if (!first || file.size() < 5) return std::nullopt;
  // Version 1 data comes first in every file, and the full one behind it from version 2 on.
  std::size_t at = 0;
  std::size_t width = 4;
  auto header = first;
  if (file[4] >= '2') {
    at = kHeaderSize + first->data_size(4);
    header = header_at(file, at);
    width = 8;
  }
  if (!header || header->types == 0) return std::nullopt;
  at += kHeaderSize;
  if (file.size() < at + header->data_size(width)) return std::nullopt;
  const std::size_t indexes = at + header->times * width;
  const std::size_t types = indexes + header->times;
  const auto local_of = [&](std::size_t type) -> Local {
    if (type >= header->types) return {};
    return {static_cast<int>(number_at(file, types + 6 * type, 4)),
            static_cast<std::uint8_t>(file[types + 6 * type + 5])};
  };
  Zone zone;
  zone.names = file.substr(types + 6 * header->types, header->characters);
  zone.before = local_of(0);
  for (std::size_t i = 0; i < header->times; ++i) {
    zone.times[number_at(file, at + i * width, width)] =
        local_of(static_cast<unsigned char>(file[indexes + i]));
  }
  return zone;
}

std::shared_ptr<const ZoneTable> ZoneTable::read(const std::string& folder) {
  namespace fs = std::filesystem;
  auto table = std::make_shared<ZoneTable>();
  std::map<std::string, std::shared_ptr<const Zone>> by_content;  // many names are links
  std::error_code error;
  fs::recursive_directory_iterator it(folder, error);
  const fs::recursive_directory_iterator end;
  for (; !error && it != end; it.increment(error)) {
    const std::string name = fs::path(it->path()).lexically_relative(folder).string();
    if (name.starts_with("posix") || name.starts_with("right") || !it->is_regular_file(error)) {
      continue;
    }
    if (it->file_size(error) > kMaxFileBytes) continue;
    std::ifstream input(it->path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(input), {}};
    auto& known = by_content[bytes];
    if (!known) {
      auto zone = parse(bytes);
      if (!zone) continue;
      known = std::make_shared<const Zone>(std::move(*zone));
    }
    table->zones_.emplace(name, known);
  }
  return table;
}

const ZoneTable::Zone* ZoneTable::find(std::string_view zone) const {
  const auto found = zones_.find(zone);
  return found == zones_.end() ? nullptr : found->second.get();
}

const ZoneTable::Local& ZoneTable::at(const Zone& zone, std::int64_t seconds) {
  const auto next = zone.times.upper_bound(seconds);
  return next == zone.times.begin() ? zone.before : std::prev(next)->second;
}

std::optional<int> ZoneTable::offset(std::string_view zone, std::int64_t seconds) const {
  const Zone* const found = find(zone);
  if (!found) return std::nullopt;
  return at(*found, seconds).offset;
}

std::optional<std::string> ZoneTable::name(std::string_view zone, std::int64_t seconds) const {
  const Zone* const found = find(zone);
  if (!found) return std::nullopt;
  const std::size_t begin = at(*found, seconds).name;
  if (begin >= found->names.size()) return std::nullopt;
  return found->names.substr(begin, found->names.find('\0', begin) - begin);
}

}  // namespace eventsd::handler
