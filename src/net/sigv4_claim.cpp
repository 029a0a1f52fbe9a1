#include "net/sigv4_claim.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <iomanip>
#include <locale>
#include <optional>
#include <sstream>
#include <utility>

namespace eventsd::net {
namespace {

using Time = std::chrono::system_clock::time_point;

constexpr std::size_t kMaxAuthorization = 8 * 1024;
constexpr std::size_t kMaxSignedHeaders = 100;
constexpr std::size_t kMaxHeaders = 200;
constexpr std::size_t kMaxHeaderBytes = 64 * 1024;
constexpr std::size_t kMaxName = 128;  // of a key, a region, a service or a header

constexpr std::string_view kTokenSigns = "!#$%&'*+-.^_`|~";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

template <typename Is>
bool consists_of(std::string_view text, std::size_t min, std::size_t max, Is is) {
  return text.size() >= min && text.size() <= max && std::all_of(text.begin(), text.end(), is);
}

bool is_access_key(std::string_view text) {
  return consists_of(text, 1, kMaxName,
                     [](char c) { return is_digit(c) || is_lower(c) || is_upper(c) || c == '_'; });
}

bool is_scope_name(std::string_view text) {
  return consists_of(text, 1, kMaxName,
                     [](char c) { return is_digit(c) || is_lower(c) || is_upper(c) || c == '-'; });
}

bool is_signed_name(std::string_view text) {
  return consists_of(text, 1, kMaxName, [](char c) {
    return is_digit(c) || is_lower(c) || kTokenSigns.find(c) != std::string_view::npos;
  });
}

bool is_signature(std::string_view text) {
  return consists_of(text, 64, 64, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
}

// KEY/DATE/REGION/SERVICE/aws4_request
bool read_credential(std::string_view text, SigV4Authorization& into) {
  std::array<std::string_view, 5> parts;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto slash = i + 1 < parts.size() ? text.find('/') : text.size();
    if (slash == std::string_view::npos) return false;
    parts[i] = text.substr(0, slash);
    text.remove_prefix(std::min(slash + 1, text.size()));
  }
  into.access_key_id = parts[0];
  into.scope = {parts[1], parts[2], parts[3]};
  return is_access_key(parts[0]) && consists_of(parts[1], 8, 8, is_digit) &&
         is_scope_name(parts[2]) && is_scope_name(parts[3]) && parts[4] == "aws4_request";
}

bool read_signed_headers(std::string_view text, std::vector<std::string_view>& names) {
  while (true) {
    const auto end = std::min(text.find(';'), text.size());
    const std::string_view name = text.substr(0, end);
    if (!is_signed_name(name) || names.size() == kMaxSignedHeaders) return false;
    if (!names.empty() && names.back() >= name) return false;
    names.push_back(name);
    if (end == text.size()) return true;
    text.remove_prefix(end + 1);
  }
}

// The only header of this name; nullptr when there is none, or more than one.
const std::string* find_single(const HeaderList& headers, std::string_view name) {
  const std::string* found = nullptr;
  for (const auto& [candidate, value] : headers) {
    if (candidate != name) continue;
    if (found) return nullptr;
    found = &value;
  }
  return found;
}

std::optional<Time> time_of(int year, int month, int day, int hour, int minute, int second) {
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  // The clock's nanoseconds begin in 1677 and end in 2262.
  if (year < 1970 || year > 2199) return std::nullopt;
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

// 20260131T120000Z
std::optional<Time> parse_basic(std::string_view text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  const auto number = [&](std::size_t at, std::size_t digits) {
    int value = 0;
    for (const char c : text.substr(at, digits)) value = value * 10 + (c - '0');
    return value;
  };
  if (!std::all_of(text.begin(), text.begin() + 8, is_digit) ||
      !std::all_of(text.begin() + 9, text.begin() + 15, is_digit)) {
    return std::nullopt;
  }
  return time_of(number(0, 4), number(4, 2), number(6, 2), number(9, 2), number(11, 2),
                 number(13, 2));
}

// Sat, 31 Jan 2026 12:00:00 GMT
std::optional<Time> parse_http_date(const std::string& text) {
  if (text.size() != 29) return std::nullopt;
  std::tm parts{};
  std::istringstream in(text);
  in.imbue(std::locale::classic());
  in >> std::get_time(&parts, "%a, %d %b %Y %H:%M:%S GMT");
  if (in.fail()) return std::nullopt;
  return time_of(parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min,
                 parts.tm_sec);
}

// x-amz-date, else date: in the basic form of ISO 8601 or, as HTTP has it, of RFC 9110.
std::optional<Time> find_time(const HeaderList& headers) {
  const auto has = [&](std::string_view name) {
    return std::any_of(headers.begin(), headers.end(), [&](auto& h) { return h.first == name; });
  };
  if (has("x-amz-date")) {
    const std::string* date = find_single(headers, "x-amz-date");
    return date ? parse_basic(*date) : std::nullopt;
  }
  const std::string* date = find_single(headers, "date");
  if (!date) return std::nullopt;
  const auto time = parse_basic(*date);
  return time ? time : parse_http_date(*date);
}

// x-amz-user-agent: amplify adds it to a socket's messages after signing. x-amz-cf-id: CloudFront.
bool may_be_unsigned(std::string_view name) {
  return !name.starts_with("x-amz-") || name == "x-amz-user-agent" || name == "x-amz-cf-id";
}

Error refuse(std::string message, std::string reason = {}) {
  Error error = fail(ErrorKind::bad_request, std::move(message));
  error.reason = std::move(reason);
  return error;
}

Result<void> check_signed_headers(const SigV4Authorization& authorization,
                                  const HeaderList& headers) {
  const auto& names = authorization.signed_headers;
  const auto is_signed = [&](std::string_view name) {
    return std::binary_search(names.begin(), names.end(), name);
  };
  if (!is_signed("host")) {
    return refuse("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  }
  if (!is_signed("x-amz-date") && !is_signed("date")) {
    return refuse("'X-Amz-Date' or 'Date' must be a 'SignedHeader' in the AWS Authorization.");
  }
  for (const auto& [name, value] : headers) {
    if (!may_be_unsigned(name) && !is_signed(name)) {
      // A name of the sender's choice, but one that has passed as a header's name or is not shown.
      const std::string shown = is_signed_name(name) ? name : "x-amz-…";
      return refuse(
          fmt::format("The header '{}' must be a 'SignedHeader' in the AWS "
                      "Authorization.",
                      shown));
    }
  }
  for (const std::string_view name : names) {
    const bool sent =
        std::any_of(headers.begin(), headers.end(), [&](auto& h) { return h.first == name; });
    if (!sent) {
      return refuse(
          std::string(kSigV4Mismatch),
          fmt::format("the signed header '{}' has not arrived; does a proxy drop it?", name));
    }
  }
  return {};
}

Result<void> check_time(const SigV4Claim& claim, Time time, Time now) {
  const std::string_view day = std::string_view(claim.timestamp).substr(0, 8);
  if (claim.authorization.scope.date != day) {
    return refuse(
        fmt::format("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of "
                    "date from HTTP: '{}' != '{}', from '{}'.",
                    claim.authorization.scope.date, day, claim.timestamp));
  }
  const std::string is = sigv4_timestamp(now);
  if (time < now - kSigV4Window) {
    return refuse(fmt::format("Signature expired: {} is now earlier than {} ({} - 5 min.)",
                              claim.timestamp, sigv4_timestamp(now - kSigV4Window), is));
  }
  if (time > now + kSigV4Window) {
    return refuse(fmt::format("Signature not yet current: {} is still later than {} ({} + 5 min.)",
                              claim.timestamp, sigv4_timestamp(now + kSigV4Window), is));
  }
  return {};
}

}  // namespace

Result<SigV4Authorization> parse_sigv4_authorization(std::string_view text) {
  if (text.size() > kMaxAuthorization) return refuse("Authorization header is over 8 KiB.");
  if (!text.starts_with(kSigV4Algorithm) || text.size() == kSigV4Algorithm.size() ||
      text[kSigV4Algorithm.size()] != ' ') {
    return refuse("Authorization header must begin with 'AWS4-HMAC-SHA256 '.");
  }
  text.remove_prefix(kSigV4Algorithm.size());
  SigV4Authorization parsed;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    const auto end = std::min(text.find(','), text.size());
    std::string_view part = text.substr(0, end);
    while (part.ends_with(' ')) part.remove_suffix(1);
    const auto equals = std::min(part.find('='), part.size());
    const std::string_view name = part.substr(0, equals);
    const std::string_view value = part.substr(std::min(equals + 1, part.size()));
    if (name == "Credential" && parsed.access_key_id.empty()) {
      if (!read_credential(value, parsed)) {
        return refuse(
            "Credential must have the form KEY/YYYYMMDD/REGION/SERVICE/aws4_request in the "
            "Authorization header.");
      }
    } else if (name == "SignedHeaders" && parsed.signed_headers.empty()) {
      if (!read_signed_headers(value, parsed.signed_headers)) {
        return refuse(
            "SignedHeaders must list at most 100 header names in lower case, sorted and separated "
            "by semicolons, in the Authorization header.");
      }
    } else if (name == "Signature" && parsed.signature.empty()) {
      if (!is_signature(value)) {
        return refuse("Signature must be 64 hexadecimal digits in the Authorization header.");
      }
      parsed.signature = value;
    } else {
      return refuse(
          "Authorization header must hold 'Credential', 'SignedHeaders' and 'Signature', each once "
          "and separated by commas.");
    }
    if (end == text.size()) break;
    text.remove_prefix(end + 1);
  }
  for (const auto& [name, missing] : {std::pair{"Credential", parsed.access_key_id.empty()},
                                      std::pair{"SignedHeaders", parsed.signed_headers.empty()},
                                      std::pair{"Signature", parsed.signature.empty()}}) {
    if (missing) return refuse(fmt::format("Authorization header requires '{}' parameter.", name));
  }
  return parsed;
}

Result<SigV4Claim> check_sigv4_claim(std::string_view authorization, const HeaderList& headers,
                                     const SigV4Audience& audience, Time now) {
  std::size_t bytes = 0;
  for (const auto& [name, value] : headers) bytes += name.size() + value.size();
  if (headers.size() > kMaxHeaders || bytes > kMaxHeaderBytes) {
    return refuse("A signed request may have at most 200 headers of 64 KiB in all.");
  }
  auto parsed = parse_sigv4_authorization(authorization);
  if (!parsed) return parsed.error();
  SigV4Claim claim{*std::move(parsed), {}, {}};
  const SigV4Scope& scope = claim.authorization.scope;
  if (scope.region != audience.region) {
    return refuse("Credential should be scoped to a valid region.",
                  fmt::format("signed for the region {}, and `region` of the configuration is {}",
                              scope.region, audience.region));
  }
  if (scope.service != audience.service) {
    return refuse(
        fmt::format("Credential should be scoped to correct service: '{}'.", audience.service),
        fmt::format("signed for the service {}", scope.service));
  }
  const auto time = find_time(headers);
  if (!time) {
    return refuse(
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header, "
        "once, in the form 20260131T120000Z.");
  }
  claim.timestamp = sigv4_timestamp(*time);
  const auto names = check_signed_headers(claim.authorization, headers);
  if (!names) return names.error();
  const auto timely = check_time(claim, *time, now);
  if (!timely) return timely.error();
  for (const auto& [name, value] : headers) {
    if (name == "x-amz-content-sha256" && !is_signature(value)) {
      return refuse(
          "x-amz-content-sha256 must be the SHA-256 of the body in hexadecimal: unsigned and "
          "streamed payloads are not accepted.");
    }
    if (name != "x-amz-security-token") continue;
    if (!claim.security_token.empty()) return refuse("x-amz-security-token was sent twice.");
    claim.security_token = value;
  }
  return claim;
}

bool sigv4_matches(const SigV4Claim& claim, const Sha256& key, const SigV4Request& request) {
  const SigV4Authorization& authorization = claim.authorization;
  const std::string expected =
      sigv4_signature(key, claim.timestamp, authorization.scope,
                      canonical_request(request, authorization.signed_headers));
  bool equal = expected.size() == authorization.signature.size() &&
               CRYPTO_memcmp(expected.data(), authorization.signature.data(), expected.size()) == 0;
  for (const auto& [name, value] : request.headers) {
    if (name == "x-amz-content-sha256") equal = equal && value == request.payload_hash;
  }
  return equal;
}

}  // namespace eventsd::net
