// The daemon at work: connections, signals, reload, drain.
#include "app/daemon.hpp"

#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <nlohmann/json.hpp>

#include "app/address_set.hpp"
#include "app/build_info.hpp"
#include "app/handler_logger.hpp"
#include "app/log_setup.hpp"
#include "app/service_notify.hpp"
#include "net/self_signed.hpp"
#include "protocol/text.hpp"
#include "server/http_message.hpp"

namespace eventsd::app {
namespace {

constexpr std::chrono::seconds kTlsPoll{5};
constexpr std::chrono::seconds kCodePoll{1};
constexpr std::chrono::seconds kStatusInterval{10};

// In the form of every other error; clients take its name from x-amzn-errortype.
std::string too_many_connections() {
  std::string text;
  server::serialise(text,
                    server::error_response(fail(ErrorKind::overloaded, "Too many connections")),
                    false, false, protocol::make_uuid());
  return text;
}

}  // namespace

// ---- connections ------------------------------------------------------------------------------

void Daemon::place(std::vector<server::Acceptor::Accepted>& batch) {
  std::vector<std::vector<Shard::Arrival>> arrivals(shards_.size());
  for (server::Acceptor::Accepted& accepted : batch) {
    const bool proxy = is_trusted_proxy(accepted.ip);
    const std::string counted = proxy ? std::string() : accepted.ip;
    const std::optional<std::size_t> shard = admission_.admit(counted);
    const int socket = std::exchange(accepted.native_socket, -1);
    if (!shard) {
      const std::string refusal = too_many_connections();
      // A new socket's buffer takes this; a TLS peer sees no sense in it and is gone all the same.
      (void)::send(socket, refusal.data(), refusal.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      ::shutdown(socket, SHUT_WR);
      ::close(socket);
      spdlog::debug("connection refused: too many ip={}", accepted.ip);
      continue;
    }
    try {
      arrivals[*shard].emplace_back(
          socket, server::HttpPeer{std::move(accepted.ip), proxy},
          [this, at = *shard, counted] { admission_.leave(at, counted); });
    } catch (const std::bad_alloc&) {
      admission_.leave(*shard, counted);
      ::close(socket);
    }
  }
  for (std::size_t shard = 0; shard < arrivals.size(); ++shard) {
    if (arrivals[shard].empty()) continue;
    if (shards_.size() == 1) {
      shards_[shard]->adopt_here(arrivals[shard]);
    } else {
      shards_[shard]->adopt(std::move(arrivals[shard]));
    }
  }
}

void Daemon::start_accepting() {
  if (shards_.size() > 1) return acceptor_->start();
  shards_.front()->mailbox().push(cluster::Call([this] { acceptor_->start(); }));
}

// With one shard before anything that is asked of it from now on.
void Daemon::stop_accepting() {
  if (!acceptor_) return;
  if (shards_.size() > 1) return acceptor_->stop();
  shards_.front()->mailbox().push(cluster::Call([this] { acceptor_->stop(); }));
}

void Daemon::place_admin(std::vector<server::Acceptor::Accepted>& batch) {
  for (server::Acceptor::Accepted& accepted : batch) {
    net::Transport transport(poller_, accepted.native_socket);
    accepted.native_socket = -1;
    server::start_http_session(*admin_listener_, std::move(transport),
                               {std::move(accepted.ip), false}, nullptr);
  }
}

// ---- run --------------------------------------------------------------------------------------

std::string reachable_host(std::string address) {
  for (const std::string_view any : {"0.0.0.0:", "[::]:", "127.0.0.1:"}) {
    if (address.starts_with(any)) return "localhost:" + address.substr(any.size());
  }
  return address;
}

StartedInfo Daemon::describe() const {
  StartedInfo info;
  info.addresses = acceptor_->addresses();
  info.admin_address = admin_acceptor_->addresses().front();
  info.dynamodb_address = dynamodb_.address();
  info.data_dir = data_dir_->path();
  info.api_id = config_->apis.front().id;
  info.api_key = api_key_;
  info.new_key = new_key_;
  if (config_->admin.token.empty()) info.admin_token = admin_token_;
  info.tls = config_->tls.enabled();
  info.tls_required = config_->tls.required;
  if (config_->tls.self_signed) info.ca_file = net::self_signed_ca_file(data_dir_->path());
  return info;
}

int Daemon::run() {
  const ExecutorScope scope(
      [this](std::function<void()> work) { boost::asio::post(control_, std::move(work)); });
  dynamodb_.start();
  for (auto& shard : shards_) shard->start();
  start_accepting();
  admin_acceptor_->start();
  await_signal();
  poll_tls();
  poll_code();
  const auto interval = watchdog_interval();
  if (interval) feed_watchdog(*interval);

  const StartedInfo info = describe();
  const std::string scheme = info.tls_required ? "https://" : "http://";
  nlohmann::json endpoint{{"http", scheme + info.addresses.front()},
                          {"admin", "http://" + info.admin_address}};
  if (!info.dynamodb_address.empty()) endpoint["dynamodb"] = "http://" + info.dynamodb_address;
  const auto written = write_file(data_dir_->file("endpoint.json"), endpoint.dump() + "\n", 0644);
  if (!written) spdlog::warn("{}", written.error().message);
  if (options_.started) options_.started(info);
  report_status();
  notify_supervisor("READY=1");
  control_.run();
  stop_all();
  return 0;
}

void Daemon::await_signal() {
  signals_.async_wait([this](boost::system::error_code error, int signal) {
    if (error) return;
    if (signal == SIGHUP) {
      reload();
    } else if (draining_) {
      spdlog::warn("second signal: exiting at once");
      spdlog::shutdown();
      ::_exit(1);
    } else {
      spdlog::info("stopping signal={}", signal);
      begin_drain();
    }
    await_signal();
  });
}

void Daemon::reload() {
  reload_again_ = true;
  if (reload_tasks_.running() == 0) reload_tasks_.spawn(reload_in_turn());
}

Task<void> Daemon::reload_in_turn() {
  while (reload_again_ && !draining_ && !stopped_) {
    reload_again_ = false;
    co_await reload_once();
  }
}

// Nothing waits for it: it lets go of the thread while workers look at code.
Task<void> Daemon::reload_once() {
  notify_supervisor("RELOADING=1");
  const config::Loaded loaded = options_.reload();
  for (const std::string& warning : loaded.warnings) spdlog::warn("{}", warning);
  for (const config::Fault& fault : loaded.faults) {
    spdlog::error("{}", config::format_fault(fault));
  }
  const auto keep = [](std::string_view why) {
    spdlog::error("the running configuration stays: {}", why);
    notify_supervisor("READY=1");
  };
  if (!loaded.config) co_return keep("the file has faults");
  for (const std::string& option : config::restart_only_changes(*options_.config, *loaded.config)) {
    spdlog::warn("{} has changed: restart the daemon to apply it", option);
  }
  const Result<void> prepared = co_await handlers_.prepare(loaded.config);
  if (draining_ || stopped_) co_return;
  if (!prepared) co_return keep(prepared.error().message);
  const auto completed = registry_->complete(*loaded.config);
  if (!completed) co_return keep(completed.error().message);
  const auto snapshot = registry_->snapshot(*completed);
  if (!snapshot) co_return keep(snapshot.error().message);
  const auto tables = dynamodb_.check(**completed);
  if (!tables) co_return keep(tables.error().message);
  const auto tls = tls_->load((*completed)->tls);
  if (!tls) co_return keep(tls.error().message);
  options_.config = loaded.config;
  config_ = *completed;
  const auto token = find_admin_token();
  if (token) {
    admin_token_ = *token;
  } else {
    spdlog::error("the admin token stays as it was: {}", token.error().message);
  }
  set_log_level(config_->log);
  dynamodb_.reconfigure(*config_, authorizers_.iam_users());
  handlers_.accept(*config_);
  apply(*snapshot);
  acceptor_->set_peer_timeout(config_->limits.connection_timeout);
  for (auto& shard : shards_) shard->reconfigure(snapshot_, tls_->context());
  spdlog::info("configuration reloaded file={}", config_->file);
  notify_supervisor("READY=1");
}

void Daemon::keys_changed() {
  const auto snapshot = registry_->snapshot(config_);
  if (!snapshot) {
    spdlog::error("API keys cannot be read err=\"{}\"", snapshot.error().message);
    return;
  }
  snapshot_ = *snapshot;
  for (auto& shard : shards_) shard->reconfigure(snapshot_, tls_->context());
}

void Daemon::poll_tls() {
  tls_poll_.expires_after(kTlsPoll);
  tls_poll_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    const auto changed = tls_->refresh();
    if (!changed) {
      spdlog::error("the running certificate stays: {}", changed.error().message);
    } else if (*changed) {
      for (auto& shard : shards_) shard->reconfigure(snapshot_, tls_->context());
      spdlog::info("certificate reread");
    }
    poll_tls();
  });
}

void Daemon::poll_code() {
  code_poll_.expires_after(kCodePoll);
  code_poll_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    const bool busy = code_tasks_.running() + reload_tasks_.running() > 0;
    if (!busy) code_tasks_.spawn(reread_code());
    poll_code();
  });
}

Task<void> Daemon::reread_code() {
  const bool changed = co_await handlers_.refresh();
  if (!changed || stopped_) co_return;
  const auto snapshot = registry_->snapshot(config_);
  if (!snapshot) {
    spdlog::error("the running handlers stay: {}", snapshot.error().message);
    co_return;
  }
  snapshot_ = *snapshot;
  for (auto& shard : shards_) shard->reconfigure(snapshot_, tls_->context());
}

// The watchdog is fed only while every shard answers.
void Daemon::feed_watchdog(std::chrono::milliseconds interval) {
  notify_supervisor("WATCHDOG=1");
  watchdog_answers_ = 0;
  for (auto& shard : shards_) {
    shard->mailbox().push(
        cluster::Call([this] { boost::asio::post(control_, [this] { ++watchdog_answers_; }); }));
  }
  await_shards(interval);
}

void Daemon::await_shards(std::chrono::milliseconds interval) {
  watchdog_.expires_after(interval);
  watchdog_.async_wait([this, interval](boost::system::error_code error) {
    if (error) return;
    if (watchdog_answers_ == shards_.size()) return feed_watchdog(interval);
    spdlog::error("a shard does not answer: the watchdog is not fed");
    await_shards(interval);
  });
}

void Daemon::report_status() {
  std::uint64_t connections = 0;
  std::uint64_t subscriptions = 0;
  for (const auto& shard : shards_) {
    connections += shard->metrics().connections_active.value();
    subscriptions += shard->metrics().subscriptions_active.value();
  }
  notify_supervisor("STATUS=" + std::to_string(connections) + " connections, " +
                    std::to_string(subscriptions) + " subscriptions");
  status_.expires_after(kStatusInterval);
  status_.async_wait([this](boost::system::error_code error) {
    if (!error) report_status();
  });
}

admin::Health Daemon::health() const {
  admin::Health health;
  if (draining_) health.unavailable.push_back("draining");
  const StoreHealth store = store_->health();
  if (store.state == StoreHealth::State::failed) {
    health.unavailable.push_back("history: " + store.detail);
  } else if (store.state == StoreHealth::State::full) {
    health.degraded.push_back("history: " + store.detail);
  }
  const std::string tables = dynamodb_.trouble();
  if (!tables.empty()) health.unavailable.push_back("dynamodb: " + tables);
  return health;
}

admin::MetricsInput Daemon::metrics() const {
  admin::MetricsInput input;
  for (const auto& shard : shards_) {
    input.shards.push_back(&shard->metrics());
    input.mailbox_bytes += shard->mailbox().bytes();
  }
  input.store_state = store_->health().state;
  input.storage_queue_bytes = store_->queued_bytes();
  input.store = store_->stats();
  input.open_connections = admission_.total();
  input.version = EVENTSD_VERSION_TEXT;
  input.further = desk_->metrics() + handlers_.metrics() + dynamodb_.metrics();
  input.commit = build_commit();
  input.started = started_;
  return input;
}

// ---- stop -------------------------------------------------------------------------------------

void Daemon::begin_drain() {
  draining_ = true;
  notify_supervisor("STOPPING=1");
  stop_accepting();
  dynamodb_.drain();
  draining_shards_ = shards_.size();
  for (auto& shard : shards_) {
    shard->drain(config_->drain_timeout, [this] {
      boost::asio::post(control_, [this] {
        if (--draining_shards_ == 0) control_.stop();
      });
    });
  }
  // A shard that hangs does not keep the process alive.
  drain_deadline_.expires_after(config_->drain_timeout + std::chrono::seconds(2));
  drain_deadline_.async_wait([this](boost::system::error_code error) {
    if (!error) control_.stop();
  });
}

void Daemon::stop_all() {
  if (stopped_) return;
  stopped_ = true;
  boost::system::error_code ignored;  // from here on a signal ends the process at once
  signals_.clear(ignored);
  stop_accepting();
  if (admin_acceptor_) admin_acceptor_->stop();
  console_.close();
  // What has been accepted is written and answered before the shards go.
  if (store_) store_->stop();
  // Nobody waits for a function's answer, or for a refusal to be told, any longer.
  authorizers_.close();
  handlers_.release_waiters();
  data_.release_waiters();
  auth_.release_waiters();
  dynamodb_.stop_tables();
  for (auto& shard : shards_) {
    if (shard) shard->stop();
  }
  auth_.stop();
  handlers_.stop();
  data_.stop();
  dynamodb_.stop();
  if (admin_listener_) {
    admin_listener_->abort_sessions();
    control_.restart();
    control_.poll();
  }
  stop_handler_logger();
  if (data_dir_) ::unlink(data_dir_->file("endpoint.json").c_str());
  spdlog::info("stopped");
}

}  // namespace eventsd::app
