// What a connection does with each message. Every operation is a coroutine that owns a slot of the
// operation queue; one that needs nobody's answer runs to its end before the call returns.
#include <boost/container/static_vector.hpp>

#include "protocol/server_message.hpp"
#include "server/connection.hpp"
#include "server/observe.hpp"

namespace eventsd::server {
namespace {

constexpr std::string_view kErrorTypes[] = {"error", "subscribe_error", "publish_error",
                                            "unsubscribe_error"};

// No credentials in a message is told like bad ones; only HTTP has a text of its own.
Error on_socket(const Error& error) {
  if (error.kind == ErrorKind::missing_credentials) return fail(ErrorKind::unauthorized);
  return error;
}

constexpr std::chrono::milliseconds kRefusalDelay{250};
// From when an operation is the oldest of its connection to its answer.
constexpr std::chrono::seconds kOperationTime{30};

}  // namespace

// Declared before an operation's slot, so that held frames go on after the slot has been left.
struct Connection::ResumeWhenDone {
  Connection& connection;
  const EndIfFailed guard{connection};
  ~ResumeWhenDone() {
    // The next in line has its time from now; the timer looks at the field when it fires.
    const bool watched = connection.operation_deadline_ != Clock::time_point::max();
    if (watched) {
      connection.operation_deadline_ =
          connection.operations_.empty() ? Clock::time_point::max()
                                         : Clock::now() + connection.operation_time();
    }
    if (connection.held_) connection.resume_held();
  }
};

// A handler that takes all of its own time is still answered for.
Connection::Clock::duration Connection::operation_time() const {
  if (api_->handlers.empty()) return kOperationTime;
  return kOperationTime + shard_.snapshot->limits().handler.wall_time;
}

void Connection::watch_operations() {
  if (operation_deadline_ != Clock::time_point::max()) return;
  const Clock::time_point now = Clock::now();
  operation_deadline_ = now + operation_time();
  schedule(now);
}

// The error waits for the client's first frame, or a moment: npm's `ws` hands over what arrives
// together with the 101 before amplify has begun to listen, and so would lose it.
void Connection::refuse(const Error& error) {
  shard_.metrics.connections_refused.add();
  shard_.metrics.connects.add_failure(error.kind);
  refusal_ = std::make_unique<Error>(on_socket(error));
  if (held_) return send_refusal();
  const Clock::time_point now = Clock::now();
  next_keep_alive_ = now + kRefusalDelay;
  schedule(now);
}

void Connection::send_refusal() {
  const std::unique_ptr<Error> error = std::move(refusal_);
  send_text(protocol::connection_error(*error));
  close(protocol::CloseCode::normal, "");
}

core::Caller Connection::caller(Credentials credentials) const {
  return {std::move(credentials), source_ip_, request_id(), headers_};
}

Task<void> Connection::run_connect(std::shared_ptr<Connection> self,
                                   Result<Credentials> credentials) {
  const EndIfFailed guard{*self};
  if (!credentials) {
    self->refuse(credentials.error());
    co_return;
  }
  const Result<Identity> identity =
      co_await core::authorize_connect(self->api_, self->caller(std::move(*credentials)));
  if (self->state_ != State::open) co_return;
  if (!identity) {
    self->refuse(identity.error());
    co_return;
  }
  self->connecting_ = false;
  self->shard_.metrics.connects.success.add();
  self->mode_ = identity->mode;
  if (self->held_) self->resume_held();
}

void Connection::handle(protocol::Invalid message) {
  const std::string answer = protocol::error_message(
      kErrorTypes[static_cast<std::size_t>(message.reply)], message.id, message.error);
  shard_.tasks.spawn(answer_in_turn(shared_from_this(), answer, answer.size()));
}

void Connection::handle(protocol::ConnectionInit) {
  if (operations_.empty()) {  // nothing to wait for
    send_text(protocol::connection_ack(shard_.snapshot->limits().connection_timeout));
    return send_text(protocol::keep_alive());
  }
  shard_.tasks.spawn(
      answer_in_turn(shared_from_this(),
                     protocol::connection_ack(shard_.snapshot->limits().connection_timeout), 64));
  shard_.tasks.spawn(answer_in_turn(shared_from_this(), std::string(protocol::keep_alive()), 64));
}

void Connection::handle(protocol::Subscribe message) {
  const std::size_t bytes = message.channel.size() + message.credentials.object.size() + 256;
  shard_.tasks.spawn(run_subscribe(shared_from_this(), std::move(message), bytes));
}

void Connection::handle(protocol::Unsubscribe message) {
  shard_.tasks.spawn(run_unsubscribe(shared_from_this(), std::move(message.id), 256));
}

void Connection::handle(protocol::Publish&& message) {
  std::size_t bytes = message.credentials.object.size() + 512;
  for (const Event& event : message.batch->events) {
    bytes += event.payload_size + event.data_suffix.size();
  }
  const std::uint32_t rate = shard_.snapshot->limits().publishes_per_second_per_connection;
  if (rate != 0 && !publishes_.take(rate, Clock::now())) {
    shard_.metrics.publish_errors.add();
    shard_.metrics.messages_dropped.add();
    shard_.counters_of(*api_, message.channel)
        .socket_publishes.add_failure(ErrorKind::rate_limited);
    std::string answer =
        protocol::error_message("publish_error", message.id, fail(ErrorKind::rate_limited));
    shard_.tasks.spawn(answer_in_turn(shared_from_this(), std::move(answer), 256));
    return;
  }
  if (refuse_publishes_ && granted_namespace(message)) {
    shard_.metrics.publish_errors.add();
    shard_.counters_of(*api_, message.channel)
        .socket_publishes.add_failure(ErrorKind::overloaded);
    std::string answer =
        protocol::error_message("publish_error", message.id, fail(ErrorKind::overloaded));
    shard_.tasks.spawn(answer_in_turn(shared_from_this(), std::move(answer), 256));
    return;
  }
  shard_.tasks.spawn(run_publish(shared_from_this(), std::move(message), bytes));
}

Task<void> Connection::answer_in_turn(std::shared_ptr<Connection> self, std::string answer,
                                      std::size_t bytes) {
  const ResumeWhenDone resume{*self};
  core::OperationQueue::Slot slot(self->operations_, core::OperationQueue::Kind::other, bytes);
  co_await slot.answer_turn();
  self->send_text(answer);
}

Task<void> Connection::close_in_turn(std::shared_ptr<Connection> self, protocol::CloseCode code,
                                     std::string reason) {
  const EndIfFailed guard{*self};
  core::OperationQueue::Slot slot(self->operations_, core::OperationQueue::Kind::other, 0);
  co_await slot.answer_turn();
  self->close(code, reason);
}

void Connection::break_off(protocol::CloseCode code, std::string_view reason) {
  if (broken_off_ || state_ != State::open) return;
  broken_off_ = true;
  if (held_) {  // it comes behind them
    held_->break_off = {code, std::string(reason)};
    return;
  }
  shard_.tasks.spawn(close_in_turn(shared_from_this(), code, std::string(reason)));
}

// Begins while the frame is there that the message looks into, and copies what it needs later.
Task<void> Connection::run_publish(std::shared_ptr<Connection> self, protocol::Publish message,
                                   std::size_t bytes) {
  const ResumeWhenDone resume{*self};
  core::OperationQueue::Slot slot(self->operations_, core::OperationQueue::Kind::publish, bytes);
  boost::container::static_vector<char, protocol::kMaxOperationId> id;
  const std::string_view sent_id = message.id;
  id.assign(sent_id.begin(), sent_id.end());
  NamespaceMetrics& counted = self->shard_.counters_of(*self->api_, message.channel);
  const Result<core::PublishOutcome> outcome = co_await core::publish(
      self->shard_.snapshot->limits().max_event_size, self->api_, self->shard_.broker,
      core::PublishRequest{message.channel, std::move(message.batch), self->caller({}),
                           [connection = self.get()](ChannelNamespacePtr where) {
                             return connection->wait_for_room(std::move(where));
                           },
                           message.credentials},
      &slot);
  const std::string_view kept_id(id.data(), id.size());
  ShardMetrics& metrics = self->shard_.metrics;
  if (!outcome) {
    metrics.publish_errors.add();
    counted.socket_publishes.add_failure(outcome.error().kind);
    count_refusal(counted, counted.publish_handler_invocations, outcome.error().kind);
    self->send_text(protocol::error_message("publish_error", kept_id, on_socket(outcome.error())));
    co_return;
  }
  self->remember_grant(outcome->batch->channel_namespace);
  count_published(self->shard_, counted, counted.socket_publishes, *outcome);
  std::string& answer = self->shard_.answer;
  answer.clear();
  protocol::append_publish_success(answer, kept_id, outcome->batch->events, outcome->failed);
  self->send_text(answer);
}

Task<void> Connection::run_subscribe(std::shared_ptr<Connection> self, protocol::Subscribe message,
                                     std::size_t bytes) {
  const ResumeWhenDone resume{*self};
  core::OperationQueue::Slot slot(self->operations_, core::OperationQueue::Kind::other, bytes);
  NamespaceMetrics& counted = self->shard_.counters_of(*self->api_, message.channel);
  const Result<core::SubscribeGrant> grant = co_await core::authorize_subscribe(
      self->api_, std::move(message.channel), self->caller(std::move(message.credentials)));
  co_await slot.effect_turn();
  if (self->state_ != State::open) co_return;
  ShardContext& shard = self->shard_;
  const Limits& limits = shard.snapshot->limits();

  std::optional<Error> refusal;
  if (grant && grant->handled) counted.subscribe_handler_invocations.add();
  if (!grant) {
    refusal = on_socket(grant.error());
    count_refusal(counted, counted.subscribe_handler_invocations, refusal->kind);
    if (refusal->kind == ErrorKind::handler_unauthorized) refusal->type = "Unauthorized";
  } else if (self->find_subscription(message.id)) {
    refusal = fail(ErrorKind::duplicate_subscription);
  } else if (self->subscriptions_.size() >= limits.max_subscriptions_per_connection) {
    refusal = fail(ErrorKind::too_many_subscriptions,
                   "Max number of " + std::to_string(limits.max_subscriptions_per_connection) +
                       " subscriptions reached");
  }
  std::optional<PreparedReplay> replay;
  if (!refusal && message.replay) {
    Result<PreparedReplay> prepared = self->check_replay(*message.replay, *grant);
    if (prepared) {
      replay = std::move(*prepared);
    } else {
      refusal = prepared.error();
    }
  }
  if (refusal) {
    shard.metrics.subscribe_errors.add();
    counted.subscribes.add_failure(refusal->kind);
    self->send_text(protocol::error_message("subscribe_error", message.id, *refusal));
    co_return;
  }

  // Events acknowledged before this subscribe was sent are not the subscription's.
  if (shard.fence) {
    Completion<Done> caught_up;
    shard.fence(caught_up);
    co_await caught_up;
  }
  Completion<Done> joined;
  shard.broker.join(*grant->channel_namespace, joined);
  co_await joined;
  if (self->state_ != State::open) {
    shard.broker.leave(*grant->channel_namespace);
    co_return;
  }
  // The configuration may have changed since it was asked for leave.
  const ChannelNamespacePtr& now = self->api_->find_namespace(grant->channel_namespace->name);
  const bool still_allowed =
      now && now->subscribe_modes.contains(grant->identity.mode) &&
      (!replay || (now->history && now->history->read == HistoryRead::subscribe));
  if (!still_allowed) {
    shard.broker.leave(*grant->channel_namespace);
    shard.metrics.subscribe_errors.add();
    counted.subscribes.add_failure(ErrorKind::forbidden);
    self->send_text(
        protocol::error_message("subscribe_error", message.id, fail(ErrorKind::forbidden)));
    co_return;
  }
  auto owned = std::make_unique<core::Subscription>(*self);
  core::Subscription& subscription = *owned;
  subscription.id = message.id;
  subscription.metrics = &shard.metrics.namespaces.of(*grant->channel_namespace);
  shard.hub.join(subscription, grant->channel_namespace, grant->channel);
  self->subscriptions_.push_back(std::move(owned));
  shard.metrics.subscriptions_active.add();
  subscription.metrics->subscriptions_active.add();
  if (!replay) {
    shard.metrics.subscribe_success.add();
    subscription.metrics->subscribes.success.add();
    self->send_text(protocol::subscribe_success(message.id, std::nullopt));
    co_return;
  }
  co_await self->run_replay_start(self, std::move(message.id), std::move(*replay), *grant);
}

Task<void> Connection::run_unsubscribe(std::shared_ptr<Connection> self, std::string id,
                                       std::size_t bytes) {
  const ResumeWhenDone resume{*self};
  core::OperationQueue::Slot slot(self->operations_, core::OperationQueue::Kind::other, bytes);
  co_await slot.effect_turn();
  // Events acknowledged before this unsubscribe was sent still are the subscription's.
  if (self->shard_.fence) {
    Completion<Done> caught_up;
    self->shard_.fence(caught_up);
    co_await caught_up;
  }
  if (self->state_ != State::open) co_return;
  core::Subscription* const subscription = self->find_subscription(id);
  if (!subscription) {
    const Error unknown = fail(ErrorKind::unknown_subscription, "Unknown operation id " + id);
    self->shard_.metrics.namespaces.unknown().unsubscribes.add_failure(unknown.kind);
    self->send_text(protocol::error_message("unsubscribe_error", id, unknown));
    co_return;
  }
  subscription->metrics->unsubscribes.success.add();
  self->remove_subscription(*subscription);
  self->shard_.metrics.unsubscribe_success.add();
  self->send_text(protocol::unsubscribe_success(id));
}

}  // namespace eventsd::server
