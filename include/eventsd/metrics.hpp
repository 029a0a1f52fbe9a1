// Counters, one set a shard: written by the shard's thread, read by anyone, added up at a scrape.
#pragma once

#include <atomic>
#include <cstdint>

namespace eventsd {

// A number with one writer. Readers may see it a moment late.
class Counter {
 public:
  void add(std::uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void subtract(std::uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) - n, std::memory_order_relaxed);
  }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

struct ShardMetrics {
  Counter connections_opened;
  Counter connections_active;
  Counter connections_refused;
  Counter subscriptions_active;
  Counter subscribe_success;
  Counter subscribe_errors;
  Counter unsubscribe_success;
  Counter publish_success;
  Counter publish_errors;
  Counter events_accepted;
  Counter events_delivered;
  Counter http_requests;
  Counter http_4xx;
  Counter http_5xx;
  Counter slow_consumers_closed;
  Counter outbound_queue_bytes;
  Counter bytes_received;
  Counter bytes_sent;
};

}  // namespace eventsd
