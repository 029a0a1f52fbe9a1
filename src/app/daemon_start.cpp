// Building the daemon: state, store, shards, admin port, listening sockets.
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <thread>

#include "admin/absent_operations.hpp"
#include "admin/configured_apis.hpp"
#include "admin/dev_issuer.hpp"
#include "admin/guard.hpp"
#include "admin/log_level.hpp"
#include "app/address_set.hpp"
#include "app/control_plane_caller.hpp"
#include "app/daemon.hpp"
#include "app/handler_logger.hpp"
#include "app/service_notify.hpp"
#include "protocol/text.hpp"

namespace eventsd::app {
namespace {

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

}  // namespace

void Daemon::report_admin_failure(std::exception_ptr) {
  spdlog::error("an admin session ended by an unexpected failure");
}

void Daemon::report_reload_failure(std::exception_ptr) {
  spdlog::error("the running configuration stays: an unexpected failure");
  notify_supervisor("READY=1");
}

void Daemon::report_code_failure(std::exception_ptr) {
  spdlog::error("rereading handlers ended by an unexpected failure");
}

Result<void> Daemon::build() {
  const Config& wanted = *options_.config;
  auto data_dir = DataDir::open(wanted.data_dir);
  if (!data_dir) return data_dir.error();
  data_dir_.emplace(std::move(*data_dir));
  auto state = store::open_state_store(data_dir_->file("state.db"));
  if (!state) return state.error();
  state_ = std::move(*state);
  registry_ = std::make_unique<Registry>(*state_, authorizers_, handlers_);
  const auto completed = registry_->complete(wanted);
  if (!completed) return completed.error();
  config_ = *completed;
  const auto tables = dynamodb_.open(*config_, *data_dir_);
  if (!tables) return tables.error();
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
  start_handler_logger(console_.handlers());
  const auto tables_served = dynamodb_.listen(*config_, authorizers_.iam_users());
  if (!tables_served) return tables_served.error();
  build_shards();
  const auto admin = build_admin();
  if (!admin) return admin.error();
  auth_
      .start();  // behind the admin port: the first keys it fetches may be the development issuer's
  data_.start();
  return listen();
}

void Daemon::build_shards() {
  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  const unsigned count = config_->threads == 0 ? cores : config_->threads;
  for (unsigned index = 0; index < count; ++index) {
    shards_.push_back(std::make_unique<Shard>(index));
  }
  admission_.set_shards(count);
  // The only shard accepts itself: a hand-over wakes another thread for every few connections.
  acceptor_ = std::make_unique<server::Acceptor>(count == 1 ? shards_.front()->io() : control_,
                                                 [this](auto& batch) { place(batch); });
  std::vector<cluster::Mailbox*> mailboxes;
  for (auto& shard : shards_) mailboxes.push_back(&shard->mailbox());
  store_->set_commit_sink(cluster::make_commit_sink(mailboxes));

  ShardEnvironment environment;
  environment.store = store_.get();
  environment.caps = &caps_;
  environment.history_reads = &history_reads_;
  environment.is_trusted_proxy = [this](std::string_view ip) { return is_trusted_proxy(ip); };
  environment.admit = [this](const std::string& ip) { return admission_.admit_address(ip); };
  environment.release = [this](const std::string& ip) { admission_.leave_address(ip); };
  environment.outbound_total = [this] {
    std::uint64_t total = 0;
    for (const auto& shard : shards_) total += shard->metrics().outbound_queue_bytes.value();
    return total;
  };
  apply(snapshot_);
  for (auto& shard : shards_) shard->wire(mailboxes, environment, snapshot_, tls_->context());
}

bool Daemon::is_trusted_proxy(std::string_view ip) const {
  const auto trusted = proxies();
  return trusted && !trusted->empty() && address_in(ip, *trusted);
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
  max_connections_ = asked == 0 ? room : std::min(asked, room);
  admission_.set_limits(max_connections_, config.limits.max_connections_per_ip);
  std::vector<ChannelNamespacePtr> namespaces;
  for (const core::ApiPtr& api : snapshot_->apis) {
    for (const auto& [name, channel_namespace] : api->namespaces) {
      namespaces.push_back(channel_namespace);
    }
  }
  store_->set_namespaces(std::move(namespaces));
  store_->set_limits(config.limits.max_storage_queue, config.limits.max_store_size);
}

// The configured one, else the one in dataDir/admin-token, which is made when it is missing.
Result<std::string> Daemon::find_admin_token() const {
  if (!config_->admin.token.empty()) return config_->admin.token;
  const std::string path = data_dir_->file("admin-token");
  const auto stored = read_file(path);
  if (stored && !stored->empty()) return *stored;
  const std::string made = protocol::random_lower_alphanumeric(40);
  const auto written = write_file(path, made + "\n", 0600);
  if (!written) return written.error();
  return made;
}

Result<void> Daemon::build_admin() {
  const auto token = find_admin_token();
  if (!token) return token.error();
  admin_token_ = *token;
  keys_ = make_key_directory(
      *state_, [this] { return config_; }, [this] { keys_changed(); });
  const auto rules = [this] {
    return admin::GuardRules{admin_token_, config_->admin.allowed_hosts};
  };
  const auto guard = [rules](server::HttpFunction function) {
    return admin::guarded(rules, std::move(function));
  };
  const auto operation_guard = [this, rules](std::string_view operation,
                                             server::HttpFunction function) {
    return admin::guarded(
        rules,
        [this, operation](const server::HttpRequest& request) {
          return refuse_control_plane_caller(*authorizers_.iam_users(), *config_, operation,
                                             request);
        },
        std::move(function));
  };
  std::vector<server::Route> routes = admin::health_routes([this] { return health(); });
  for (auto& more : {admin::metrics_routes([this] { return metrics(); }),
                     admin::decision_routes(desk_->log(), guard), admin::log_level_routes(guard),
                     admin::api_key_routes(*keys_, operation_guard, &unix_now),
                     admin::configured_api_routes(
                         {[this] { return config_; },
                          [this] { return reachable_host(acceptor_->addresses().front()); }},
                         operation_guard),
                     admin::absent_operation_routes(operation_guard), console_routes()}) {
    routes.insert(routes.end(), more.begin(), more.end());
  }
  if (config_->dev_issuer) {
    auto issuer = auth::DevIssuer::open(data_dir_->path());
    if (!issuer) return issuer.error();
    dev_issuer_.emplace(std::move(*issuer));
    const auto pages = admin::dev_issuer_routes(
        {[this] { return dev_issuer_->discovery(); }, [this] { return dev_issuer_->jwks(); },
         [this](const std::string& body) { return mint_dev_token(body); }});
    routes.insert(routes.end(), pages.begin(), pages.end());
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
                                                 false,
                                                 {}});
  admin_acceptor_ =
      std::make_unique<server::Acceptor>(control_, [this](auto& batch) { place_admin(batch); });
  const auto listening = admin_acceptor_->listen(config_->admin.listen);
  if (!listening) return listening;
  admin_acceptor_->set_peer_timeout(config_->limits.connection_timeout);
  if (!dev_issuer_) return {};
  // Only now the port is known, which the system may have chosen.
  const auto url = auth::dev_issuer_url(admin_acceptor_->addresses().front());
  if (!url) return url.error();
  return dev_issuer_->publish(*url);
}

Result<std::string> Daemon::mint_dev_token(const std::string& body) const {
  const auto token = auth::parse_dev_token(body);
  if (!token) return token.error();
  return dev_issuer_->mint(*token, std::chrono::system_clock::now());
}

Result<void> Daemon::listen() {
  const std::vector<int> inherited = inherited_sockets();
  for (const int socket : inherited) {
    const auto adopted = acceptor_->adopt(socket);
    if (!adopted) return adopted.error();
  }
  if (inherited.empty()) {
    for (const std::string& address : config_->listen) {
      const auto listening = acceptor_->listen(address);
      if (!listening) return listening.error();
    }
  }
  acceptor_->set_peer_timeout(config_->limits.connection_timeout);
  public_addresses_ = acceptor_->addresses();
  return {};
}

Result<std::unique_ptr<App>> App::create(Options options) {
  auto daemon = std::make_unique<Daemon>(std::move(options));
  const auto built = daemon->build();
  if (!built) return built.error();
  return std::unique_ptr<App>(std::move(daemon));
}

}  // namespace eventsd::app
