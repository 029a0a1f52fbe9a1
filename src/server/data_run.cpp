#include "server/data_run.hpp"

#include <cassert>
#include <cstring>

#include "eventsd/metrics.hpp"
#include "protocol/server_message.hpp"
#include "server/outbound.hpp"

namespace eventsd::server {

void DataRun::begin(std::uint64_t hand_out, core::Batches batches, std::size_t id_size) {
  if (hand_out == hand_out_ && batches.size() == batches_ && id_size == id_size_) return;
  hand_out_ = hand_out;
  batches_ = batches.size();
  id_size_ = id_size;
  overhead_ = protocol::kMaxServerHeader + protocol::kDataPrefix.size() + id_size + 1;
  events_ = units_ = most_ = size_ = 0;
  for (const SequencedBatch& batch : batches) {
    for (const Event& event : batch.batch->events) {
      units_ += metered_units(event.data_suffix.size() + id_size);
      most_ += overhead_ + event.data_suffix.size();
    }
    events_ += batch.batch->events.size();
  }
}

std::string_view DataRun::frames(core::Batches batches, std::string_view id) {
  assert(id.size() == id_size_);
  if (size_ > 0) {
    for (const std::size_t place : ids_) std::memcpy(buffer_.data() + place, id.data(), id.size());
    return {buffer_.data(), size_};
  }
  if (buffer_.size() < most_) buffer_.resize(most_);
  ids_.clear();
  ids_.reserve(events_);
  char* const begin = buffer_.data();
  char* end = begin;
  for (const SequencedBatch& batch : batches) {
    for (const Event& event : batch.batch->events) {
      end = Outbound::encode_data(end, id, event.data_suffix, "}");
      ids_.push_back(static_cast<std::size_t>(end - begin) - 1 - event.data_suffix.size() -
                     id.size());
    }
  }
  size_ = static_cast<std::size_t>(end - begin);
  return {begin, size_};
}

}  // namespace eventsd::server
