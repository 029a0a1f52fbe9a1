// What a shard notes down of itself for /metrics.
#pragma once

#include <chrono>

#include "core/event_api.hpp"
#include "server/shard_context.hpp"

namespace eventsd::server {

// Notes how late the loop is, and once a second how old the open connections are. Called every
// `interval` by a timer of the shard's wheel.
//   thread   the shard's
void observe(ShardContext& shard, std::chrono::milliseconds interval);

// An accepted publish; `outcomes` are those of the way that it came.
void count_published(ShardContext& shard, NamespaceMetrics& counted, OutcomeCounters& outcomes,
                     const core::PublishOutcome& outcome);

// An operation that was refused, when it was its handler that did. `invocations` are those of the
// operation.
void count_refusal(NamespaceMetrics& counted, Counter& invocations, ErrorKind kind);

}  // namespace eventsd::server
