// What the console asks of all shards at once.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <vector>

#include "admin/handler_log.hpp"
#include "app/shard.hpp"
#include "core/live_view.hpp"
#include "eventsd/event_store.hpp"

namespace eventsd::app {

// Posts a question to each shard, and joins the answers on the control thread as they come back.
//   thread   control
class ConsoleDesk {
 public:
  ConsoleDesk(boost::asio::io_context& control,
              const std::vector<std::unique_ptr<Shard>>& shards);

  Task<core::LiveView> live(core::LiveQuery query);
  Task<core::FrameView> frames(core::FrameQuery query);
  Task<server::HttpResponse> history(EventStore* store, server::HistoryReadLimiter& limiter,
                                     ChannelNamespacePtr channel_namespace, std::string channel,
                                     server::HttpRequest& request);

  admin::HandlerLog& handlers() { return handlers_; }
  std::uint64_t fullest_mailbox() const;

  // No shard answers from now on.
  void close() { closed_ = true; }

 private:
  // `look` is called on each shard's thread, `join` with its answers on the control thread.
  template <typename Look, typename Join>
  Task<void> ask_all(Look look, Join join);

  boost::asio::io_context& control_;
  const std::vector<std::unique_ptr<Shard>>& shards_;
  admin::HandlerLog handlers_;
  bool closed_ = false;
};

}  // namespace eventsd::app
