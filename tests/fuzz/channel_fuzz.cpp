// Channel names against the grammar as AWS writes it, which is a regular expression.
#include <cstdint>
#include <cstdlib>
#include <regex>
#include <string>

#include "eventsd/channel.hpp"

namespace {

using namespace eventsd;

void require(bool holds) {
  if (!holds) std::abort();
}

#define SEGMENT "[A-Za-z0-9](?:[A-Za-z0-9-]{0,48}[A-Za-z0-9])?"

bool is_channel(const std::string& text) {
  static const std::regex grammar("/?" SEGMENT "(?:/" SEGMENT "){0,4}/?");
  return std::regex_match(text, grammar);
}

bool is_pattern(const std::string& text) {
  static const std::regex grammar("/?" SEGMENT "(?:/" SEGMENT "){0,3}/\\*/?");
  return std::regex_match(text, grammar);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const Result<Channel> name = Channel::parse(text, Wildcard::refuse);
  const Result<Channel> pattern = Channel::parse(text, Wildcard::allow);
  if (size <= 400) {  // the regular expression recurses for each character
    require(name.has_value() == is_channel(text));
    require(pattern.has_value() == (is_channel(text) || is_pattern(text)));
  }
  if (!pattern) return 0;
  require(is_channel_segment(pattern->namespace_name()));
  require(pattern->is_wildcard() == !name.has_value());
  // Normal forms stay as they are.
  require(Channel::parse(pattern->path(), Wildcard::allow)->path() == pattern->path());
  const std::string below = pattern->path().substr(0, pattern->path().rfind('/')) + "/below";
  require(pattern->matches(below) == (pattern->is_wildcard() || pattern->path() == below));
  if (name) require(name->matches(name->path()));
  return 0;
}
