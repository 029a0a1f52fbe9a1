// GET and PUT /v1/log-level: how much is logged, changed while it runs.
#pragma once

#include <functional>
#include <vector>

#include "server/http_router.hpp"

namespace eventsd::admin {

// Body and answer: {"level":"debug"}. It holds until the next change, reload or start.
//   errors   400 BadRequestException
//   source   ours
std::vector<server::Route> log_level_routes(
    std::function<server::HttpFunction(server::HttpFunction)> guard);

}  // namespace eventsd::admin
