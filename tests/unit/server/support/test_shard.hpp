// One whole shard under the test's hand: everything but the thread and the store is the product's.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>

#include "cluster/local_broker.hpp"
#include "cluster/mailbox.hpp"
#include "server/connection.hpp"
#include "server/event_endpoint.hpp"
#include "server/http_session.hpp"
#include "server/shard_context.hpp"
#include "unit/server/support/fake_store.hpp"
#include "unit/server/support/gate_authorizer.hpp"
#include "unit/server/support/test_client.hpp"

namespace eventsd::server_test {

// One API (key da2-good) with the namespaces "default" (nothing kept), "durable" (history) and
// "private" (history that nobody may read).
//   thread   the test's
class TestShard {
 public:
  using Change = std::function<void(Config&)>;
  explicit TestShard(const Change& change = [](Config&) {});
  ~TestShard();

  // Runs the loop until nothing is left to do now; the number of handlers that ran.
  std::size_t pump();
  // Told before and after the shard works. May be empty.
  std::function<void(bool)> while_working;
  // Lets time pass for the timer wheel: fires what is due within `ahead`. (A connection's deadlines
  // are of the real clock, so tests that want one due make it 0 ms.)
  void pass(std::chrono::milliseconds ahead);

  // A connection to the listener, over a socket pair. `buffer`: SO_SNDBUF of the server's end and
  // SO_RCVBUF of the client's, in bytes; 0: the system's.
  TestClient connect(int buffer = 0, std::string peer_ip = "192.0.2.1");
  // The same, upgraded.
  TestClient connect_websocket(int buffer = 0);

  // Publishes around the wire; without history it is delivered before the call returns.
  void publish(const std::string& channel, const std::string& payload);

  // Takes a changed configuration up, as a reload does. `drop` names namespaces that are gone.
  void reload(const std::vector<std::string>& drop, const Change& change = [](Config&) {});

  const ChannelNamespacePtr& namespace_of(std::string_view name) const {
    return context.snapshot->apis.front()->find_namespace(name);
  }
  server::Connection& connection(std::size_t place = 0) { return *context.connections.at(place); }
  std::size_t ended() const { return ended_; }  // connections whose on_end was called

  boost::asio::io_context io;
  cluster::Mailbox mailbox;
  FakeStore store;
  FakeHistory history;
  std::shared_ptr<GateAuthorizer> gate = std::make_shared<GateAuthorizer>();

 private:
  core::SnapshotPtr make_snapshot(const std::vector<std::string>& drop) const;
  struct Published;

  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  Config config_;
  cluster::QueueCaps caps_;
  cluster::Mailbox* mailboxes_[1];
  std::unique_ptr<cluster::ShardBroker> broker_;
  std::unique_ptr<server::HistoryReadLimiter> limiter_;
  std::size_t ended_ = 0;
  std::chrono::milliseconds ahead_{0};

 public:
  server::ShardContext context;
  std::unique_ptr<server::HttpListener> listener;
};

}  // namespace eventsd::server_test
