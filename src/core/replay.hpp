// A subscription that asked for the past: stored events first, then live ones, with no gap and no
// duplicate between them.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "eventsd/event.hpp"

namespace eventsd::core {

// Where such a subscription stands. Live events that arrive while the past is being read are not
// kept; they are read from the store again until the gap to live is small. Only then are they held
// for the switch. Positions make the seam exact.
//   thread   the shard's
class Replay {
 public:
  // Live events held for the switch, at the most; beyond it reading goes on.
  static constexpr std::size_t kMaxHeld = 64 * 1024;

  // Where it begins; until then nothing is delivered.
  void begin(std::uint64_t epoch, Position from) {
    epoch_ = epoch;
    last_ = from;
  }

  std::uint64_t epoch() const { return epoch_; }
  Position last() const { return last_; }

  // A live batch has arrived. True: deliver its events after last() now, then call delivered().
  bool admit(const SequencedBatch& batch) {
    if (mode_ == Mode::live) return true;
    if (mode_ == Mode::holding) {
      held_bytes_ += batch.batch->bytes;
      if (held_bytes_ > kMaxHeld) {
        read_on();
      } else {
        held_.push_back(batch);
      }
    }
    return false;
  }
  void delivered(Position position) { last_ = position; }

  // The end of the store has been reached: from now on live events are held, and what came in
  // between is read once more.
  void hold() { mode_ = Mode::holding; }
  bool holding() const { return mode_ == Mode::holding; }
  // The read before the switch did not reach the end.
  void read_on() {
    mode_ = Mode::reading;
    held_ = {};
    held_bytes_ = 0;
  }
  // The read before the switch reached the end: deliver these, then everything live.
  std::vector<SequencedBatch> go_live() {
    mode_ = Mode::live;
    held_bytes_ = 0;
    return std::exchange(held_, {});
  }

  // The subscription has ended; a read that is under way is of no use any more.
  void cancel() { cancelled_ = true; }
  bool cancelled() const { return cancelled_; }

 private:
  enum class Mode : std::uint8_t { reading, holding, live };
  std::uint64_t epoch_ = 0;
  Position last_ = 0;  // everything up to here has been delivered, or need not be
  Mode mode_ = Mode::reading;
  bool cancelled_ = false;
  std::size_t held_bytes_ = 0;
  std::vector<SequencedBatch> held_;
};

}  // namespace eventsd::core
