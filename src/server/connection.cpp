#include "server/connection.hpp"

#include <boost/asio/post.hpp>
#include <cassert>

#include "protocol/server_message.hpp"

namespace eventsd::server {

using protocol::CloseCode;
using protocol::Opcode;

namespace {

// A peer that does not answer our Close is cut off after this.
constexpr std::chrono::seconds kCloseGrace{5};
// A slow reader gets this long to take its 1013; it costs a socket and nothing more.
constexpr std::chrono::seconds kSlowGrace{30};
// Reads in a row before other connections get their turn.
constexpr int kReadsPerTurn = 4;
// A queue is flushed within the turn when it passes this.
constexpr std::size_t kFlushWithinTurn = 256 * 1024;
// How often a connection that waits for pressure to ease looks again.
constexpr std::chrono::milliseconds kPressurePoll{20};

}  // namespace

struct Connection::Held {
  std::deque<std::string> texts;
};

void Connection::start(ShardContext& shard, net::Transport transport, Handshake handshake) {
  std::string early_bytes = std::move(handshake.early_bytes);
  Result<Credentials> credentials = std::move(handshake.credentials);
  auto self = std::make_shared<Connection>(shard, std::move(transport), std::move(handshake));
  self->self_ = self;
  shard.tasks.spawn(self->run_connect(self, std::move(credentials)));
  if (!early_bytes.empty() && self->state_ != State::finished) {
    self->decoder_.feed(early_bytes);
    self->decode();
  }
  if (self->state_ != State::finished && !self->reading_) {
    if (self->transport_.has_buffered()) {
      self->on_readable();
    } else {
      self->arm_read();
    }
  }
}

Connection::Connection(ShardContext& shard, net::Transport transport, Handshake handshake)
    : shard_(shard),
      transport_(std::move(transport)),
      outbound_(shard.buffers),
      decoder_(shard.snapshot->limits().max_frame_size),
      api_(std::move(handshake.api)),
      source_ip_(std::move(handshake.source_ip)),
      on_end_(std::move(handshake.on_end)),
      timer_([](void* self) { static_cast<Connection*>(self)->on_timer(); }, this),
      lifetime_end_(Clock::now() + shard.snapshot->limits().max_connection_lifetime),
      place_(shard.connections.size()) {
  shard.connections.push_back(this);
  shard.metrics.connections_opened.add();
  shard.metrics.connections_active.add();
  outbound_.append_raw(handshake.answer);
  mark_dirty();
  schedule(Clock::now());
}

Connection::~Connection() { assert(state_ == State::finished); }

// ---- reading ------------------------------------------------------------------------------------

void Connection::arm_read() {
  if (reading_ || state_ == State::finished) return;
  reading_ = true;
  transport_.socket().async_wait(net::Transport::Socket::wait_read,
                                 [self = shared_from_this()](boost::system::error_code) {
                                   self->reading_ = false;
                                   if (self->state_ != State::finished) self->on_readable();
                                 });
}

void Connection::arm_write() {
  if (writing_ || state_ == State::finished) return;
  writing_ = true;
  transport_.socket().async_wait(net::Transport::Socket::wait_write,
                                 [self = shared_from_this()](boost::system::error_code) {
                                   self->writing_ = false;
                                   if (self->state_ != State::finished && !self->dirty_)
                                     self->flush();
                                   // TLS may have waited for this in order to read.
                                   if (self->state_ != State::finished && !self->reading_)
                                     self->on_readable();
                                 });
}

void Connection::on_readable() {
  for (int reads = 0; reads < kReadsPerTurn; ++reads) {
    if (held_) return;  // resume_held() reads on
    const net::IoResult result = transport_.try_read(shard_.read_buffer);
    if (result.status == net::IoStatus::want_read) return arm_read();
    if (result.status == net::IoStatus::want_write) return arm_write();
    if (result.status != net::IoStatus::ok) return finish();
    shard_.metrics.bytes_received.add(result.bytes);
    if (!peer_closed_ && decoder_.close_code() == CloseCode::normal) {
      decoder_.feed({shard_.read_buffer.data(), result.bytes});
      decode();
      if (state_ == State::finished) return;
    }
    // A plain socket that gave less than asked for is empty; the next event says when it is not.
    if (!transport_.is_tls() && result.bytes < shard_.read_buffer.size()) {
      return held_ ? void() : arm_read();
    }
  }
  if (held_) return;
  reading_ = true;
  boost::asio::post(shard_.io, [self = shared_from_this()] {
    self->reading_ = false;
    if (self->state_ != State::finished) self->on_readable();
  });
}

// Takes every message that has been read. A message that must wait is copied, and so are those
// behind it, because the read buffer is the shard's; control frames are never held.
void Connection::decode() {
  protocol::WsMessage message;
  bool completed = false;  // control frames do not count: they may come between fragments
  for (;;) {
    switch (decoder_.next(message)) {
      case protocol::WsStatus::need_more: {
        // A message that has begun must be there in time, else slow senders hold memory for ever.
        const bool partial = decoder_.buffered() > 0;
        const bool watched = frame_deadline_ != Clock::time_point::max();
        if (partial != watched || (partial && completed)) {
          const Clock::time_point now = Clock::now();
          frame_deadline_ = partial ? now + shard_.snapshot->limits().idle_http_timeout
                                    : Clock::time_point::max();
          schedule(now);
        }
        return;
      }
      case protocol::WsStatus::failed:
        return break_off(decoder_.close_code(), "");
      case protocol::WsStatus::message:
        completed |= message.opcode == Opcode::text;
        on_message(message);
        if (state_ == State::finished || peer_closed_) return;
    }
  }
}

void Connection::on_message(const protocol::WsMessage& message) {
  switch (message.opcode) {
    case Opcode::text:
      if (state_ != State::open || broken_off_) return;
      if (refusal_) return send_refusal();
      if (must_hold()) return hold(message.payload);
      return handle_text(message.payload);
    case Opcode::ping:
      if (state_ != State::open) return;
      outbound_.append_frame(Opcode::pong, message.payload);
      // A flood of pings from a peer that reads nothing ends like any slow reader.
      if (outbound_.size() > shard_.snapshot->limits().max_outbound_queue) overflowed_ = true;
      return mark_dirty();
    case Opcode::close:
      peer_closed_ = true;
      if (state_ == State::open) {
        state_ = State::closing;
        held_.reset();  // or its end would not be read
        end_subscriptions();
        outbound_.append_frame(Opcode::close, message.payload.substr(0, 2));
        close_sent_ = true;
        deadline_ = Clock::now() + kCloseGrace;
        schedule(Clock::now());
      }
      return mark_dirty();
    case Opcode::binary:
      return break_off(CloseCode::unsupported_data, "text frames only");
    case Opcode::pong:
    case Opcode::continuation:
      return;
  }
}

bool Connection::must_hold() const { return held_ || connecting_ || operations_.full(); }

void Connection::hold(std::string_view text) {
  if (!held_) held_ = std::make_unique<Held>();
  held_->texts.emplace_back(text);
}

void Connection::handle_text(std::string_view text) {
  const Limits& limits = shard_.snapshot->limits();
  protocol::ClientMessage message = protocol::parse_client_message(
      text, {limits.max_events_per_publish, limits.max_publish_size});
  if (auto* publish = std::get_if<protocol::Publish>(&message)) {
    if (under_pressure(*publish, text)) return;
  }
  if (next_keep_alive_ == Clock::time_point::max()) {
    const Clock::time_point now = Clock::now();
    next_keep_alive_ = now + limits.keep_alive_interval;
    schedule(now);
  }
  std::visit([this](auto& what) { handle(std::move(what)); }, message);
  if (!operations_.empty()) watch_operations();
}

// Serves what was held, as far as it may now, then reads on.
void Connection::resume_held() {
  if (resuming_ || !held_ || state_ == State::finished) return;
  resuming_ = true;
  const auto self = shared_from_this();
  std::unique_ptr<Held> waiting = std::move(held_);
  while (!waiting->texts.empty() && !must_hold() && state_ == State::open) {
    const std::string text = std::move(waiting->texts.front());
    waiting->texts.pop_front();
    handle_text(text);
    if (held_) {  // it has to wait again, in front
      waiting->texts.push_front(std::move(held_->texts.front()));
      break;
    }
  }
  if (state_ == State::open && !waiting->texts.empty()) {
    held_ = std::move(waiting);
  } else {
    held_.reset();
  }
  resuming_ = false;
  if (!held_ && state_ != State::finished && !reading_) {
    // From the loop, not from here: the caller may be deep in somebody else's operation.
    reading_ = true;
    boost::asio::post(shard_.io, [self] {
      self->reading_ = false;
      if (self->state_ != State::finished) self->on_readable();
    });
  }
}

// True when the publish was held because the queues behind its namespace are filling.
bool Connection::under_pressure(const protocol::Publish& message, std::string_view text) {
  std::string_view name = message.channel;
  if (name.starts_with('/')) name.remove_prefix(1);
  const ChannelNamespacePtr& channel_namespace =
      api_->find_namespace(name.substr(0, name.find('/')));
  if (!channel_namespace) return false;
  const Pressure pressure = shard_.broker.pressure(*channel_namespace);
  if (pressure == Pressure::none) {
    refuse_publishes_ = false;
    pressure_until_ = {};
    return false;
  }
  if (pressure == Pressure::full || refuse_publishes_) {
    pressure_until_ = {};
    return false;
  }
  const Clock::time_point now = Clock::now();
  if (pressure_until_ == Clock::time_point{}) pressure_until_ = now + std::chrono::seconds(5);
  if (now >= pressure_until_) {
    refuse_publishes_ = true;
    pressure_until_ = {};
    return false;
  }
  hold(text);
  schedule(now);
  return true;
}

// ---- writing ------------------------------------------------------------------------------------

void Connection::send_text(std::string_view text) {
  if (state_ != State::open || overflowed_) return;
  if (outbound_.size() >= shard_.snapshot->limits().max_outbound_queue) {
    overflowed_ = true;
  } else {
    outbound_.append_frame(Opcode::text, text);
  }
  mark_dirty();
}

void Connection::mark_dirty() {
  if (dirty_ || state_ == State::finished) return;
  dirty_ = true;
  shard_.flusher.mark(*this);
}

void Connection::deliver(core::Subscription& subscription, core::Batches batches, Moment moment) {
  if (state_ != State::open || overflowed_ || broken_) return;
  if (moment == Moment::turn_end && write_at_once(subscription, batches)) return;
  for (const SequencedBatch& batch : batches) {
    if (subscription.replay && !subscription.replay->admit(batch)) continue;
    deliver_events(subscription, batch, Overflow::close);
  }
  if (outbound_.size() > kFlushWithinTurn && !writing_) {
    std::uint64_t written = 0;
    const net::IoStatus status = outbound_.flush(transport_, written);
    shard_.metrics.bytes_sent.add(written);
    if (status == net::IoStatus::failed || status == net::IoStatus::closed) broken_ = true;
  }
}

// The common case: nothing waits to be sent, and this is the connection's one subscription. The
// frames are made in the shard's scratch, which is warm, and only what the kernel does not take is
// kept. False: the ordinary way must be gone.
bool Connection::write_at_once(const core::Subscription& subscription, core::Batches batches) {
  if (!outbound_.empty() || writing_ || subscriptions_.size() != 1 || subscription.replay) {
    return false;
  }
  const std::size_t overhead =
      protocol::kMaxServerHeader + protocol::kDataPrefix.size() + subscription.id.size() + 1;
  std::size_t most = 0;
  std::size_t events = 0;
  for (const SequencedBatch& batch : batches) {
    for (const Event& event : batch.batch->events) most += overhead + event.data_suffix.size();
    events += batch.batch->events.size();
  }
  if (most > shard_.snapshot->limits().max_outbound_queue) return false;
  if (shard_.write_buffer.size() < most) shard_.write_buffer.resize(most);
  char* const begin = shard_.write_buffer.data();
  char* end = begin;
  for (const SequencedBatch& batch : batches) {
    for (const Event& event : batch.batch->events) {
      end = Outbound::encode_data(end, subscription.id, event.data_suffix, "}");
    }
  }
  shard_.metrics.events_delivered.add(events);
  const std::size_t size = static_cast<std::size_t>(end - begin);
  std::size_t sent = 0;
  while (sent < size) {
    const iovec piece{begin + sent, size - sent};
    const net::IoResult result = transport_.try_write({&piece, 1});
    if (result.status == net::IoStatus::ok) {
      sent += result.bytes;
      continue;
    }
    if (result.status == net::IoStatus::failed || result.status == net::IoStatus::closed) {
      broken_ = true;
    }
    outbound_.append_partly_sent({begin, size}, sent);
    mark_dirty();  // waits for writability, or ends
    break;
  }
  shard_.metrics.bytes_sent.add(sent);
  return true;
}

void Connection::account() {
  const std::size_t size = state_ == State::finished ? 0 : outbound_.size();
  if (size > accounted_) shard_.metrics.outbound_queue_bytes.add(size - accounted_);
  if (size < accounted_) shard_.metrics.outbound_queue_bytes.subtract(accounted_ - size);
  accounted_ = size;
}

void Connection::flush() {
  dirty_ = false;
  if (state_ == State::finished) return;
  const auto self = shared_from_this();
  if (broken_) return finish();
  if (overflowed_ && state_ == State::open) close_as_slow();  // marks it once more: one idle flush
  std::uint64_t written = 0;
  const net::IoStatus status = outbound_.flush(transport_, written);
  shard_.metrics.bytes_sent.add(written);
  account();
  if (status == net::IoStatus::failed || status == net::IoStatus::closed) return finish();
  if (status == net::IoStatus::want_write) arm_write();
  if (status == net::IoStatus::want_read) arm_read();
  if (!drain_waiters_.empty() &&
      outbound_.size() < shard_.snapshot->limits().max_outbound_queue / 2) {
    for (Completion<Done>* waiter : std::exchange(drain_waiters_, {})) waiter->complete({});
  }
  if (outbound_.empty() && close_sent_ && state_ == State::closing) {
    transport_.shutdown_write();
    if (peer_closed_) return arm_read();  // to learn of its FIN; the deadline ends it otherwise
  }
}

// ---- ending -------------------------------------------------------------------------------------

void Connection::close(CloseCode code, std::string_view reason) {
  if (state_ != State::open) return;
  if (!overflowed_) {
    for (const auto& subscription : subscriptions_) shard_.hub.settle(*subscription);
  }
  state_ = State::closing;
  end_subscriptions();
  outbound_.append_frame(Opcode::close, protocol::close_payload(code, reason));
  close_sent_ = true;
  const Clock::time_point now = Clock::now();
  deadline_ = now + kCloseGrace;
  schedule(now);
  held_.reset();
  mark_dirty();
  if (!reading_) {
    reading_ = true;  // its Close, or the end of the stream; from the loop, see resume_held()
    boost::asio::post(shard_.io, [self = shared_from_this()] {
      self->reading_ = false;
      if (self->state_ != State::finished) self->on_readable();
    });
  }
}

void Connection::close_as_slow() {
  if (state_ != State::open) return;
  shard_.metrics.slow_consumers_closed.add();
  outbound_.drop_unstarted(transport_.pending_write());
  close(CloseCode::try_again_later, "slow consumer");
  deadline_ = Clock::now() + kSlowGrace;
  schedule(Clock::now());
}

void Connection::configuration_changed() {
  if (state_ != State::open) return;
  const core::Snapshot& snapshot = *shard_.snapshot;
  decoder_.set_max_message(snapshot.limits().max_frame_size);
  core::ApiPtr now;
  for (const core::ApiPtr& api : snapshot.apis) {
    if (api->key == api_->key) now = api;
  }
  if (!now) return close(CloseCode::service_restart, "the API has been removed");
  for (const auto& subscription : subscriptions_) {
    const ChannelNamespace& before = *subscription->topic->channel_namespace;
    const ChannelNamespacePtr& after = now->find_namespace(before.name);
    if (!after) return close(CloseCode::service_restart, "the channel namespace has been removed");
    const bool readable = after->history && after->history->read == HistoryRead::subscribe;
    if (subscription->replay && !readable) {
      return close(CloseCode::service_restart, "the namespace's history has been removed");
    }
  }
  api_ = std::move(now);
}

core::Subscription* Connection::find_subscription(std::string_view id) const {
  for (const auto& subscription : subscriptions_) {
    if (subscription->id == id) return subscription.get();
  }
  return nullptr;
}

void Connection::remove_subscription(core::Subscription& subscription) {
  if (subscription.replay) subscription.replay->cancel();
  if (subscription.topic) {
    shard_.hub.settle(subscription);
    shard_.broker.leave(*shard_.hub.leave(subscription));
  }
  shard_.metrics.subscriptions_active.subtract();
  std::erase_if(subscriptions_, [&](const auto& held) { return held.get() == &subscription; });
}

void Connection::end_subscriptions() {
  while (!subscriptions_.empty()) remove_subscription(*subscriptions_.back());
  for (Completion<Done>* waiter : std::exchange(drain_waiters_, {})) waiter->complete({});
}

void Connection::finish() {
  if (state_ == State::finished) return;
  end_subscriptions();
  state_ = State::finished;
  account();
  timer_.disarm();
  held_.reset();
  transport_.close();
  shard_.connections[place_] = shard_.connections.back();
  shard_.connections[place_]->place_ = place_;
  shard_.connections.pop_back();
  shard_.metrics.connections_active.subtract();
  if (dirty_) shard_.flusher.forget(*this);
  if (on_end_) std::exchange(on_end_, {})();
  // Whoever called this holds another reference; without one this would be the last line.
  const auto last = std::move(self_);
}

void Connection::on_timer() {
  const auto self = shared_from_this();
  const Clock::time_point now = Clock::now();
  if (now >= deadline_) return finish();
  if (held_ && frame_deadline_ != Clock::time_point::max()) {
    // Not the peer's fault: nothing is read as long as messages are held.
    frame_deadline_ = now + shard_.snapshot->limits().idle_http_timeout;
  }
  if (state_ == State::open && !held_ && now >= frame_deadline_) {
    close(CloseCode::policy_violation, "frame not completed in time");
  }
  if (state_ == State::open && now >= operation_deadline_) {
    // Whether it still takes effect is not known, so there is nothing true to answer.
    close(CloseCode::internal_error, "an operation was not completed in time");
  }
  if (state_ == State::open && now >= lifetime_end_) {
    close(CloseCode::going_away, "maximum connection lifetime");
  }
  if (state_ == State::open && now >= next_keep_alive_ && refusal_) {
    send_refusal();
  } else if (state_ == State::open && now >= next_keep_alive_) {
    send_text(protocol::keep_alive());
    next_keep_alive_ = now + shard_.snapshot->limits().keep_alive_interval;
  }
  schedule(now);
  if (pressure_until_ != Clock::time_point{}) resume_held();
}

void Connection::schedule(Clock::time_point now) {
  if (state_ == State::finished) return;
  Clock::time_point next = deadline_;
  if (state_ == State::open) {
    next = std::min({lifetime_end_, next_keep_alive_, frame_deadline_, operation_deadline_});
    const bool held_by_pressure = pressure_until_ != Clock::time_point{};
    if (held_by_pressure) next = std::min(next, now + kPressurePoll);
  }
  if (next == Clock::time_point::max()) return timer_.disarm();
  shard_.timers.arm(timer_, std::max(std::chrono::ceil<std::chrono::milliseconds>(next - now),
                                     std::chrono::milliseconds(0)));
}

}  // namespace eventsd::server
