// What a shard does now and then so that neither slow readers nor a burst keep memory for ever.
#pragma once

#include "server/shard_context.hpp"

namespace eventsd::server {

// After this many connections have gone, what they had is given back to the system.
constexpr std::uint64_t kTrimAfter = 1000;

// Called every 250 ms or so.
//  - Over limits.maxOutboundTotal the fullest connections are closed with 1013, each shard's in
//    proportion to its part of what is too much.
//  - Buffers that nobody has needed since the last call go back to the heap.
//  - When many connections have gone and the rush is over, the heap goes back to the system.
//   thread   the shard's
void relieve(ShardContext& shard);

}  // namespace eventsd::server
