#include "app/control_plane_caller.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "admin/guard.hpp"
#include "app/signed_request.hpp"

namespace eventsd::app {
namespace {

server::HttpResponse refusal_of(const Error& error) {
  if (error.kind == ErrorKind::unauthorized) {
    return admin::control_plane_error(403, "UnrecognizedClientException",
                                      "The security token included in the request is invalid.");
  }
  return admin::control_plane_error(403, "InvalidSignatureException", error.message);
}

// Lists name no API: whoever may ask for them must be allowed on all.
std::string resource_of(const Config& config, const server::HttpRequest& request) {
  const bool names_api =
      request.path.starts_with("/v1/apis/") || request.path.starts_with("/v2/apis/");
  const std::string api = names_api && !request.parameters.empty() ? request.parameters[0] : "*";
  return auth::api_arn(config.region, config.account_id, api);
}

}  // namespace

std::optional<server::HttpResponse> refuse_control_plane_caller(
    const auth::IamUsers& users, const Config& config, std::string_view operation,
    const server::HttpRequest& request) {
  const auto user = find_signer(users, {config.region, "appsync"}, request);
  if (!user) {
    const Error& error = user.error();
    spdlog::debug("control plane request refused ip={} operation={} err=\"{}\"", request.source_ip,
                  operation, error.reason.empty() ? error.message : error.reason);
    return refusal_of(error);
  }
  const std::string action = fmt::format("appsync:{}", operation);
  const std::string resource = resource_of(config, request);
  if ((*user)->policy.allows(action, resource)) return std::nullopt;
  return admin::control_plane_error(403, "AccessDeniedException",
                                    fmt::format("User: {} is not authorized to perform: {} on "
                                                "resource: {}",
                                                (*user)->arn, action, resource));
}

}  // namespace eventsd::app
