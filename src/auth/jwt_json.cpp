#include "auth/jwt_json.hpp"

#include <charconv>

#include "protocol/json_scanner.hpp"
#include "protocol/text.hpp"

namespace eventsd::auth {
namespace {

using protocol::JsonScanner;
using protocol::JsonString;

// Clocks count nanoseconds in 64 bits, which end in 2262; limits are added to times. Later times
// are as good as this one, in the year 2223.
constexpr std::int64_t kLatest = 8'000'000'000;

std::string_view between(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

class StrictReader {
 public:
  explicit StrictReader(std::string_view text) : scanner_(text) {}

  Result<JsonMembers> read() {
    JsonMembers members;
    if (scanner_.peek() != '{') return deny(ErrorKind::unauthorized, "not a JSON object");
    if (!object(&members, 1) || !scanner_.at_end()) {
      return deny(ErrorKind::unauthorized, fault_.empty() ? "malformed JSON" : fault_);
    }
    return members;
  }

 private:
  bool object(JsonMembers* members, int depth) {
    JsonMembers local;
    JsonMembers& seen = members ? *members : local;
    return scanner_.read_object([&](std::string_view name) {
      const auto [member, is_new] = seen.try_emplace(std::string(name));
      if (!is_new) return refuse("the member " + quoted(name) + " comes twice");
      scanner_.peek();
      const char* const begin = scanner_.position();
      if (!value(depth + 1)) return false;
      member->second = between(begin, scanner_.position());
      return true;
    });
  }

  bool value(int depth) {
    const char next = scanner_.peek();
    if (next != '{' && next != '[') return scanner_.skip_value();
    if (depth > kMaxJsonNesting) {
      return refuse("nested deeper than " + std::to_string(kMaxJsonNesting) + " levels");
    }
    if (next == '{') return object(nullptr, depth);
    return scanner_.read_array([&] { return value(depth + 1); });
  }

  bool refuse(std::string fault) {
    if (fault_.empty()) fault_ = std::move(fault);
    return false;
  }

  JsonScanner scanner_;
  std::string fault_;
};

}  // namespace

Result<JsonMembers> read_json_object(std::string_view text) {
  if (!protocol::is_valid_utf8(text)) return deny(ErrorKind::unauthorized, "not UTF-8");
  return StrictReader(text).read();
}

std::optional<std::string> json_string(std::string_view value) {
  JsonScanner scanner(value);
  JsonString literal;
  if (scanner.peek() != '"' || !scanner.read_string(literal) || !literal.has_text) {
    return std::nullopt;
  }
  return protocol::decode_json_string(literal);
}

std::optional<std::vector<std::string_view>> json_array(std::string_view value) {
  JsonScanner scanner(value);
  std::vector<std::string_view> elements;
  if (scanner.peek() != '[') return std::nullopt;
  const bool complete = scanner.read_array([&] {
    scanner.peek();
    const char* const begin = scanner.position();
    if (!scanner.skip_value()) return false;
    elements.push_back(between(begin, scanner.position()));
    return true;
  });
  if (!complete) return std::nullopt;
  return elements;
}

std::optional<std::int64_t> json_time(std::string_view value) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (error != std::errc() || end != value.data() + value.size()) return std::nullopt;
  if (!(seconds >= 0)) return std::nullopt;
  return seconds < static_cast<double>(kLatest) ? static_cast<std::int64_t>(seconds) : kLatest;
}

std::optional<std::string> string_of(const JsonMembers& members, std::string_view name) {
  const auto found = members.find(name);
  return found == members.end() ? std::nullopt : json_string(found->second);
}

std::string quoted(std::string_view text) {
  constexpr std::size_t kMax = 120;
  std::string shown = "\"";
  for (const char c : text.substr(0, kMax)) {
    shown += c >= ' ' && c <= '~' && c != '"' && c != '\\' ? c : '?';
  }
  if (text.size() > kMax) shown += "...";
  return shown += '"';
}

std::optional<std::string> decode_base64url(std::string_view text) {
  auto bytes = protocol::base64_decode(text);
  if (!bytes || protocol::base64url_encode(*bytes) != text) return std::nullopt;
  return bytes;
}

}  // namespace eventsd::auth
