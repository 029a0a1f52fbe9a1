// Who may talk to the admin port.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/http_router.hpp"

namespace eventsd::admin {

// Current rules; asked anew for each request, so that a reload reaches them.
struct GuardRules {
  std::string token;
  std::vector<std::string> allowed_hosts;
};

// Wraps what is shown to anybody on this site: Host and Origin must name an allowed host (DNS
// rebinding, foreign pages).
//   errors   403 AccessDeniedException; body {"message":…}
server::HttpFunction same_site(std::function<GuardRules()> rules, server::HttpFunction function);

// Wraps what is the operator's: the same, and Authorization must be `Bearer TOKEN`.
//   errors   403 AccessDeniedException, 401 UnauthorizedException; body {"message":…}
server::HttpFunction guarded(std::function<GuardRules()> rules, server::HttpFunction function);

// What refuses a request that is signed with SigV4, or nothing: who signed it and what their policy
// allows is known where the users are.
using RefuseSigned =
    std::function<std::optional<server::HttpResponse>(const server::HttpRequest& request)>;

// The same for what AWS's own tools may ask, which can sign and cannot send a token: a signature
// that `refuse_signed` finds nothing against is as good as the token.
server::HttpFunction guarded(std::function<GuardRules()> rules, RefuseSigned refuse_signed,
                             server::HttpFunction function);

// How an operation of the control plane is wrapped, by the name that a policy gives it: "ListApis".
using OperationGuard =
    std::function<server::HttpFunction(std::string_view operation, server::HttpFunction function)>;

// An answer in the control plane's error form: {"message":…} and x-amzn-ErrorType.
server::HttpResponse control_plane_error(int status, std::string_view type,
                                         std::string_view message);

}  // namespace eventsd::admin
