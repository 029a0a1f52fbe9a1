// The extension "replay": stored events first, then live ones (docs/PROTOCOL.md, R rules).
#include <spdlog/spdlog.h>

#include <algorithm>

#include "protocol/cursor.hpp"
#include "protocol/server_message.hpp"
#include "server/connection.hpp"

namespace eventsd::server {
namespace {

constexpr std::uint64_t kPageBytes = 256 * 1024;
constexpr std::uint32_t kPageEvents = 500;

ReadRequest page_after(const ChannelNamespacePtr& channel_namespace, std::string_view channel,
                       Position after, std::uint32_t limit) {
  ReadRequest request;
  request.channel_namespace = channel_namespace;
  request.channel = channel;
  request.direction = ReadRequest::Direction::newer;
  request.from = after;
  request.limit = limit;
  request.max_bytes = kPageBytes;
  return request;
}

}  // namespace

// While it lives no other replay of the connection reads.
struct Connection::ReplayTurn {
  explicit ReplayTurn(Connection& of) : connection(of) { connection.replay_reading_ = true; }
  ~ReplayTurn() {
    connection.replay_reading_ = false;
    connection.mark_dirty();  // flush() wakes those that wait
  }
  Connection& connection;
};

Result<Connection::PreparedReplay> Connection::check_replay(
    const protocol::ReplayRequest& request, const core::SubscribeGrant& grant) const {
  const auto& history = grant.channel_namespace->history;
  if (!shard_.history || !history || history->read != HistoryRead::subscribe) {
    return fail(ErrorKind::bad_request, "No history can be read in this channel namespace");
  }
  PreparedReplay prepared{request.last, {}};
  if (!request.last) {
    const Result<protocol::Cursor> cursor =
        protocol::decode_cursor(request.after, *grant.channel_namespace);
    if (!cursor) return cursor.error();
    prepared.after = *cursor;
  }
  return prepared;
}

// Finds out where the replay begins, answers, and starts it. The subscription is joined already;
// what arrives meanwhile will be read from the store.
Task<void> Connection::run_replay_start(std::shared_ptr<Connection> self, std::string id,
                                        PreparedReplay request, core::SubscribeGrant grant) {
  const std::string channel = grant.channel.path();
  const auto replay = std::make_shared<core::Replay>();
  core::Subscription* joined = self->find_subscription(id);
  joined->replay = replay;

  // The store's position now; for `last`, back over as many events as were asked for.
  ReadRequest question = page_after(grant.channel_namespace, channel, 0, 0);
  question.from.reset();
  Completion<Result<Page>> first;
  self->shard_.history->read(question, first);
  Result<Page> page = co_await first;
  Position from = page ? page->head : 0;
  std::uint32_t missing = request.last.value_or(0);
  while (page && missing > 0) {
    ReadRequest back;
    back.channel_namespace = grant.channel_namespace;
    back.channel = channel;
    back.from = from + 1;
    back.limit = missing;
    Completion<Result<Page>> done;
    self->shard_.history->read(back, done);
    page = co_await done;
    if (self->state_ != State::open || replay->cancelled()) co_return;
    if (!page) break;
    missing -= static_cast<std::uint32_t>(page->events.size());
    if (!page->events.empty()) from = page->events.front().position - 1;
    if (missing == 0) break;
    if (!page->next) {
      from = 0;
      break;
    }
    from = *page->next - 1;
  }
  if (self->state_ != State::open || replay->cancelled()) co_return;
  if (!page) {
    self->find_subscription(id)->metrics->subscribes.add_failure(page.error().kind);
    self->remove_subscription(*self->find_subscription(id));
    self->shard_.metrics.subscribe_errors.add();
    self->send_text(protocol::error_message("subscribe_error", id, page.error()));
    co_return;
  }

  bool recovered = true;
  if (!request.last) {
    const bool same_store = request.after.epoch == page->epoch;
    from = same_store ? std::min(request.after.position, page->head) : 0;
    recovered = same_store && request.after.position <= page->head &&
                page->removed_through <= request.after.position;
  }
  replay->begin(page->epoch, from);
  self->shard_.metrics.subscribe_success.add();
  self->find_subscription(id)->metrics->subscribes.success.add();
  self->send_text(protocol::subscribe_success(
      id, protocol::ReplayAnswer{
              recovered, protocol::encode_cursor({page->epoch, from}, *grant.channel_namespace)}));
  self->shard_.tasks.spawn(
      self->run_replay(self, replay, id, grant.channel_namespace, channel, page->removed_through));
}

Task<void> Connection::run_replay(std::shared_ptr<Connection> self,
                                  std::shared_ptr<core::Replay> replay, std::string id,
                                  ChannelNamespacePtr channel_namespace, std::string channel,
                                  Position removed_through) {
  // A subscription whose replay has failed would be silent for ever.
  const EndIfFailed guard{*self};
  for (;;) {
    // The client's reading sets the pace; a replay never makes a slow consumer.
    // One page of one replay at a time, so that many replays together keep under the cap, too.
    const auto must_wait = [&self] {
      return self->replay_reading_ ||
             self->outbound_.size() >= self->shard_.snapshot->limits().max_outbound_queue / 2;
    };
    while (must_wait()) {
      Completion<Done> woken;  // by flush(), which the end of a turn or writability brings about
      self->drain_waiters_.push_back(&woken);
      if (!self->replay_reading_) self->mark_dirty();
      co_await woken;
      if (self->state_ != State::open || replay->cancelled()) co_return;
    }
    if (self->state_ != State::open || replay->cancelled()) co_return;
    const ReplayTurn turn(*self);
    Completion<Result<Page>> done;
    self->shard_.history->read(page_after(channel_namespace, channel, replay->last(), kPageEvents),
                               done);
    const Result<Page> page = co_await done;
    if (self->state_ != State::open || replay->cancelled()) co_return;
    if (!page) {
      spdlog::warn("replay ended: the store cannot be read ns={} request={}",
                   channel_namespace->name,
                   std::string_view(self->request_id_.data(), self->request_id_.size()));
      self->close(protocol::CloseCode::service_restart, "history is not available");
      co_return;
    }
    if (page->removed_through > removed_through && page->removed_through > replay->last()) {
      self->close(protocol::CloseCode::service_restart, "history was removed during the replay");
      co_return;
    }
    core::Subscription* const subscription = self->find_subscription(id);
    for (const StoredEvent& event : page->events) {
      self->append_event(*subscription, protocol::data_suffix(event.payload), event.position,
                         Overflow::allow);
    }
    self->mark_dirty();
    if (page->next) {
      replay->delivered(*page->next);
      if (replay->holding()) replay->read_on();
      continue;
    }
    // The end of the store, as of this read.
    replay->delivered(std::max(replay->last(), page->head));
    if (!replay->holding()) {
      replay->hold();
      continue;
    }
    // Once it is live, a full queue closes the connection; so the client catches up first.
    if (self->outbound_.size() >= self->shard_.snapshot->limits().max_outbound_queue / 2) {
      replay->read_on();
      continue;
    }
    for (const SequencedBatch& batch : replay->go_live()) {
      self->deliver_events(*subscription, batch, Overflow::allow);
    }
    co_return;
  }
}

void Connection::deliver_events(core::Subscription& subscription, const SequencedBatch& batch,
                                Overflow overflow) {
  Position position = batch.first_position;
  for (const Event& event : batch.batch->events) {
    const bool already_seen = subscription.replay && position <= subscription.replay->last();
    if (!already_seen) {
      append_event(subscription, event.data_suffix, position, overflow);
      if (overflowed_) break;
    }
    ++position;
  }
  mark_dirty();
}

void Connection::show_data(std::string_view id, std::string_view suffix, std::string_view ending) {
  std::string frame(protocol::kDataPrefix);
  frame.append(id).append(suffix).append(ending);
  shard_.watch.sent(*this, frame);
}

void Connection::append_event(core::Subscription& subscription, std::string_view suffix,
                              Position position, Overflow overflow) {
  if (overflow == Overflow::close &&
      outbound_.size() >= shard_.snapshot->limits().max_outbound_queue) {
    overflowed_ = true;
    subscription.metrics->broadcasts.client_errors.add();
    return;
  }
  if (!subscription.replay) {
    if (watched_) show_data(subscription.id, suffix, "}");
    outbound_.append_data(subscription.id, suffix, "}");
  } else {
    core::Replay& replay = *subscription.replay;
    std::string ending = R"(,"cursor":")";
    ending +=
        protocol::encode_cursor({replay.epoch(), position}, *subscription.topic->channel_namespace);
    ending += "\"}";
    if (watched_) show_data(subscription.id, suffix, ending);
    outbound_.append_data(subscription.id, suffix, ending);
    replay.delivered(position);
  }
  shard_.metrics.events_delivered.add();
  shard_.metrics.outbound_messages.add(metered_units(suffix.size() + subscription.id.size()));
  subscription.metrics->broadcasts.success.add();
}

}  // namespace eventsd::server
