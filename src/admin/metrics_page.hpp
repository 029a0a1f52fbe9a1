// /metrics: the Prometheus text exposition of all shards' counters.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "eventsd/event_store.hpp"
#include "eventsd/metrics.hpp"
#include "server/http_router.hpp"

namespace eventsd::admin {

struct MetricsInput {
  std::vector<const ShardMetrics*> shards;
  std::uint64_t storage_queue_bytes = 0;
  std::uint64_t open_connections = 0;
  std::string version;
  StoreStats store = {};
  std::string authorization = {};  // further metrics, as text
};

std::string render_metrics(const MetricsInput& input);
std::vector<server::Route> metrics_routes(std::function<MetricsInput()> input);

}  // namespace eventsd::admin
