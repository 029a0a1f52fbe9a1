// How a connection begins, and its reading.
#include "server/connection.hpp"

#include <boost/asio/post.hpp>
#include <cassert>

#include "protocol/server_message.hpp"

namespace eventsd::server {

using protocol::CloseCode;
using protocol::Opcode;

namespace {

// Reads in a row before other connections get their turn.
constexpr int kReadsPerTurn = 4;

}  // namespace

void Connection::start(ShardContext& shard, net::Transport transport, Handshake handshake,
                       std::function<void()>& on_end) {
  std::string early_bytes = std::move(handshake.early_bytes);
  Result<Credentials> credentials = std::move(handshake.credentials);
  auto self = std::make_shared<Connection>(shard, std::move(transport), std::move(handshake));
  self->self_ = self;
  self->on_end_ = std::move(on_end);
  try {
    self->mark_dirty();
    self->schedule(Clock::now());
    self->begin(early_bytes, std::move(credentials));
  } catch (...) {
    self->finish();
    throw;
  }
}

void Connection::begin(std::string& early_bytes, Result<Credentials> credentials) {
  const std::shared_ptr<Connection> self = self_;
  shard_.tasks.spawn(run_connect(self, std::move(credentials)));
  if (!early_bytes.empty() && state_ != State::finished) {
    decoder_.feed(early_bytes);
    decode();
  }
  if (state_ == State::finished || reading_) return;
  if (transport_.has_buffered()) {
    on_readable();
  } else {
    arm_read();
  }
}

Connection::Connection(ShardContext& shard, net::Transport transport, Handshake handshake)
    : shard_(shard),
      transport_(std::move(transport)),
      outbound_(shard.buffers),
      decoder_(shard.snapshot->limits().max_frame_size),
      api_(std::move(handshake.api)),
      source_ip_(std::move(handshake.source_ip)),
      headers_(std::move(handshake.headers)),
      timer_([](void* self) { static_cast<Connection*>(self)->on_timer(); }, this),
      lifetime_end_(Clock::now() + shard.snapshot->limits().max_connection_lifetime),
      place_(static_cast<std::uint32_t>(shard.connections.size())) {
  handshake.request_id.copy(request_id_.data(), request_id_.size());
  outbound_.append_raw(handshake.answer);
  shard.connected_at.resize(shard.connections.size());  // should the next line but one have failed
  shard.connected_at.push_back(Clock::now());
  shard.connections.push_back(this);  // the last that may fail: from here on finish() is due
  shard.metrics.connections_opened.add();
  shard.metrics.connections_active.add();
}

Connection::~Connection() { assert(state_ == State::finished); }

void Connection::arm_read() {
  if (reading_ || state_ == State::finished) return;
  reading_ = true;
  transport_.await_readable(&on_ready<&Connection::on_readable>, this);
}

void Connection::arm_write() {
  if (writing_ || state_ == State::finished) return;
  writing_ = true;
  transport_.await_writable(&on_ready<&Connection::on_writable>, this);
}

// What fails for want of memory would leave a connection that nobody reads: it is cut, and the
// readiness that follows ends it.
template <void (Connection::*work)()>
void Connection::on_ready(void* owner) {
  auto* const connection = static_cast<Connection*>(owner);
  const auto self = connection->self_;
  try {
    (connection->*work)();
  } catch (...) {
    connection->lost();
    connection->arm_read();
    throw;
  }
}

void Connection::on_writable() {
  writing_ = false;
  if (!dirty_) flush();
  // TLS may have waited for this in order to read.
  if (state_ != State::finished && !reading_) on_readable();
}

// From the loop, not from here: the caller may be deep in somebody else's operation.
void Connection::read_later() {
  if (reading_ || state_ == State::finished) return;
  boost::asio::post(shard_.io, [self = shared_from_this()] {
    if (self->state_ != State::finished) on_ready<&Connection::on_readable>(self.get());
  });
  reading_ = true;  // only now: without the message nobody would ever read again
}

void Connection::on_readable() {
  reading_ = false;
  if (broken_) return finish();
  for (int reads = 0; reads < kReadsPerTurn; ++reads) {
    if (held_) return;  // resume_held() reads on
    const net::IoResult result = transport_.try_read(shard_.read_buffer);
    if (result.status == net::IoStatus::want_read) return arm_read();
    if (result.status == net::IoStatus::want_write) return arm_write();
    if (result.status != net::IoStatus::ok) return gone();
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
  if (!held_) read_later();
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
      if (watched_) shard_.watch.received(*this, message.payload);
      shard_.metrics.inbound_messages.add(metered_units(message.payload.size()));
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
        end_code_ = protocol::close_code_of(message.payload);
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
  shard_.metrics.messages_delayed.add();
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
  if (held_->pressed && pressure_until_ != Clock::time_point{}) {
    // Nothing has changed: the frame is not parsed again.
    const Clock::time_point now = Clock::now();
    const Pressure pressure = core::publish_pressure(*api_, shard_.broker, *held_->pressed);
    if (pressure == Pressure::high && now < pressure_until_) return schedule(now);
  }
  resuming_ = true;
  const auto self = shared_from_this();
  std::unique_ptr<Held> waiting = std::move(held_);
  while (!waiting->texts.empty() && !must_hold() && state_ == State::open) {
    const std::string text = std::move(waiting->texts.front());
    waiting->texts.pop_front();
    handle_text(text);
    if (held_) {  // it has to wait again, in front
      waiting->texts.push_front(std::move(held_->texts.front()));
      waiting->pressed = std::move(held_->pressed);
      break;
    }
  }
  if (state_ == State::open && !waiting->texts.empty()) {
    held_ = std::move(waiting);
  } else {
    held_.reset();
    if (waiting->break_off) {
      const auto& [code, reason] = *waiting->break_off;
      shard_.tasks.spawn(close_in_turn(self, code, reason));
    }
  }
  resuming_ = false;
  if (!held_) read_later();
}

const ChannelNamespacePtr* Connection::granted_namespace(const protocol::Publish& message) const {
  if (!publish_grants_) return nullptr;
  std::string_view name = message.channel;
  if (name.starts_with('/')) name.remove_prefix(1);
  const ChannelNamespacePtr& found = api_->find_namespace(name.substr(0, name.find('/')));
  return found && publish_grants_->contain(found.get()) ? &found : nullptr;
}

void Connection::remember_grant(const ChannelNamespacePtr& channel_namespace) {
  if (!publish_grants_) publish_grants_ = std::make_unique<PublishGrants>();
  PublishGrants& grants = *publish_grants_;
  if (grants.contain(channel_namespace.get())) return;
  grants.latest[grants.next++ % grants.latest.size()] = channel_namespace;
}

// True when the publish was held because the queues behind its namespace are filling. Before a
// publish has been granted nothing is held: who waits learns that the namespace exists. Then
// wait_for_room() does it, behind authorization.
bool Connection::under_pressure(const protocol::Publish& message, std::string_view text) {
  const ChannelNamespacePtr* const channel_namespace = granted_namespace(message);
  if (!channel_namespace) return false;
  const Pressure pressure = core::publish_pressure(*api_, shard_.broker, **channel_namespace);
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
  held_->pressed = *channel_namespace;
  schedule(now);
  return true;
}

// The first publish to a namespace, which has just been granted. The caller keeps the connection.
Task<bool> Connection::wait_for_room(ChannelNamespacePtr channel_namespace) {
  remember_grant(channel_namespace);
  const bool has_room = co_await server::wait_for_room(shard_, api_, std::move(channel_namespace));
  if (!has_room) refuse_publishes_ = true;
  co_return has_room;
}

}  // namespace eventsd::server
