#include "app/app.hpp"

#include <malloc.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <nlohmann/json.hpp>
#include <thread>

#include "admin/guard.hpp"
#include "admin/health.hpp"
#include "admin/metrics_page.hpp"
#include "app/address_set.hpp"
#include "app/data_dir.hpp"
#include "app/key_directory.hpp"
#include "app/log_setup.hpp"
#include "app/registry.hpp"
#include "app/service_notify.hpp"
#include "app/shard.hpp"
#include "app/tls_material.hpp"
#include "net/self_signed.hpp"
#include "protocol/text.hpp"
#include "server/acceptor.hpp"

namespace eventsd::app {
namespace {

constexpr std::chrono::seconds kTlsPoll{5};
constexpr std::chrono::seconds kStatusInterval{10};
// Descriptors kept for files, the store and the admin port.
constexpr std::uint64_t kReservedDescriptors = 64;

std::uint64_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

std::int64_t unix_now() {
  return std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
}

class Daemon final : public App {
 public:
  explicit Daemon(Options options)
      : options_(std::move(options)),
        signals_(control_, SIGTERM, SIGINT, SIGHUP),
        tls_poll_(control_),
        watchdog_(control_),
        status_(control_),
        drain_deadline_(control_),
        admin_timers_(control_),
        admin_tasks_([](std::exception_ptr) { spdlog::error("an admin session failed"); }),
        admin_buffer_(16 * 1024),
        acceptor_(control_, [this](int socket, int family, std::string ip) {
          place(socket, family, std::move(ip));
        }) {}

  ~Daemon() override { stop_all(); }

  Result<void> build();
  int run() override;

 private:
  void build_shards();
  Result<void> build_admin();
  Result<void> listen();
  void place(int socket, int family, std::string ip);
  void place_admin(int socket, int family, std::string ip);
  void connection_ended(std::size_t shard, const std::string& ip);
  void apply(core::SnapshotPtr snapshot);
  void reload();
  void keys_changed();
  void await_signal();
  void poll_tls();
  void feed_watchdog(std::chrono::milliseconds interval);
  void report_status();
  void begin_drain();
  void stop_all();
  StartedInfo describe() const;
  admin::Health health() const;
  admin::MetricsInput metrics() const;
  std::shared_ptr<const std::vector<std::string>> proxies() const {
    return std::atomic_load(&trusted_proxies_);
  }

  Options options_;
  boost::asio::io_context control_;
  boost::asio::signal_set signals_;
  boost::asio::steady_timer tls_poll_;
  boost::asio::steady_timer watchdog_;
  boost::asio::steady_timer status_;
  boost::asio::steady_timer drain_deadline_;

  std::optional<DataDir> data_dir_;
  std::unique_ptr<store::StateStore> state_;
  std::unique_ptr<Registry> registry_;
  ConfigPtr config_;  // completed
  core::SnapshotPtr snapshot_;
  std::unique_ptr<TlsMaterial> tls_;
  // Read by every shard at each new connection, replaced at a reload.
  std::shared_ptr<const std::vector<std::string>> trusted_proxies_;
  std::string api_key_;  // generated, of the first API
  bool new_key_ = false;
  std::string admin_token_;

  cluster::QueueCaps caps_;
  server::HistoryReadLimiter history_reads_;
  std::unique_ptr<EventStore> store_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::vector<std::uint64_t> open_by_shard_;
  server::Admission admission_;

  net::TimerWheel admin_timers_;
  TaskGroup admin_tasks_;
  ShardMetrics admin_metrics_;
  std::vector<char> admin_buffer_;
  std::unique_ptr<admin::ApiKeyDirectory> keys_;
  std::unique_ptr<server::HttpListener> admin_listener_;
  std::unique_ptr<server::Acceptor> admin_acceptor_;
  server::Acceptor acceptor_;

  std::uint64_t peak_connections_ = 0;
  std::size_t draining_shards_ = 0;
  std::size_t watchdog_answers_ = 0;
  bool draining_ = false;
  bool stopped_ = false;
};

// ---- start ------------------------------------------------------------------------------------

Result<void> Daemon::build() {
  const Config& wanted = *options_.config;
  auto data_dir = DataDir::open(wanted.data_dir);
  if (!data_dir) return data_dir.error();
  data_dir_.emplace(std::move(*data_dir));
  auto state = store::open_state_store(data_dir_->file("state.db"));
  if (!state) return state.error();
  state_ = std::move(*state);
  registry_ = std::make_unique<Registry>(*state_);
  const auto completed = registry_->complete(wanted);
  if (!completed) return completed.error();
  config_ = *completed;
  const auto snapshot = registry_->snapshot(config_);
  if (!snapshot) return snapshot.error();
  snapshot_ = *snapshot;
  new_key_ = !registry_->generated_key().empty();

  // The key of the first API that we made ourselves is kept in a file too.
  const auto stored_keys = state_->api_keys();
  if (!stored_keys) return stored_keys.error();
  for (const store::StoredApiKey& key : *stored_keys) {
    if (api_key_.empty() && key.api_id == config_->apis.front().id && !key.expires) {
      api_key_ = key.id;
    }
  }
  if (!api_key_.empty()) {
    const auto written = write_file(data_dir_->file("api-key"), api_key_ + "\n", 0600);
    if (!written) return written.error();
  }

  tls_ = std::make_unique<TlsMaterial>(data_dir_->path());
  const auto tls = tls_->load(config_->tls);
  if (!tls) return tls.error();

  StoreOptions store_options;
  store_options.path = data_dir_->file("events.db");
  store_options.max_queue_bytes = config_->limits.max_storage_queue;
  store_options.max_store_bytes = config_->limits.max_store_size;
  store_ = make_sqlite_event_store(std::move(store_options));
  const StoreHealth store_health = store_->health();
  if (store_health.state != StoreHealth::State::ok) {
    spdlog::error("history is not available err=\"{}\"", store_health.detail);
  }
  build_shards();
  const auto admin = build_admin();
  if (!admin) return admin.error();
  return listen();
}

void Daemon::build_shards() {
  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  const unsigned count = config_->threads == 0 ? cores : config_->threads;
  for (unsigned index = 0; index < count; ++index) {
    shards_.push_back(std::make_unique<Shard>(index));
  }
  open_by_shard_.resize(count);
  std::vector<cluster::Mailbox*> mailboxes;
  for (auto& shard : shards_) mailboxes.push_back(&shard->mailbox());
  store_->set_commit_sink(cluster::make_commit_sink(mailboxes));

  ShardEnvironment environment;
  environment.store = store_.get();
  environment.caps = &caps_;
  environment.history_reads = &history_reads_;
  environment.is_trusted_proxy = [this](std::string_view ip) {
    const auto trusted = proxies();
    return trusted && !trusted->empty() && address_in(ip, *trusted);
  };
  environment.admit = [this](std::string ip, std::uint32_t shard,
                             std::function<void(bool)> answer) {
    boost::asio::post(control_, [this, ip = std::move(ip), shard, answer = std::move(answer)] {
      const bool allowed = admission_.admit_address(ip);
      shards_[shard]->mailbox().push(cluster::Call([answer, allowed] { answer(allowed); }));
    });
  };
  environment.release = [this](const std::string& ip) {
    boost::asio::post(control_, [this, ip] { admission_.leave_address(ip); });
  };
  environment.outbound_total = [this] {
    std::uint64_t total = 0;
    for (const auto& shard : shards_) total += shard->metrics().outbound_queue_bytes.value();
    return total;
  };
  apply(snapshot_);
  for (auto& shard : shards_) shard->wire(mailboxes, environment, snapshot_, tls_->context());
}

// What the control thread itself takes from a snapshot.
void Daemon::apply(core::SnapshotPtr snapshot) {
  snapshot_ = std::move(snapshot);
  const Config& config = *snapshot_->config;
  caps_.mailbox.store(config.limits.max_shard_mailbox, std::memory_order_relaxed);
  std::atomic_store(&trusted_proxies_,
                    std::make_shared<const std::vector<std::string>>(config.trusted_proxies));
  static const std::uint64_t descriptors = raise_descriptor_limit();
  const std::uint64_t room =
      descriptors > 2 * kReservedDescriptors ? descriptors - kReservedDescriptors : descriptors / 2;
  const std::uint64_t asked = config.limits.max_connections;
  admission_.set_limits(asked == 0 ? room : std::min(asked, room),
                        config.limits.max_connections_per_ip);
  std::vector<ChannelNamespacePtr> namespaces;
  for (const core::ApiPtr& api : snapshot_->apis) {
    for (const auto& [name, channel_namespace] : api->namespaces) {
      namespaces.push_back(channel_namespace);
    }
  }
  store_->set_namespaces(std::move(namespaces));
  store_->set_limits(config.limits.max_storage_queue, config.limits.max_store_size);
}

Result<void> Daemon::build_admin() {
  admin_token_ = config_->admin.token;
  if (admin_token_.empty()) {
    const std::string path = data_dir_->file("admin-token");
    const auto stored = read_file(path);
    if (stored && !stored->empty()) {
      admin_token_ = *stored;
    } else {
      admin_token_ = protocol::random_lower_alphanumeric(40);
      const auto written = write_file(path, admin_token_ + "\n", 0600);
      if (!written) return written.error();
    }
  }
  keys_ = make_key_directory(*state_, [this] { return config_; }, [this] { keys_changed(); });
  const auto guard = [this](server::HttpFunction function) {
    return admin::guarded(
        [this] { return admin::GuardRules{admin_token_, config_->admin.allowed_hosts}; },
        std::move(function));
  };
  std::vector<server::Route> routes = admin::health_routes([this] { return health(); });
  for (auto& more : {admin::metrics_routes([this] { return metrics(); }),
                     admin::api_key_routes(*keys_, guard, &unix_now)}) {
    routes.insert(routes.end(), more.begin(), more.end());
  }
  admin_listener_.reset(new server::HttpListener{control_,
                                                 admin_timers_,
                                                 admin_tasks_,
                                                 admin_metrics_,
                                                 admin_buffer_,
                                                 server::HttpRouter(std::move(routes)),
                                                 [this] { return config_; },
                                                 nullptr,
                                                 nullptr,
                                                 nullptr,
                                                 nullptr,
                                                 nullptr,
                                                 nullptr,
                                                 {},
                                                 false});
  admin_acceptor_ =
      std::make_unique<server::Acceptor>(control_, [this](int socket, int family, std::string ip) {
        place_admin(socket, family, std::move(ip));
      });
  return admin_acceptor_->listen(config_->admin.listen);
}

Result<void> Daemon::listen() {
  const std::vector<int> inherited = inherited_sockets();
  for (const int socket : inherited) {
    const auto adopted = acceptor_.adopt(socket);
    if (!adopted) return adopted.error();
  }
  if (!inherited.empty()) return {};
  for (const std::string& address : config_->listen) {
    const auto listening = acceptor_.listen(address);
    if (!listening) return listening.error();
  }
  return {};
}

// ---- connections ------------------------------------------------------------------------------

void Daemon::place(int socket, int family, std::string ip) {
  const bool proxy = address_in(ip, config_->trusted_proxies);
  const bool room = admission_.admit_total();
  if (!room || (!proxy && !admission_.admit_address(ip))) {
    if (room) admission_.leave_total();
    constexpr std::string_view refusal =
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n"
        "Connection: close\r\n\r\n";
    // A new socket's buffer takes this; a TLS peer sees no sense in it and is gone all the same.
    (void)::send(socket, refusal.data(), refusal.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    ::shutdown(socket, SHUT_WR);
    ::close(socket);
    spdlog::debug("connection refused: too many ip={}", ip);
    return;
  }
  const auto least = std::min_element(open_by_shard_.begin(), open_by_shard_.end());
  const auto shard = static_cast<std::size_t>(least - open_by_shard_.begin());
  ++open_by_shard_[shard];
  const std::string counted = proxy ? std::string() : ip;
  shards_[shard]->adopt(socket, family, std::move(ip), [this, shard, counted] {
    boost::asio::post(control_, [this, shard, counted] { connection_ended(shard, counted); });
  });
}

void Daemon::connection_ended(std::size_t shard, const std::string& ip) {
  --open_by_shard_[shard];
  admission_.leave_total();
  if (!ip.empty()) admission_.leave_address(ip);
}

void Daemon::place_admin(int native_socket, int family, std::string ip) {
  net::Transport::Socket socket(control_.get_executor());
  boost::system::error_code error;
  socket.assign(family == AF_INET6 ? boost::asio::ip::tcp::v6() : boost::asio::ip::tcp::v4(),
                native_socket, error);
  if (error) {
    ::close(native_socket);
    return;
  }
  server::start_http_session(*admin_listener_, net::Transport(std::move(socket)), std::move(ip),
                             nullptr);
}

// ---- run --------------------------------------------------------------------------------------

StartedInfo Daemon::describe() const {
  StartedInfo info;
  info.addresses = acceptor_.addresses();
  info.admin_address = admin_acceptor_->addresses().front();
  info.data_dir = data_dir_->path();
  info.api_id = config_->apis.front().id;
  info.api_key = api_key_;
  info.new_key = new_key_;
  info.tls = config_->tls.enabled();
  info.tls_required = config_->tls.required;
  if (config_->tls.self_signed) info.ca_file = net::self_signed_ca_file(data_dir_->path());
  return info;
}

int Daemon::run() {
  for (auto& shard : shards_) shard->start();
  acceptor_.start();
  admin_acceptor_->start();
  await_signal();
  poll_tls();
  const auto interval = watchdog_interval();
  if (interval) feed_watchdog(*interval);

  const StartedInfo info = describe();
  const std::string scheme = info.tls_required ? "https://" : "http://";
  const nlohmann::json endpoint{{"http", scheme + info.addresses.front()},
                                {"admin", "http://" + info.admin_address}};
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
  if (!loaded.config) return keep("the file has faults");
  for (const std::string& option : config::restart_only_changes(*options_.config, *loaded.config)) {
    spdlog::warn("{} has changed: restart the daemon to apply it", option);
  }
  const auto completed = registry_->complete(*loaded.config);
  if (!completed) return keep(completed.error().message);
  const auto snapshot = registry_->snapshot(*completed);
  if (!snapshot) return keep(snapshot.error().message);
  const auto tls = tls_->load((*completed)->tls);
  if (!tls) return keep(tls.error().message);
  options_.config = loaded.config;
  config_ = *completed;
  if (!config_->admin.token.empty()) admin_token_ = config_->admin.token;
  set_log_level(config_->log);
  apply(*snapshot);
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

// The watchdog is fed only while every shard answers.
void Daemon::feed_watchdog(std::chrono::milliseconds interval) {
  notify_supervisor("WATCHDOG=1");
  watchdog_answers_ = 0;
  for (auto& shard : shards_) {
    shard->mailbox().push(
        cluster::Call([this] { boost::asio::post(control_, [this] { ++watchdog_answers_; }); }));
  }
  watchdog_.expires_after(interval);
  watchdog_.async_wait([this, interval](boost::system::error_code error) {
    if (error) return;
    if (watchdog_answers_ == shards_.size()) return feed_watchdog(interval);
    spdlog::error("a shard does not answer: the watchdog is not fed");
    watchdog_.expires_after(interval);
  });
}

void Daemon::report_status() {
  std::uint64_t connections = 0;
  std::uint64_t subscriptions = 0;
  for (const auto& shard : shards_) {
    connections += shard->metrics().connections_active.value();
    subscriptions += shard->metrics().subscriptions_active.value();
  }
  // After a burst the allocator keeps what it has; the trim takes milliseconds and is off the
  // shards.
  peak_connections_ = std::max(peak_connections_, connections);
  if (peak_connections_ > 1000 && connections < peak_connections_ / 2) {
    ::malloc_trim(0);
    peak_connections_ = connections;
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
  return health;
}

admin::MetricsInput Daemon::metrics() const {
  admin::MetricsInput input;
  for (const auto& shard : shards_) input.shards.push_back(&shard->metrics());
  input.storage_queue_bytes = store_->queued_bytes();
  input.open_connections = admission_.total();
  input.version = EVENTSD_VERSION_TEXT;
  return input;
}

// ---- stop -------------------------------------------------------------------------------------

void Daemon::begin_drain() {
  draining_ = true;
  notify_supervisor("STOPPING=1");
  acceptor_.stop();
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
  acceptor_.stop();
  if (admin_acceptor_) admin_acceptor_->stop();
  // What has been accepted is written and answered before the shards go.
  if (store_) store_->stop();
  for (auto& shard : shards_) {
    if (shard) shard->stop();
  }
  if (admin_listener_) {
    admin_listener_->abort_sessions();
    control_.restart();
    control_.poll();
  }
  if (data_dir_) ::unlink(data_dir_->file("endpoint.json").c_str());
  spdlog::info("stopped");
}

}  // namespace

Result<std::unique_ptr<App>> App::create(Options options) {
  auto daemon = std::make_unique<Daemon>(std::move(options));
  const auto built = daemon->build();
  if (!built) return built.error();
  return std::unique_ptr<App>(std::move(daemon));
}

}  // namespace eventsd::app
