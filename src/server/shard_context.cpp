#include "server/shard_context.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/post.hpp>

#include "core/event_api.hpp"
#include "server/connection.hpp"

namespace eventsd::server {
namespace {

// Large enough that a burst of frames is decoded from one read.
constexpr std::size_t kReadBuffer = 64 * 1024;

void log_failure(std::exception_ptr failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    spdlog::error("a session ended by an unexpected failure err=\"{}\"", error.what());
  }
}

}  // namespace

ShardContext::ShardContext(boost::asio::io_context& io_context, Broker& shard_broker,
                           core::History* shard_history, net::Poller::Turn* turn)
    : io(io_context),
      poller(io_context, turn),
      broker(shard_broker),
      history(shard_history),
      timers(io_context),
      flusher(io_context, hub),
      tasks(log_failure),
      read_buffer(kReadBuffer),
      departures(io_context) {
  hub.on_turn([this] { flusher.schedule(); });
}

NamespaceMetrics& ShardContext::counters_of(const core::Api& api, std::string_view channel) {
  if (channel.starts_with('/')) channel.remove_prefix(1);
  const ChannelNamespacePtr& found = api.find_namespace(channel.substr(0, channel.find('/')));
  return found ? metrics.namespaces.of(*found) : metrics.namespaces.unknown();
}

Task<bool> wait_for_room(ShardContext& shard, core::ApiPtr api,
                         ChannelNamespacePtr channel_namespace) {
  for (int polls = 0; polls < 250 && !shard.stopping; ++polls) {
    const Pressure pressure = core::publish_pressure(*api, shard.broker, *channel_namespace);
    if (pressure == Pressure::none) co_return true;
    if (pressure == Pressure::full) co_return false;
    Completion<Done> passed;
    net::TimerEntry timer([](void* done) { static_cast<Completion<Done>*>(done)->complete({}); },
                          &passed);
    shard.timers.arm(timer, std::chrono::milliseconds(20));
    co_await passed;
  }
  co_return false;
}

void Flusher::schedule() {
  if (scheduled_) return;
  if (!in_turn_) boost::asio::post(io_, [this] { flush(); });
  scheduled_ = true;  // not if that failed, or nothing would ever be flushed again
}

void Flusher::end_turn() {
  in_turn_ = false;
  // Also what was posted before the turn: that finds nothing more to do.
  if (scheduled_) flush();
}

void Flusher::mark(Connection& connection) {
  schedule();
  dirty_.push_back(&connection);
}

void Flusher::forget(Connection& connection) {
  std::replace(dirty_.begin(), dirty_.end(), &connection, static_cast<Connection*>(nullptr));
  std::replace(flushing_.begin(), flushing_.end(), &connection, static_cast<Connection*>(nullptr));
}

void Flusher::flush() {
  // First, so that a failure in here costs this turn and not all that follow.
  scheduled_ = false;
  flushing_.clear();
  hub_.end_turn();
  flushing_.swap(dirty_);
  for (std::size_t i = 0; i < flushing_.size(); ++i) {
    if (!flushing_[i]) continue;
    try {
      flushing_[i]->flush();
    } catch (const std::exception& error) {
      // It costs this connection; those behind it would wait for ever.
      spdlog::error("a connection cannot be written to err=\"{}\"", error.what());
      if (flushing_[i]) flushing_[i]->abort();
    }
  }
  flushing_.clear();
}

}  // namespace eventsd::server
