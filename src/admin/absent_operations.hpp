// The operations of AWS's control plane that this one does not have.
#pragma once

#include <vector>

#include "admin/guard.hpp"

namespace eventsd::admin {

// Each answers that it is not there and where its subject is defined instead, so that a tool shows
// more than "Method not allowed".
//   errors   501 NotImplementedException; body {"message":…}
std::vector<server::Route> absent_operation_routes(const OperationGuard& guard);

}  // namespace eventsd::admin
