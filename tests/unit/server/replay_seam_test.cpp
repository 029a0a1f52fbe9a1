// The seam between the past and the present: events at every point of a replay, and backlogs that
// are larger than the queue.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "protocol/cursor.hpp"
#include "unit/server/support/test_shard.hpp"

namespace eventsd::server_test {
namespace {

using protocol::Opcode;

constexpr std::size_t kCap = 64 * 1024;

// An event of about `size` bytes that begins with its number.
std::string event(int number, std::size_t size) {
  return '"' + std::to_string(number) + ':' + std::string(size, 'x') + '"';
}

// The number that a data frame's event begins with; 0: no data frame.
int number_of(const Frame& frame) {
  constexpr std::string_view kStart = R"("event":"\")";
  const std::size_t found = frame.payload.find(kStart);
  return found == std::string::npos ? 0 : std::atoi(frame.payload.c_str() + found + kStart.size());
}

std::string replay_from_start(TestShard& shard) {
  return R"(,"replay":{"after":")" +
         protocol::encode_cursor({FakeStore::kEpoch, 0}, *shard.namespace_of("durable")) + "\"}";
}

// Collects what a client gets and checks the sequence as it comes.
class Sequence {
 public:
  void take(const std::vector<Frame>& frames) {
    for (const Frame& frame : frames) {
      ASSERT_EQ(frame.opcode, Opcode::text) << "closed with " << close_code(frame.payload);
      const int number = number_of(frame);
      if (number == 0) continue;
      ASSERT_EQ(number, last_ + 1);
      last_ = number;
    }
  }
  int last() const { return last_; }

 private:
  int last_ = 0;
};

class ReplaySeam : public ::testing::TestWithParam<unsigned> {};

// One step at a time in a random order: publish, commit, one handler of the loop, one look into
// the store, one answer to the shard, the client reading a little.
TEST_P(ReplaySeam, HasNoGapAndNoDuplicateWhateverHappensWhen) {
  std::mt19937 random(GetParam());
  TestShard shard([](Config& config) { config.limits.max_outbound_queue = kCap; });
  TestClient client = shard.connect_websocket();
  int published = 0;
  for (; published < 700;) shard.store.remember("/durable/a", event(++published, 20));
  shard.history.hold();
  client.send(subscribe_message("s", "/durable/a", replay_from_start(shard)));

  for (int step = 0; step < 3000; ++step) {
    switch (random() % 8) {
      case 0:
      case 1:
        if (published < 1500) shard.publish("/durable/a", event(++published, random() % 400));
        break;
      case 2:
        shard.store.commit(1 + random() % 3);
        break;
      case 3:
        shard.history.look();
        break;
      case 4:
        shard.history.answer();
        break;
      case 5:
        client.sip(1 + random() % 2000);
        break;
      default:
        shard.io.restart();
        shard.io.poll_one();
    }
  }
  shard.history.release();
  shard.store.commit();
  Sequence sequence;
  for (int reads = 0; reads < 100 && sequence.last() < published; ++reads) {
    sequence.take(client.frames());
    ASSERT_FALSE(HasFatalFailure());
  }
  shard.publish("/durable/a", event(++published, 1));
  shard.store.commit();
  sequence.take(client.frames());
  EXPECT_EQ(sequence.last(), published);
}

INSTANTIATE_TEST_SUITE_P(Seeds, ReplaySeam, ::testing::Range(1u, 41u));

TEST(ReplayBacklog, LargerThanTheQueueNeverClosesAClientThatReads) {
  TestShard shard([](Config& config) { config.limits.max_outbound_queue = kCap; });
  TestClient client = shard.connect_websocket(4096);
  int published = 0;
  while (published < 2000) shard.store.remember("/durable/a", event(++published, 1000));
  client.send(subscribe_message("s", "/durable/a", replay_from_start(shard)));
  Sequence sequence;
  for (int reads = 0; reads < 1000 && sequence.last() < published; ++reads) {
    sequence.take(client.frames());
    ASSERT_FALSE(HasFatalFailure());
  }
  EXPECT_EQ(sequence.last(), published);
}

TEST(ReplayBacklog, TakesNoMoreMemoryThanAPageOverTheQueue) {
  TestShard shard([](Config& config) { config.limits.max_outbound_queue = kCap; });
  TestClient client = shard.connect_websocket(4096);
  for (int i = 1; i <= 5000; ++i) shard.store.remember("/durable/a", event(i, 1000));
  client.send(subscribe_message("s", "/durable/a", replay_from_start(shard)));
  EXPECT_LT(shard.connection().queued_bytes(), kCap + 512 * 1024);
  EXPECT_LT(shard.history.reads(), 5u);
}

// The last page fills the queue to the brim, and the held events come on top of it.
TEST(ReplayBacklog, ThatFillsTheQueueAtTheSeamDoesNotCloseTheClient) {
  TestShard shard([](Config& config) { config.limits.max_outbound_queue = kCap; });
  TestClient client = shard.connect_websocket(4096);
  int published = 0;
  shard.store.remember("/durable/a", event(++published, 10));
  shard.history.hold();
  client.send(subscribe_message("s", "/durable/a", replay_from_start(shard)));
  ASSERT_TRUE(shard.history.look() && shard.history.answer());  // where it begins
  ASSERT_TRUE(shard.history.look() && shard.history.answer());  // the end: holds from here on
  while (published < 200) shard.store.remember("/durable/a", event(++published, 1000));
  ASSERT_TRUE(shard.history.look());  // far more than the queue, and the end again
  for (int i = 0; i < 20; ++i) shard.publish("/durable/a", event(++published, 1000));
  shard.store.commit();
  shard.pump();
  shard.history.release();
  Sequence sequence;
  for (int reads = 0; reads < 1000 && sequence.last() < published; ++reads) {
    sequence.take(client.frames());
    ASSERT_FALSE(HasFatalFailure());
  }
  EXPECT_EQ(sequence.last(), published);
}

}  // namespace
}  // namespace eventsd::server_test
