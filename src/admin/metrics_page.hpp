// /metrics: the Prometheus text exposition of all shards' counters. docs/METRICS.md lists them.
#pragma once

#include <chrono>
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
  std::string further = {};  // metrics of other parts, as text
  std::string commit = {};
  std::uint64_t mailbox_bytes = 0;  // of all shards
  StoreHealth::State store_state = StoreHealth::State::ok;
  std::chrono::system_clock::time_point started = {};  // of the process; epoch: not shown
};

// Every metric is there from the start, with 0, but those by namespace, mode, code or status, whose
// series begin when there is something to count.
std::string render_metrics(const MetricsInput& input);
std::vector<server::Route> metrics_routes(std::function<MetricsInput()> input);

// Parts of the page.
void append_namespace_metrics(std::string& out, const std::vector<const ShardMetrics*>& shards);
// Memory and CPU of this process, under the names that every Prometheus client uses.
void append_process_metrics(std::string& out, std::chrono::system_clock::time_point started);

}  // namespace eventsd::admin
