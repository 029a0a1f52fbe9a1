#include "eventsd/channel.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>

namespace eventsd {
namespace {

constexpr std::size_t kMaxSegments = 5;
constexpr std::size_t kMaxSegmentLength = 50;
// Five segments and six slashes: nothing longer is worth a look.
constexpr std::size_t kMaxLength = kMaxSegments * kMaxSegmentLength + kMaxSegments + 1;

// Letters, digits and the dash.
constexpr auto kInSegments = [] {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789-")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}();

// What the length and the ends of a segment must be.
bool is_segment_size(std::string_view segment) {
  return !segment.empty() && segment.size() <= kMaxSegmentLength && segment.front() != '-' &&
         segment.back() != '-';
}

// `path` has no outer slashes.
bool is_path(std::string_view path, Wildcard wildcard) {
  const char* at = path.data();
  const char* const end = at + path.size();
  for (std::size_t count = 1; count <= kMaxSegments; ++count) {
    const char* const begin = at;
    while (at != end && kInSegments[static_cast<unsigned char>(*at)]) ++at;
    const std::string_view segment(begin, static_cast<std::size_t>(at - begin));
    if (at != end && *at != '/') {
      // A wildcard alone would name no namespace.
      const bool is_star = segment.empty() && *at == '*' && at + 1 == end;
      return is_star && wildcard == Wildcard::allow && count > 1;
    }
    if (!is_segment_size(segment)) return false;
    if (at == end) return true;
    ++at;
  }
  return false;
}

}  // namespace

bool is_channel_segment(std::string_view text) {
  return is_segment_size(text) && std::ranges::all_of(text, [](char c) {
           return kInSegments[static_cast<unsigned char>(c)];
         });
}

Result<Channel> Channel::parse(std::string_view text, Wildcard wildcard) {
  std::string_view path = text.substr(0, kMaxLength + 1);
  if (path.starts_with('/')) path.remove_prefix(1);
  if (path.ends_with('/')) path.remove_suffix(1);
  if (text.size() > kMaxLength || !is_path(path, wildcard)) {
    return fail(ErrorKind::bad_request, "Invalid Channel Format");
  }
  Channel channel;
  channel.path_.reserve(path.size() + 1);
  channel.path_ += '/';
  channel.path_ += path;
  return channel;
}

std::string_view Channel::namespace_name() const {
  std::string_view name = path_;
  if (!name.empty()) name.remove_prefix(1);
  return name.substr(0, name.find('/'));
}

bool Channel::matches(std::string_view other) const {
  assert(!other.ends_with('*'));
  if (!is_wildcard()) return other == path_;
  const std::string_view parent = std::string_view(path_).substr(0, path_.size() - 1);
  return other.size() > parent.size() && other.starts_with(parent);
}

}  // namespace eventsd
