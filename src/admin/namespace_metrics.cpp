// The part of /metrics that is counted by channel namespace.
#include <fmt/format.h>

#include "admin/exposition.hpp"
#include "admin/metrics_page.hpp"

namespace eventsd::admin {
namespace {

struct Metric {
  const char* name;
  MetricType type;
  const char* help;
  Counter NamespaceMetrics::* value;
};

constexpr Metric kMetrics[] = {
    {"eventsd_namespace_subscriptions_active", MetricType::gauge, "Live subscriptions.",
     &NamespaceMetrics::subscriptions_active},
    {"eventsd_namespace_events_successful_total", MetricType::counter,
     "Events of publishes that were accepted for broadcast.", &NamespaceMetrics::events_successful},
    {"eventsd_namespace_events_failed_total", MetricType::counter,
     "Events that publishes were told of as failed.", &NamespaceMetrics::events_failed},
    {"eventsd_namespace_events_dropped_total", MetricType::counter,
     "Events that onPublish left out.", &NamespaceMetrics::events_dropped},
    {"eventsd_namespace_publish_handler_invocations_total", MetricType::counter,
     "Calls of onPublish.", &NamespaceMetrics::publish_handler_invocations},
    {"eventsd_namespace_subscribe_handler_invocations_total", MetricType::counter,
     "Calls of onSubscribe.", &NamespaceMetrics::subscribe_handler_invocations},
    {"eventsd_namespace_handler_errors_total", MetricType::counter,
     "Handler calls that failed or ran into a limit.", &NamespaceMetrics::handler_errors},
};

// Each has three metrics: NAME_success_total, NAME_client_errors_total, NAME_server_errors_total.
struct OutcomeMetric {
  const char* name;
  const char* help;
  OutcomeCounters NamespaceMetrics::* outcomes;
};

constexpr OutcomeMetric kOutcomeMetrics[] = {
    {"eventsd_namespace_websocket_publish", "Publishes over WebSocket",
     &NamespaceMetrics::socket_publishes},
    {"eventsd_namespace_http_publish", "Publishes over HTTP", &NamespaceMetrics::http_publishes},
    {"eventsd_namespace_subscribe", "Subscribe operations", &NamespaceMetrics::subscribes},
    {"eventsd_namespace_unsubscribe", "Unsubscribe operations", &NamespaceMetrics::unsubscribes},
    {"eventsd_namespace_broadcast", "Data messages to subscribers", &NamespaceMetrics::broadcasts},
};

struct Outcome {
  const char* suffix;
  const char* help;
  Counter OutcomeCounters::* value;
};

constexpr Outcome kOutcomes[] = {
    {"success", "that succeeded", &OutcomeCounters::success},
    {"client_errors", "that failed for the client's fault", &OutcomeCounters::client_errors},
    {"server_errors", "that failed for a fault of this side", &OutcomeCounters::server_errors},
};

// One namespace, on every shard that has met it.
struct Series {
  std::string labels;
  std::vector<const NamespaceMetrics*> shards;
};

std::vector<Series> collect(const std::vector<const ShardMetrics*>& shards) {
  std::vector<Series> all;
  for (std::size_t place = 0; place < NamespaceTable::kPlaces; ++place) {
    Series series;
    for (const ShardMetrics* shard : shards) {
      const NamespaceMetrics* found = shard->namespaces.find(place);
      if (!found) continue;
      if (series.shards.empty()) {
        series.labels = fmt::format("api=\"{}\",namespace=\"{}\"", found->api_id, found->name);
      }
      series.shards.push_back(found);
    }
    if (!series.shards.empty()) all.push_back(std::move(series));
  }
  return all;
}

template <typename Histogram>
void append_histogram(Exposition& page, const std::vector<Series>& all, const char* name,
                      const char* help, Histogram NamespaceMetrics::* histogram) {
  page.begin(name, MetricType::histogram, help);
  for (const Series& series : all) {
    HistogramSum sum;
    for (const NamespaceMetrics* shard : series.shards) sum.add(shard->*histogram);
    page.histogram(series.labels, Histogram::kBounds, Histogram::kPerBaseUnit, sum);
  }
}

}  // namespace

void append_namespace_metrics(std::string& out, const std::vector<const ShardMetrics*>& shards) {
  const std::vector<Series> all = collect(shards);
  Exposition page(out);
  for (const Metric& metric : kMetrics) {
    page.begin(metric.name, metric.type, metric.help);
    for (const Series& series : all) {
      std::uint64_t sum = 0;
      for (const NamespaceMetrics* shard : series.shards) sum += (shard->*metric.value).value();
      page.sample(series.labels, sum);
    }
  }
  for (const OutcomeMetric& metric : kOutcomeMetrics) {
    for (const Outcome& outcome : kOutcomes) {
      page.begin(fmt::format("{}_{}_total", metric.name, outcome.suffix), MetricType::counter,
                 fmt::format("{} {}.", metric.help, outcome.help));
      for (const Series& series : all) {
        std::uint64_t sum = 0;
        for (const NamespaceMetrics* shard : series.shards) {
          sum += (shard->*metric.outcomes.*outcome.value).value();
        }
        page.sample(series.labels, sum);
      }
    }
  }
  append_histogram(page, all, "eventsd_namespace_event_bytes",
                   "Size of events accepted for broadcast.", &NamespaceMetrics::event_bytes);
}

}  // namespace eventsd::admin
