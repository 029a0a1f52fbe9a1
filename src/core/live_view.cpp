#include "core/live_view.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

namespace eventsd::core {
namespace {

template <typename Row, typename Before>
void keep_first(std::vector<Row>& rows, Before before) {
  const std::size_t kept = std::min(rows.size(), kLiveRows);
  std::partial_sort(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(kept), rows.end(),
                    before);
  rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(kept), rows.end());
}

bool comes_first(const LiveConnection& a, const LiveConnection& b, LiveQuery::Order order) {
  switch (order) {
    case LiveQuery::Order::newest:
      return std::tie(a.age, a.request_id) < std::tie(b.age, b.request_id);
    case LiveQuery::Order::oldest:
      return std::tie(b.age, a.request_id) < std::tie(a.age, b.request_id);
    case LiveQuery::Order::most_subscriptions:
      return std::tie(b.subscriptions, a.request_id) < std::tie(a.subscriptions, b.request_id);
    case LiveQuery::Order::fullest:
      break;
  }
  return std::tie(b.queued_bytes, b.subscriptions, a.request_id) <
         std::tie(a.queued_bytes, a.subscriptions, b.request_id);
}

template <typename Row>
void append(std::vector<Row>& rows, std::vector<Row>&& more) {
  std::move(more.begin(), more.end(), std::back_inserter(rows));
}

}  // namespace

void trim(LiveView& view, LiveQuery::Order order) {
  keep_first(view.connections, [order](const LiveConnection& a, const LiveConnection& b) {
    return comes_first(a, b, order);
  });
  keep_first(view.channels, [](const LiveChannel& a, const LiveChannel& b) {
    return std::tie(b.events_per_second, b.subscribers, a.channel, a.api_id) <
           std::tie(a.events_per_second, a.subscribers, b.channel, b.api_id);
  });
  keep_first(view.slow, [](const SlowClose& a, const SlowClose& b) { return a.at > b.at; });
}

void join(LiveView& view, LiveView other) {
  append(view.connections, std::move(other.connections));
  append(view.slow, std::move(other.slow));
  std::map<std::pair<std::string, std::string>, std::size_t> places;
  for (std::size_t i = 0; i < view.channels.size(); ++i) {
    places[{view.channels[i].api_id, view.channels[i].channel}] = i;
  }
  for (LiveChannel& more : other.channels) {
    const auto [place, is_new] =
        places.try_emplace({more.api_id, more.channel}, view.channels.size());
    if (is_new) {
      view.channels.push_back(std::move(more));
      continue;
    }
    LiveChannel& row = view.channels[place->second];
    row.subscribers += more.subscribers;
    row.events_per_second += more.events_per_second;
    row.bytes_per_second += more.bytes_per_second;
  }
  view.matching += other.matching;
  view.topics += other.topics;
  view.not_looked_at += other.not_looked_at;
  view.uncounted_events += other.uncounted_events;
  view.most_subscriptions = std::max(view.most_subscriptions, other.most_subscriptions);
  view.fullest_queue = std::max(view.fullest_queue, other.fullest_queue);
  view.fullest_mailbox = std::max(view.fullest_mailbox, other.fullest_mailbox);
}

}  // namespace eventsd::core
