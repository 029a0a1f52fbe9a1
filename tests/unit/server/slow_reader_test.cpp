// A consumer that does not read is closed with 1013, and what it gets is a valid stream.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <span>

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

}  // namespace
}  // namespace eventsd::server_test
