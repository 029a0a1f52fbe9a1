#include "eventsd/channel.hpp"

#include <algorithm>
#include <cassert>
#include <cstddef>

namespace eventsd {
namespace {

constexpr std::size_t kMaxSegments = 5;
constexpr std::size_t kMaxSegmentLength = 50;
// Five segments and six slashes: nothing longer is worth a look.
constexpr std::size_t kMaxLength = kMaxSegments * kMaxSegmentLength + kMaxSegments + 1;

constexpr bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// `path` has no outer slashes.
bool is_path(std::string_view path, Wildcard wildcard) {
  for (std::size_t count = 1; count <= kMaxSegments; ++count) {
    const std::size_t slash = path.find('/');
    const std::string_view segment = path.substr(0, slash);
    if (slash == std::string_view::npos) {
      // A wildcard alone would name no namespace.
      if (segment == "*") return wildcard == Wildcard::allow && count > 1;
      return is_channel_segment(segment);
    }
    if (!is_channel_segment(segment)) return false;
    path.remove_prefix(slash + 1);
  }
  return false;
}

}  // namespace

bool is_channel_segment(std::string_view text) {
  return !text.empty() && text.size() <= kMaxSegmentLength && text.front() != '-' &&
         text.back() != '-' &&
         std::ranges::all_of(text, [](char c) { return is_alphanumeric(c) || c == '-'; });
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
