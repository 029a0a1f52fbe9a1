#include "auth/jwt.hpp"

#include <algorithm>
#include <array>

#include "auth/jwt_json.hpp"
#include "protocol/text.hpp"

namespace eventsd::auth {
namespace {

constexpr std::array<std::string_view, 12> kAlgorithms = {"RS256", "RS384", "RS512", "PS256",
                                                          "PS384", "PS512", "ES256", "ES384",
                                                          "ES512", "HS256", "HS384", "HS512"};
constexpr std::size_t kMaxKidSize = 256;

Error malformed(const std::string& what) {
  return deny(ErrorKind::unauthorized, "the token is malformed: " + what);
}

// Header and payload with the dot between them, and the signature.
struct Parts {
  std::string_view header, payload, signature;
};

std::optional<Parts> split(std::string_view token) {
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  if (token.find('.', second + 1) != std::string_view::npos) return std::nullopt;
  return Parts{token.substr(0, first), token.substr(first + 1, second - first - 1),
               token.substr(second + 1)};
}

Result<void> read_header(const JsonMembers& header, Jwt& jwt) {
  const auto alg = string_of(header, "alg");
  if (!alg) return malformed("its header has no alg");
  const auto algorithm = algorithm_of(*alg);
  if (!algorithm) return deny(ErrorKind::unauthorized, "the alg " + quoted(*alg) + " is refused");
  jwt.algorithm = *algorithm;
  if (header.contains("crit")) {
    return deny(ErrorKind::unauthorized, "the header has crit: no extension is supported");
  }
  if (header.contains("kid")) {
    const auto kid = string_of(header, "kid");
    if (!kid || kid->size() > kMaxKidSize) return malformed("kid is no string, or too long");
    jwt.kid = *kid;
  }
  if (header.contains("typ")) {
    // Tokens of other kinds (logout, DPoP, security events) are signed with the same keys.
    const std::string typ = protocol::in_lower_case(string_of(header, "typ").value_or("?"));
    if (typ != "jwt" && typ != "at+jwt" && typ != "application/at+jwt") {
      return deny(ErrorKind::unauthorized, "the typ " + quoted(typ) + " is refused");
    }
  }
  return {};
}

// Reads one claim after the other; the first that is of a wrong type is remembered.
class ClaimReader {
 public:
  explicit ClaimReader(const JsonMembers& members) : members_(members) {}

  void text(std::string_view name, std::string& out) {
    if (const auto* value = find(name)) {
      auto read = json_string(*value);
      read ? void(out = *std::move(read)) : wrong(name, "a string");
    }
  }
  void time(std::string_view name, std::optional<std::int64_t>& out) {
    if (const auto* value = find(name)) {
      out = json_time(*value);
      if (!out) wrong(name, "a time in seconds");
    }
  }
  void texts(std::string_view name, std::vector<std::string>& out) {
    const auto* value = find(name);
    if (!value) return;
    if (auto one = json_string(*value)) return out.push_back(*std::move(one));
    const auto several = json_array(*value);
    for (const std::string_view element : several.value_or(std::vector<std::string_view>{})) {
      auto one = json_string(element);
      one ? out.push_back(*std::move(one)) : wrong(name, "a string or an array of strings");
    }
    if (!several) wrong(name, "a string or an array of strings");
  }
  void array(std::string_view name, std::string& out) {
    if (const auto* value = find(name)) {
      json_array(*value) || *value == "null" ? void(out = *value) : wrong(name, "an array");
    }
  }
  const std::string& fault() const { return fault_; }

 private:
  const std::string_view* find(std::string_view name) const {
    const auto found = members_.find(name);
    return found == members_.end() ? nullptr : &found->second;
  }
  void wrong(std::string_view name, const char* type) {
    if (fault_.empty()) fault_ = "the claim " + std::string(name) + " is not " + type;
  }

  const JsonMembers& members_;
  std::string fault_;
};

}  // namespace

std::string_view name_of(JwtAlgorithm algorithm) {
  return kAlgorithms[static_cast<std::size_t>(algorithm)];
}

std::optional<JwtAlgorithm> algorithm_of(std::string_view name) {
  const auto found = std::find(kAlgorithms.begin(), kAlgorithms.end(), name);
  if (found == kAlgorithms.end()) return std::nullopt;
  return static_cast<JwtAlgorithm>(found - kAlgorithms.begin());
}

std::string_view bare_token(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  const auto trim = [](std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
  };
  authorization = trim(authorization);
  if (protocol::in_lower_case(authorization.substr(0, kScheme.size())) == kScheme) {
    authorization = trim(authorization.substr(kScheme.size()));
  }
  return authorization;
}

Result<Jwt> parse_jwt(std::string_view token) {
  if (token.size() > kMaxTokenSize) {
    return malformed(std::to_string(token.size()) + " bytes, more than " +
                     std::to_string(kMaxTokenSize));
  }
  const auto parts = split(token);
  if (!parts) return malformed("not three parts with dots between them");
  const auto header_text = decode_base64url(parts->header);
  auto payload = decode_base64url(parts->payload);
  auto signature = decode_base64url(parts->signature);
  if (!header_text || !payload || !signature) return malformed("a part is not base64url");
  const auto header = read_json_object(*header_text);
  if (!header) return malformed("its header: " + header.error().reason);
  Jwt jwt;
  if (const auto read = read_header(*header, jwt); !read) return read.error();
  jwt.signed_part = token.substr(0, token.size() - parts->signature.size() - 1);
  jwt.signature = *std::move(signature);
  jwt.claims = *std::move(payload);
  return jwt;
}

std::string unverified_issuer(std::string_view token) {
  const auto parts = token.size() <= kMaxTokenSize ? split(token) : std::nullopt;
  const auto payload = parts ? decode_base64url(parts->payload) : std::nullopt;
  if (!payload) return {};
  const auto claims = read_json_object(*payload);
  return claims ? string_of(*claims, "iss").value_or("") : "";
}

Result<JwtClaims> parse_claims(std::string text) {
  JwtClaims claims;
  claims.text = std::move(text);
  const auto members = read_json_object(claims.text);
  if (!members) return malformed("its claims: " + members.error().reason);
  ClaimReader reader(*members);
  reader.text("iss", claims.issuer);
  reader.text("sub", claims.subject);
  reader.texts("aud", claims.audience);
  reader.text("azp", claims.authorized_party);
  reader.text("client_id", claims.client_id);
  reader.text("token_use", claims.token_use);
  reader.text("username", claims.username);
  reader.text("cognito:username", claims.username);
  reader.array("cognito:groups", claims.groups);
  reader.time("exp", claims.expires);
  reader.time("nbf", claims.not_before);
  reader.time("iat", claims.issued_at);
  reader.time("auth_time", claims.auth_time);
  if (!reader.fault().empty()) return malformed(reader.fault());
  return claims;
}

}  // namespace eventsd::auth
