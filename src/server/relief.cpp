#include "server/relief.hpp"

#include <malloc.h>

#include <algorithm>

#include "server/connection.hpp"

namespace eventsd::server {
namespace {

void close_fullest(ShardContext& shard) {
  const std::uint64_t cap = shard.snapshot->limits().max_outbound_total;
  const std::uint64_t total = shard.outbound_total();
  if (total <= cap) return;
  // This shard's part of what is too much.
  const std::uint64_t own = shard.metrics.outbound_queue_bytes.value();
  std::uint64_t too_much = (total - cap) * own / total + 1;
  std::vector<Connection*> fullest = shard.connections;
  std::sort(fullest.begin(), fullest.end(), [](const Connection* a, const Connection* b) {
    return a->queued_bytes() > b->queued_bytes();
  });
  for (Connection* connection : fullest) {
    const std::uint64_t bytes = connection->queued_bytes();
    if (bytes == 0 || too_much == 0) break;
    connection->close_as_slow();
    too_much -= std::min(too_much, bytes);
  }
}

// Takes milliseconds, so it waits for the end of the rush.
void give_heap_back(ShardContext& shard) {
  const std::uint64_t ended = shard.ended_connections;
  const bool is_calm = ended - shard.ended_at_last_relief < kTrimAfter / 10;
  shard.ended_at_last_relief = ended;
  if (!is_calm || ended - shard.ended_at_last_trim < kTrimAfter) return;
  shard.ended_at_last_trim = ended;
  ::malloc_trim(0);
}

}  // namespace

void relieve(ShardContext& shard) {
  shard.buffers.trim();
  shard.watch.turn(ShardWatch::Clock::now());
  give_heap_back(shard);
  close_fullest(shard);
}

}  // namespace eventsd::server
