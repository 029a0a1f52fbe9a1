#include "ws_client/json_scan.hpp"

#include <cstring>

namespace bench {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

// Length of the string literal at the start of `json`, quotes included; 0 if it does not end.
std::size_t string_length(std::string_view json) {
  std::size_t at = 1;
  for (;;) {
    const std::size_t end = json.find('"', at);
    if (end == std::string_view::npos) return 0;
    std::size_t slashes = 0;
    while (end - slashes > 1 && json[end - 1 - slashes] == '\\') ++slashes;
    if (slashes % 2 == 0) return end + 1;
    at = end + 1;
  }
}

}  // namespace

std::size_t value_length(std::string_view json) {
  if (json.empty()) return 0;
  if (json.front() == '"') return string_length(json);
  if (json.front() != '{' && json.front() != '[') {
    const std::size_t end = json.find_first_of(",]} \t\r\n");
    return end == std::string_view::npos ? json.size() : end;
  }
  int depth = 0;
  for (std::size_t at = 0; at < json.size(); ++at) {
    const char c = json[at];
    if (c == '"') {
      const std::size_t length = string_length(json.substr(at));
      if (length == 0) return 0;
      at += length - 1;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return at + 1;
    }
  }
  return 0;
}

std::string_view find_member(std::string_view json, std::string_view name) {
  std::size_t at = json.find_first_not_of(kSpace);
  if (at == std::string_view::npos || json[at] != '{') return {};
  json.remove_prefix(at + 1);
  for (;;) {
    at = json.find_first_not_of(" \t\r\n,");
    if (at == std::string_view::npos || json[at] != '"') return {};
    json.remove_prefix(at);
    const std::size_t key_length = string_length(json);
    if (key_length == 0) return {};
    const std::string_view key = json.substr(1, key_length - 2);
    json.remove_prefix(key_length);
    at = json.find_first_not_of(" \t\r\n:");
    if (at == std::string_view::npos) return {};
    json.remove_prefix(at);
    const std::size_t length = value_length(json);
    if (length == 0) return {};
    if (key == name) return json.substr(0, length);
    json.remove_prefix(length);
  }
}

std::string_view find_string(std::string_view json, std::string_view name) {
  const std::string_view raw = find_member(json, name);
  if (raw.size() < 2 || raw.front() != '"') return {};
  return raw.substr(1, raw.size() - 2);
}

std::string unescape(std::string_view escaped) {
  std::string result;
  result.reserve(escaped.size());
  for (std::size_t i = 0; i < escaped.size(); ++i) {
    if (escaped[i] != '\\' || i + 1 == escaped.size()) {
      result += escaped[i];
      continue;
    }
    const char c = escaped[++i];
    switch (c) {
      case 'n':
        result += '\n';
        break;
      case 't':
        result += '\t';
        break;
      case 'r':
        result += '\r';
        break;
      case 'b':
        result += '\b';
        break;
      case 'f':
        result += '\f';
        break;
      case 'u': {
        const unsigned long code = std::stoul(std::string(escaped.substr(i + 1, 4)), nullptr, 16);
        result += code < 0x80 ? static_cast<char>(code) : '?';
        i += 4;
        break;
      }
      default:
        result += c;
    }
  }
  return result;
}

std::string quote(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result += '"';
}

}  // namespace bench
