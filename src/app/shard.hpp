// One event loop: its thread, its hub, its connections.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cluster/local_broker.hpp"
#include "cluster/mailbox.hpp"
#include "server/event_endpoint.hpp"
#include "server/http_session.hpp"
#include "server/shard_context.hpp"

namespace eventsd::app {

// What a shard is told of the world around it. Lives longer than the shard.
struct ShardEnvironment {
  EventStore* store = nullptr;
  cluster::QueueCaps* caps = nullptr;
  server::HistoryReadLimiter* history_reads = nullptr;
  // Any thread:
  std::function<bool(std::string_view ip)> is_trusted_proxy;
  // Leave by the client's own address, behind a proxy.
  std::function<bool(const std::string& ip)> admit;
  std::function<void(const std::string& ip)> release;
  std::function<std::uint64_t()> outbound_total;
};

// thread   methods are called on the control thread unless they say otherwise
class Shard : private net::Poller::Turn {
 public:
  explicit Shard(std::uint32_t index);
  ~Shard() override;

  // Before start(); `mailboxes` are every shard's.
  void wire(std::span<cluster::Mailbox* const> mailboxes, const ShardEnvironment& environment,
            core::SnapshotPtr snapshot, std::shared_ptr<ssl_ctx_st> tls);
  void start();

  boost::asio::io_context& io() { return io_; }
  // Has the shard's thread call `look` soon.
  void inspect(std::function<void(server::ShardContext&)> look);

  cluster::Mailbox& mailbox() { return mailbox_; }
  ShardMetrics& metrics() { return context_->metrics; }

  // A connected, non-blocking socket; `on_end` is called on the shard's thread. One that is not
  // taken is closed, and its end told, by whoever drops it.
  struct Arrival {
    Arrival(int socket, server::HttpPeer who, std::function<void()> at_end)
        : native_socket(socket), peer(std::move(who)), on_end(std::move(at_end)) {}
    Arrival(Arrival&& other) noexcept
        : native_socket(std::exchange(other.native_socket, -1)),
          peer(std::move(other.peer)),
          on_end(std::exchange(other.on_end, nullptr)) {}
    Arrival& operator=(Arrival&&) = delete;
    ~Arrival();
    int native_socket;
    server::HttpPeer peer;
    std::function<void()> on_end;
  };
  // Gives connections to the shard.
  void adopt(std::vector<Arrival> arrivals);
  // The same on the shard's own thread, from outside of a turn.
  void adopt_here(std::vector<Arrival>& arrivals);
  void reconfigure(core::SnapshotPtr snapshot, std::shared_ptr<ssl_ctx_st> tls);

  // Closes every connection with 1012, spread over a part of `timeout`, and calls `done` (on the
  // shard's thread) when all are gone and HTTP requests answered, or the time is up.
  void drain(std::chrono::milliseconds timeout, std::function<void()> done);
  // Cuts what is left, waits for the tasks to end, and ends the thread.
  void stop();

 private:
  Task<void> run_drain(std::chrono::milliseconds timeout, std::function<void()> done);
  Task<void> pause(std::chrono::milliseconds delay);
  void handle(std::vector<cluster::Message>& messages);
  void serve(std::vector<Arrival>& arrivals);
  void begin() noexcept override;
  void end() override;
  void relieve();

  const std::uint32_t index_;
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  cluster::Mailbox mailbox_;
  std::unique_ptr<core::History> history_;
  std::unique_ptr<cluster::ShardBroker> broker_;
  std::unique_ptr<server::ShardContext> context_;
  std::unique_ptr<server::HttpListener> listener_;
  std::unique_ptr<net::TimerEntry> relief_;
  std::thread thread_;
};

}  // namespace eventsd::app
