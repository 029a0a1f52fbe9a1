// /health/live and /health/ready: what a supervisor or load balancer asks. No secrets in them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "server/http_router.hpp"

namespace eventsd::admin {

struct Health {
  std::vector<std::string> unavailable;  // reasons not to be ready: draining, a damaged database
  std::vector<std::string> degraded;     // what is limited while ready: a full disk
};

// live: 200 as long as the process serves requests; it never depends on a database.
// ready: 200, or 503 with the reasons.
std::vector<server::Route> health_routes(std::function<Health()> health);

}  // namespace eventsd::admin
