#include "admin/guard.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

namespace eventsd::admin {
namespace {

// "localhost:9464" → "localhost"; "[::1]:9464" → "[::1]".
std::string_view without_port(std::string_view host) {
  const std::size_t bracket = host.rfind(']');
  const std::size_t colon = host.rfind(':');
  const bool port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  return port ? host.substr(0, colon) : host;
}

bool is_allowed(std::string_view host, const std::vector<std::string>& allowed) {
  const std::string_view name = without_port(host);
  return std::any_of(allowed.begin(), allowed.end(), [&](const std::string& one) {
    return server::equals_ignoring_case(one, name);
  });
}

bool has_token(std::string_view authorization, std::string_view token) {
  constexpr std::string_view scheme = "Bearer ";
  // The scheme's name has no case (RFC 9110 §11.1), the token has.
  const bool is_bearer =
      server::equals_ignoring_case(authorization.substr(0, scheme.size()), scheme);
  if (token.empty() || !is_bearer) return false;
  authorization.remove_prefix(scheme.size());
  return authorization.size() == token.size() &&
         CRYPTO_memcmp(authorization.data(), token.data(), token.size()) == 0;
}

// Says what to do about it, to the person who sees the text instead of the console.
server::HttpResponse refuse_name(std::string_view header, std::string_view host) {
  constexpr std::size_t kLongest = 100;
  const std::string name(without_port(host).substr(0, kLongest));
  return control_plane_error(
      403, "AccessDeniedException",
      name.empty() ? std::string(header) + " is missing; it must be one of admin.allowedHosts"
                   : std::string(header) + " names \"" + name +
                         "\", which is not in admin.allowedHosts: add it there and reload, or use "
                         "localhost or 127.0.0.1");
}

// Nothing when the request comes from an allowed site.
std::optional<server::HttpResponse> refuse_site(const GuardRules& rules,
                                                const server::HttpRequest& request) {
  if (!is_allowed(request.header("host"), rules.allowed_hosts)) {
    return refuse_name("Host", request.header("host"));
  }
  const std::string_view origin = request.header("origin");
  if (!origin.empty()) {
    const std::size_t scheme = origin.find("://");
    const std::string_view host =
        scheme == std::string_view::npos ? origin : origin.substr(scheme + 3);
    if (!is_allowed(host, rules.allowed_hosts)) {
      return refuse_name("Origin", host);
    }
  }
  return std::nullopt;
}

Task<server::HttpResponse> run_on_site(GuardRules rules, server::HttpFunction function,
                                       server::HttpRequest& request) {
  std::optional<server::HttpResponse> refusal = refuse_site(rules, request);
  if (refusal) co_return std::move(*refusal);
  server::HttpResponse response = co_await function(request);
  co_return response;
}

server::HttpResponse ask_for_token(bool may_be_signed) {
  std::string text =
      "Send the admin token (dataDir/admin-token) as \"Authorization: Bearer TOKEN\"";
  if (may_be_signed) text += ", or sign the request (SigV4) as one of iam.users";
  server::HttpResponse response = control_plane_error(401, "UnauthorizedException", text);
  response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

// Nothing when the request holds the token, or a signature where that is enough.
std::optional<server::HttpResponse> refuse_caller(const GuardRules& rules,
                                                  const RefuseSigned& refuse_signed,
                                                  const server::HttpRequest& request) {
  const std::string_view authorization = request.header("authorization");
  if (refuse_signed && authorization.starts_with("AWS4-")) return refuse_signed(request);
  if (has_token(authorization, rules.token)) return std::nullopt;
  return ask_for_token(refuse_signed != nullptr);
}

Task<server::HttpResponse> run_guarded(GuardRules rules, RefuseSigned refuse_signed,
                                       server::HttpFunction function,
                                       server::HttpRequest& request) {
  std::optional<server::HttpResponse> refusal = refuse_site(rules, request);
  if (!refusal) refusal = refuse_caller(rules, refuse_signed, request);
  if (refusal) co_return std::move(*refusal);
  server::HttpResponse response = co_await function(request);
  co_return response;
}

}  // namespace

server::HttpResponse control_plane_error(int status, std::string_view type,
                                         std::string_view message) {
  server::HttpResponse response;
  response.status = status;
  response.content_type = "application/json";
  response.body = nlohmann::json{{"message", message}}.dump(
      -1, ' ', false, nlohmann::json::error_handler_t::replace);
  response.headers.emplace_back("x-amzn-ErrorType", type);
  return response;
}

server::HttpFunction same_site(std::function<GuardRules()> rules, server::HttpFunction function) {
  return [rules = std::move(rules), function = std::move(function)](server::HttpRequest& request) {
    return run_on_site(rules(), function, request);
  };
}

server::HttpFunction guarded(std::function<GuardRules()> rules, server::HttpFunction function) {
  return guarded(std::move(rules), nullptr, std::move(function));
}

server::HttpFunction guarded(std::function<GuardRules()> rules, RefuseSigned refuse_signed,
                             server::HttpFunction function) {
  return [rules = std::move(rules), refuse_signed = std::move(refuse_signed),
          function = std::move(function)](server::HttpRequest& request) {
    return run_guarded(rules(), refuse_signed, function, request);
  };
}

}  // namespace eventsd::admin
