// What a connection sends: gathered, and written once a turn.
#include <algorithm>
#include <array>
#include <span>

#include "protocol/server_message.hpp"
#include "server/connection.hpp"

namespace eventsd::server {

using protocol::Opcode;

namespace {

// A queue is flushed within the turn when it passes this.
constexpr std::size_t kFlushWithinTurn = 256 * 1024;
// Events from this size on are handed to the kernel where they lie, by reference; smaller ones are
// copied into one buffer, which is cheaper for them (docs/PERFORMANCE.md).
constexpr std::size_t kShareFrom = 8 * 1024;
// Room made at once for what one topic brings.
constexpr std::size_t kReserved = 64 * 1024;
// Events in one gathering write.
constexpr std::size_t kShared = 32;

// What the frames take, without cursors.
std::size_t data_bytes(core::Batches batches, std::size_t overhead) {
  std::size_t bytes = 0;
  for (const SequencedBatch& batch : batches) {
    for (const Event& event : batch.batch->events) bytes += overhead + event.data_suffix.size();
  }
  return bytes;
}

std::size_t data_overhead(const core::Subscription& subscription) {
  return protocol::kMaxServerHeader + protocol::kDataPrefix.size() + subscription.id.size() + 1;
}

}  // namespace

void Connection::send_text(std::string_view text) {
  if (state_ != State::open || overflowed_) return;
  if (outbound_.size() >= shard_.snapshot->limits().max_outbound_queue) {
    overflowed_ = true;
  } else {
    if (watched_) shard_.watch.sent(*this, text);
    outbound_.append_frame(Opcode::text, text);
    shard_.metrics.outbound_messages.add(metered_units(text.size()));
  }
  mark_dirty();
}

void Connection::mark_dirty() {
  if (dirty_ || state_ == State::finished) return;
  shard_.flusher.mark(*this);
  dirty_ = true;
}

// Needs no memory: the poller finds the stream ended, and then the connection ends.
void Connection::lost() noexcept {
  broken_ = true;
  for (const auto& subscription : subscriptions_) {
    subscription->metrics->broadcasts.server_errors.add();
  }
  transport_.cut();
}

void Connection::deliver(core::Subscription& subscription, core::Batches batches, Moment moment) {
  if (state_ != State::open || overflowed_ || broken_) return;
  if (moment == Moment::turn_end && write_at_once(subscription, batches)) return;
  if (batches.size() > 1) {  // or the buffer would grow, and be copied, several times
    outbound_.reserve(std::min(data_bytes(batches, data_overhead(subscription)), kReserved));
  }
  for (const SequencedBatch& batch : batches) {
    // Published while nothing was kept yet: its position is not one of the history's.
    if (subscription.replay && !batch.batch->channel_namespace->history) {
      return close(protocol::CloseCode::service_restart, "the namespace's history has changed");
    }
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
  if (!outbound_.empty() || writing_ || subscriptions_.size() != 1 || subscription.replay || watched_) {
    return false;
  }
  DataRun& run = shard_.data_run;
  run.begin(shard_.hub.hand_outs(), batches, subscription.id.size());
  if (run.most_bytes() > shard_.snapshot->limits().max_outbound_queue) return false;
  shard_.metrics.events_delivered.add(run.events());
  shard_.metrics.outbound_messages.add(run.units());
  subscription.metrics->broadcasts.success.add(run.events());
  const bool shares =
      run.most_bytes() > run.events() * (kShareFrom + run.overhead()) && !transport_.is_tls();
  if (shares) {
    write_sharing(subscription, batches);
    return true;
  }
  const std::string_view frames = run.frames(batches, subscription.id);
  std::size_t sent = 0;
  while (sent < frames.size()) {
    const iovec piece{const_cast<char*>(frames.data()) + sent, frames.size() - sent};
    const net::IoResult result = transport_.try_write({&piece, 1});
    if (result.status == net::IoStatus::ok) {
      sent += result.bytes;
      continue;
    }
    if (result.status == net::IoStatus::failed || result.status == net::IoStatus::closed) {
      broken_ = true;
    }
    outbound_.append_partly_sent(frames, sent);
    mark_dirty();  // waits for writability, or ends
    break;
  }
  shard_.metrics.bytes_sent.add(sent);
  return true;
}

// Frames in pieces: "HEAD", body, "}HEAD", body, …, "}". Only what the kernel does not take is
// copied.
void Connection::write_sharing(const core::Subscription& subscription, core::Batches batches) {
  const std::size_t room = kShared * data_overhead(subscription) + 1;
  if (shard_.write_buffer.size() < room) shard_.write_buffer.resize(room);
  std::array<iovec, 2 * kShared + 1> pieces;
  std::size_t count = 0;
  char* at = shard_.write_buffer.data();
  std::size_t sent = 0;
  const auto send = [&] {
    *at = '}';
    pieces[count++] = {at, 1};
    std::span<iovec> left(pieces.data(), count);
    while (!left.empty()) {
      net::IoResult result = transport_.try_write(left);
      if (result.status == net::IoStatus::failed || result.status == net::IoStatus::closed) {
        broken_ = true;
      }
      if (result.status != net::IoStatus::ok) return false;
      sent += result.bytes;
      for (; !left.empty() && result.bytes >= left[0].iov_len; left = left.subspan(1)) {
        result.bytes -= left[0].iov_len;
      }
      if (result.bytes > 0) {
        left[0].iov_base = static_cast<char*>(left[0].iov_base) + result.bytes;
        left[0].iov_len -= result.bytes;
      }
    }
    count = 0;
    at = shard_.write_buffer.data();
    return true;
  };
  bool all = true;
  for (const SequencedBatch& batch : batches) {
    for (const Event& event : batch.batch->events) {
      if (!all) break;
      char* const head = at;
      if (count > 0) *at++ = '}';
      at = Outbound::encode_data_head(at, subscription.id, event.data_suffix.size() + 1);
      pieces[count++] = {head, static_cast<std::size_t>(at - head)};
      pieces[count++] = {const_cast<char*>(event.data_suffix.data()), event.data_suffix.size()};
      if (count == 2 * kShared) all = send();
    }
  }
  if (all && count > 0) all = send();
  shard_.metrics.bytes_sent.add(sent);
  if (all) return;
  std::size_t whole = 0;
  for (const SequencedBatch& batch : batches) {
    for (const Event& event : batch.batch->events) {
      whole += Outbound::data_size(subscription.id, event.data_suffix, "}");
    }
  }
  outbound_.reserve(whole - sent + protocol::kMaxServerHeader);
  for (const SequencedBatch& batch : batches) {
    for (const Event& event : batch.batch->events) {
      const std::size_t size = Outbound::data_size(subscription.id, event.data_suffix, "}");
      if (sent >= size) {
        sent -= size;
      } else if (sent > 0) {
        outbound_.append_data_rest(subscription.id, event.data_suffix, "}", std::exchange(sent, 0));
      } else {
        outbound_.append_data(subscription.id, event.data_suffix, "}");
      }
    }
  }
  mark_dirty();  // waits for writability, or ends
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
  if (broken_) return finish();
  if (overflowed_ && state_ == State::open) close_as_slow();  // marks it once more: one idle flush
  // As long as writability is awaited the kernel has no room: a `send` would only say so.
  if (writing_) return account();
  std::uint64_t written = 0;
  const net::IoStatus status = outbound_.flush(transport_, written);
  shard_.metrics.bytes_sent.add(written);
  account();
  if (status == net::IoStatus::failed || status == net::IoStatus::closed) return finish();
  if (status == net::IoStatus::want_write) arm_write();
  if (status == net::IoStatus::want_read) arm_read();
  std::shared_ptr<Connection> self;
  if (!drain_waiters_.empty() &&
      outbound_.size() < shard_.snapshot->limits().max_outbound_queue / 2) {
    self = shared_from_this();  // a replay may end the connection
    for (Completion<Done>* waiter : std::exchange(drain_waiters_, {})) waiter->complete({});
  }
  if (outbound_.empty() && close_sent_ && state_ == State::closing) {
    transport_.shutdown_write();
    if (peer_closed_) return arm_read();  // to learn of its FIN; the deadline ends it otherwise
  }
}

}  // namespace eventsd::server
