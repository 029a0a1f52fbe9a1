// Channel names: 1 to 5 segments of 1 to 50 letters, digits and inner dashes.
#pragma once

#include <string>
#include <string_view>

#include "eventsd/result.hpp"

namespace eventsd {

enum class Wildcard : std::uint8_t { refuse, allow };

// A normalised channel: leading slash, no trailing slash. A wildcard ends in "/*" and matches every
// descendant, never the channel itself.
//   source   PROTOCOL.md C-1…C-8
class Channel {
 public:
  Channel() = default;

  // Errors: bad_request "Invalid Channel Format".
  static Result<Channel> parse(std::string_view text, Wildcard wildcard);

  const std::string& path() const& { return path_; }  // "/default/room/1" or "/default/*"
  std::string path() && { return std::move(path_); }
  std::string_view namespace_name() const;           // "default"
  bool is_wildcard() const { return path_.ends_with("/*"); }

  // True when an event published to `other` is delivered to a subscription of this channel.
  // REQUIRES: other is not a wildcard.
  bool matches(std::string_view other) const;

 private:
  std::string path_;
};

// True for 1 to 50 letters, digits and inner dashes: a namespace name or one channel segment.
bool is_channel_segment(std::string_view text);

}  // namespace eventsd
