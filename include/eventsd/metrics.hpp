// Counters, one set a shard: written by the shard's thread, read by anyone, added up at a scrape.
// What each means to a user is in docs/METRICS.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "eventsd/namespace_metrics.hpp"

namespace eventsd {

// How connections end: the codes that are told apart. 1005: a Close without a code; 1006: no Close.
inline constexpr std::array<std::uint16_t, 12> kCloseCodes{1000, 1001, 1002, 1003, 1005, 1006,
                                                           1007, 1008, 1009, 1011, 1012, 1013};

// Ends of connections by code; the last class is every other code.
struct CloseCounters {
  std::array<Counter, kCloseCodes.size() + 1> by_code;
  void add(std::uint16_t code) {
    std::size_t at = 0;
    while (at < kCloseCodes.size() && kCloseCodes[at] != code) ++at;
    by_code[at].add();
  }
};

// HTTP answers by status.
struct StatusCounters {
  static constexpr std::size_t kFirst = 100;
  std::array<Counter, 500> by_status;
  void add(int status) {
    const auto at = static_cast<std::size_t>(status) - kFirst;
    if (at < by_status.size()) by_status[at].add();
  }
};

// Messages are metered in units of 5 KiB, begun ones included.
//   source   PROTOCOL.md 8.1 (InboundMessages, OutboundMessages)
constexpr std::uint64_t metered_units(std::size_t bytes) {
  return bytes == 0 ? 1 : (bytes + 5119) / 5120;
}

struct ShardMetrics {
  Counter connections_opened;
  Counter connections_active;
  Counter connections_refused;
  OutcomeCounters connects;
  OutcomeCounters disconnects;  // of connections that had been accepted
  CloseCounters closed_by_server;
  CloseCounters closed_by_client;
  Histogram<kAgeBounds, 1000> connection_seconds;  // in milliseconds, when it ends
  // Of those that are open, brought up to date once a second.
  std::array<Counter, kAgeBounds.size() + 1> open_by_age;
  Counter open_age_milliseconds;  // all together
  Counter subscriptions_active;
  Counter subscribe_success;
  Counter subscribe_errors;
  Counter unsubscribe_success;
  Counter publish_success;
  Counter publish_errors;
  Counter events_accepted;
  Counter events_delivered;
  Counter inbound_messages;   // metered units
  Counter outbound_messages;  // metered units
  Counter messages_delayed;   // read, but held back for a while
  Counter messages_dropped;   // over the connection's rate
  Counter tokens_consumed;
  Counter http_requests;
  Counter http_4xx;
  Counter http_5xx;
  StatusCounters http_statuses;
  Histogram<kTimeBounds, 1'000'000'000> http_seconds;  // in nanoseconds
  Counter slow_consumers_closed;
  Counter outbound_queue_bytes;
  Counter bytes_received;
  Counter bytes_sent;
  Histogram<kTimeBounds, 1'000'000'000> loop_lag_seconds;  // in nanoseconds
  NamespaceTable namespaces;
};

}  // namespace eventsd
