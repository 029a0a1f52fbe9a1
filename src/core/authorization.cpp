#include "core/authorization.hpp"

#include <algorithm>

#include "protocol/text.hpp"

namespace eventsd::core {
namespace {

// Three base64url parts: what every signed JWT looks like.
bool looks_like_jwt(std::string_view token) {
  // The scheme's name is without case (RFC 9110 section 11.1).
  if (protocol::in_lower_case(token.substr(0, 7)) == "bearer ") token.remove_prefix(7);
  while (token.starts_with(' ')) token.remove_prefix(1);
  return std::count(token.begin(), token.end(), '.') == 2 && token.starts_with("ey");
}

bool has(const Api& api, AuthMode mode) {
  return api.authorizers[static_cast<std::size_t>(mode)] != nullptr;
}

bool recognises(const Api& api, AuthMode mode, const Credentials& credentials) {
  return api.authorizers[static_cast<std::size_t>(mode)]->recognises(credentials);
}

}  // namespace

AuthMode mode_of(const Credentials& credentials, const Api& api, AuthModes allowed) {
  const bool key_first = allowed.contains(AuthMode::api_key) || credentials.authorization.empty();
  if (!credentials.api_key.empty() && key_first) return AuthMode::api_key;
  const std::string_view authorization = credentials.authorization;
  if (authorization.starts_with("AWS4-HMAC-SHA256")) return AuthMode::iam;
  if (looks_like_jwt(authorization)) {
    const bool cognito = has(api, AuthMode::cognito);
    const bool oidc = has(api, AuthMode::oidc);
    if (cognito && recognises(api, AuthMode::cognito, credentials)) return AuthMode::cognito;
    if (oidc && recognises(api, AuthMode::oidc, credentials)) return AuthMode::oidc;
    // A token of a stranger: one whose reason for refusal is worth telling.
    if (!has(api, AuthMode::lambda)) {
      if (cognito) return AuthMode::cognito;
      if (oidc) return AuthMode::oidc;
    }
  }
  return AuthMode::lambda;
}

Task<Result<Identity>> authorize(ApiPtr api, AuthorizationRequest request, AuthModes allowed) {
  if (request.credentials.empty()) co_return fail(ErrorKind::missing_credentials);
  const AuthMode mode = mode_of(request.credentials, *api, allowed);
  const std::shared_ptr<Authorizer> authorizer = api->authorizers[static_cast<std::size_t>(mode)];
  if (!authorizer) co_return fail(ErrorKind::unauthorized);
  Result<Identity> identity = co_await authorizer->authorize(std::move(request));
  if (identity && !allowed.contains(mode)) co_return fail(ErrorKind::forbidden);
  co_return identity;
}

}  // namespace eventsd::core
