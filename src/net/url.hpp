// URLs of what eventsd calls: http, https, ws and wss, split into checked parts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "eventsd/result.hpp"

namespace eventsd::net {

enum class UrlScheme : std::uint8_t { http, https, ws, wss };

struct Url {
  UrlScheme scheme = UrlScheme::http;
  std::string host;         // lower case; an IPv6 address without its brackets
  std::uint16_t port = 80;  // the scheme's own when the text has none
  std::string path = "/";   // begins with a slash, percent-encoding as given
  std::string query;        // without the question mark

  bool is_tls() const { return scheme == UrlScheme::https || scheme == UrlScheme::wss; }
  std::string authority() const;  // host and, unless it is the scheme's own, port: a Host header
  std::string target() const;     // path and query: a request line's second word
  std::string text() const;
};

// Schemes in any case (amplify's users write "HTTP://localhost:8080/event"). A fragment is dropped.
// Refuses credentials in the address, white space, control and non-ASCII characters.
//   errors   bad_request: says what is wrong, and quotes the text
Result<Url> parse_url(std::string_view text);

// Percent-encodes everything but letters, digits and "-._~", for one query value or path segment.
std::string percent_encode(std::string_view text);

}  // namespace eventsd::net
