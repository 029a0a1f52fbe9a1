// The console: a page for the operator, and what it asks for.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "admin/guard.hpp"
#include "admin/handler_log.hpp"
#include "admin/health.hpp"
#include "core/live_view.hpp"
#include "core/snapshot.hpp"
#include "eventsd/event_store.hpp"
#include "eventsd/metrics.hpp"
#include "eventsd/task.hpp"
#include "server/http_router.hpp"

namespace eventsd::admin {

// What the process uses, and what it may.
struct ConsoleUse {
  std::string version;
  std::string data_dir;
  std::vector<std::string> addresses;  // of the public port, as bound: "127.0.0.1:8080"
  std::vector<const ShardMetrics*> shards;
  Health health;
  std::uint64_t open_connections = 0;
  std::uint64_t max_connections = 0;  // what limits.maxConnections comes to
  std::uint64_t storage_queue_bytes = 0;
  std::uint64_t fullest_mailbox_bytes = 0;
  std::uint64_t store_bytes = 0;  // of the database's files
  StoreStats store = {};
};

// Where it all comes from. Called on the control thread; what is asked outlives the routes.
struct ConsoleSources {
  std::function<GuardRules()> rules;
  std::function<core::SnapshotPtr()> snapshot;
  std::function<std::string()> configuration;  // YAML with its secrets masked
  std::function<ConsoleUse()> use;
  std::function<Task<core::LiveView>(core::LiveQuery)> live;
  std::function<Task<core::FrameView>(core::FrameQuery)> frames;
  std::function<Task<server::HttpResponse>(ChannelNamespacePtr, std::string channel,
                                           server::HttpRequest&)>
      history;
  const HandlerLog& handlers;
};

// GET /console and its files, for whoever is on this site, and /console/api/…, for whoever has the
// admin token.
//   source   CONSOLE.md
std::vector<server::Route> console_routes(ConsoleSources sources);

// The page's Content-Security-Policy: nothing but its own files, and connections to this port and
// the public one. `host`: the request's, which is among the allowed ones.
std::string console_policy(std::string_view host, const std::vector<std::string>& addresses,
                           const core::Snapshot& snapshot);

}  // namespace eventsd::admin
