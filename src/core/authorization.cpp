#include "core/authorization.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

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

const std::shared_ptr<Authorizer>& authorizer_of(const Api& api, AuthMode mode) {
  return api.authorizers[static_cast<std::size_t>(mode)];
}

bool has(const Api& api, AuthMode mode) { return authorizer_of(api, mode) != nullptr; }

bool recognises(const Api& api, AuthMode mode, const Credentials& credentials) {
  return authorizer_of(api, mode)->recognises(credentials);
}

using Clock = std::chrono::steady_clock;

// What is left to tell of a question when the authorizer has taken the request.
struct Question {
  Operation operation;
  bool names_no_channel;  // the text was not a channel
  AuthModes allowed;
  std::optional<AuthMode> mode;
  std::string namespace_name;
  std::string channel;
  std::string source_ip;
  std::string request_id;
};

Question question_of(const AuthorizationRequest& request, AuthModes allowed) {
  return {request.operation,
          request.operation != Operation::connect && request.namespace_name.empty(),
          allowed,
          std::nullopt,
          request.namespace_name,
          request.channel,
          request.source_ip,
          request.request_id};
}

struct Verdict {
  Result<Identity> identity = fail(ErrorKind::internal);
  DenialCause cause = DenialCause::none;
};

struct CredentialSizes {
  std::size_t authorization;
  std::size_t api_key;
  std::size_t object;
};

CredentialSizes sizes_of(const Credentials& credentials) {
  return {credentials.authorization.size(), credentials.api_key.size(), credentials.object.size()};
}

bool is_oversized(const CredentialSizes& sizes) {
  return sizes.authorization > kMaxCredential || sizes.api_key > kMaxCredential ||
         sizes.object > kMaxCredentialObject;
}

DenialCause cause_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::unauthorized:
    case ErrorKind::missing_credentials:
      return DenialCause::invalid_credential;
    case ErrorKind::forbidden:
      return DenialCause::policy;
    case ErrorKind::bad_request:
      return DenialCause::request_mismatch;
    case ErrorKind::rate_limited:
      return DenialCause::throttled;
    default:
      return DenialCause::failed;
  }
}

Decision describe(const Api& api, const Question& question, const Verdict& verdict,
                  Clock::time_point asked) {
  return {std::chrono::system_clock::now(),
          api.id,
          question.operation,
          question.channel,
          question.mode,
          question.allowed,
          verdict.cause,
          verdict.identity ? std::string() : verdict.identity.error().reason,
          question.source_ip,
          question.request_id,
          std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - asked)};
}

std::optional<Identity> grant_at_once(const Api& api, std::string_view api_key, bool oversized,
                                      AuthModes allowed) {
  const bool is_key = !api_key.empty() && has(api, AuthMode::api_key);
  if (!is_key || !allowed.contains(AuthMode::api_key) || oversized) return std::nullopt;
  if (api.watch && api.watch->wants_grants()) return std::nullopt;
  if (!authorizer_of(api, AuthMode::api_key)->grants_at_once(api_key)) return std::nullopt;
  // A comparison is not worth two looks at the clock.
  if (api.watch) api.watch->verified(AuthMode::api_key, std::chrono::nanoseconds(0));
  return Identity{AuthMode::api_key, nullptr};
}

}  // namespace

AuthMode mode_of(const Credentials& credentials, const Api& api) {
  // Not a question of what is allowed: that would tell which namespaces there are.
  const bool takes_keys = has(api, AuthMode::api_key) || credentials.authorization.empty();
  if (!credentials.api_key.empty() && takes_keys) return AuthMode::api_key;
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

std::optional<Identity> authorize_at_once(const Api& api, const Credentials& credentials,
                                          AuthModes allowed) {
  return grant_at_once(api, credentials.api_key, is_oversized(sizes_of(credentials)), allowed);
}

std::optional<Identity> authorize_at_once(const Api& api,
                                          const protocol::CredentialsText& credentials,
                                          AuthModes allowed) {
  const protocol::JsonString& key = credentials.api_key;
  if (key.has_escapes()) return std::nullopt;  // no key of ours needs any
  const CredentialSizes sizes{credentials.authorization.decoded_size, key.decoded_size,
                              credentials.object.size()};
  return grant_at_once(api, key.raw, is_oversized(sizes), allowed);
}

Task<Result<Identity>> authorize(ApiPtr api, AuthorizationRequest request, AuthModes allowed) {
  const Clock::time_point asked = Clock::now();
  Question question = question_of(request, allowed);
  Verdict verdict;
  const Credentials& credentials = request.credentials;
  if (credentials.empty()) {
    verdict = {fail(ErrorKind::missing_credentials), DenialCause::no_credential};
  } else if (is_oversized(sizes_of(credentials))) {
    verdict = {deny(ErrorKind::unauthorized, fmt::format("over {} bytes", kMaxCredential)),
               DenialCause::oversized_credential};
  } else {
    AuthMode mode = mode_of(credentials, *api);
    // A good key of a mode that is not allowed here leaves it to the second credential.
    if (mode == AuthMode::api_key && !credentials.authorization.empty() &&
        !allowed.contains(mode)) {
      const Result<Identity> key = co_await authorizer_of(*api, mode)->authorize(request);
      if (key) {
        request.credentials.api_key.clear();
        mode = mode_of(credentials, *api);
      }
    }
    question.mode = mode;
    const std::shared_ptr<Authorizer> authorizer = authorizer_of(*api, mode);
    if (!authorizer) {
      verdict = {
          deny(ErrorKind::unauthorized, fmt::format("the API has no {} provider", to_string(mode))),
          DenialCause::mode_not_configured};
    } else {
      verdict.identity = co_await authorizer->authorize(std::move(request));
      if (api->watch) api->watch->verified(mode, Clock::now() - asked);
      if (!verdict.identity) verdict.cause = cause_of(verdict.identity.error().kind);
    }
  }
  if (verdict.identity && !allowed.contains(*question.mode)) {
    verdict.identity = fail(ErrorKind::forbidden);
    // Nobody's fault but the text's, which the caller tells: not a matter of authorization.
    if (question.names_no_channel) co_return verdict.identity;
    const bool known =
        question.operation == Operation::connect || api->find_namespace(question.namespace_name);
    verdict.cause = known ? DenialCause::mode_not_allowed : DenialCause::unknown_namespace;
  }
  const bool granted = verdict.identity.has_value();
  if (api->watch && (!granted || api->watch->wants_grants())) {
    api->watch->decided(describe(*api, question, verdict, asked));
  }
  if (granted || !api->watch) co_return std::move(verdict.identity);
  co_await api->watch->hold_refusal(question.source_ip, asked);
  co_return std::move(verdict.identity);
}

}  // namespace eventsd::core
