#include "auth/cognito.hpp"

#include <algorithm>

#include "auth/jwt_authorizer.hpp"
#include "auth/jwt_json.hpp"
#include "auth/pattern.hpp"
#include "protocol/server_message.hpp"

namespace eventsd::auth {
namespace {

// Which client the token was made for: client_id of access tokens, aud of ID tokens.
Result<void> check_client(const JwtClaims& claims, const Pattern& clients) {
  const bool is_access = claims.token_use == "access";
  if (!is_access && claims.token_use != "id") {
    return deny(ErrorKind::unauthorized,
                "token_use is " + quoted(claims.token_use) + ", neither id nor access");
  }
  if (clients.matches_everything()) return {};
  const std::vector<std::string> named =
      is_access ? std::vector<std::string>{claims.client_id} : claims.audience;
  if (std::any_of(named.begin(), named.end(), [&](auto& id) { return clients.matches(id); })) {
    return {};
  }
  return deny(ErrorKind::unauthorized, std::string(is_access ? "client_id " : "aud ") +
                                           quoted(named.empty() ? "" : named.front()) +
                                           " does not match appIdClientRegex as a whole");
}

void member(std::string& out, std::string_view name, const std::string& value) {
  out.append(1, '"').append(name).append("\":");
  value.empty() ? void(out += "null") : protocol::append_json_string(out, value);
  out += ',';
}

IdentityText identity_of(const JwtClaims& claims) {
  IdentityText text;
  text.head = "{";
  member(text.head, "sub", claims.subject);
  member(text.head, "issuer", claims.issuer);
  member(text.head, "username", claims.username);
  text.head += "\"claims\":" + claims.text + R"(,"sourceIp":[)";
  text.tail = R"(],"defaultAuthStrategy":"ALLOW","groups":)" + claims.groups + "}";
  return text;
}

}  // namespace

std::string cognito_issuer(const CognitoConfig& pool, std::span<const NamedAddress> user_pools) {
  if (!pool.issuer.empty()) return pool.issuer;
  const auto named = std::find_if(user_pools.begin(), user_pools.end(),
                                  [&](auto& known) { return known.name == pool.user_pool_id; });
  if (named != user_pools.end()) return named->address;
  const char* const domain =
      pool.aws_region.starts_with("cn-") ? ".amazonaws.com.cn/" : ".amazonaws.com/";
  return "https://cognito-idp." + pool.aws_region + domain + pool.user_pool_id;
}

Result<std::shared_ptr<Authorizer>> make_cognito_authorizer(
    const std::vector<CognitoConfig>& pools, std::span<const NamedAddress> user_pools,
    KeyDirectory& keys, const TokenCacheLimits& cache,
    std::chrono::system_clock::time_point (*now)(), VerificationQueuePtr queue) {
  JwtAuthorizerOptions options{AuthMode::cognito, {}, &identity_of, keys.executor(), cache, now,
                               std::move(queue)};
  for (const CognitoConfig& pool : pools) {
    const auto clients = Pattern::compile(pool.app_id_client_regex, Pattern::Match::whole);
    if (!clients) {
      return fail(ErrorKind::bad_request, "appIdClientRegex: " + clients.error().message);
    }
    TokenParty party;
    party.issuer = cognito_issuer(pool, user_pools);
    const auto source = keys.source(party.issuer, KeyLookup::cognito);
    if (!source) {
      return fail(ErrorKind::bad_request,
                  "user pool " + pool.user_pool_id + ": " + source.error().message);
    }
    party.keys = *source;
    party.check = [clients = *clients](const JwtClaims& claims) {
      return check_client(claims, clients);
    };
    options.parties.push_back(std::move(party));
  }
  return make_jwt_authorizer(std::move(options));
}

}  // namespace eventsd::auth
