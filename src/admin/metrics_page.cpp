#include "admin/metrics_page.hpp"

#include <fmt/format.h>

#include <iterator>

namespace eventsd::admin {
namespace {

enum class Type : std::uint8_t { counter, gauge };

struct Metric {
  const char* name;
  Type type;
  const char* help;
  Counter ShardMetrics::* value;
};

constexpr Metric kMetrics[] = {
    {"eventsd_connections_opened_total", Type::counter, "WebSocket connections that were opened.",
     &ShardMetrics::connections_opened},
    {"eventsd_connections_refused_total", Type::counter,
     "WebSocket connections that ended with connection_error.", &ShardMetrics::connections_refused},
    {"eventsd_connections_active", Type::gauge, "Open WebSocket connections.",
     &ShardMetrics::connections_active},
    {"eventsd_subscriptions_active", Type::gauge, "Live subscriptions.",
     &ShardMetrics::subscriptions_active},
    {"eventsd_subscribe_success_total", Type::counter, "Accepted subscribe operations.",
     &ShardMetrics::subscribe_success},
    {"eventsd_subscribe_errors_total", Type::counter, "Refused subscribe operations.",
     &ShardMetrics::subscribe_errors},
    {"eventsd_unsubscribe_success_total", Type::counter, "Unsubscribe operations.",
     &ShardMetrics::unsubscribe_success},
    {"eventsd_publish_success_total", Type::counter, "Accepted publish requests, HTTP and socket.",
     &ShardMetrics::publish_success},
    {"eventsd_publish_errors_total", Type::counter, "Refused publish requests, HTTP and socket.",
     &ShardMetrics::publish_errors},
    {"eventsd_events_accepted_total", Type::counter, "Events that were accepted for broadcast.",
     &ShardMetrics::events_accepted},
    {"eventsd_events_delivered_total", Type::counter, "Data messages queued for subscribers.",
     &ShardMetrics::events_delivered},
    {"eventsd_http_requests_total", Type::counter, "HTTP requests answered, upgrades left out.",
     &ShardMetrics::http_requests},
    {"eventsd_http_client_errors_total", Type::counter, "HTTP answers with a 4xx status.",
     &ShardMetrics::http_4xx},
    {"eventsd_http_server_errors_total", Type::counter, "HTTP answers with a 5xx status.",
     &ShardMetrics::http_5xx},
    {"eventsd_slow_consumers_closed_total", Type::counter, "Connections closed with 1013.",
     &ShardMetrics::slow_consumers_closed},
    {"eventsd_outbound_queue_bytes", Type::gauge, "Bytes that blocked sockets have not taken yet.",
     &ShardMetrics::outbound_queue_bytes},
    {"eventsd_received_bytes_total", Type::counter, "Bytes read from sockets, TLS removed.",
     &ShardMetrics::bytes_received},
    {"eventsd_sent_bytes_total", Type::counter, "Bytes written to sockets, before TLS.",
     &ShardMetrics::bytes_sent},
};

void append(std::string& out, const char* name, Type type, const char* help, std::uint64_t value) {
  fmt::format_to(std::back_inserter(out), "# HELP {} {}\n# TYPE {} {}\n{} {}\n", name, help, name,
                 type == Type::counter ? "counter" : "gauge", name, value);
}

void append_commits(std::string& out, const StoreStats& store) {
  append(out, "eventsd_store_commits_total", Type::counter,
         "Transactions that committed history, each for a group of publishes.", store.commits);
  constexpr const char* kName = "eventsd_store_commit_rows";
  fmt::format_to(std::back_inserter(out),
                 "# HELP {0} Events in a transaction of history.\n# TYPE {0} histogram\n", kName);
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i < StoreStats::kRowBounds.size(); ++i) {
    cumulative += store.commits_by_rows[i];
    fmt::format_to(std::back_inserter(out), "{}_bucket{{le=\"{}\"}} {}\n", kName,
                   StoreStats::kRowBounds[i], cumulative);
  }
  fmt::format_to(std::back_inserter(out),
                 "{0}_bucket{{le=\"+Inf\"}} {1}\n{0}_sum {2}\n{0}_count {1}\n", kName,
                 store.commits, store.rows);
}

}  // namespace

std::string render_metrics(const MetricsInput& input) {
  std::string out;
  for (const Metric& metric : kMetrics) {
    std::uint64_t sum = 0;
    for (const ShardMetrics* shard : input.shards) sum += (shard->*metric.value).value();
    append(out, metric.name, metric.type, metric.help, sum);
  }
  append(out, "eventsd_sockets_open", Type::gauge, "Accepted sockets, HTTP and WebSocket.",
         input.open_connections);
  append(out, "eventsd_storage_queue_bytes", Type::gauge, "Bytes waiting for the history database.",
         input.storage_queue_bytes);
  append_commits(out, input.store);
  fmt::format_to(std::back_inserter(out),
                 "# HELP eventsd_build_info Constant 1, with the version as a label.\n"
                 "# TYPE eventsd_build_info gauge\neventsd_build_info{{version=\"{}\"}} 1\n",
                 input.version);
  out += input.authorization;
  return out;
}

std::vector<server::Route> metrics_routes(std::function<MetricsInput()> input) {
  return {{"GET", "/metrics", [input](server::HttpRequest&) -> Task<server::HttpResponse> {
             return [](MetricsInput now) -> Task<server::HttpResponse> {
               server::HttpResponse response;
               response.content_type = "text/plain; version=0.0.4; charset=utf-8";
               response.body = render_metrics(now);
               co_return response;
             }(input());
           }}};
}

}  // namespace eventsd::admin
