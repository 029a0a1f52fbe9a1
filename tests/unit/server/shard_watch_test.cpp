// What an operator who looks sees of a shard, and what is kept while nobody does.
#include "server/shard_watch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/server/support/test_shard.hpp"

namespace eventsd::server_test {
namespace {

using namespace std::chrono_literals;
using core::FrameView;
using core::LiveQuery;
using server::ShardWatch;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class Watch : public ::testing::Test {
 protected:
  core::LiveView look(LiveQuery query = {}) {
    return server::look(shard_.context, query, 0, ShardWatch::Clock::now());
  }
  FrameView frames(const std::string& id, std::uint64_t after = 0) {
    return shard_.context.watch.frames(shard_.context, {id, after}, ShardWatch::Clock::now());
  }
  std::string id_of(std::size_t place) {
    return std::string(shard_.connection(place).request_id());
  }
  void let_the_lease_end() {
    shard_.context.watch.turn(ShardWatch::Clock::now() + ShardWatch::kLease + 1s);
  }
  TestShard shard_;
};

TEST_F(Watch, ShowsConnectionsWithTheirChannels) {
  TestClient client = shard_.connect_websocket();
  client.send_all({subscribe_message("a", "/default/one"), subscribe_message("b", "/default/*")});
  const core::LiveView view = look();
  ASSERT_THAT(view.connections, SizeIs(1));
  const core::LiveConnection& row = view.connections.front();
  EXPECT_EQ(row.request_id, id_of(0));
  EXPECT_EQ(row.source_ip, "192.0.2.1");
  EXPECT_EQ(row.mode, AuthMode::api_key);
  EXPECT_EQ(row.subscriptions, 2u);
  EXPECT_THAT(row.channels, ElementsAre("/default/one", "/default/*"));
  EXPECT_EQ(view.most_subscriptions, 2u);
  EXPECT_EQ(view.topics, 2u);
}

TEST_F(Watch, FiltersConnectionsByChannelAddressAndRequestId) {
  TestClient one = shard_.connect_websocket();
  TestClient two = shard_.connect_websocket();
  one.send(subscribe_message("a", "/default/one"));
  two.send(subscribe_message("a", "/default/two"));
  EXPECT_THAT(look({"two", LiveQuery::Order::newest}).connections, SizeIs(1));
  EXPECT_THAT(look({"192.0.2.", LiveQuery::Order::newest}).connections, SizeIs(2));
  EXPECT_EQ(look({id_of(0), LiveQuery::Order::newest}).matching, 1u);
  EXPECT_THAT(look({"nobody", LiveQuery::Order::newest}).connections, IsEmpty());
}

TEST_F(Watch, CountsPublishesOnlyWhileSomebodyLooks) {
  TestClient client = shard_.connect_websocket();
  client.send(publish_message("p", "/default/busy", "1"));
  EXPECT_FALSE(shard_.context.watch.counts());
  EXPECT_THAT(look().channels, IsEmpty());
  EXPECT_TRUE(shard_.context.watch.counts());
  client.send(publish_message("q", "/default/busy", "1"));
  const core::LiveView view = look();
  ASSERT_THAT(view.channels, SizeIs(1));
  EXPECT_EQ(view.channels.front().channel, "/default/busy");
  EXPECT_GT(view.channels.front().events_per_second, 0);
  let_the_lease_end();
  EXPECT_FALSE(shard_.context.watch.counts());
}

TEST_F(Watch, ShowsTheFramesOfBothDirectionsWithCredentialsMasked) {
  TestClient client = shard_.connect_websocket();
  EXPECT_EQ(frames(id_of(0)).state, FrameView::State::open);
  client.send(subscribe_message("s", "/default/a"));
  client.send(publish_message("p", "/default/a", "42"));
  const FrameView view = frames(id_of(0));
  std::string all;
  std::vector<core::WatchedFrame::Direction> directions;
  for (const core::WatchedFrame& frame : view.frames) {
    all += frame.text + "\n";
    directions.push_back(frame.direction);
  }
  using Direction = core::WatchedFrame::Direction;
  EXPECT_THAT(directions, ElementsAre(Direction::in, Direction::out, Direction::in, Direction::out,
                                      Direction::out));
  EXPECT_THAT(all, HasSubstr(R"("x-api-key":"********")"));
  EXPECT_THAT(all, Not(HasSubstr("da2-good")));
  EXPECT_THAT(all, HasSubstr(R"("type":"subscribe_success")"));
  EXPECT_THAT(all, HasSubstr(R"({"type":"data","id":"s","event":"42"})"));
  EXPECT_THAT(client.texts(), SizeIs(3));  // and the client has got all of them
  EXPECT_THAT(frames(id_of(0), view.frames.back().number).frames, IsEmpty());
}

TEST_F(Watch, KeepsNoFrameOfConnectionsThatNobodyWatches) {
  TestClient watched = shard_.connect_websocket();
  TestClient other = shard_.connect_websocket();
  (void)frames(id_of(0));
  other.send(subscribe_message("s", "/default/a"));
  EXPECT_THAT(frames(id_of(0)).frames, IsEmpty());
}

TEST_F(Watch, LetsGoOfFramesWhenNobodyAsksForThem) {
  TestClient client = shard_.connect_websocket();
  (void)frames(id_of(0));
  client.send(subscribe_message("s", "/default/a"));
  let_the_lease_end();
  EXPECT_THAT(frames(id_of(0)).frames, IsEmpty());
}

TEST_F(Watch, TellsThatAWatchedConnectionHasEnded) {
  std::string id;
  {
    TestClient client = shard_.connect_websocket();
    id = id_of(0);
    (void)frames(id);
    client.send(subscribe_message("s", "/default/a"));
    client.vanish();
    shard_.pump();
  }
  const FrameView view = frames(id);
  EXPECT_EQ(view.state, FrameView::State::ended);
  EXPECT_THAT(view.frames, SizeIs(2));
  EXPECT_EQ(frames(std::string(36, 'x')).state, FrameView::State::unknown);
}

TEST_F(Watch, WatchesAFewConnectionsAtATime) {
  std::vector<TestClient> clients;
  for (std::size_t i = 0; i <= ShardWatch::kTaps; ++i) {
    clients.push_back(shard_.connect_websocket());
    const auto expected =
        i < ShardWatch::kTaps ? FrameView::State::open : FrameView::State::busy;
    EXPECT_EQ(frames(id_of(i)).state, expected) << i;
  }
}

TEST_F(Watch, KeepsTheNewestFramesUpToItsCaps) {
  TestClient client = shard_.connect_websocket();
  (void)frames(id_of(0));
  client.send(subscribe_message("s", "/default/a"));
  const std::string large = '"' + std::string(20'000, 'x') + '"';
  for (int i = 0; i < 80; ++i) {
    shard_.publish("/default/a", large);
    shard_.pump();
  }
  const FrameView view = frames(id_of(0));
  std::size_t bytes = 0;
  for (const core::WatchedFrame& frame : view.frames) {
    EXPECT_LE(frame.text.size(), ShardWatch::kFrameText);
    bytes += frame.text.size();
  }
  EXPECT_LE(bytes, ShardWatch::kFrameBytes);
  EXPECT_EQ(view.frames.back().number, 82u);
  EXPECT_GT(view.frames.back().size, large.size());
  EXPECT_GT(view.frames.front().number, 1u);
}

TEST_F(Watch, RemembersWhoWasClosedAsSlow) {
  TestClient client = shard_.connect_websocket();
  client.send(subscribe_message("s", "/default/a"));
  const std::string id = id_of(0);
  shard_.connection().close_as_slow();
  const core::LiveView view = look();
  ASSERT_THAT(view.slow, SizeIs(1));
  EXPECT_EQ(view.slow.front().request_id, id);
  EXPECT_EQ(view.slow.front().subscriptions, 1u);
}

}  // namespace
}  // namespace eventsd::server_test
