#include "admin/console_json.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

namespace eventsd::admin {
namespace {

using nlohmann::json;

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::int64_t milliseconds(std::chrono::system_clock::time_point at) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
}

json names_of(AuthModes modes) {
  json names = json::array();
  for (std::size_t i = 0; i < kAuthModeNames.size(); ++i) {
    if (modes.contains(static_cast<AuthMode>(i))) names.push_back(kAuthModeNames[i]);
  }
  return names;
}

json to_json(const ChannelNamespace& one) {
  json history = nullptr;
  if (one.history) {
    history = {{"maxAgeSeconds", one.history->max_age.count() / 1000},
               {"maxEventsPerChannel", one.history->max_events_per_channel},
               {"maxBytes", one.history->max_bytes},
               {"readable", one.history->read == HistoryRead::subscribe}};
  }
  return {{"name", one.name},
          {"publishModes", names_of(one.publish_modes)},
          {"subscribeModes", names_of(one.subscribe_modes)},
          {"history", std::move(history)}};
}

json to_json(const core::Api& api) {
  // By name: what is shown first must not change from look to look.
  std::map<std::string_view, const ChannelNamespace*> sorted;
  for (const auto& [name, one] : api.namespaces) sorted.emplace(name, one.get());
  json namespaces = json::array();
  for (const auto& [name, one] : sorted) {
    if (namespaces.size() == kConsoleNamespaces) break;
    namespaces.push_back(to_json(*one));
  }
  json providers = json::array();
  for (std::size_t i = 0; i < api.authorizers.size(); ++i) {
    if (api.authorizers[i]) providers.push_back(kAuthModeNames[i]);
  }
  return {{"id", api.id},
          {"name", api.name},
          {"domains", api.domains},
          {"providers", std::move(providers)},
          {"connectionModes", names_of(api.connection_modes)},
          {"namespaces", std::move(namespaces)},
          {"namespaceCount", api.namespaces.size()}};
}

json to_json(const Health& health) {
  return {{"unavailable", health.unavailable}, {"degraded", health.degraded}};
}

// All shards' counters, added up.
json totals(const ConsoleUse& use) {
  struct Entry {
    const char* name;
    Counter ShardMetrics::* counter;
  };
  constexpr Entry kEntries[] = {
      {"connectionsOpened", &ShardMetrics::connections_opened},
      {"connections", &ShardMetrics::connections_active},
      {"connectionsRefused", &ShardMetrics::connections_refused},
      {"subscriptions", &ShardMetrics::subscriptions_active},
      {"publishes", &ShardMetrics::publish_success},
      {"publishErrors", &ShardMetrics::publish_errors},
      {"subscribeErrors", &ShardMetrics::subscribe_errors},
      {"eventsAccepted", &ShardMetrics::events_accepted},
      {"eventsDelivered", &ShardMetrics::events_delivered},
      {"httpRequests", &ShardMetrics::http_requests},
      {"slowClosed", &ShardMetrics::slow_consumers_closed},
      {"queuedBytes", &ShardMetrics::outbound_queue_bytes},
      {"bytesReceived", &ShardMetrics::bytes_received},
      {"bytesSent", &ShardMetrics::bytes_sent},
  };
  json sums = json::object();
  for (const Entry& entry : kEntries) {
    std::uint64_t sum = 0;
    for (const ShardMetrics* shard : use.shards) sum += (shard->*entry.counter).value();
    sums[entry.name] = sum;
  }
  return sums;
}

json to_json(const core::LiveConnection& row) {
  return {{"requestId", row.request_id},
          {"sourceIp", row.source_ip},
          {"apiId", row.api_id},
          {"mode", row.mode ? json(to_string(*row.mode)) : json(nullptr)},
          {"tls", row.tls},
          {"ageSeconds", row.age.count()},
          {"shard", row.shard},
          {"queuedBytes", row.queued_bytes},
          {"subscriptions", row.subscriptions},
          {"channels", row.channels}};
}

json to_json(const core::LiveChannel& row) {
  return {{"apiId", row.api_id},
          {"channel", row.channel},
          {"subscribers", row.subscribers},
          {"eventsPerSecond", row.events_per_second},
          {"bytesPerSecond", row.bytes_per_second}};
}

json to_json(const core::SlowClose& row) {
  return {{"time", milliseconds(row.at)},     {"requestId", row.request_id},
          {"sourceIp", row.source_ip},        {"apiId", row.api_id},
          {"queuedBytes", row.queued_bytes},  {"subscriptions", row.subscriptions}};
}

json to_json(const core::WatchedFrame& frame) {
  const bool in = frame.direction == core::WatchedFrame::Direction::in;
  return {{"number", frame.number},
          {"time", milliseconds(frame.at)},
          {"direction", in ? "in" : "out"},
          {"size", frame.size},
          {"text", frame.text}};
}

json to_json(const HandlerLine& line) {
  return {{"time", milliseconds(line.at)},
          {"level", kHandlerLevelNames[static_cast<std::size_t>(line.level)]},
          {"namespace", line.channel_namespace},
          {"function", line.function},
          {"text", line.text},
          {"requestId", line.request_id}};
}

template <typename Rows>
json rows_of(const Rows& rows) {
  json all = json::array();
  for (const auto& row : rows) all.push_back(to_json(row));
  return all;
}

}  // namespace

std::string console_info(const ConsoleUse& use, const core::Snapshot& snapshot) {
  const Config& config = *snapshot.config;
  return dump({{"version", use.version},
               {"dataDir", use.data_dir},
               {"addresses", use.addresses},
               {"tls", {{"enabled", config.tls.enabled()}, {"required", config.tls.required}}},
               {"region", config.region},
               {"devIssuer", config.dev_issuer},
               {"limits",
                {{"maxEventsPerPublish", config.limits.max_events_per_publish},
                 {"maxEventSize", config.limits.max_event_size},
                 {"maxPublishSize", config.limits.max_publish_size}}},
               {"health", to_json(use.health)},
               {"apis", [&] {
                  json apis = json::array();
                  for (const core::ApiPtr& api : snapshot.apis) apis.push_back(to_json(*api));
                  return apis;
                }()}});
}

std::string console_live(const core::LiveView& view, const ConsoleUse& use) {
  return dump({{"time", milliseconds(std::chrono::system_clock::now())},
               {"health", to_json(use.health)},
               {"totals", totals(use)},
               {"storageQueueBytes", use.storage_queue_bytes},
               {"connections", rows_of(view.connections)},
               {"matching", view.matching},
               {"channels", rows_of(view.channels)},
               {"topics", view.topics},
               {"notLookedAt", view.not_looked_at},
               {"uncountedEvents", view.uncounted_events},
               {"slow", rows_of(view.slow)}});
}

std::string console_frames(const core::FrameView& view) {
  constexpr std::array<const char*, 4> kStates = {"unknown", "open", "ended", "busy"};
  return dump({{"state", kStates[static_cast<std::size_t>(view.state)]},
               {"frames", rows_of(view.frames)}});
}

std::string console_configuration(const std::string& yaml, const core::Snapshot& snapshot) {
  return dump({{"file", snapshot.config->file}, {"yaml", yaml}});
}

std::string console_limits(const core::LiveView& view, const ConsoleUse& use,
                           const core::Snapshot& snapshot) {
  const Limits& limits = snapshot.limits();
  json rows = json::array();
  // `used`: the most that is in use now; null where nothing adds up.
  const auto add = [&rows](const char* name, const char* unit, std::uint64_t limit, json used,
                           const char* meaning) {
    rows.push_back({{"name", name},
                    {"unit", unit},
                    {"limit", limit},
                    {"used", std::move(used)},
                    {"meaning", meaning}});
  };
  std::uint64_t outbound = 0;
  for (const ShardMetrics* shard : use.shards) outbound += shard->outbound_queue_bytes.value();
  const auto ms = [](std::chrono::milliseconds time) {
    return static_cast<std::uint64_t>(time.count());
  };
  add("maxConnections", "connections", use.max_connections, use.open_connections,
      "open connections, HTTP included");
  add("maxSubscriptionsPerConnection", "subscriptions", limits.max_subscriptions_per_connection,
      view.most_subscriptions, "the connection with most");
  add("maxOutboundQueue", "bytes", limits.max_outbound_queue, view.fullest_queue,
      "unsent bytes of the slowest connection");
  add("maxOutboundTotal", "bytes", limits.max_outbound_total, outbound,
      "unsent bytes of all connections");
  add("maxStorageQueue", "bytes", limits.max_storage_queue, use.storage_queue_bytes,
      "events on their way to the disk");
  add("maxShardMailbox", "bytes", limits.max_shard_mailbox, use.fullest_mailbox_bytes,
      "events on their way between event loops, the fullest");
  add("maxStoreSize", "bytes", limits.max_store_size, use.store_bytes, "history on disk");
  add("maxConnectionsPerIp", "connections", limits.max_connections_per_ip, nullptr,
      "0: no limit of its own");
  add("maxEventsPerPublish", "events", limits.max_events_per_publish, nullptr, "of one publish");
  add("maxEventSize", "bytes", limits.max_event_size, nullptr, "of one event");
  add("maxPublishSize", "bytes", limits.max_publish_size, nullptr, "of one publish's events");
  add("maxFrameSize", "bytes", limits.max_frame_size, nullptr, "of one WebSocket message");
  add("publishesPerSecondPerConnection", "per second", limits.publishes_per_second_per_connection,
      nullptr, "on one WebSocket; 0: no limit");
  add("maxConnectionLifetime", "milliseconds", ms(limits.max_connection_lifetime), nullptr,
      "then a connection is closed with 1001");
  add("keepAliveInterval", "milliseconds", ms(limits.keep_alive_interval), nullptr,
      "between two ka messages");
  add("connectionTimeout", "milliseconds", ms(limits.connection_timeout), nullptr,
      "told to clients, who give up after it");
  return dump({{"strict", limits.strict}, {"limits", std::move(rows)}});
}

std::string console_handlers(const HandlerLog& log) {
  return dump({{"lines", rows_of(log.lines())}, {"notKept", log.not_kept()}});
}

}  // namespace eventsd::admin
