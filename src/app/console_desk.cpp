#include "app/console_desk.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <optional>

#include "server/history_read.hpp"
#include "server/shard_watch.hpp"

namespace eventsd::app {
namespace {

// Brings pages from the store's reader threads to the control thread.
class ControlHistory final : public core::History {
 public:
  ControlHistory(EventStore& store, boost::asio::io_context& control)
      : store_(store), control_(control) {}
  void read(ReadRequest request, Completion<Result<Page>>& done) override {
    store_.read(std::move(request), [&control = control_, &done](Result<Page> page) {
      auto shared = std::make_shared<Result<Page>>(std::move(page));
      boost::asio::post(control, [shared, &done] { done.complete(std::move(*shared)); });
    });
  }

 private:
  EventStore& store_;
  boost::asio::io_context& control_;
};

}  // namespace

ConsoleDesk::ConsoleDesk(boost::asio::io_context& control,
                         const std::vector<std::unique_ptr<Shard>>& shards)
    : control_(control), shards_(shards), handlers_([&control](std::function<void()> work) {
        boost::asio::post(control, std::move(work));
      }) {}

template <typename Look, typename Join>
Task<void> ConsoleDesk::ask_all(Look look, Join join) {
  if (closed_ || shards_.empty()) co_return;
  Completion<Done> all;
  std::size_t missing = shards_.size();
  for (std::uint32_t index = 0; index < shards_.size(); ++index) {
    shards_[index]->inspect([this, look, &join, &all, &missing, index](
                                server::ShardContext& shard) {
      using Answer = decltype(look(shard, index));
      auto answer = std::make_shared<std::optional<Answer>>();
      try {
        answer->emplace(look(shard, index));
      } catch (const std::exception& failure) {  // its part is missing then
        spdlog::warn("a shard could not be looked at shard={} err=\"{}\"", index, failure.what());
      }
      boost::asio::post(control_, [answer, &join, &all, &missing] {
        if (*answer) join(std::move(**answer));
        if (--missing == 0) all.complete({});
      });
    });
  }
  co_await all;
}

Task<core::LiveView> ConsoleDesk::live(core::LiveQuery query) {
  core::LiveView view;
  co_await ask_all(
      [query](server::ShardContext& shard, std::uint32_t index) {
        return server::look(shard, query, index, server::ShardWatch::Clock::now());
      },
      [&view](core::LiveView part) { core::join(view, std::move(part)); });
  core::trim(view, query.order);
  co_return view;
}

Task<core::FrameView> ConsoleDesk::frames(core::FrameQuery query) {
  core::FrameView view;
  co_await ask_all(
      [query](server::ShardContext& shard, std::uint32_t) {
        return shard.watch.frames(shard, query, server::ShardWatch::Clock::now());
      },
      [&view](core::FrameView part) {
        // One shard at most has it.
        if (part.state != core::FrameView::State::unknown) view = std::move(part);
      });
  co_return view;
}

Task<server::HttpResponse> ConsoleDesk::history(EventStore* store,
                                                server::HistoryReadLimiter& limiter,
                                                ChannelNamespacePtr channel_namespace,
                                                std::string channel,
                                                server::HttpRequest& request) {
  std::optional<ControlHistory> past;
  if (store && !closed_) past.emplace(*store, control_);
  server::HttpResponse response =
      co_await server::read_history(past ? &*past : nullptr, limiter, std::move(channel_namespace),
                                    std::move(channel), request);
  co_return response;
}

std::uint64_t ConsoleDesk::fullest_mailbox() const {
  std::uint64_t fullest = 0;
  for (const auto& shard : shards_) fullest = std::max(fullest, shard->mailbox().bytes());
  return fullest;
}

}  // namespace eventsd::app
