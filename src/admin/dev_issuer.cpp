#include "admin/dev_issuer.hpp"

#include <memory>
#include <nlohmann/json.hpp>

#include "admin/guard.hpp"

namespace eventsd::admin {
namespace {

using server::HttpRequest;
using server::HttpResponse;

bool is_local(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  // An IPv6 address has colons of its own, in brackets.
  if (colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) {
    host = host.substr(0, colon);
  }
  return server::equals_ignoring_case(host, "localhost") || host == "127.0.0.1" || host == "[::1]";
}

HttpResponse refused(std::string_view why) {
  return control_plane_error(403, "AccessDeniedException", why);
}

HttpResponse json_response(std::string body) {
  HttpResponse response;
  response.content_type = "application/json";
  response.body = std::move(body);
  return response;
}

HttpResponse mint(const DevIssuerPages& pages, const HttpRequest& request) {
  if (!request.header("origin").empty()) return refused("tokens are not made for web pages");
  const auto token = pages.mint(request.body);
  if (token) return json_response(nlohmann::json{{"token", *token}}.dump());
  const ErrorInfo& info = error_info(token.error().kind);
  return control_plane_error(info.http_status, info.http_type, error_text(token.error()));
}

template <typename Answer>
server::HttpFunction local(std::shared_ptr<const DevIssuerPages> pages, Answer answer) {
  return [pages, answer](HttpRequest& request) -> Task<HttpResponse> {
    return [](std::shared_ptr<const DevIssuerPages> known, Answer make,
              HttpRequest& asked) -> Task<HttpResponse> {
      if (!is_local(asked.header("host"))) co_return refused("Host must be this machine");
      co_return make(*known, asked);
    }(pages, answer, request);
  };
}

}  // namespace

std::vector<server::Route> dev_issuer_routes(DevIssuerPages pages) {
  const auto shared = std::make_shared<const DevIssuerPages>(std::move(pages));
  return {
      {"GET", "/dev-issuer/.well-known/openid-configuration",
       local(shared, [](const DevIssuerPages& known,
                        const HttpRequest&) { return json_response(known.discovery()); })},
      {"GET", "/dev-issuer/.well-known/jwks.json",
       local(shared, [](const DevIssuerPages& known,
                        const HttpRequest&) { return json_response(known.jwks()); })},
      {"POST", "/dev-issuer/token", local(shared, &mint)},
  };
}

}  // namespace eventsd::admin
