#include "net/url.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace eventsd::net {
namespace {

struct SchemeRow {
  std::string_view name;
  UrlScheme scheme;
  std::uint16_t port;
};
constexpr std::array<SchemeRow, 4> kSchemes = {{{"http", UrlScheme::http, 80},
                                                {"https", UrlScheme::https, 443},
                                                {"ws", UrlScheme::ws, 80},
                                                {"wss", UrlScheme::wss, 443}}};

const SchemeRow& row(UrlScheme scheme) { return kSchemes[static_cast<std::size_t>(scheme)]; }

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

// Without what may be credentials, however malformed they are: this goes into logs.
std::string showable(std::string_view text) {
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos) return std::string(text);
  const std::size_t separator = text.substr(0, at).find("://");
  const std::size_t begin = separator == std::string_view::npos ? 0 : separator + 3;
  return std::string(text.substr(0, begin)) + "***" + std::string(text.substr(at));
}

Error fault(std::string_view text, std::string_view reason) {
  return fail(ErrorKind::bad_request,
              "\"" + showable(text) + "\" is not a usable URL: " + std::string(reason));
}

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_host_character(char c) { return is_letter_or_digit(c) || c == '-' || c == '.' || c == '_'; }

bool is_address_character(char c) { return is_letter_or_digit(c) || c == ':' || c == '.'; }

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

// Host and port of "host", "host:1", "[::1]" and "[::1]:1"; nullptr, or what is wrong.
const char* parse_authority(std::string_view authority, Url& url) {
  std::string_view port;
  if (authority.find('@') != std::string_view::npos) return "it must not hold credentials";
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos) return "the closing bracket of the address is missing";
    url.host = lower(authority.substr(1, end - 1));
    if (!std::all_of(url.host.begin(), url.host.end(), is_address_character)) {
      return "what is in brackets is no IPv6 address";
    }
    port = authority.substr(end + 1);
  } else {
    const auto colon = authority.find(':');
    url.host = lower(authority.substr(0, colon));
    if (!std::all_of(url.host.begin(), url.host.end(), is_host_character)) {
      return "the host may hold letters, digits, dots and dashes";
    }
    port = colon == std::string_view::npos ? std::string_view{} : authority.substr(colon);
  }
  if (url.host.empty()) return "it has no host";
  if (port.empty()) return nullptr;
  const auto number = port.starts_with(':') ? parse_port(port.substr(1)) : std::nullopt;
  if (!number) return "the port must be a number from 1 to 65535";
  url.port = *number;
  return nullptr;
}

}  // namespace

std::string Url::authority() const {
  const bool is_v6 = host.find(':') != std::string::npos;
  std::string text = is_v6 ? "[" + host + "]" : host;
  if (port != row(scheme).port) text += ":" + std::to_string(port);
  return text;
}

std::string Url::target() const { return query.empty() ? path : path + "?" + query; }

std::string Url::text() const {
  return std::string(row(scheme).name) + "://" + authority() + target();
}

Result<Url> parse_url(std::string_view text) {
  const bool is_printable =
      std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > ' ' && c < 0x7f; });
  if (!is_printable) {
    return fault(text, "white space, control and non-ASCII characters must be percent-encoded");
  }
  const auto separator = text.find("://");
  const std::string name = lower(text.substr(0, separator));
  const auto* known =
      std::find_if(kSchemes.begin(), kSchemes.end(), [&](auto& r) { return r.name == name; });
  if (separator == std::string_view::npos || known == kSchemes.end()) {
    return fault(text, "it must begin with http://, https://, ws:// or wss://");
  }
  Url url{.scheme = known->scheme, .host = {}, .port = known->port, .path = "/", .query = {}};
  std::string_view rest = text.substr(separator + 3);
  rest = rest.substr(0, rest.find('#'));
  const auto authority_end = std::min(rest.find_first_of("/?"), rest.size());
  if (const char* reason = parse_authority(rest.substr(0, authority_end), url)) {
    return fault(text, reason);
  }
  rest.remove_prefix(authority_end);
  const auto question = rest.find('?');
  if (question != std::string_view::npos) url.query = rest.substr(question + 1);
  if (const auto path = rest.substr(0, question); !path.empty()) url.path = path;
  return url;
}

std::string percent_encode(std::string_view text) {
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    if (is_letter_or_digit(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded += '%';
      encoded += "0123456789ABCDEF"[byte >> 4];
      encoded += "0123456789ABCDEF"[byte & 15];
    }
  }
  return encoded;
}

}  // namespace eventsd::net
