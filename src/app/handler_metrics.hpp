// The Prometheus text of handlers and their workers.
#pragma once

#include <string>

#include "handler/namespace_handler.hpp"
#include "handler/supervisor.hpp"

namespace eventsd::app {

std::string render_handler_metrics(const handler::HandlerCounts& counts,
                                   const handler::SupervisorCounts& workers);

}  // namespace eventsd::app
