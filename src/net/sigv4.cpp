#include "net/sigv4.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <algorithm>
#include <utility>

namespace eventsd::net {
namespace {

// What proxies and HTTP clients add, change or drop, so that it cannot be signed.
constexpr std::array kUnsignable = {
    std::string_view("authorization"),   std::string_view("connection"),
    std::string_view("content-length"),  std::string_view("expect"),
    std::string_view("keep-alive"),      std::string_view("te"),
    std::string_view("trailer"),         std::string_view("transfer-encoding"),
    std::string_view("upgrade"),         std::string_view("user-agent"),
    std::string_view("x-amzn-trace-id"),
};

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

Sha256 hmac(std::span<const unsigned char> key, std::string_view text) {
  Sha256 digest;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), nullptr);
  return digest;
}

std::string lower_hex(const Sha256& digest) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  text.reserve(2 * digest.size());
  for (const unsigned char byte : digest) {
    text += kHex[byte >> 4];
    text += kHex[byte & 15];
  }
  return text;
}

void append_percent_encoded(std::string& out, char c, bool keep_slash) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '-' || c == '.' || c == '_' || c == '~' || (keep_slash && c == '/');
  if (plain) {
    out += c;
  } else {
    out += '%';
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Decodes %XX; anything else, a stray % included, stays. Then everything is encoded in one way.
std::string encoded_anew(std::string_view text, bool keep_slash) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%' && i + 2 < text.size()) {
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high >= 0 && low >= 0) {
        c = static_cast<char>(high * 16 + low);
        i += 2;
        // A slash that was encoded is a character of its segment.
        append_percent_encoded(out, c, /*keep_slash=*/false);
        continue;
      }
    }
    append_percent_encoded(out, c, keep_slash);
  }
  return out;
}

std::string without_dots(std::string_view path) {
  std::vector<std::string_view> segments;
  bool ends_with_slash = true;
  while (!path.empty()) {
    const auto slash = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, slash);
    ends_with_slash = slash < path.size();
    path.remove_prefix(std::min(slash + 1, path.size()));
    if (segment == "..") {
      if (!segments.empty()) segments.pop_back();
    } else if (!segment.empty() && segment != ".") {
      segments.push_back(segment);
    }
  }
  std::string out = "/";
  for (const std::string_view segment : segments) {
    out += segment;
    out += '/';
  }
  if (!ends_with_slash && out.size() > 1) out.pop_back();
  return out;
}

void append_folded(std::string& out, std::string_view value) {
  bool gap = false;
  const std::size_t begin = out.size();
  for (const char c : value) {
    if (is_space(c)) {
      gap = true;
      continue;
    }
    if (std::exchange(gap, false) && out.size() > begin) out += ' ';
    out += c;
  }
}

std::string joined(std::span<const std::string_view> names) {
  std::string text;
  for (const std::string_view name : names) {
    if (!text.empty()) text += ';';
    text += name;
  }
  return text;
}

}  // namespace

std::string sha256_hex(std::string_view text) {
  Sha256 digest;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return lower_hex(digest);
}

std::string SigV4Scope::text() const {
  return fmt::format("{}/{}/{}/aws4_request", date, region, service);
}

std::string canonical_path(std::string_view path, SigV4Path rule) {
  if (path.empty()) return "/";
  if (rule == SigV4Path::as_sent) return encoded_anew(path, /*keep_slash=*/true);
  std::string out;
  for (const char c : without_dots(path)) append_percent_encoded(out, c, /*keep_slash=*/true);
  return out;
}

std::string canonical_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> parameters;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const std::string_view parameter = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (parameter.empty()) continue;
    const auto equals = std::min(parameter.find('='), parameter.size());
    const std::string_view value = parameter.substr(std::min(equals + 1, parameter.size()));
    parameters.emplace_back(encoded_anew(parameter.substr(0, equals), /*keep_slash=*/false),
                            encoded_anew(value, /*keep_slash=*/false));
  }
  std::sort(parameters.begin(), parameters.end());
  std::string out;
  for (const auto& [name, value] : parameters) {
    if (!out.empty()) out += '&';
    out += name;
    out += '=';
    out += value;
  }
  return out;
}

std::string canonical_headers(const HeaderList& headers, std::span<const std::string_view> names) {
  std::string out;
  for (const std::string_view name : names) {
    out += name;
    out += ':';
    bool first = true;
    for (const auto& [candidate, value] : headers) {
      if (candidate != name) continue;
      if (!std::exchange(first, false)) out += ',';
      append_folded(out, value);
    }
    out += '\n';
  }
  return out;
}

std::string canonical_request(const SigV4Request& request,
                              std::span<const std::string_view> names) {
  std::string text(request.method);
  text += '\n';
  text += canonical_path(request.path, request.path_rule);
  text += '\n';
  text += canonical_query(request.query);
  text += '\n';
  text += canonical_headers(request.headers, names);
  text += '\n';
  text += joined(names);
  text += '\n';
  text += request.payload_hash;
  return text;
}

Sha256 sigv4_key(std::string_view secret_access_key, const SigV4Scope& scope) {
  std::string secret = "AWS4";
  secret += secret_access_key;
  Sha256 key =
      hmac({reinterpret_cast<const unsigned char*>(secret.data()), secret.size()}, scope.date);
  for (const std::string_view part :
       {scope.region, scope.service, std::string_view("aws4_request")})
    key = hmac(key, part);
  return key;
}

std::string sigv4_signature(const Sha256& key, std::string_view timestamp, const SigV4Scope& scope,
                            std::string_view canonical_request) {
  std::string text(kSigV4Algorithm);
  text += '\n';
  text += timestamp;
  text += '\n';
  text += scope.text();
  text += '\n';
  text += sha256_hex(canonical_request);
  return lower_hex(hmac(key, text));
}

std::string sigv4_timestamp(std::chrono::system_clock::time_point time) {
  return fmt::format("{:%Y%m%dT%H%M%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

HeaderList sigv4_headers(const SigV4Request& request, const SigV4Signer& signer,
                         std::chrono::system_clock::time_point now) {
  const std::string timestamp = sigv4_timestamp(now);
  HeaderList added = {{"x-amz-date", timestamp}};
  if (!signer.credentials.session_token.empty()) {
    added.emplace_back("x-amz-security-token", signer.credentials.session_token);
  }
  if (request.path_rule == SigV4Path::as_sent) {
    added.emplace_back("x-amz-content-sha256", std::string(request.payload_hash));
  }
  HeaderList all = request.headers;
  all.insert(all.end(), added.begin(), added.end());

  std::vector<std::string_view> names;
  for (const auto& [name, value] : all) {
    if (std::find(kUnsignable.begin(), kUnsignable.end(), name) == kUnsignable.end()) {
      names.push_back(name);
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());

  const SigV4Request complete{request.method,       request.path,     request.query, all,
                              request.payload_hash, request.path_rule};
  const SigV4Scope scope{std::string_view(timestamp).substr(0, 8), signer.region, signer.service};
  const Sha256 key = sigv4_key(signer.credentials.secret_access_key, scope);
  const std::string signature =
      sigv4_signature(key, timestamp, scope, canonical_request(complete, names));
  added.emplace_back(
      "authorization",
      fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", kSigV4Algorithm,
                  signer.credentials.access_key_id, scope.text(), joined(names), signature));
  return added;
}

void sign_request(HttpRequest& request, const SigV4Signer& signer,
                  std::chrono::system_clock::time_point now) {
  HeaderList headers = {{"host", request.url.authority()}};
  for (const auto& [name, value] : request.headers) {
    std::string lower = name;
    for (char& c : lower) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    headers.emplace_back(std::move(lower), value);
  }
  const std::string payload_hash = sha256_hex(request.body);
  const SigV4Request parts{request.method, request.url.path, request.url.query,
                           headers,        payload_hash,     signer.path_rule};
  for (auto& header : sigv4_headers(parts, signer, now)) {
    request.headers.push_back(std::move(header));
  }
}

}  // namespace eventsd::net
