// The little JSON a client needs: top-level members of a server's frame, strings in and out.
#pragma once

#include <string>
#include <string_view>

namespace bench {

// The raw text of a top-level member of the object `json` (strings with their quotes), or empty
// when it is absent or the text is not an object. White space and member order do not matter.
std::string_view find_member(std::string_view json, std::string_view name);

// The same for a string member, without its quotes and still escaped.
std::string_view find_string(std::string_view json, std::string_view name);

// The characters of an escaped JSON string (without quotes). \u escapes outside ASCII become '?':
// this client's own events hold ASCII alone.
std::string unescape(std::string_view escaped);

// `text` as a JSON string, with quotes.
std::string quote(std::string_view text);

// Calls `each(element)` with the raw text of every element of the array `json`.
template <typename Each>
void for_each_element(std::string_view json, Each each);

// The length of the JSON value at the start of `json`, 0 if there is none.
std::size_t value_length(std::string_view json);

template <typename Each>
void for_each_element(std::string_view json, Each each) {
  if (json.empty() || json.front() != '[') return;
  json.remove_prefix(1);
  while (!json.empty()) {
    const std::size_t start = json.find_first_not_of(" \t\r\n,");
    if (start == std::string_view::npos || json[start] == ']') return;
    json.remove_prefix(start);
    const std::size_t length = value_length(json);
    if (length == 0) return;
    each(json.substr(0, length));
    json.remove_prefix(length);
  }
}

}  // namespace bench
