// The public HTTP endpoints: POST /event and GET /event/history, with CORS.
#pragma once

#include <vector>

#include "server/http_router.hpp"
#include "server/shard_context.hpp"

namespace eventsd::server {

// Reads of history at once, an address; what stops one client from occupying the readers.
inline constexpr unsigned kMaxHistoryReadsPerAddress = 4;

//   source   PROTOCOL.md P and R rules
std::vector<Route> event_routes(ShardContext& shard);

// CORS headers on every answer (PROTOCOL.md P-12).
void add_cors_headers(const Config& config, const HttpRequest& request, HttpResponse& response);

}  // namespace eventsd::server
