// The public HTTP endpoints: POST /event and GET /event/history, with CORS.
#pragma once

#include <vector>

#include "server/history_read.hpp"
#include "server/http_router.hpp"
#include "server/shard_context.hpp"

namespace eventsd::server {

//   source   PROTOCOL.md P and R rules
std::vector<Route> event_routes(ShardContext& shard, HistoryReadLimiter& limiter);

// CORS headers on every answer (PROTOCOL.md P-12).
void add_cors_headers(const Config& config, const HttpRequest& request, HttpResponse& response);

}  // namespace eventsd::server
