// The data frames that some batches make for one subscription after the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/hub.hpp"

namespace eventsd::server {

// Subscriptions of a topic get the same frames but for the subscription's id: those of the first
// are made, and in the others' the id is written over.
//   thread   the shard's
class DataRun {
 public:
  // What is to be written now. The same `hand_out` (Hub::hand_outs()) and number of batches are the
  // same batches.
  void begin(std::uint64_t hand_out, core::Batches batches, std::size_t id_size);

  std::size_t events() const { return events_; }
  std::uint64_t units() const { return units_; }      // metered
  std::size_t most_bytes() const { return most_; }    // the frames take no more
  std::size_t overhead() const { return overhead_; }  // and of these, each event's frame this much

  // The frames for a subscription whose id has the size that begin() was told. Good until the next
  // call. REQUIRES: the batches of begin().
  std::string_view frames(core::Batches batches, std::string_view id);

 private:
  std::uint64_t hand_out_ = 0;
  std::size_t batches_ = 0;
  std::size_t id_size_ = 0;
  std::size_t overhead_ = 0;
  std::size_t events_ = 0;
  std::uint64_t units_ = 0;
  std::size_t most_ = 0;
  std::size_t size_ = 0;          // of the frames; 0: not made yet
  std::vector<std::size_t> ids_;  // where each frame's id stands
  std::vector<char> buffer_;
};

}  // namespace eventsd::server
