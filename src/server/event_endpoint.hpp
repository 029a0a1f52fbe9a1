// The public HTTP endpoints: POST /event and GET /event/history, with CORS.
#pragma once

#include <array>
#include <atomic>
#include <string_view>
#include <vector>

#include "server/http_router.hpp"
#include "server/shard_context.hpp"

namespace eventsd::server {

// Reads of history at once, an address; what stops one client from occupying the readers.
inline constexpr unsigned kMaxHistoryReadsPerAddress = 4;

// Counts them, for all shards. Of fixed size whatever the number of addresses; two that share a
// counter share the limit, which among 65,536 counters is rare.
//   thread   any
class HistoryReadLimiter {
 public:
  std::atomic<std::uint16_t>& count_of(std::string_view ip);

 private:
  std::array<std::atomic<std::uint16_t>, 65536> counts_{};
};

//   source   PROTOCOL.md P and R rules
std::vector<Route> event_routes(ShardContext& shard, HistoryReadLimiter& limiter);

// CORS headers on every answer (PROTOCOL.md P-12).
void add_cors_headers(const Config& config, const HttpRequest& request, HttpResponse& response);

}  // namespace eventsd::server
