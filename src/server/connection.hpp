// One established WebSocket: frames in, operations, frames out.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/event_api.hpp"
#include "core/hub.hpp"
#include "core/operation_queue.hpp"
#include "core/replay.hpp"
#include "core/token_bucket.hpp"
#include "net/timer_wheel.hpp"
#include "net/transport.hpp"
#include "protocol/client_message.hpp"
#include "protocol/cursor.hpp"
#include "protocol/ws_frame.hpp"
#include "server/outbound.hpp"
#include "server/shard_context.hpp"

namespace eventsd::server {

// How a connection begins.
struct Handshake {
  core::ApiPtr api;
  std::string answer;               // the 101 response
  Result<Credentials> credentials;  // an error refuses the connection with connection_error
  std::string source_ip;
  std::string request_id;   // 36 characters, told to the client in x-amzn-requestid
  std::string early_bytes;  // what the client sent behind its request
  std::shared_ptr<const HeaderList> headers;  // null where no handler looks at them
};

// Lives and dies on one shard. Callbacks over a compact object: while idle it has no buffer and no
// coroutine, only a wait for readability and a place in the timer wheel.
//   source   PROTOCOL.md H, M, E, L
class Connection final : public core::Subscriber, public std::enable_shared_from_this<Connection> {
 public:
  //   on_end  called once when the connection is gone; taken over only if there has been one
  static void start(ShardContext& shard, net::Transport transport, Handshake handshake,
                    std::function<void()>& on_end);

  Connection(ShardContext& shard, net::Transport transport, Handshake handshake);
  ~Connection() override;

  // Says goodbye: what is queued is sent, then Close; nothing further is served.
  void close(protocol::CloseCode code, std::string_view reason);

  // Cuts the connection.
  void abort() { finish(); }
  bool is_open() const { return state_ == State::open; }

  // The configuration has changed: closes with 1012 when something it stands on has gone.
  void configuration_changed();

  // End of a loop turn: one write. Called by the Flusher.
  void flush();

  std::size_t queued_bytes() const { return outbound_.size(); }

  // For who looks (server/shard_watch.hpp).
  std::string_view request_id() const { return {request_id_.data(), request_id_.size()}; }
  std::size_t subscription_count() const { return subscriptions_.size(); }
  std::chrono::steady_clock::time_point opened() const { return shard_.connected_at[place_]; }
  core::LiveConnection describe(std::chrono::steady_clock::time_point now) const;
  bool mentions(std::string_view text) const;
  // Shows every frame to the shard's watch.
  void watch(bool on) { watched_ = on; }

  // The shard is over the process-wide cap and this is its fullest connection.
  void close_as_slow();

  void deliver(core::Subscription& subscription, core::Batches batches, Moment moment) override;
  void lost() noexcept override;

 private:
  enum class State : std::uint8_t { open, closing, finished };
  using Clock = std::chrono::steady_clock;
  // A peer that does not answer our Close is cut off after this.
  static constexpr std::chrono::seconds kCloseGrace{5};
  struct Held {
    std::deque<std::string> texts;
    std::optional<std::pair<protocol::CloseCode, std::string>> break_off;  // behind the texts
    ChannelNamespacePtr pressed;  // the first text is a publish that waits for this one's queues
  };
  // Namespaces to which a publish of this connection has been granted; of many, the latest.
  struct PublishGrants {
    std::array<ChannelNamespacePtr, 4> latest;
    std::size_t next = 0;
    bool contain(const ChannelNamespace* channel_namespace) const {
      return std::any_of(latest.begin(), latest.end(),
                         [&](const auto& one) { return one.get() == channel_namespace; });
    }
  };
  struct ResumeWhenDone;
  // Of a coroutine: one that fails for want of memory leaves its client without an answer, so the
  // connection ends.
  struct EndIfFailed {
    Connection& connection;
    const int failures = std::uncaught_exceptions();
    ~EndIfFailed() {
      if (std::uncaught_exceptions() > failures) connection.lost();
    }
  };
  struct ReplayTurn;

  // Reading (connection.cpp).
  void begin(std::string& early_bytes, Result<Credentials> credentials);
  void arm_read();
  void arm_write();
  void read_later();
  template <void (Connection::*work)()>
  static void on_ready(void* owner);
  void on_readable();
  void on_writable();
  void decode();
  void on_message(const protocol::WsMessage& message);
  void handle_text(std::string_view text);
  void hold(std::string_view text);
  void resume_held();
  bool must_hold() const;

  // Operations (connection_operations.cpp).
  void handle(protocol::Invalid message);
  void handle(protocol::ConnectionInit message);
  void handle(protocol::Subscribe message);
  void handle(protocol::Unsubscribe message);
  void handle(protocol::Publish&& message);
  void handle(protocol::KeepAlive) {}
  core::Caller caller(Credentials credentials) const;
  Task<void> run_connect(std::shared_ptr<Connection> self, Result<Credentials> credentials);
  Task<void> run_publish(std::shared_ptr<Connection> self, protocol::Publish message,
                         std::size_t bytes);
  Task<void> run_subscribe(std::shared_ptr<Connection> self, protocol::Subscribe message,
                           std::size_t bytes);
  Task<void> run_unsubscribe(std::shared_ptr<Connection> self, std::string id, std::size_t bytes);
  Task<void> answer_in_turn(std::shared_ptr<Connection> self, std::string answer,
                            std::size_t bytes);
  Task<void> close_in_turn(std::shared_ptr<Connection> self, protocol::CloseCode code,
                           std::string reason);
  // The peer has broken the protocol: what it asked for before is still answered.
  void break_off(protocol::CloseCode code, std::string_view reason);
  bool under_pressure(const protocol::Publish& message, std::string_view text);
  Task<bool> wait_for_room(ChannelNamespacePtr channel_namespace);
  // The namespace of a publish, if one has been granted before; null: none. Part of api_.
  const ChannelNamespacePtr* granted_namespace(const protocol::Publish& message) const;
  void remember_grant(const ChannelNamespacePtr& channel_namespace);
  void refuse(const Error& error);
  void send_refusal();
  void watch_operations();
  Clock::duration operation_time() const;

  // Replay (connection_replay.cpp).
  enum class Overflow : std::uint8_t { close, allow };
  struct PreparedReplay {
    std::optional<std::uint32_t> last;
    protocol::Cursor after;
  };
  Result<PreparedReplay> check_replay(const protocol::ReplayRequest& request,
                                      const core::SubscribeGrant& grant) const;
  Task<void> run_replay_start(std::shared_ptr<Connection> self, std::string id,
                              PreparedReplay request, core::SubscribeGrant grant);
  Task<void> run_replay(std::shared_ptr<Connection> self, std::shared_ptr<core::Replay> replay,
                        std::string id, ChannelNamespacePtr channel_namespace, std::string channel,
                        Position removed_through);
  void deliver_events(core::Subscription& subscription, const SequencedBatch& batch,
                      Overflow overflow);
  bool write_at_once(const core::Subscription& subscription, core::Batches batches);
  void write_sharing(const core::Subscription& subscription, core::Batches batches);
  void append_event(core::Subscription& subscription, std::string_view suffix, Position position,
                    Overflow overflow);

  void show_data(std::string_view id, std::string_view suffix, std::string_view ending);

  // Writing (connection_output.cpp) and ending (connection_end.cpp).
  void send_text(std::string_view text);
  void mark_dirty();
  void account();
  void end_subscriptions();
  void count_end();
  void finish();
  void gone();
  void on_timer();
  void schedule(Clock::time_point now);
  core::Subscription* find_subscription(std::string_view id) const;
  void remove_subscription(core::Subscription& subscription);

  ShardContext& shard_;
  net::Transport transport_;
  Outbound outbound_;
  protocol::WsDecoder decoder_;
  core::ApiPtr api_;
  core::OperationQueue operations_;
  std::vector<std::unique_ptr<core::Subscription>> subscriptions_;
  std::unique_ptr<Held> held_;      // text frames that have been read but must wait
  std::unique_ptr<Error> refusal_;  // of the connection, not told yet
  std::unique_ptr<PublishGrants> publish_grants_;  // null: none
  std::string source_ip_;
  std::shared_ptr<const HeaderList> headers_;  // of the handshake; null: nobody looks at them
  std::array<char, 36> request_id_{};  // not a string: an idle connection has no heap block for it
  std::function<void()> on_end_;
  core::TokenBucket publishes_;
  net::TimerEntry timer_;
  Clock::time_point next_keep_alive_ = Clock::time_point::max();
  Clock::time_point lifetime_end_;
  Clock::time_point deadline_ = Clock::time_point::max();  // of closing
  Clock::time_point frame_deadline_ = Clock::time_point::max();
  Clock::time_point operation_deadline_ = Clock::time_point::max();  // of the oldest one
  Clock::time_point pressure_until_{};                               // min: not waiting
  std::size_t accounted_ = 0;                     // of queued_bytes, in the shard's metric
  std::uint32_t place_ = 0;                       // in shard_.connections
  std::uint16_t end_code_ = 0;                    // of the Close that came first; 0: none yet
  std::vector<Completion<Done>*> drain_waiters_;  // replays that wait for the queue to empty
  std::shared_ptr<Connection> self_;              // until finish()
  State state_ = State::open;
  AuthMode mode_ = AuthMode::api_key;  // that it connected with
  bool watched_ = false;               // somebody sees its frames
  bool connecting_ = true;
  bool reading_ = false;  // a wait for readability is armed
  bool writing_ = false;  // a wait for writability is armed
  bool dirty_ = false;
  bool overflowed_ = false;
  bool broken_ = false;       // a write failed; finish at the end of the turn
  bool peer_closed_ = false;  // the peer's Close has been read
  bool ended_by_peer_ = true;  // whose Close, or silence, came first
  bool close_sent_ = false;
  bool resuming_ = false;
  bool replay_reading_ = false;    // a page of some replay is on its way
  bool broken_off_ = false;        // nothing further is served
  bool refuse_publishes_ = false;  // waited for pressure to ease, in vain
};

}  // namespace eventsd::server
