// Who may talk to the admin port.
#pragma once

#include <functional>
#include <string>
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

// Wraps a function of the control plane: the same, and Authorization must be `Bearer TOKEN`.
//   errors   403 AccessDeniedException, 401 UnauthorizedException; body {"message":…}
server::HttpFunction guarded(std::function<GuardRules()> rules, server::HttpFunction function);

// An answer in the control plane's error form: {"message":…} and x-amzn-ErrorType.
server::HttpResponse control_plane_error(int status, std::string_view type,
                                         std::string_view message);

}  // namespace eventsd::admin
