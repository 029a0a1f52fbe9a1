#include "core/event_api.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "core/authorization.hpp"
#include "core/handler_request.hpp"
#include "protocol/client_message.hpp"
#include "protocol/server_message.hpp"
#include "protocol/text.hpp"

namespace eventsd::core {
namespace {

using Slot = OperationQueue::Slot;

constexpr std::string_view kTooLargeCode = "EventTooLargeException";

std::string too_large_text(std::uint64_t max_event_size) {
  return fmt::format("Transformed event is larger than {}KB", max_event_size / 1024);
}

// The batch as it grows; events that are too large have failed before anybody sees them.
class Preparation {
 public:
  Preparation(ChannelNamespacePtr channel_namespace, Channel channel, std::size_t events,
              std::uint64_t max_event_size)
      : max_event_size_(max_event_size), most_(events) {
    batch_->channel_namespace = std::move(channel_namespace);
    batch_->channel = std::move(channel).path();
    batch_->accepted_at = std::chrono::system_clock::now();
    batch_->bytes = batch_->channel.size() + 64;
    outcome_.successful.reserve(events);
  }

  // REQUIRES: take() and refuse() are called at most as often as there are events.
  void take(Event event, std::uint32_t index) {
    if (event.payload.size() > max_event_size_) {
      return refuse(std::move(event.id), index, kTooLargeCode, too_large_text(max_event_size_));
    }
    if (batch_->events.empty()) batch_->events.reserve(most_);  // so that no identifier ever moves
    batch_->events.push_back(std::move(event));
    count(index);
  }

  // All at once, where none is too large.
  void take_all(std::vector<Event> events) {
    batch_->events = std::move(events);
    for (std::uint32_t index = 0; index < batch_->events.size(); ++index) count(index);
  }

  void refuse(std::string id, std::uint32_t index, std::string_view code, std::string why) {
    if (outcome_.texts.empty()) outcome_.texts.reserve(2 * most_);  // so that no text ever moves
    const std::string& identifier = outcome_.texts.emplace_back(std::move(id));
    const std::string& message = outcome_.texts.emplace_back(std::move(why));
    outcome_.failed.push_back({identifier, index, code, message});
  }

  PublishOutcome finish() {
    outcome_.batch = std::move(batch_);
    return std::move(outcome_);
  }

 private:
  // The event of the client's index `index`, behind those counted before.
  void count(std::uint32_t index) {
    const Event& event = batch_->events[outcome_.successful.size()];
    batch_->bytes += event.payload.size() + event.data_suffix.size() + 128;
    outcome_.successful.push_back({event.id, index});
  }

  const std::uint64_t max_event_size_;
  const std::size_t most_;  // events
  std::shared_ptr<EventBatch> batch_ = std::make_shared<EventBatch>();
  PublishOutcome outcome_;
};

// What the client sent, as it is.
PublishOutcome prepare(ChannelNamespacePtr channel_namespace, Channel channel,
                       std::vector<Event> events, std::uint64_t max_event_size) {
  Preparation preparation(std::move(channel_namespace), std::move(channel), events.size(),
                          max_event_size);
  for (Event& event : events) event.id = protocol::make_uuid();
  const bool all_fit = std::ranges::all_of(
      events, [&](const Event& event) { return event.payload.size() <= max_event_size; });
  if (all_fit) {
    preparation.take_all(std::move(events));
  } else {
    for (std::uint32_t index = 0; index < events.size(); ++index) {
      preparation.take(std::move(events[index]), index);
    }
  }
  return preparation.finish();
}

// What the handler made of it, in the handler's order. `ids` are the events' in the client's.
PublishOutcome prepare(ChannelNamespacePtr channel_namespace, Channel channel,
                       const std::vector<std::string>& ids, HandledEvents events,
                       std::uint64_t max_event_size) {
  Preparation preparation(std::move(channel_namespace), std::move(channel), events.size(),
                          max_event_size);
  std::unordered_map<std::string_view, std::uint32_t> indexes;
  for (std::uint32_t index = 0; index < ids.size(); ++index) indexes.emplace(ids[index], index);
  for (HandledEvent& event : events) {
    const std::uint32_t index = indexes.at(event.id);
    if (event.error.empty()) {
      std::string suffix = protocol::data_suffix(event.payload);
      preparation.take({std::move(event.id), std::move(event.payload), std::move(suffix)}, index);
    } else {
      preparation.refuse(std::move(event.id), index, {}, std::move(event.error));
    }
  }
  PublishOutcome outcome = preparation.finish();
  outcome.dropped = ids.size() - events.size();
  outcome.handled = true;
  return outcome;
}

std::vector<HandlerEvent> name_events(std::vector<Event> events) {
  std::vector<HandlerEvent> named;
  named.reserve(events.size());
  for (Event& event : events) {
    named.push_back({protocol::make_uuid(), std::move(event.payload)});
  }
  return named;
}

std::vector<std::string> payloads_of(const std::vector<Event>& events) {
  std::vector<std::string> payloads;
  payloads.reserve(events.size());
  for (const Event& event : events) payloads.push_back(event.payload);
  return payloads;
}

std::vector<std::string> ids_of(const std::vector<HandlerEvent>& events) {
  std::vector<std::string> ids;
  ids.reserve(events.size());
  for (const HandlerEvent& event : events) ids.push_back(event.id);
  return ids;
}

AuthorizationRequest question_of(Operation operation, Caller caller) {
  return {operation,
          {},
          {},
          std::move(caller.credentials),
          std::string(caller.source_ip),
          {},
          std::string(caller.request_id)};
}

// An HTTP request is signed as it is; only a socket's operation has to be written out for it.
bool is_signed(const AuthorizationRequest& question) {
  return !question.credentials.http &&
         question.credentials.authorization.starts_with("AWS4-HMAC-SHA256");
}

}  // namespace

Pressure publish_pressure(const Api& api, const Broker& broker,
                          const ChannelNamespace& channel_namespace) {
  const Pressure behind = broker.pressure(channel_namespace);
  const Handler* const handler = api.find_handler(channel_namespace.name, Operation::publish);
  return handler ? fuller(handler->pressure(), behind) : behind;
}

Task<Result<PublishOutcome>> publish(SnapshotPtr snapshot, ApiPtr api, Broker& broker,
                                     PublishRequest request, OperationQueue::Slot* slot) {
  Result<Channel> channel = Channel::parse(request.channel, Wildcard::refuse);
  ChannelNamespacePtr channel_namespace;
  if (channel) channel_namespace = api->find_namespace(channel->namespace_name());

  Handler* handler = nullptr;
  HandlerRequest asked;
  if (channel_namespace) handler = api->find_handler(channel_namespace->name, Operation::publish);
  if (handler) {
    asked = make_handler_request(*api, Operation::publish, channel_namespace->name, channel->path(),
                                 request.caller);
  }

  // Credentials come first: who may not publish learns nothing about channels.
  const AuthModes allowed = channel_namespace ? channel_namespace->publish_modes : AuthModes{};
  std::optional<Identity> identity = authorize_at_once(*api, request.caller.credentials, allowed);
  if (!identity) {
    AuthorizationRequest question = question_of(Operation::publish, std::move(request.caller));
    if (is_signed(question)) {
      question.signed_body =
          protocol::signed_publish_body(request.channel, payloads_of(request.events));
    }
    if (channel) {
      question.namespace_name = channel->namespace_name();
      question.channel = channel->path();
    }
    Result<Identity> verified = co_await authorize(api, std::move(question), allowed);
    if (!channel && (verified || verified.error().kind == ErrorKind::forbidden)) {
      co_await Slot::answer_turn_of(slot);
      co_return channel.error();
    }
    if (!verified) {
      co_await Slot::answer_turn_of(slot);
      co_return verified.error();
    }
    identity = std::move(*verified);
  }

  // Behind authorization: who waits here would learn that the namespace exists.
  if (request.wait_for_room &&
      publish_pressure(*api, broker, *channel_namespace) == Pressure::high) {
    const bool has_room = co_await request.wait_for_room(channel_namespace);
    if (!has_room) {
      co_await Slot::answer_turn_of(slot);
      co_return fail(ErrorKind::overloaded);
    }
  }

  const std::uint64_t max_event_size = snapshot->limits().max_event_size;
  PublishOutcome outcome;
  if (handler) {
    asked.identity = *identity;
    asked.events = name_events(std::move(request.events));
    const std::vector<std::string> ids = ids_of(asked.events);
    Result<HandledEvents> handled = co_await handler->handle(std::move(asked));
    if (!handled) {
      co_await Slot::answer_turn_of(slot);
      co_return handled.error();
    }
    outcome =
        prepare(channel_namespace, std::move(*channel), ids, std::move(*handled), max_event_size);
  } else {
    outcome =
        prepare(channel_namespace, std::move(*channel), std::move(request.events), max_event_size);
  }
  co_await Slot::effect_turn_of(slot);
  Completion<Result<Position>> accepted;
  if (outcome.batch->events.empty()) {
    accepted.complete(Position{0});
  } else if (broker.pressure(*channel_namespace) == Pressure::full) {
    accepted.complete(fail(ErrorKind::overloaded));
  } else {
    broker.publish(outcome.batch, accepted);
  }
  if (slot) slot->effect_started();
  const Result<Position> position = co_await accepted;
  co_await Slot::answer_turn_of(slot);
  if (!position) co_return position.error();
  co_return std::move(outcome);
}

Task<Result<SubscribeGrant>> authorize_subscribe(ApiPtr api, std::string channel_text,
                                                 Caller caller) {
  const Result<Channel> channel = Channel::parse(channel_text, Wildcard::allow);
  ChannelNamespacePtr channel_namespace;
  if (channel) channel_namespace = api->find_namespace(channel->namespace_name());
  Handler* handler = nullptr;
  HandlerRequest asked;
  if (channel_namespace) handler = api->find_handler(channel_namespace->name, Operation::subscribe);
  if (handler) {
    asked = make_handler_request(*api, Operation::subscribe, channel_namespace->name,
                                 channel->path(), caller);
  }
  AuthorizationRequest question = question_of(Operation::subscribe, std::move(caller));
  if (is_signed(question)) question.signed_body = protocol::signed_subscribe_body(channel_text);
  if (channel) {
    question.namespace_name = channel->namespace_name();
    question.channel = channel->path();
  }
  const AuthModes allowed = channel_namespace ? channel_namespace->subscribe_modes : AuthModes{};
  const Result<Identity> identity = co_await authorize(api, std::move(question), allowed);
  if (!channel && (identity || identity.error().kind == ErrorKind::forbidden)) {
    co_return channel.error();
  }
  if (!identity) co_return identity.error();
  if (handler) {
    asked.identity = *identity;
    const Result<HandledEvents> let_in = co_await handler->handle(std::move(asked));
    if (!let_in) co_return let_in.error();
  }
  co_return SubscribeGrant{channel_namespace, *channel, *identity, handler != nullptr};
}

Task<Result<Identity>> authorize_connect(ApiPtr api, Caller caller) {
  const AuthModes allowed = api->connection_modes;
  AuthorizationRequest question = question_of(Operation::connect, std::move(caller));
  question.signed_body = "{}";
  const Result<Identity> identity = co_await authorize(api, std::move(question), allowed);
  co_return identity;
}

}  // namespace eventsd::core
