// What the connections of one shard have in common.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
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
#include "net/poller.hpp"
#include "net/timer_wheel.hpp"
#include "server/buffer_pool.hpp"
#include "server/data_run.hpp"
#include "server/departures.hpp"
#include "server/shard_watch.hpp"

struct ssl_ctx_st;

namespace eventsd::server {

class Connection;

// The end of a loop turn: the hub hands out what it has gathered, then every connection with
// something to write is flushed once.
class Flusher {
 public:
  Flusher(boost::asio::io_context& io, core::Hub& hub) : io_(io), hub_(hub) {}
  // Between the two nothing is posted: who calls the second has a whole turn's callbacks behind
  // him.
  void begin_turn() noexcept { in_turn_ = true; }
  void end_turn();
  // The end of this loop turn is wanted.
  void schedule();
  void mark(Connection& connection);
  // For a connection that ends while it is marked.
  void forget(Connection& connection);

 private:
  void flush();
  boost::asio::io_context& io_;
  core::Hub& hub_;
  bool scheduled_ = false;
  bool in_turn_ = false;
  std::vector<Connection*> dirty_;
  std::vector<Connection*> flushing_;
};

// thread   the shard's
struct ShardContext {
  //   turn  the poller's, may be null
  ShardContext(boost::asio::io_context& io_context, Broker& shard_broker,
               core::History* shard_history, net::Poller::Turn* turn = nullptr);

  boost::asio::io_context& io;
  net::Poller poller;
  Broker& broker;
  core::History* history;  // null: no namespace keeps any
  core::Hub hub;
  net::TimerWheel timers;
  BufferPool buffers;
  Flusher flusher;
  TaskGroup tasks;
  ShardMetrics metrics;
  ShardWatch watch;
  // Replaced at each reload.
  core::SnapshotPtr snapshot;
  std::shared_ptr<ssl_ctx_st> tls;  // null: plain text only
  // Every read goes through here; nothing is kept in it between two callbacks.
  std::vector<char> read_buffer;
  // Frames on their way to the kernel; the same.
  std::vector<char> write_buffer;
  DataRun data_run;
  // The answer to a publish, for as long as it takes to append it to its connection's queue.
  std::string answer;
  // Open WebSocket connections, and beside each when it was opened.
  std::vector<Connection*> connections;
  std::vector<std::chrono::steady_clock::time_point> connected_at;
  // Process-wide unsent bytes, all shards together (refreshed now and then).
  std::function<std::uint64_t()> outbound_total;
  bool draining = false;
  bool stopping = false;  // what can be given up is given up
  // Of WebSockets, for relieve().
  std::uint64_t ended_connections = 0;
  std::uint64_t ended_at_last_relief = 0;
  std::uint64_t ended_at_last_trim = 0;
  std::chrono::steady_clock::time_point observed_at{};  // by observe()

  // The counters of the namespace that a channel, as a client wrote it, is in.
  NamespaceMetrics& counters_of(const core::Api& api, std::string_view channel);
  // Completes when everything that other shards have sent here so far has been handled. Null when
  // there are none.
  std::function<void(Completion<Done>&)> fence;
  Departures departures;  // last: what waits there uses the rest
};

// Waits while the queues behind the namespace are more than half full, for at most 5 s; false: in
// vain.
//   thread   the shard's
Task<bool> wait_for_room(ShardContext& shard, core::ApiPtr api,
                         ChannelNamespacePtr channel_namespace);

}  // namespace eventsd::server
