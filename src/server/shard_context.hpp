// What the connections of one shard have in common.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/history.hpp"
#include "core/hub.hpp"
#include "core/snapshot.hpp"
#include "eventsd/broker.hpp"
#include "eventsd/metrics.hpp"
#include "eventsd/task.hpp"
#include "net/timer_wheel.hpp"
#include "server/buffer_pool.hpp"

struct ssl_ctx_st;

namespace eventsd::server {

class Connection;

// Connections with something to write; each is flushed once at the end of the loop turn.
class Flusher {
 public:
  explicit Flusher(boost::asio::io_context& io) : io_(io) {}
  void mark(Connection& connection);
  // For a connection that ends while it is marked.
  void forget(Connection& connection);

 private:
  void flush();
  boost::asio::io_context& io_;
  std::vector<Connection*> dirty_;
  std::vector<Connection*> flushing_;
};

// thread   the shard's
struct ShardContext {
  ShardContext(boost::asio::io_context& io_context, Broker& shard_broker, core::History* shard_history);

  boost::asio::io_context& io;
  Broker& broker;
  core::History* history;  // null: no namespace keeps any
  core::Hub hub;
  net::TimerWheel timers;
  BufferPool buffers;
  Flusher flusher;
  TaskGroup tasks;
  ShardMetrics metrics;
  // Replaced at each reload.
  core::SnapshotPtr snapshot;
  std::shared_ptr<ssl_ctx_st> tls;  // null: plain text only
  // Every read goes through here; nothing is kept in it between two callbacks.
  std::vector<char> read_buffer;
  // Open WebSocket connections.
  std::vector<Connection*> connections;
  // Process-wide unsent bytes, all shards together (refreshed now and then).
  std::function<std::uint64_t()> outbound_total;
  bool draining = false;
};

}  // namespace eventsd::server
