#include "app/shard.hpp"

#include <pthread.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>

#include "eventsd/executor.hpp"
#include "server/connection.hpp"
#include "server/observe.hpp"
#include "server/relief.hpp"
#include "server/websocket_upgrade.hpp"

namespace eventsd::app {
namespace {

// How often a shard looks at its queues and gives memory back.
constexpr std::chrono::milliseconds kRelief{250};
// A drain closes at least this often, so that few connections do not take the whole time.
constexpr std::chrono::milliseconds kDrainStep{20};
constexpr std::size_t kDrainBatch = 4;

// Brings pages from the store's reader threads back to the shard.
class StoreHistory final : public core::History {
 public:
  StoreHistory(EventStore& store, cluster::Mailbox& mailbox) : store_(store), mailbox_(mailbox) {}
  void read(ReadRequest request, Completion<Result<Page>>& done) override {
    store_.read(std::move(request), [this, &done](Result<Page> page) {
      auto shared = std::make_shared<Result<Page>>(std::move(page));
      mailbox_.push(cluster::Call([shared, &done] { done.complete(std::move(*shared)); }));
    });
  }

 private:
  EventStore& store_;
  cluster::Mailbox& mailbox_;
};

}  // namespace

Shard::Shard(std::uint32_t index)
    : index_(index),
      // One thread runs it and only that thread does I/O; others post.
      io_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO),
      work_(io_.get_executor()),
      mailbox_(io_) {}

Shard::~Shard() {
  if (thread_.joinable()) stop();
}

void Shard::wire(std::span<cluster::Mailbox* const> mailboxes, const ShardEnvironment& environment,
                 core::SnapshotPtr snapshot, std::shared_ptr<ssl_ctx_st> tls) {
  if (environment.store) history_ = std::make_unique<StoreHistory>(*environment.store, mailbox_);
  broker_ = cluster::make_local_broker(
      index_, mailboxes, environment.store, *environment.caps,
      [this](const SequencedBatch& batch) { context_->hub.deliver(batch); });
  net::Poller::Turn* const turn = this;
  context_ = std::make_unique<server::ShardContext>(io_, *broker_, history_.get(), turn);
  context_->snapshot = std::move(snapshot);
  context_->tls = std::move(tls);
  context_->outbound_total = environment.outbound_total;
  if (mailboxes.size() > 1) {
    context_->fence = [this](Completion<Done>& done) {
      mailbox_.push(cluster::Call([&done] { done.complete({}); }));
    };
  }
  mailbox_.set_reader([this](std::vector<cluster::Message>& messages) { handle(messages); });

  server::ShardContext& context = *context_;
  listener_.reset(new server::HttpListener{
      io_,
      context.timers,
      context.tasks,
      context.metrics,
      context.read_buffer,
      server::HttpRouter(server::event_routes(context, *environment.history_reads)),
      [&context] { return context.snapshot->config; },
      [&context] { return context.tls; },
      environment.is_trusted_proxy,
      nullptr,
      environment.release,
      [&context](const server::HttpRequest& request, server::HttpResponse& response) {
        server::add_cors_headers(*context.snapshot->config, request, response);
      },
      [&context](server::HttpRequest& request, net::Transport& transport, std::string early,
                 std::function<void()>& on_end) {
        return server::upgrade_to_websocket(context, request, transport, std::move(early), on_end);
      },
      {},
      false,
      {}});
  listener_->admit = [admit = environment.admit](std::string ip) -> Task<bool> {
    return [](bool allowed) -> Task<bool> { co_return allowed; }(admit(ip));
  };
  relief_ = std::make_unique<net::TimerEntry>(
      [](void* self) { static_cast<Shard*>(self)->relieve(); }, this);
}

void Shard::start() {
  thread_ = std::thread([this] {
    const std::string name = "shard-" + std::to_string(index_);
    pthread_setname_np(pthread_self(), name.c_str());
    const ExecutorScope scope(
        [this](std::function<void()> work) { mailbox_.push(cluster::Call(std::move(work))); });
    context_->timers.arm(*relief_, kRelief);
    // What leaves a callback is a bug or a lost resource (no memory): it costs the session that met
    // it, not the others.
    for (bool ended = false; !ended;) {
      try {
        io_.run();
        ended = true;
      } catch (const std::exception& failure) {
        spdlog::error("a callback failed unexpectedly shard={} err=\"{}\"", index_, failure.what());
      }
    }
  });
}

// What the callbacks of a turn gather leaves at its end: first for other shards, so that they work
// on it while this one writes to its own connections.
void Shard::begin() noexcept {
  broker_->begin_turn();
  context_->flusher.begin_turn();
  context_->departures.begin_turn();
}

void Shard::end() {
  try {
    broker_->end_turn();
  } catch (const std::exception& failure) {
    spdlog::error("a turn failed unexpectedly shard={} err=\"{}\"", index_, failure.what());
  }
  context_->flusher.end_turn();
}

void Shard::handle(std::vector<cluster::Message>& messages) {
  begin();
  for (cluster::Message& message : messages) {
    // A failure costs this message, not those behind it, nor the mailbox's count of bytes.
    try {
      if (auto* call = std::get_if<cluster::Call>(&message)) {
        (*call)();
      } else {
        broker_->handle(message);
      }
    } catch (const std::exception& failure) {
      spdlog::error("a message failed unexpectedly shard={} err=\"{}\"", index_, failure.what());
    }
  }
  end();
}

void Shard::relieve() {
  context_->timers.arm(*relief_, kRelief);
  server::observe(*context_, kRelief);
  server::relieve(*context_);
}

void Shard::inspect(std::function<void(server::ShardContext&)> look) {
  mailbox_.push(cluster::Call([this, look = std::move(look)] { look(*context_); }));
}

void Shard::adopt(std::vector<Arrival> arrivals) {
  // Shared because a function must be copyable.
  const auto batch = std::make_shared<std::vector<Arrival>>(std::move(arrivals));
  mailbox_.push(cluster::Call([this, batch] { serve(*batch); }));
}

void Shard::adopt_here(std::vector<Arrival>& arrivals) {
  begin();
  serve(arrivals);
  end();
}

void Shard::serve(std::vector<Arrival>& arrivals) {
  for (Arrival& arrival : arrivals) {
    try {
      net::Transport transport(context_->poller, arrival.native_socket);
      arrival.native_socket = -1;
      server::start_http_session(*listener_, std::move(transport), std::move(arrival.peer),
                                 std::exchange(arrival.on_end, nullptr));
    } catch (const std::exception& failure) {  // it costs this connection, not those behind it
      spdlog::error("a connection cannot be served shard={} err=\"{}\"", index_, failure.what());
    }
  }
  arrivals.clear();
}

Shard::Arrival::~Arrival() {
  if (native_socket >= 0) ::close(native_socket);
  if (on_end) on_end();
}

void Shard::reconfigure(core::SnapshotPtr snapshot, std::shared_ptr<ssl_ctx_st> tls) {
  mailbox_.push(
      cluster::Call([this, snapshot = std::move(snapshot), tls = std::move(tls)]() mutable {
        context_->snapshot = std::move(snapshot);
        context_->tls = std::move(tls);
        const std::vector<server::Connection*> connections = context_->connections;
        for (server::Connection* connection : connections) connection->configuration_changed();
      }));
}

Task<void> Shard::pause(std::chrono::milliseconds delay) {
  Completion<Done> passed;
  net::TimerEntry timer([](void* done) { static_cast<Completion<Done>*>(done)->complete({}); },
                        &passed);
  context_->timers.arm(timer, delay);
  co_await passed;
}

void Shard::drain(std::chrono::milliseconds timeout, std::function<void()> done) {
  mailbox_.push(cluster::Call([this, timeout, done = std::move(done)]() mutable {
    context_->draining = true;
    listener_->draining = true;
    context_->tasks.spawn(run_drain(timeout, std::move(done)));
  }));
}

Task<void> Shard::run_drain(std::chrono::milliseconds timeout, std::function<void()> done) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point end = Clock::now() + timeout;
  // Half of the time is for closing, half for the peers' answers.
  const std::size_t steps = static_cast<std::size_t>(timeout / 2 / kDrainStep) + 1;
  const std::size_t each = std::max(kDrainBatch, context_->connections.size() / steps + 1);
  while ((!context_->connections.empty() || listener_->busy > 0) && Clock::now() < end) {
    std::size_t closed = 0;
    const std::vector<server::Connection*> connections = context_->connections;
    for (server::Connection* connection : connections) {
      if (!connection->is_open()) continue;
      connection->close(protocol::CloseCode::service_restart, "the server is going down");
      if (++closed == each) break;
    }
    co_await pause(kDrainStep);
  }
  done();
}

void Shard::stop() {
  if (!thread_.joinable()) return;  // never started: the daemon could not listen
  mailbox_.push(cluster::Call([this] {
    context_->stopping = true;
    while (!context_->connections.empty()) context_->connections.back()->abort();
    listener_->abort_sessions();
    relief_->disarm();
    context_->tasks.spawn([](Shard& self) -> Task<void> {
      // The operations that are under way end by themselves; a second is plenty.
      for (int polls = 0; polls < 50 && self.context_->tasks.running() > 1; ++polls) {
        co_await self.pause(std::chrono::milliseconds(20));
        self.listener_->abort_sessions();
      }
      if (self.context_->tasks.running() > 1) {
        spdlog::warn("shard {} stops with {} tasks under way", self.index_,
                     self.context_->tasks.running() - 1);
      }
      self.work_.reset();
      self.io_.stop();
    }(*this));
  }));
  thread_.join();
}

}  // namespace eventsd::app
