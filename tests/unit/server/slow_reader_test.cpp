// A consumer that does not read is closed with 1013, and what it gets is a valid stream.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <span>

#include "protocol/server_message.hpp"
#include "server/relief.hpp"
#include "unit/server/support/test_shard.hpp"

namespace eventsd::server_test {
namespace {

using protocol::Opcode;

constexpr std::size_t kCap = 32 * 1024;
constexpr int kSmallBuffer = 4096;

void limit_queue(Config& config) { config.limits.max_outbound_queue = kCap; }

// An event of about `size` bytes that begins with its number.
std::string event(int number, std::size_t size) {
  return '"' + std::to_string(number) + ':' + std::string(size, 'x') + '"';
}

class SlowReader : public ::testing::Test {
 protected:
  SlowReader() {
    client_.send(subscribe_message("s", "/default/a"));
    EXPECT_EQ(members(client_.texts(), "type"), std::vector<std::string>{"subscribe_success"});
  }
  void publish(std::size_t size) {
    shard_.publish("/default/a", event(published_++, size));
    shard_.pump();
  }
  std::uint64_t closed() const { return shard_.context.metrics.slow_consumers_closed.value(); }
  // Takes everything; the data frames must be the first events without a gap, then the Close.
  void expect_events_then_close(int* events = nullptr) {
    const std::vector<Frame> frames = client_.frames();
    ASSERT_FALSE(frames.empty());
    int next = 0;
    for (const Frame& frame : std::span(frames).first(frames.size() - 1)) {
      ASSERT_EQ(frame.opcode, Opcode::text);
      ASSERT_EQ(member(frame.payload, "type"), "data");
      ASSERT_THAT(frame.payload,
                  ::testing::HasSubstr(R"("event":"\")" + std::to_string(next++) + ":x"));
    }
    EXPECT_EQ(frames.back().opcode, Opcode::close);
    EXPECT_EQ(close_code(frames.back().payload), 1013);
    EXPECT_TRUE(client_.at_end());
    if (events) *events = next;
  }

  TestShard shard_{limit_queue};
  TestClient client_ = shard_.connect_websocket(kSmallBuffer);
  int published_ = 0;
};

TEST_F(SlowReader, IsClosedWith1013BehindWhatHadBegun) {
  while (closed() == 0 && published_ < 1000) publish(700);
  EXPECT_EQ(closed(), 1u);
  int received = 0;
  expect_events_then_close(&received);
  EXPECT_LT(received, published_);
}

TEST_F(SlowReader, GetsTheFrameThatBeginsUnderTheCapWhole) {
  while (shard_.connection().queued_bytes() + 1000 < kCap) publish(700);
  publish(3 * kCap);
  EXPECT_EQ(closed(), 0u);
  EXPECT_GT(shard_.connection().queued_bytes(), 3 * kCap);
  const std::vector<std::string> texts = client_.texts();
  EXPECT_EQ(texts.size(), static_cast<std::size_t>(published_));
  EXPECT_GT(texts.back().size(), 3 * kCap);
}

TEST_F(SlowReader, IsClosedByTheFrameThatBeginsOverTheCap) {
  while (shard_.connection().queued_bytes() < kCap) publish(700);
  EXPECT_EQ(closed(), 0u);
  publish(1);
  EXPECT_EQ(closed(), 1u);
}

TEST_F(SlowReader, ThatHasReadMeanwhileStaysOpen) {
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 20; ++i) publish(700);
    EXPECT_EQ(client_.texts().size(), 20u);
  }
  EXPECT_EQ(closed(), 0u);
}

TEST_F(SlowReader, DoesNotSlowItsNeighbours) {
  TestClient neighbour = shard_.connect_websocket();
  neighbour.send(subscribe_message("n", "/default/*"));
  (void)neighbour.texts();
  while (closed() == 0 && published_ < 1000) publish(700);
  EXPECT_EQ(neighbour.texts().size(), static_cast<std::size_t>(published_));
}

TEST_F(SlowReader, ThatIsGoneWhenItShouldBeToldIsForgotten) {
  while (shard_.connection().queued_bytes() < kCap) publish(700);
  shard_.publish("/default/a", event(published_, 1));
  client_.vanish();
  shard_.pump();
  EXPECT_TRUE(shard_.context.connections.empty());
  EXPECT_EQ(shard_.ended(), 1u);
  EXPECT_EQ(shard_.context.metrics.outbound_queue_bytes.value(), 0u);
}

// The end of its stream is read between the Close and the flush that the Close has asked for.
TEST_F(SlowReader, ThatEndsInTheTurnInWhichItIsToldIsForgotten) {
  TestClient burst = shard_.connect_websocket();
  burst.send(subscribe_message("b", "/default/b"));
  (void)burst.texts();
  for (int i = 0; i < 100; ++i) shard_.publish("/default/b", event(i, 700));
  burst.shut_write();
  EXPECT_EQ(closed(), 1u);
  EXPECT_EQ(shard_.context.connections.size(), 1u);
  EXPECT_EQ(shard_.ended(), 1u);
}

TEST_F(SlowReader, WithAFloodOfPingsIsClosedToo) {
  const std::string payload(125, 'p');
  for (int i = 0; i < 1000 && closed() == 0; ++i) client_.ping(payload);
  EXPECT_EQ(closed(), 1u);
}

TEST_F(SlowReader, HoldsNoMemoryAccountedForOnceItIsGone) {
  while (closed() == 0 && published_ < 1000) publish(700);
  expect_events_then_close();
  client_.vanish();
  shard_.pump();
  EXPECT_EQ(shard_.context.metrics.outbound_queue_bytes.value(), 0u);
  EXPECT_EQ(shard_.context.metrics.subscriptions_active.value(), 0u);
}

// Large events are written from where they lie; what the kernel does not take is kept.
TEST(LargeEvents, ComeWholeAndInOrderToQuickAndSlowReaders) {
  TestShard shard;
  TestClient quick = shard.connect_websocket(1 << 20);
  TestClient slow = shard.connect_websocket(kSmallBuffer);
  for (TestClient* client : {&quick, &slow}) {
    client->send(subscribe_message("s", "/default/a"));
    (void)client->texts();
  }
  std::vector<std::string> expected;
  const auto publish = [&](int number, std::size_t size) {
    const std::string payload = event(number, size);
    shard.publish("/default/a", payload);
    expected.emplace_back(R"({"type":"data","id":"s)" + protocol::data_suffix(payload) + "}");
  };
  int number = 0;
  for (int i = 0; i < 3; ++i) publish(number++, 40'000);  // one turn
  shard.pump();
  EXPECT_GT(shard.connection(1).queued_bytes(), 0u);
  EXPECT_EQ(quick.texts(), expected);
  EXPECT_EQ(slow.texts(), expected);
  expected.clear();
  for (int i = 0; i < 12; ++i) publish(number++, 9000);
  publish(number++, 1);
  shard.pump();
  EXPECT_EQ(quick.texts(), expected);
  EXPECT_EQ(slow.texts(), expected);
  expected.clear();
  publish(number++, 200'000);
  shard.pump();
  EXPECT_EQ(quick.texts(), expected);
  EXPECT_EQ(slow.texts(), expected);
}

// limits.maxOutboundTotal
class TotalCap : public ::testing::Test {
 protected:
  static constexpr std::uint64_t kTotal = 200'000;
  TotalCap() {
    for (int i = 0; i < 3; ++i) {
      clients_.push_back(shard_.connect_websocket(kSmallBuffer));
      const std::string channel = "/default/" + std::to_string(i);
      clients_.back().send(subscribe_message("s", channel));
      (void)clients_.back().texts();
    }
  }
  void fill(int client, std::size_t bytes) {
    const std::string channel = "/default/" + std::to_string(client);
    for (std::size_t sent = 0; sent < bytes; sent += 1000) {
      shard_.publish(channel, event(1, 1000));
      shard_.pump();
    }
  }
  std::uint64_t closed() const { return shard_.context.metrics.slow_consumers_closed.value(); }
  void relieve() {
    server::relieve(shard_.context);
    shard_.pump();
  }
  TestShard shard_{[](Config& config) { config.limits.max_outbound_total = kTotal; }};
  std::vector<TestClient> clients_;
};

TEST_F(TotalCap, LeavesEverybodyAloneBelowIt) {
  fill(0, 100'000);
  relieve();
  EXPECT_EQ(closed(), 0u);
}

TEST_F(TotalCap, ClosesTheFullestFirstAndNoMoreThanNeeded) {
  fill(0, 60'000);
  fill(1, 150'000);
  fill(2, 90'000);
  relieve();
  EXPECT_EQ(closed(), 1u);
  const std::vector<Frame> frames = clients_[1].frames();
  EXPECT_EQ(close_code(frames.back().payload), 1013);
  relieve();  // what is left is below the cap
  EXPECT_EQ(closed(), 1u);
  EXPECT_GE(clients_[0].texts().size(), 60u);
  EXPECT_GE(clients_[2].texts().size(), 90u);
}

TEST_F(TotalCap, ClosesAsManyAsItTakes) {
  fill(0, 250'000);
  fill(1, 260'000);
  fill(2, 40'000);
  relieve();
  EXPECT_EQ(closed(), 2u);
  EXPECT_GE(clients_[2].texts().size(), 40u);
}

}  // namespace
}  // namespace eventsd::server_test
