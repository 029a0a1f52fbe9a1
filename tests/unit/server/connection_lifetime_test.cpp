// Connections that end at awkward moments, and publishers under pressure.
#include <gtest/gtest.h>

#include <vector>

#include "unit/core/support/api_fixture.hpp"
#include "unit/core/support/fake_broker.hpp"
#include "unit/server/support/session_world.hpp"

namespace eventsd::server {
namespace {

// A masked text frame; the mask is zero.
std::string frame(std::string_view text) {
  std::string bytes = "\x81";
  if (text.size() < 126) {
    bytes += static_cast<char>(0x80 | text.size());
  } else {
    bytes += '\xFE';
    bytes += static_cast<char>(text.size() >> 8);
    bytes += static_cast<char>(text.size() & 0xFF);
  }
  return bytes.append(4, '\0').append(text);
}

std::string operation(std::string_view type, std::string_view id, std::string_view rest = "") {
  return frame(R"({"type":")" + std::string(type) + R"(","id":")" + std::string(id) +
               R"(","channel":"/default/a","authorization":{"x-api-key":"good"})" +
               std::string(rest) + "}");
}
std::string publish(std::string_view id) { return operation("publish", id, R"(,"events":["1"])"); }

class ConnectionTest : public ::testing::Test {
 protected:
  ConnectionTest() {
    broker_.deliver = [this](const SequencedBatch& batch) { world_.context.hub.deliver(batch); };
  }
  ~ConnectionTest() override {
    broker_.answer();
    world_.run_until_idle();
    while (!world_.context.connections.empty()) world_.context.connections.back()->abort();
    EXPECT_TRUE(world_.run_until_idle());
    EXPECT_EQ(world_.context.tasks.running(), 0u);
    EXPECT_EQ(world_.open, 0);
    EXPECT_EQ(broker_.joined, 0);
  }
  test::Peer upgrade() {
    test::Peer peer = world_.connect("192.0.2.1");
    const std::string answer = world_.exchange(
        peer,
        "GET /event/realtime HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        "Sec-WebSocket-Protocol: aws-appsync-event-ws\r\nx-api-key: good\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 101")) << answer;
    return peer;
  }
  void configure(auto change) {
    Config config;
    change(config.limits);
    world_.context.snapshot = test::make_snapshot(api_, config);
  }

  boost::asio::io_context io_;
  test::FakeBroker broker_;
  core::ApiPtr api_ = test::make_api();
  test::SessionWorld world_{io_, broker_, test::make_snapshot(api_)};
};

TEST_F(ConnectionTest, DeliversWhatItPublishes) {
  test::Peer peer = upgrade();
  world_.exchange(peer, operation("subscribe", "s"));
  const std::string answers = world_.exchange(peer, publish("p"));
  EXPECT_NE(answers.find(R"("type":"data","id":"s")"), std::string::npos) << answers;
  EXPECT_NE(answers.find("publish_success"), std::string::npos);
}

TEST_F(ConnectionTest, EndsAFewAtATimeWhenManyLeaveTogether) {
  std::vector<test::Peer> peers;
  for (int i = 0; i < 100; ++i) peers.push_back(upgrade());
  test::Peer staying = upgrade();
  world_.exchange(staying, operation("subscribe", "s"));
  const std::size_t before = world_.context.connections.size();
  ASSERT_EQ(before, 101u);
  for (test::Peer& peer : peers) peer.hang_up();
  world_.context.departures.begin_turn();
  io_.restart();
  std::size_t alive = before;
  while (alive > 1) {
    ASSERT_GT(io_.poll_one(), 0u) << "those that were put off are forgotten";
    const std::size_t left = world_.context.connections.size();
    EXPECT_LE(alive - left, server::Departures::kPerTurn);
    alive = left;
  }
  const std::string answers = world_.exchange(staying, publish("p"));
  EXPECT_NE(answers.find(R"("type":"data","id":"s")"), std::string::npos) << answers;
}

TEST_F(ConnectionTest, MayBeCutWhileOperationsWait) {
  broker_.answers_at_once = false;
  test::Peer peer = upgrade();
  world_.exchange(peer, operation("subscribe", "s") + publish("1") + publish("2"));
  EXPECT_EQ(broker_.waiting.size(), 2u);
  world_.context.connections.back()->abort();
  EXPECT_EQ(world_.open, 0);
  EXPECT_EQ(broker_.joined, 0);
  broker_.answer();  // nobody is there to be told
  EXPECT_TRUE(world_.run_until_idle());
  EXPECT_EQ(world_.context.tasks.running(), 0u);
}

TEST_F(ConnectionTest, GoesOnWithWhatItHeldWhenTheQueueOfOperationsWasFull) {
  broker_.answers_at_once = false;
  configure([](Limits& limits) { limits.publishes_per_second_per_connection = 0; });
  test::Peer peer = upgrade();
  std::string all;
  for (int i = 0; i < 300; ++i) all += publish(std::to_string(i));
  world_.exchange(peer, all);
  EXPECT_EQ(broker_.published.size(), core::OperationQueue::kMaxUnanswered);
  broker_.answers_at_once = true;
  broker_.answer();
  EXPECT_TRUE(world_.run_until_idle());
  EXPECT_EQ(broker_.published.size(), 300u);
}

// A slow reader that is told so may hang up in the very same turn. Its goodbye has been written
// already, so nothing keeps the connection; the flusher must not look at it after that.
TEST_F(ConnectionTest, MayEndInTheTurnInWhichItIsClosedAsSlow) {
  test::Peer slow = upgrade();
  test::Peer publisher = upgrade();
  world_.exchange(slow, operation("subscribe", "s"));
  configure([](Limits& limits) { limits.max_outbound_queue = 1; });
  ASSERT_GT(publisher.send(operation("publish", "p", R"(,"events":["1","2","3"])")), 0u);
  io_.restart();
  while (broker_.published.empty()) ASSERT_GT(io_.poll_one(), 0u);  // flushing comes next
  slow.end_sending();
  EXPECT_TRUE(world_.run_until_idle());
  EXPECT_EQ(world_.context.metrics.slow_consumers_closed.value(), 1u);
  EXPECT_EQ(world_.context.connections.size(), 1u);
}

// What has begun to arrive behind a publish that waits must not put off the next look.
TEST_F(ConnectionTest, LooksAtThePressureAgainSoonWhateverElseHasADeadline) {
  test::Peer peer = upgrade();
  broker_.pressure_now = Pressure::high;
  world_.exchange(peer, publish("1") + publish("2").substr(0, 20));
  EXPECT_TRUE(broker_.published.empty());
  broker_.pressure_now = Pressure::none;
  const auto begun = std::chrono::steady_clock::now();
  while (broker_.published.empty() &&
         std::chrono::steady_clock::now() - begun < std::chrono::seconds(20)) {
    io_.restart();
    io_.run_one_for(std::chrono::seconds(20));
  }
  EXPECT_EQ(broker_.published.size(), 1u);  // by default the next deadline is 60 s away
}

}  // namespace
}  // namespace eventsd::server
