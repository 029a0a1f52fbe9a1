// Texts of messages, and the quoting of YAML.
#include <algorithm>
#include <cstdio>

#include "config/read_value.hpp"

namespace eventsd::config {
namespace {

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool needs_quotes(std::string_view text) {
  const bool path = text.starts_with("/") || text.starts_with("./");
  if (text.empty() || (!is_alphanumeric(text.front()) && !path)) return true;
  for (char c : text) {
    if (!is_alphanumeric(c) && c != '.' && c != '/' && c != '-' && c != '_') return true;
  }
  // Digits alone would be a number to other readers of YAML, and these words something else.
  if (text.find_first_not_of("0123456789.") == std::string_view::npos) return true;
  for (std::string_view word :
       {"null", "Null", "NULL", "true", "True", "TRUE", "false", "False", "FALSE", "yes", "Yes",
        "YES",  "no",   "No",   "NO",   "on",   "On",   "ON",    "off",   "Off",   "OFF"}) {
    if (text == word) return true;
  }
  return false;
}

}  // namespace

std::string shorten(std::string_view text) {
  std::string out;
  for (char c : text.substr(0, 60)) {
    out += static_cast<unsigned char>(c) < ' ' || c == '\x7f' ? '?' : c;
  }
  return text.size() > 60 ? out + "…" : out;
}

std::string without_credentials(std::string_view text) {
  const std::size_t separator = text.find("://");
  if (separator == std::string_view::npos) return std::string(text);
  std::string out(text.substr(0, separator + 3));
  std::string_view rest = text.substr(separator + 3);
  // The last one, wherever: a password that is not encoded may hold '@', '/' and '?'.
  const std::size_t at = rest.rfind('@');
  if (at != std::string_view::npos) {
    out += kMaskedSecret;
    rest.remove_prefix(at);
  }
  const std::size_t question = rest.find_first_of("?#");
  const std::string_view before = rest.substr(0, question);
  const std::size_t slash = before.find('/');
  if (text.starts_with("webhook+") && slash != std::string_view::npos &&
      slash + 1 < before.size()) {
    out.append(before.substr(0, slash + 1)).append(kMaskedSecret);
  } else {
    out += before;
  }
  if (question == std::string_view::npos) return out;
  out += rest[question];
  rest.remove_prefix(question + 1);
  while (true) {  // a=1&b=2
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::size_t equals = rest.substr(0, end).find('=');
    if (equals != std::string_view::npos) out += rest.substr(0, equals + 1);
    if (end > 0) out += kMaskedSecret;
    if (end == rest.size()) return out;
    out += '&';
    rest.remove_prefix(end + 1);
  }
}

std::string unknown_key(const std::string& key, const std::string& section) {
  std::string out = "unknown key \"" + shorten(key) + "\"";
  if (!section.empty()) out += " in " + section;
  std::vector<std::string> here;
  for (const Option* option : children_of(section)) here.emplace_back(leaf(option->path));
  if (const auto near = nearest_name(key, here)) return out + "; did you mean \"" + *near + "\"?";
  std::vector<std::string> elsewhere;
  for (const Option& option : options()) elsewhere.emplace_back(option.path);
  for (const std::string& path : elsewhere) {
    if (leaf(path) == key) return out + "; did you mean \"" + path + "\"?";
  }
  out += "; known here:";
  for (const std::string& name : here) out += (name == here.front() ? " " : ", ") + name;
  return out;
}

std::string quote(std::string_view text) {
  if (!needs_quotes(text)) return std::string(text);
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned>(c));
      out += escaped;
    } else {
      if (c == '$' && text.substr(i).starts_with("${")) out += '$';
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace eventsd::config
