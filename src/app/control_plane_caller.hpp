// Who signs requests to the control plane, and what they may do there.
#pragma once

#include <optional>
#include <string_view>

#include "auth/iam_users.hpp"
#include "server/http_message.hpp"

namespace eventsd::app {

// Nothing when one of the users has signed the request for the service `appsync` and their policy
// allows appsync:OPERATION on the API that the path names, or on every API when it names none.
//   errors   403 InvalidSignatureException, UnrecognizedClientException, AccessDeniedException,
//            as AWS's REST services have them; body {"message":…}
//   thread   any
std::optional<server::HttpResponse> refuse_control_plane_caller(const auth::IamUsers& users,
                                                                const Config& config,
                                                                std::string_view operation,
                                                                const server::HttpRequest& request);

}  // namespace eventsd::app
