// What the daemon shows on the console.
#include <filesystem>

#include "app/daemon.hpp"
#include "config/print.hpp"

namespace eventsd::app {
namespace {

// A file that is not there has no bytes.
std::uint64_t size_of(const std::string& path) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  return error ? 0 : size;
}

}  // namespace

admin::ConsoleUse Daemon::use() const {
  admin::ConsoleUse use;
  use.version = EVENTSD_VERSION_TEXT;
  use.data_dir = data_dir_->path();
  use.addresses = public_addresses_;
  for (const auto& shard : shards_) use.shards.push_back(&shard->metrics());
  use.health = health();
  use.open_connections = admission_.total();
  use.max_connections = max_connections_;
  use.storage_queue_bytes = store_->queued_bytes();
  use.fullest_mailbox_bytes = console_.fullest_mailbox();
  const std::string database = data_dir_->file("events.db");
  use.store_bytes = size_of(database) + size_of(database + "-wal");
  use.store = store_->stats();
  return use;
}

std::vector<server::Route> Daemon::console_routes() {
  return admin::console_routes(
      {[this] { return admin::GuardRules{admin_token_, config_->admin.allowed_hosts}; },
       [this] { return snapshot_; }, [this] { return config::print_config(*config_); },
       [this] { return use(); },
       [this](core::LiveQuery query) { return console_.live(std::move(query)); },
       [this](core::FrameQuery query) { return console_.frames(std::move(query)); },
       [this](ChannelNamespacePtr channel_namespace, std::string channel,
              server::HttpRequest& request) {
         return console_.history(store_.get(), history_reads_, std::move(channel_namespace),
                                 std::move(channel), request);
       },
       console_.handlers()});
}

}  // namespace eventsd::app
