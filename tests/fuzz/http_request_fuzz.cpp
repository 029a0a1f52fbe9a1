// Bytes of a client into a session of the public listener: HTTP, the PROXY protocol, the upgrade,
// and what follows it. The first byte says how they arrive.
#include <spdlog/spdlog.h>

#include <array>
#include <cstdint>
#include <cstdlib>

#include "auth/api_key.hpp"
#include "cluster/local_broker.hpp"
#include "unit/server/support/session_world.hpp"

namespace {

using namespace eventsd;

void require(bool holds) {
  if (!holds) std::abort();
}

core::SnapshotPtr snapshot() {
  auto api = std::make_shared<core::Api>();
  api->key = 1;
  api->id = "api";
  api->connection_modes = {AuthMode::api_key};
  api->authorizers[0] = auth::make_api_key_authorizer({{"k", std::nullopt}});
  auto channel_namespace = std::make_shared<ChannelNamespace>();
  channel_namespace->key = channel_namespace->api_key = 1;
  channel_namespace->name = "default";
  channel_namespace->publish_modes = channel_namespace->subscribe_modes = {AuthMode::api_key};
  api->namespaces.emplace("default", channel_namespace);
  auto made = std::make_shared<core::Snapshot>();
  auto config = std::make_shared<Config>();
  config->cors_allow_origins = {"https://example.com"};
  config->limits.max_header_size = 2048;  // small, so that inputs reach the limits
  config->limits.max_frame_size = 4096;
  config->limits.max_outbound_queue = 4096;
  made->config = std::move(config);
  made->apis.push_back(std::move(api));
  return made;
}

// One shard, as the daemon has it. Inputs follow each other on it.
struct Shard {
  boost::asio::io_context io;
  cluster::Mailbox mailbox{io};
  std::array<cluster::Mailbox*, 1> mailboxes{&mailbox};
  cluster::QueueCaps caps;
  test::SessionWorld* world_in_use = nullptr;
  std::unique_ptr<cluster::ShardBroker> broker = cluster::make_local_broker(
      0, mailboxes, nullptr, caps,
      [this](const SequencedBatch& batch) { world_in_use->context.hub.deliver(batch); });
  test::SessionWorld world{io, *broker, snapshot()};

  Shard() {
    spdlog::set_level(spdlog::level::off);
    world_in_use = &world;
  }
};

constexpr unsigned kTrusted = 1;
constexpr unsigned kInPieces = 2;
constexpr unsigned kHangUpAtOnce = 4;
constexpr unsigned kNeverReads = 8;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Shard shard;
  test::SessionWorld& world = shard.world;
  if (size == 0 || size > 64 * 1024) return 0;
  const unsigned how = data[0];
  std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);

  test::Peer peer = world.connect(how & kTrusted ? "10.0.0.1" : "192.0.2.1");
  std::string answers;
  const std::size_t piece = how & kInPieces ? (how >> 4) * 7 + 1 : bytes.size();
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    if (peer.send(bytes.substr(0, piece)) == 0) break;
    require(world.run_until_idle());
    if (!(how & kNeverReads)) answers += peer.received();
  }
  if (!(how & kHangUpAtOnce)) {
    peer.end_sending();
    require(world.run_until_idle());
    answers += peer.received();
  }
  peer.hang_up();
  require(world.run_until_idle());

  require(answers.empty() || answers.starts_with("HTTP/1.1 "));
  // Nothing is left of a client that has gone.
  require(world.open == 0);
  require(world.context.tasks.running() == 0);
  require(world.context.connections.empty());
  require(world.listener.sessions.empty());
  require(world.context.hub.topics() == 0);
  require(world.context.metrics.outbound_queue_bytes.value() == 0);
  require(world.context.metrics.subscriptions_active.value() == 0);
  return 0;
}
