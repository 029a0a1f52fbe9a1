// The daemon itself: App's one implementation.
#pragma once

#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>

#include "admin/console.hpp"
#include "admin/health.hpp"
#include "admin/metrics_page.hpp"
#include "app/app.hpp"
#include "app/auth_thread.hpp"
#include "app/authorization_desk.hpp"
#include "app/authorizers.hpp"
#include "app/console_desk.hpp"
#include "app/data_dir.hpp"
#include "app/data_thread.hpp"
#include "app/dynamodb_service.hpp"
#include "app/handlers.hpp"
#include "app/key_directory.hpp"
#include "app/registry.hpp"
#include "app/shard.hpp"
#include "app/tls_material.hpp"
#include "auth/dev_issuer.hpp"
#include "server/acceptor.hpp"

namespace eventsd::app {

// Built by daemon_start.cpp, serves and stops in daemon.cpp.
//   thread   control (main), but for what its members say
class Daemon final : public App {
 public:
  explicit Daemon(Options options)
      : options_(std::move(options)),
        signals_(control_, SIGTERM, SIGINT, SIGHUP),
        tls_poll_(control_),
        code_poll_(control_),
        code_tasks_(&report_code_failure),
        reload_tasks_(&report_reload_failure),
        watchdog_(control_),
        status_(control_),
        drain_deadline_(control_),
        admin_timers_(control_),
        admin_tasks_(&report_admin_failure),
        admin_buffer_(16 * 1024),
        poller_(control_) {}

  ~Daemon() override { stop_all(); }

  Result<void> build();
  int run() override;

 private:
  static void report_admin_failure(std::exception_ptr failure);
  static void report_code_failure(std::exception_ptr failure);
  static void report_reload_failure(std::exception_ptr failure);
  void build_shards();
  Result<void> build_admin();
  Result<std::string> find_admin_token() const;
  Result<std::string> mint_dev_token(const std::string& body) const;
  Result<void> listen();
  // On the thread that accepts: the only shard's, or the control thread's when there are several.
  void place(std::vector<server::Acceptor::Accepted>& batch);
  void start_accepting();
  void stop_accepting();
  void place_admin(std::vector<server::Acceptor::Accepted>& batch);
  void apply(core::SnapshotPtr snapshot);
  // One after another; signals that come while one is under way ask for one more together.
  void reload();
  Task<void> reload_in_turn();
  Task<void> reload_once();
  void keys_changed();
  void await_signal();
  void poll_tls();
  void poll_code();
  Task<void> reread_code();
  void feed_watchdog(std::chrono::milliseconds interval);
  void await_shards(std::chrono::milliseconds interval);
  void report_status();
  void begin_drain();
  void stop_all();
  // Any thread.
  bool is_trusted_proxy(std::string_view ip) const;
  StartedInfo describe() const;
  admin::Health health() const;
  admin::MetricsInput metrics() const;
  std::vector<server::Route> console_routes();
  admin::ConsoleUse use() const;
  std::shared_ptr<const std::vector<std::string>> proxies() const {
    return std::atomic_load(&trusted_proxies_);
  }

  Options options_;
  boost::asio::io_context control_;
  boost::asio::signal_set signals_;
  boost::asio::steady_timer tls_poll_;
  boost::asio::steady_timer code_poll_;
  TaskGroup code_tasks_;    // at most one
  TaskGroup reload_tasks_;  // at most one
  bool reload_again_ = false;
  boost::asio::steady_timer watchdog_;
  boost::asio::steady_timer status_;
  boost::asio::steady_timer drain_deadline_;

  std::optional<DataDir> data_dir_;
  // Before everything that may hold an authorizer.
  AuthThread auth_{[this](const std::string& ip) { return is_trusted_proxy(ip); }};
  const std::shared_ptr<AuthorizationDesk> desk_ = std::make_shared<AuthorizationDesk>(
      auth_, [this](std::function<void()> work) { boost::asio::post(control_, std::move(work)); },
      [this](const std::string& ip) { return is_trusted_proxy(ip); });
  Authorizers authorizers_{auth_, desk_};
  // Before everything that may hold a handler.
  DataThread data_;
  DynamoDbService dynamodb_;
  Handlers handlers_{data_, {}, &dynamodb_};
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
  std::optional<auth::DevIssuer> dev_issuer_;  // devIssuer.enabled

  cluster::QueueCaps caps_;
  server::HistoryReadLimiter history_reads_;
  std::unique_ptr<EventStore> store_;
  std::vector<std::unique_ptr<Shard>> shards_;
  ConsoleDesk console_{control_, shards_};
  server::Admission admission_;
  std::vector<std::string> public_addresses_;  // as bound; constant once it serves
  std::uint64_t max_connections_ = 0;  // what admission_ was told

  net::TimerWheel admin_timers_;
  TaskGroup admin_tasks_;
  ShardMetrics admin_metrics_;
  std::vector<char> admin_buffer_;
  std::unique_ptr<admin::ApiKeyDirectory> keys_;
  std::unique_ptr<server::HttpListener> admin_listener_;
  std::unique_ptr<server::Acceptor> admin_acceptor_;
  net::Poller poller_;  // of the admin connections
  std::unique_ptr<server::Acceptor> acceptor_;

  const std::chrono::system_clock::time_point started_ = std::chrono::system_clock::now();
  std::size_t draining_shards_ = 0;
  std::size_t watchdog_answers_ = 0;
  bool draining_ = false;
  bool stopped_ = false;
};

}  // namespace eventsd::app
