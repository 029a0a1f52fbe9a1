// What a shard shows of its connections and channels.
#include <algorithm>

#include "server/connection.hpp"
#include "server/shard_context.hpp"
#include "server/shard_watch.hpp"

namespace eventsd::server {
namespace {

using core::LiveQuery;
using core::LiveView;

// Which of two connections is shown first; made rows cost more than a comparison.
bool comes_first(const Connection* a, const Connection* b, LiveQuery::Order order) {
  switch (order) {
    case LiveQuery::Order::newest:
      return a->opened() > b->opened();
    case LiveQuery::Order::oldest:
      return a->opened() < b->opened();
    case LiveQuery::Order::most_subscriptions:
      return a->subscription_count() > b->subscription_count();
    case LiveQuery::Order::fullest:
      break;
  }
  if (a->queued_bytes() != b->queued_bytes()) return a->queued_bytes() > b->queued_bytes();
  return a->subscription_count() > b->subscription_count();
}

void add_connections(LiveView& view, const ShardContext& shard, const LiveQuery& query,
                     std::uint32_t index, ShardWatch::Clock::time_point now) {
  const std::size_t looked_at = std::min(shard.connections.size(), core::kLiveWalk);
  view.not_looked_at += shard.connections.size() - looked_at;
  std::vector<const Connection*> matching;
  for (std::size_t i = 0; i < looked_at; ++i) {
    const Connection* const connection = shard.connections[i];
    view.most_subscriptions = std::max(view.most_subscriptions, connection->subscription_count());
    view.fullest_queue = std::max<std::uint64_t>(view.fullest_queue, connection->queued_bytes());
    if (query.filter.empty() || connection->mentions(query.filter)) matching.push_back(connection);
  }
  view.matching = matching.size();
  const auto kept = static_cast<std::ptrdiff_t>(std::min(matching.size(), core::kLiveRows));
  std::partial_sort(matching.begin(), matching.begin() + kept, matching.end(),
                    [&](const Connection* a, const Connection* b) {
                      return comes_first(a, b, query.order);
                    });
  for (auto one = matching.begin(); one != matching.begin() + kept; ++one) {
    view.connections.push_back((*one)->describe(now));
    view.connections.back().shard = index;
  }
}

void add_channels(LiveView& view, ShardContext& shard, ShardWatch::Clock::time_point now) {
  const core::ChannelRates& rates = shard.watch.rates(now);
  view.uncounted_events = rates.uncounted_events();
  LiveView counted;
  counted.channels = rates.rates(now);
  core::LiveView subscribed;
  view.topics = shard.hub.topics();
  const std::size_t left = shard.hub.largest_topics(core::kLiveRows, core::kLiveWalk,
                                                    subscribed.channels);
  view.not_looked_at += left;
  core::join(view, std::move(subscribed));
  core::join(view, std::move(counted));
}

}  // namespace

LiveView look(ShardContext& shard, const LiveQuery& query, std::uint32_t index,
              ShardWatch::Clock::time_point now) {
  LiveView view;
  add_connections(view, shard, query, index, now);
  add_channels(view, shard, now);
  const auto& slow = shard.watch.slow();
  view.slow.assign(slow.begin(), slow.end());
  return view;
}

core::LiveConnection Connection::describe(std::chrono::steady_clock::time_point now) const {
  core::LiveConnection row;
  row.request_id = request_id();
  row.source_ip = source_ip_;
  row.api_id = api_->id;
  if (!connecting_) row.mode = mode_;
  row.tls = transport_.is_tls();
  row.age = std::chrono::duration_cast<std::chrono::seconds>(now - opened());
  row.queued_bytes = outbound_.size();
  row.subscriptions = subscriptions_.size();
  for (const auto& subscription : subscriptions_) {
    if (row.channels.size() == core::kLiveChannels) break;
    row.channels.emplace_back(core::Hub::channel_of(*subscription));
  }
  return row;
}

bool Connection::mentions(std::string_view text) const {
  if (request_id().find(text) != std::string_view::npos) return true;
  if (source_ip_.find(text) != std::string::npos) return true;
  return std::ranges::any_of(subscriptions_, [text](const auto& subscription) {
    return core::Hub::channel_of(*subscription).find(text) != std::string_view::npos;
  });
}

}  // namespace eventsd::server
