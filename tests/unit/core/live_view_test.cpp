#include "core/live_view.hpp"

#include <gtest/gtest.h>

namespace eventsd::core {
namespace {

LiveConnection connection(std::string id, std::uint64_t queued, std::int64_t age) {
  LiveConnection row;
  row.request_id = std::move(id);
  row.queued_bytes = queued;
  row.age = std::chrono::seconds(age);
  return row;
}

LiveChannel channel(std::string name, std::size_t subscribers, double rate) {
  LiveChannel row;
  row.api_id = "api";
  row.channel = std::move(name);
  row.subscribers = subscribers;
  row.events_per_second = rate;
  return row;
}

TEST(LiveView, AddsChannelsOfTheSameNameUp) {
  LiveView view;
  view.channels = {channel("/a/1", 2, 0), channel("/a/2", 1, 0)};
  LiveView other;
  other.channels = {channel("/a/2", 4, 3), channel("/a/3", 1, 9)};
  other.topics = 2;
  join(view, std::move(other));
  trim(view, LiveQuery::Order::fullest);
  ASSERT_EQ(view.channels.size(), 3u);
  EXPECT_EQ(view.channels[0].channel, "/a/3");
  EXPECT_EQ(view.channels[1].channel, "/a/2");
  EXPECT_EQ(view.channels[1].subscribers, 5u);
  EXPECT_EQ(view.topics, 2u);
}

TEST(LiveView, SortsConnectionsAsAsked) {
  const auto first = [](LiveQuery::Order order) {
    LiveView view;
    view.connections = {connection("a", 5, 10), connection("b", 9, 20), connection("c", 1, 1)};
    trim(view, order);
    return view.connections.front().request_id;
  };
  EXPECT_EQ(first(LiveQuery::Order::fullest), "b");
  EXPECT_EQ(first(LiveQuery::Order::newest), "c");
  EXPECT_EQ(first(LiveQuery::Order::oldest), "b");
}

TEST(LiveView, IsNeverLargerThanItsRows) {
  LiveView view;
  for (std::size_t i = 0; i < 3 * kLiveRows; ++i) {
    view.connections.push_back(connection(std::to_string(i), i, 0));
    view.channels.push_back(channel("/a/" + std::to_string(i), 1, 0));
    view.slow.push_back({});
  }
  trim(view, LiveQuery::Order::fullest);
  EXPECT_EQ(view.connections.size(), kLiveRows);
  EXPECT_EQ(view.connections.front().queued_bytes, 3 * kLiveRows - 1);
  EXPECT_EQ(view.channels.size(), kLiveRows);
  EXPECT_EQ(view.slow.size(), kLiveRows);
}

}  // namespace
}  // namespace eventsd::core
