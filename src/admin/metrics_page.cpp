#include "admin/metrics_page.hpp"

#include <fmt/format.h>

#include <span>

#include "admin/exposition.hpp"

namespace eventsd::admin {
namespace {

using Shards = std::vector<const ShardMetrics*>;

struct Metric {
  const char* name;
  MetricType type;
  const char* help;
  Counter ShardMetrics::* value;
};

constexpr Metric kMetrics[] = {
    {"eventsd_connections_opened_total", MetricType::counter, "WebSocket connections that were opened.",
     &ShardMetrics::connections_opened},
    {"eventsd_connections_refused_total", MetricType::counter,
     "WebSocket connections that ended with connection_error.", &ShardMetrics::connections_refused},
    {"eventsd_connections_active", MetricType::gauge, "Open WebSocket connections.",
     &ShardMetrics::connections_active},
    {"eventsd_subscriptions_active", MetricType::gauge, "Live subscriptions.",
     &ShardMetrics::subscriptions_active},
    {"eventsd_subscribe_success_total", MetricType::counter, "Accepted subscribe operations.",
     &ShardMetrics::subscribe_success},
    {"eventsd_subscribe_errors_total", MetricType::counter, "Refused subscribe operations.",
     &ShardMetrics::subscribe_errors},
    {"eventsd_unsubscribe_success_total", MetricType::counter, "Unsubscribe operations.",
     &ShardMetrics::unsubscribe_success},
    {"eventsd_publish_success_total", MetricType::counter, "Accepted publish requests, HTTP and socket.",
     &ShardMetrics::publish_success},
    {"eventsd_publish_errors_total", MetricType::counter, "Refused publish requests, HTTP and socket.",
     &ShardMetrics::publish_errors},
    {"eventsd_events_accepted_total", MetricType::counter, "Events that were accepted for broadcast.",
     &ShardMetrics::events_accepted},
    {"eventsd_events_delivered_total", MetricType::counter, "Data messages queued for subscribers.",
     &ShardMetrics::events_delivered},
    {"eventsd_http_requests_total", MetricType::counter, "HTTP requests answered, upgrades left out.",
     &ShardMetrics::http_requests},
    {"eventsd_http_client_errors_total", MetricType::counter, "HTTP answers with a 4xx status.",
     &ShardMetrics::http_4xx},
    {"eventsd_http_server_errors_total", MetricType::counter, "HTTP answers with a 5xx status.",
     &ShardMetrics::http_5xx},
    {"eventsd_slow_consumers_closed_total", MetricType::counter, "Connections closed with 1013.",
     &ShardMetrics::slow_consumers_closed},
    {"eventsd_outbound_queue_bytes", MetricType::gauge, "Bytes that blocked sockets have not taken yet.",
     &ShardMetrics::outbound_queue_bytes},
    {"eventsd_inbound_messages_total", MetricType::counter,
     "Client messages in units of 5 KiB.", &ShardMetrics::inbound_messages},
    {"eventsd_outbound_messages_total", MetricType::counter,
     "Messages to clients in units of 5 KiB.", &ShardMetrics::outbound_messages},
    {"eventsd_inbound_messages_delayed_total", MetricType::counter,
     "Messages that were read but had to wait.", &ShardMetrics::messages_delayed},
    {"eventsd_inbound_messages_dropped_total", MetricType::counter,
     "Publishes refused because their connection publishes too fast.",
     &ShardMetrics::messages_dropped},
    {"eventsd_tokens_consumed_total", MetricType::counter,
     "Sum of x-amzn-appsync-tokensconsumed.", &ShardMetrics::tokens_consumed},
    {"eventsd_received_bytes_total", MetricType::counter, "Bytes read from sockets, TLS removed.",
     &ShardMetrics::bytes_received},
    {"eventsd_sent_bytes_total", MetricType::counter, "Bytes written to sockets, before TLS.",
     &ShardMetrics::bytes_sent},
};

struct OutcomeMetric {
  const char* name;
  const char* help;
  OutcomeCounters ShardMetrics::* outcomes;
  Counter OutcomeCounters::* value;
};

constexpr OutcomeMetric kOutcomeMetrics[] = {
    {"eventsd_connect_success_total", "Connections that were accepted.", &ShardMetrics::connects,
     &OutcomeCounters::success},
    {"eventsd_connect_client_errors_total", "Connections refused for the client's fault.",
     &ShardMetrics::connects, &OutcomeCounters::client_errors},
    {"eventsd_connect_server_errors_total", "Connections refused for a fault of this side.",
     &ShardMetrics::connects, &OutcomeCounters::server_errors},
    {"eventsd_disconnect_success_total", "Connections that ended in an orderly manner.",
     &ShardMetrics::disconnects, &OutcomeCounters::success},
    {"eventsd_disconnect_client_errors_total",
     "Connections that were lost, broke the protocol, or were read too slowly.",
     &ShardMetrics::disconnects, &OutcomeCounters::client_errors},
    {"eventsd_disconnect_server_errors_total", "Connections ended for a fault of this side.",
     &ShardMetrics::disconnects, &OutcomeCounters::server_errors},
};

void append_closes(Exposition& page, const Shards& shards) {
  page.begin("eventsd_connections_closed_total", MetricType::counter,
             "Ended WebSocket connections by close code and by who closed first.");
  const auto append = [&](const char* who, CloseCounters ShardMetrics::* closes) {
    for (std::size_t i = 0; i <= kCloseCodes.size(); ++i) {
      std::uint64_t sum = 0;
      for (const ShardMetrics* shard : shards) sum += (shard->*closes).by_code[i].value();
      if (sum == 0) continue;
      const std::string code = i < kCloseCodes.size() ? std::to_string(kCloseCodes[i]) : "other";
      page.sample(fmt::format("by=\"{}\",code=\"{}\"", who, code), sum);
    }
  };
  append("client", &ShardMetrics::closed_by_client);
  append("server", &ShardMetrics::closed_by_server);
}

void append_statuses(Exposition& page, const Shards& shards) {
  page.begin("eventsd_http_responses_total", MetricType::counter, "HTTP answers by status.");
  for (std::size_t i = 0; i < StatusCounters{}.by_status.size(); ++i) {
    std::uint64_t sum = 0;
    for (const ShardMetrics* shard : shards) sum += shard->http_statuses.by_status[i].value();
    if (sum > 0) page.sample(fmt::format("code=\"{}\"", i + StatusCounters::kFirst), sum);
  }
}

template <typename Histogram>
void append_histogram(Exposition& page, const Shards& shards, const char* name, const char* help,
                      Histogram ShardMetrics::* histogram) {
  HistogramSum sum;
  sum.counts.resize(Histogram::kBounds.size() + 1);
  for (const ShardMetrics* shard : shards) sum.add(shard->*histogram);
  page.begin(name, MetricType::histogram, help);
  page.histogram("", Histogram::kBounds, Histogram::kPerBaseUnit, sum);
}

void append_ages(Exposition& page, const Shards& shards) {
  HistogramSum sum;
  sum.counts.resize(kAgeBounds.size() + 1);
  for (const ShardMetrics* shard : shards) {
    for (std::size_t i = 0; i < sum.counts.size(); ++i) {
      sum.counts[i] += shard->open_by_age[i].value();
    }
    sum.sum += shard->open_age_milliseconds.value();
  }
  page.begin("eventsd_connection_age_seconds", MetricType::histogram,
             "Ages of the connections that are open now: falls as well as rises, not for rate().");
  page.histogram("", kAgeBounds, 1000, sum);
}

void append_store(Exposition& page, const StoreStats& store) {
  page.single("eventsd_store_commits_total", MetricType::counter,
              "Transactions that committed history, each for a group of publishes.", store.commits);
  page.begin("eventsd_store_commit_rows", MetricType::histogram,
             "Events in a transaction of history.");
  page.histogram("", StoreStats::kRowBounds, 1,
                 {{store.commits_by_rows.begin(), store.commits_by_rows.end()}, store.rows});
  page.begin("eventsd_store_commit_seconds", MetricType::histogram,
             "Time of a transaction of history, from its begin to the end of its fsync.");
  page.histogram("", kTimeBounds, 1'000'000'000,
                 {{store.commits_by_time.begin(), store.commits_by_time.end()},
                  store.commit_nanoseconds});
}

}  // namespace

std::string render_metrics(const MetricsInput& input) {
  const Shards& shards = input.shards;
  std::string out;
  out.reserve(64 * 1024);
  Exposition page(out);
  for (const Metric& metric : kMetrics) {
    std::uint64_t sum = 0;
    for (const ShardMetrics* shard : shards) sum += (shard->*metric.value).value();
    page.single(metric.name, metric.type, metric.help, sum);
  }
  for (const OutcomeMetric& metric : kOutcomeMetrics) {
    std::uint64_t sum = 0;
    for (const ShardMetrics* shard : shards) {
      sum += (shard->*metric.outcomes.*metric.value).value();
    }
    page.single(metric.name, MetricType::counter, metric.help, sum);
  }
  append_closes(page, shards);
  append_histogram(page, shards, "eventsd_connection_duration_seconds",
                   "How long connections had lasted when they ended.",
                   &ShardMetrics::connection_seconds);
  append_ages(page, shards);
  append_statuses(page, shards);
  append_histogram(page, shards, "eventsd_http_request_seconds",
                   "Time from a whole HTTP request to its answer.", &ShardMetrics::http_seconds);
  append_histogram(page, shards, "eventsd_loop_lag_seconds",
                   "How late an event loop gets to what is due, asked four times a second.",
                   &ShardMetrics::loop_lag_seconds);
  append_namespace_metrics(out, shards);
  page.single("eventsd_sockets_open", MetricType::gauge, "Accepted sockets, HTTP and WebSocket.",
              input.open_connections);
  page.single("eventsd_storage_queue_bytes", MetricType::gauge,
              "Bytes waiting for the history database.", input.storage_queue_bytes);
  page.single("eventsd_shard_mailbox_bytes", MetricType::gauge,
              "Bytes waiting to be handed from one event loop to another.", input.mailbox_bytes);
  page.single("eventsd_store_state", MetricType::gauge,
              "The history database: 0 in order, 1 full, 2 failed.",
              static_cast<std::uint64_t>(input.store_state));
  append_store(page, input.store);
  page.begin("eventsd_build_info", MetricType::gauge,
             "Constant 1, with version and commit as labels.");
  page.sample(fmt::format("version=\"{}\",commit=\"{}\"", input.version, input.commit),
              std::uint64_t{1});
  out += input.further;
  append_process_metrics(out, input.started);
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
