#include "auth/oidc.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "auth/jwt_authorizer.hpp"
#include "auth/jwt_json.hpp"
#include "auth/pattern.hpp"
#include "protocol/server_message.hpp"

namespace eventsd::auth {
namespace {

// As long as HS256's digest (RFC 7518 section 3.2); shorter ones can be guessed offline.
constexpr std::size_t kGoodSecretSize = 32;
// Thirty years; more might not fit the clock.
constexpr std::uint64_t kMaxTtl = 30ull * 366 * 24 * 3600 * 1000;

Result<void> check_client(const JwtClaims& claims, const Pattern& clients) {
  std::vector<std::string> named = claims.audience;
  if (!claims.authorized_party.empty()) named.push_back(claims.authorized_party);
  if (std::any_of(named.begin(), named.end(), [&](auto& id) { return clients.matches(id); })) {
    return {};
  }
  return deny(ErrorKind::unauthorized, "neither aud nor azp, " +
                                           quoted(named.empty() ? "" : named.front()) +
                                           ", matches clientId as a whole");
}

IdentityText identity_of(const JwtClaims& claims) {
  IdentityText text{R"({"sub":)", {}};
  claims.subject.empty() ? void(text.head += "null")
                         : protocol::append_json_string(text.head, claims.subject);
  text.head += R"(,"issuer":)";
  protocol::append_json_string(text.head, claims.issuer);
  text.head += R"(,"claims":)" + claims.text + "}";
  return text;
}

}  // namespace

Result<std::shared_ptr<Authorizer>> make_oidc_authorizer(
    const std::vector<OpenIdConnectConfig>& issuers, KeyDirectory& keys,
    const TokenCacheLimits& cache, std::chrono::system_clock::time_point (*now)(),
    VerificationQueuePtr queue) {
  JwtAuthorizerOptions options{AuthMode::oidc, {},  &identity_of,    keys.executor(),
                               cache,          now, std::move(queue)};
  for (const OpenIdConnectConfig& issuer : issuers) {
    const auto clients = Pattern::compile(issuer.client_id, Pattern::Match::whole);
    if (!clients) return fail(ErrorKind::bad_request, "clientId: " + clients.error().message);
    TokenParty party;
    party.issuer = issuer.issuer;
    const auto source = keys.source(party.issuer, KeyLookup::open_id_connect);
    if (!source) return source.error();
    party.keys = *source;
    party.secret = issuer.secret;
    if (!party.secret.empty() && party.secret.size() < kGoodSecretSize) {
      spdlog::warn("the secret of an issuer is shorter than {} bytes and can be guessed issuer={}",
                   kGoodSecretSize, quoted(party.issuer));
    }
    party.needs_issued_at = true;
    party.iat_ttl = std::chrono::milliseconds(std::min(issuer.iat_ttl, kMaxTtl));
    party.auth_ttl = std::chrono::milliseconds(std::min(issuer.auth_ttl, kMaxTtl));
    if (!clients->matches_everything()) {
      party.check = [clients = *clients](const JwtClaims& claims) {
        return check_client(claims, clients);
      };
    }
    options.parties.push_back(std::move(party));
  }
  return make_jwt_authorizer(std::move(options));
}

}  // namespace eventsd::auth
