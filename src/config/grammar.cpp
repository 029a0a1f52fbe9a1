#include "config/grammar.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <optional>
#include <regex>

#include "config/values.hpp"

namespace eventsd::config {
namespace {

constexpr std::string_view kAddressExpected =
    "an IP address and a port, such as 127.0.0.1:8080, 0.0.0.0:8080 or [::]:8080";
constexpr std::string_view kHostExpected =
    "a host name without scheme or port, such as events.example.com";

bool is_ip(int family, const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return text.find('\0') == std::string::npos &&
         inet_pton(family, text.c_str(), address.data()) == 1;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_alphanumeric(char c) { return is_digit(c) || is_lower(c) || (c >= 'A' && c <= 'Z'); }
bool is_printable(char c) { return c > ' ' && c < '\x7f'; }

void lower_case(std::string& text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
}

// Labels of letters, digits, '-' and '_', 1 to 63 long, joined by dots.
bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  while (true) {
    const std::string_view label = text.substr(0, text.find('.'));
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') {
      return false;
    }
    for (char c : label) {
      if (!is_alphanumeric(c) && c != '-' && c != '_') return false;
    }
    if (label.size() == text.size()) return true;
    text.remove_prefix(label.size() + 1);
  }
}

bool is_bracketed_ipv6(std::string_view text) {
  return text.size() > 2 && text.front() == '[' && text.back() == ']' &&
         is_ip(AF_INET6, std::string(text.substr(1, text.size() - 2)));
}

std::optional<std::uint64_t> parse_port(std::string_view text) {
  const auto port = parse_count(text);
  return port && *port <= 65535 ? port : std::nullopt;
}

}  // namespace

std::string check_listen_address(std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return std::string(kAddressExpected);
  std::string host = text.substr(0, colon);
  const auto port = parse_port(std::string_view(text).substr(colon + 1));
  if (!port) return std::string(kAddressExpected) + " (a port is 0 to 65535, 0: any free one)";
  lower_case(host);
  if (host == "localhost") host = "127.0.0.1";
  if (!is_ip(AF_INET, host) && !is_bracketed_ipv6(host)) return std::string(kAddressExpected);
  text = host + ":" + std::to_string(*port);
  return {};
}

std::string check_cidr(std::string& text) {
  const std::size_t slash = text.find('/');
  const std::string address = text.substr(0, slash);
  const bool v4 = is_ip(AF_INET, address);
  bool good = v4 || is_ip(AF_INET6, address);
  if (good && slash != std::string::npos) {
    const auto bits = parse_count(std::string_view(text).substr(slash + 1));
    good = bits && *bits <= (v4 ? 32 : 128);
  }
  return good ? "" : "an IP address or CIDR block, such as 10.0.0.0/8 or ::1";
}

std::string check_origin(std::string& text) {
  constexpr std::string_view expected =
      "\"*\", or a scheme and host as browsers send them, such as https://example.com";
  if (text == "*") return {};
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == std::string::npos || scheme_end == 0) return std::string(expected);
  lower_case(text);
  std::string_view host = std::string_view(text).substr(scheme_end + 3);
  const std::size_t colon = host.rfind(':');
  if (colon != std::string_view::npos && host.back() != ']') {
    if (!parse_port(host.substr(colon + 1))) return std::string(expected);
    host = host.substr(0, colon);
  }
  const bool scheme_good = std::all_of(text.begin(), text.begin() + long(scheme_end), [](char c) {
    return is_lower(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
  });
  const bool good = scheme_good && (is_host_name(host) || is_bracketed_ipv6(host));
  return good ? "" : std::string(expected);
}

std::string check_domain(std::string& text) {
  lower_case(text);
  return is_host_name(text) ? "" : std::string(kHostExpected);
}

std::string check_host(std::string& text) {
  lower_case(text);
  if (is_bracketed_ipv6(text)) return {};
  if (is_host_name(text)) return {};
  return std::string(kHostExpected) + ", or [::1]";
}

std::string check_region(std::string& text) {
  const bool good = !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return is_lower(c) || is_digit(c) || c == '-';
  });
  return good ? "" : "a region such as us-east-1";
}

std::string check_account_id(std::string& text) {
  return text.size() == 12 && std::ranges::all_of(text, is_digit) ? "" : "12 digits, in quotes";
}

std::string check_api_id(std::string& text) {
  if (text.empty()) return {};
  const bool good = text.size() == 26 &&
                    std::ranges::all_of(text, [](char c) { return is_lower(c) || is_digit(c); });
  return good ? "" : "26 lower-case letters and digits, or nothing to have one generated";
}

std::string check_api_name(std::string& text) {
  const bool good = !text.empty() && text.size() <= 50 && std::ranges::all_of(text, [](char c) {
    return is_alphanumeric(c) || c == '_' || c == '-' || c == ' ';
  });
  return good ? "" : "1 to 50 letters, digits, spaces, '-' and '_'";
}

std::string check_namespace_name(std::string& text) {
  const bool good =
      !text.empty() && text.size() <= 50 && is_alphanumeric(text.front()) &&
      is_alphanumeric(text.back()) &&
      std::ranges::all_of(text, [](char c) { return is_alphanumeric(c) || c == '-'; });
  return good ? "" : "1 to 50 letters, digits and '-', with no '-' at either end";
}

std::string check_credential(std::string& text) {
  const bool good = text.size() <= 4096 && std::ranges::all_of(text, is_printable);
  return good ? "" : "printable ASCII characters without spaces, at most 4096";
}

std::string check_not_empty(std::string& text) {
  return !text.empty() && text.find('\0') == std::string::npos ? "" : "a text that is not empty";
}

std::string check_url(std::string& text) {
  constexpr std::string_view expected = "an address such as http://127.0.0.1:9001";
  const std::size_t scheme = text.starts_with("http://")    ? 7
                             : text.starts_with("https://") ? 8
                                                            : std::string::npos;
  if (scheme == std::string::npos || !std::ranges::all_of(text, is_printable)) {
    return std::string(expected);
  }
  const std::string_view rest = std::string_view(text).substr(scheme);
  std::string_view host = rest.substr(0, rest.find_first_of("/?#"));
  if (host.find('@') != std::string_view::npos) {
    return std::string(expected) + ", without credentials in it";
  }
  const std::size_t colon = host.rfind(':');
  if (colon != std::string_view::npos && host.back() != ']') {
    if (!parse_port(host.substr(colon + 1))) return std::string(expected);
    host = host.substr(0, colon);
  }
  return is_host_name(host) || is_bracketed_ipv6(host) ? "" : std::string(expected);
}

std::string check_issuer(std::string& text) {
  if (text.empty()) return {};
  if (std::string expected = check_url(text); !expected.empty()) {
    return "an issuer such as https://issuer.example.com";
  }
  if (text.starts_with("https://")) return {};
  const std::string_view host = std::string_view(text).substr(7);
  const bool local = host.starts_with("localhost:") || host.starts_with("localhost/") ||
                     host == "localhost" || host.starts_with("127.") || host.starts_with("[::1]");
  return local ? "" : "https (http is for loopback addresses only)";
}

std::string check_regex(std::string& text) {
  if (text.size() > 1024) return "a regular expression of at most 1024 characters";
  try {
    const std::regex compiled(text, std::regex::ECMAScript);
    return {};
  } catch (const std::regex_error& error) {
    return std::string("a regular expression (") + error.what() + ")";
  }
}

std::string check_access_key_id(std::string& text) {
  const bool good = text.size() >= 1 && text.size() <= 128 && std::ranges::all_of(text, [](char c) {
                      return is_alphanumeric(c) || c == '_';
                    });
  return good ? "" : "letters, digits and '_', at most 128";
}

std::string check_user_name(std::string& text) {
  const bool good =
      text.size() <= 64 && std::ranges::all_of(text, [](char c) {
        return is_alphanumeric(c) || std::string_view("+=,.@_-").find(c) != std::string_view::npos;
      });
  return good ? "" : "at most 64 letters, digits and \"+=,.@_-\"";
}

bool is_loopback_address(std::string_view address) {
  return address.starts_with("127.") || address.starts_with("[::1]:");
}

bool has_port_zero(std::string_view address) { return address.ends_with(":0"); }

}  // namespace eventsd::config
