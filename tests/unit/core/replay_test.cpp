#include "core/replay.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace eventsd::core {
namespace {

SequencedBatch at(Position position, std::size_t bytes = 10) {
  auto batch = std::make_shared<EventBatch>();
  batch->events.resize(1);
  batch->bytes = bytes;
  return {std::move(batch), position};
}

TEST(Replay, RefusesLiveEventsWhileItReads) {
  Replay replay;
  replay.begin(7, 3);
  EXPECT_EQ(replay.epoch(), 7u);
  EXPECT_EQ(replay.last(), 3u);
  EXPECT_FALSE(replay.admit(at(4)));
  replay.hold();
  EXPECT_TRUE(replay.go_live().empty());
}

TEST(Replay, HoldsLiveEventsForTheSwitch) {
  Replay replay;
  replay.hold();
  EXPECT_FALSE(replay.admit(at(4)));
  EXPECT_FALSE(replay.admit(at(5)));
  const std::vector<SequencedBatch> held = replay.go_live();
  ASSERT_EQ(held.size(), 2u);
  EXPECT_EQ(held[0].first_position, 4u);
  EXPECT_EQ(held[1].first_position, 5u);
}

TEST(Replay, AdmitsEverythingOnceItIsLive) {
  Replay replay;
  replay.hold();
  (void)replay.go_live();
  EXPECT_TRUE(replay.admit(at(6)));
}

TEST(Replay, ReadsOnRatherThanHoldingTooMuch) {
  Replay replay;
  replay.hold();
  EXPECT_FALSE(replay.admit(at(1, Replay::kMaxHeld)));
  EXPECT_TRUE(replay.holding());
  EXPECT_FALSE(replay.admit(at(2, 1)));
  EXPECT_FALSE(replay.holding());
}

TEST(Replay, CountsAnewAfterReadingOn) {
  Replay replay;
  replay.hold();
  (void)replay.admit(at(1, Replay::kMaxHeld));
  replay.read_on();
  replay.hold();
  EXPECT_FALSE(replay.admit(at(2, Replay::kMaxHeld)));
  EXPECT_TRUE(replay.holding());
  EXPECT_EQ(replay.go_live().size(), 1u);
}

TEST(Replay, RemembersThatItWasCancelled) {
  Replay replay;
  EXPECT_FALSE(replay.cancelled());
  replay.cancel();
  EXPECT_TRUE(replay.cancelled());
}

// A store that commits, a fan-out that comes later, and reads in between, in any order.
struct Seam {
  Replay replay;
  std::mt19937 random;
  Position committed = 0;
  Position fanned_out = 0;
  std::vector<Position> delivered;
  bool live = false;

  void deliver(Position position) {
    if (position <= replay.last()) return;
    delivered.push_back(position);
    replay.delivered(position);
  }
  void fan_out() {
    if (fanned_out == committed) return;
    const SequencedBatch batch = at(++fanned_out, 1 + random() % Replay::kMaxHeld / 4);
    if (replay.admit(batch)) deliver(batch.first_position);
  }
  // One page of at most four events, as the connection reads it.
  void read() {
    const Position head = committed;
    const Position end = std::min(head, replay.last() + 4);
    for (unsigned i = random() % 4; i > 0; --i) others();  // while the page is on its way
    while (replay.last() < end) deliver(replay.last() + 1);
    if (end < head) {
      if (replay.holding()) replay.read_on();
    } else if (!replay.holding()) {
      replay.hold();
    } else {
      for (const SequencedBatch& batch : replay.go_live()) deliver(batch.first_position);
      live = true;
    }
  }
  void others() {
    if (random() % 2) ++committed;
    if (random() % 2) fan_out();
  }
};

TEST(Replay, LeavesNoGapAndNoDuplicateWhateverTheOrder) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    Seam seam;
    seam.random.seed(seed);
    seam.committed = seam.fanned_out = 20;
    for (int step = 0; step < 200; ++step) {
      seam.others();
      if (!seam.live && seam.random() % 2) seam.read();
    }
    while (!seam.live) seam.read();
    while (seam.fanned_out < seam.committed) seam.fan_out();
    ASSERT_EQ(seam.delivered.size(), seam.committed) << "seed " << seed;
    for (Position i = 0; i < seam.committed; ++i) ASSERT_EQ(seam.delivered[i], i + 1);
  }
}

}  // namespace
}  // namespace eventsd::core
