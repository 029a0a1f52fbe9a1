#include "unit/server/support/test_shard.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <new>

#include "protocol/server_message.hpp"
#include "server/websocket_upgrade.hpp"

namespace eventsd::server_test {
namespace {

ChannelNamespacePtr make_namespace(std::uint32_t key, std::string name,
                                   std::optional<HistoryPolicy> history) {
  auto made = std::make_shared<ChannelNamespace>();
  made->key = key;
  made->api_key = 1;
  made->api_id = "api";
  made->name = std::move(name);
  made->publish_modes = made->subscribe_modes = AuthModes{AuthMode::api_key};
  made->history = history;
  return made;
}

}  // namespace

TestShard::TestShard(const Change& change)
    : mailbox(io),
      history(store),
      work_(io.get_executor()),
      mailboxes_{&mailbox},
      broker_(cluster::make_local_broker(
          0, mailboxes_, &store, caps_,
          [this](const SequencedBatch& batch) { context.hub.deliver(batch); })),
      limiter_(std::make_unique<server::HistoryReadLimiter>()),
      context(io, *broker_, &history) {
  config_.limits.publishes_per_second_per_connection = 0;
  change(config_);
  context.snapshot = make_snapshot({});
  context.outbound_total = [this] { return context.metrics.outbound_queue_bytes.value(); };
  store.set_commit_sink(cluster::make_commit_sink(mailboxes_));
  mailbox.set_reader([this](std::vector<cluster::Message>& messages) {
    for (cluster::Message& message : messages) broker_->handle(message);
  });
  listener.reset(new server::HttpListener{
      io,
      context.timers,
      context.tasks,
      context.metrics,
      context.read_buffer,
      server::HttpRouter(server::event_routes(context, *limiter_)),
      [this] { return context.snapshot->config; },
      [this] { return context.tls; },
      [](std::string_view ip) { return ip.starts_with("10."); },
      nullptr,
      nullptr,
      [this](const server::HttpRequest& request, server::HttpResponse& response) {
        server::add_cors_headers(*context.snapshot->config, request, response);
      },
      [this](server::HttpRequest& request, net::Transport& transport, std::string early,
             std::function<void()>& on_end) {
        return server::upgrade_to_websocket(context, request, transport, std::move(early), on_end);
      },
      {},
      false,
      {}});
}

// Nothing may be left behind: every coroutine ends, whatever the test left waiting.
TestShard::~TestShard() {
  while (!context.connections.empty()) context.connections.back()->abort();
  gate->open();
  store.refuse(ErrorKind::store_unavailable);
  history.release();
  pump();
  listener->abort_sessions();
  pump();
  context.stopping = true;
  pass(std::chrono::seconds(10));
  listener->abort_sessions();
  pump();
  EXPECT_EQ(context.tasks.running(), 0u) << "an operation never ended";
}

core::SnapshotPtr TestShard::make_snapshot(const std::vector<std::string>& drop) const {
  auto api = std::make_shared<core::Api>();
  api->key = 1;
  api->id = "api";
  api->connection_modes = AuthModes{AuthMode::api_key};
  api->authorizers[static_cast<std::size_t>(AuthMode::api_key)] = gate;
  HistoryPolicy hidden;
  hidden.read = HistoryRead::none;
  for (const ChannelNamespacePtr& made :
       {make_namespace(1, "default", std::nullopt), make_namespace(2, "durable", HistoryPolicy{}),
        make_namespace(3, "private", hidden)}) {
    if (std::find(drop.begin(), drop.end(), made->name) == drop.end()) {
      api->namespaces.emplace(made->name, made);
    }
  }
  auto snapshot = std::make_shared<core::Snapshot>();
  snapshot->config = std::make_shared<const Config>(config_);
  snapshot->apis.push_back(std::move(api));
  return snapshot;
}

void TestShard::reload(const std::vector<std::string>& drop, const Change& change) {
  change(config_);
  context.snapshot = make_snapshot(drop);
  const std::vector<server::Connection*> connections = context.connections;
  for (server::Connection* connection : connections) connection->configuration_changed();
}

std::size_t TestShard::pump() {
  std::size_t total = 0;
  for (int idle = 0; idle < 2;) {
    io.restart();
    std::size_t ran = 0;
    try {
      if (while_working) while_working(true);
      ran = io.poll();
    } catch (const std::bad_alloc&) {  // it costs what the callback was about, as in app/shard
      ran = 1;
    }
    if (while_working) while_working(false);
    total += ran;
    if (total > 1'000'000) {
      ADD_FAILURE() << "the loop never becomes idle";
      break;
    }
    idle = ran == 0 ? idle + 1 : 0;
  }
  return total;
}

void TestShard::pass(std::chrono::milliseconds ahead) {
  ahead_ += ahead;
  context.timers.advance(net::TimerWheel::Clock::now() + ahead_);
  pump();
}

TestClient TestShard::connect(int buffer, std::string peer_ip) {
  std::array<int, 2> ends{};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()), 0);
  if (buffer > 0) {
    ::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    ::setsockopt(ends[1], SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  }
  const bool trusted = peer_ip.starts_with("10.");
  server::start_http_session(*listener, net::Transport(context.poller, ends[0]),
                             {std::move(peer_ip), trusted}, [this] { ++ended_; });
  return TestClient(*this, ends[1]);
}

TestClient TestShard::connect_websocket(int buffer) {
  TestClient client = connect(buffer);
  client.upgrade();
  return client;
}

struct TestShard::Published {
  static Task<void> run(Broker& broker, EventBatchPtr batch) {
    Completion<Result<Position>> done;
    broker.publish(std::move(batch), done);
    co_await done;
  }
};

void TestShard::publish(const std::string& channel, const std::string& payload) {
  auto batch = std::make_shared<EventBatch>();
  const std::string_view path(channel);
  batch->channel_namespace = namespace_of(path.substr(1, path.find('/', 1) - 1));
  batch->channel = channel;
  batch->events.push_back({"id", payload, protocol::data_suffix(payload)});
  batch->bytes = payload.size();
  context.tasks.spawn(Published::run(*broker_, std::move(batch)));
  // The broker hands appends over at the end of a turn; tests look at the store at once.
  cluster::Message turn_ends = cluster::EndOfTurn{};
  broker_->handle(turn_ends);
}

}  // namespace eventsd::server_test
