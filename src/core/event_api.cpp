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

void refuse(PublishOutcome& outcome, std::size_t most, std::string_view id, std::uint32_t index,
            std::string_view code, std::string why) {
  if (outcome.texts.empty()) outcome.texts.reserve(2 * most);  // so that no text ever moves
  const std::string& identifier = outcome.texts.emplace_back(id);
  const std::string& message = outcome.texts.emplace_back(std::move(why));
  outcome.failed.push_back({identifier, index, code, message});
}

// Takes what is too large out of the batch: it fails before anybody sees it. `most` is how many
// events there may be.
void refuse_too_large(EventBatch& batch, std::size_t most, std::uint64_t max_event_size,
                      PublishOutcome& outcome) {
  std::erase_if(batch.events, [&](const Event& event) {
    const bool too_large = event.payload_size > max_event_size;
    if (too_large) {
      refuse(outcome, most, event.id, event.index, kTooLargeCode, too_large_text(max_event_size));
    }
    return too_large;
  });
}

// Fills in everything but the events.
void finish(EventBatch& batch, ChannelNamespacePtr channel_namespace, Channel channel) {
  batch.channel = std::move(channel).path();
  batch.accepted_at = std::chrono::system_clock::now();
  batch.bytes = batch.channel.size() + 64;
  for (Event& event : batch.events) {
    batch.bytes += event.payload_size + event.data_suffix.size() + 128;
    if (channel_namespace->history) event.payload = protocol::payload_of(event);
  }
  batch.channel_namespace = std::move(channel_namespace);
}

// What the client sent, as it is.
PublishOutcome prepare(ChannelNamespacePtr channel_namespace, Channel channel,
                       std::shared_ptr<EventBatch> batch, std::uint64_t max_event_size) {
  PublishOutcome outcome;
  for (Event& event : batch->events) {
    const protocol::UuidText uuid = protocol::make_uuid_text();
    event.id = std::string_view(uuid.data(), uuid.size());
  }
  refuse_too_large(*batch, batch->events.size(), max_event_size, outcome);
  finish(*batch, std::move(channel_namespace), std::move(channel));
  outcome.batch = std::move(batch);
  return outcome;
}

// What the handler made of it, in the handler's order. `ids` are the events' in the client's.
PublishOutcome prepare(ChannelNamespacePtr channel_namespace, Channel channel,
                       const std::vector<std::string>& ids, HandledEvents events,
                       std::uint64_t max_event_size) {
  PublishOutcome outcome;
  auto batch = make_event_batch();
  batch->events.reserve(events.size());
  std::unordered_map<std::string_view, std::uint32_t> indexes;
  for (std::uint32_t index = 0; index < ids.size(); ++index) indexes.emplace(ids[index], index);
  for (HandledEvent& handled : events) {
    const std::uint32_t index = indexes.at(handled.id);
    if (!handled.error.empty()) {
      refuse(outcome, events.size(), handled.id, index, {}, std::move(handled.error));
    } else if (handled.payload.size() > max_event_size) {
      refuse(outcome, events.size(), handled.id, index, kTooLargeCode,
             too_large_text(max_event_size));
    } else {
      Event& event = batch->events.emplace_back();
      event.id = handled.id;
      event.data_suffix = protocol::data_suffix(handled.payload);
      event.payload_size = static_cast<std::uint32_t>(handled.payload.size());
      event.index = index;
    }
  }
  finish(*batch, std::move(channel_namespace), std::move(channel));
  outcome.batch = std::move(batch);
  outcome.dropped = ids.size() - events.size();
  outcome.handled = true;
  return outcome;
}

std::vector<HandlerEvent> name_events(const Events& events) {
  std::vector<HandlerEvent> named;
  named.reserve(events.size());
  for (const Event& event : events) {
    named.push_back({protocol::make_uuid(), protocol::payload_of(event)});
  }
  return named;
}

std::vector<std::string> payloads_of(const Events& events) {
  std::vector<std::string> payloads;
  payloads.reserve(events.size());
  for (const Event& event : events) payloads.push_back(protocol::payload_of(event));
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

// Copies what still lies in the client's frame.
void take_credentials(PublishRequest& request) {
  if (!request.credentials) return;
  request.caller.credentials = request.credentials->decode();
  request.credentials.reset();
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

Task<Result<PublishOutcome>> publish(std::uint64_t max_event_size, ApiPtr api, Broker& broker,
                                     PublishRequest request, OperationQueue::Slot* slot) {
  Result<Channel> channel = Channel::parse(request.channel, Wildcard::refuse);
  // `api` keeps it as long as this runs.
  const ChannelNamespacePtr& channel_namespace =
      api->find_namespace(channel ? channel->namespace_name() : std::string_view());

  Handler* handler = nullptr;
  std::optional<HandlerRequest> asked;
  if (channel_namespace) handler = api->find_handler(channel_namespace->name, Operation::publish);
  if (handler) {
    take_credentials(request);
    asked = make_handler_request(*api, Operation::publish, channel_namespace->name, channel->path(),
                                 request.caller);
  }

  // Credentials come first: who may not publish learns nothing about channels.
  const AuthModes allowed = channel_namespace ? channel_namespace->publish_modes : AuthModes{};
  std::optional<Identity> identity =
      request.credentials ? authorize_at_once(*api, *request.credentials, allowed)
                          : authorize_at_once(*api, request.caller.credentials, allowed);
  if (!identity) {
    take_credentials(request);
    AuthorizationRequest question = question_of(Operation::publish, std::move(request.caller));
    if (is_signed(question)) {
      question.signed_body =
          protocol::signed_publish_body(request.channel, payloads_of(request.batch->events));
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

  PublishOutcome outcome;
  if (handler) {
    asked->identity = *identity;
    asked->events = name_events(request.batch->events);
    const std::vector<std::string> ids = ids_of(asked->events);
    Result<HandledEvents> handled = co_await handler->handle(*std::move(asked));
    if (!handled) {
      co_await Slot::answer_turn_of(slot);
      co_return handled.error();
    }
    outcome =
        prepare(channel_namespace, std::move(*channel), ids, std::move(*handled), max_event_size);
  } else {
    outcome =
        prepare(channel_namespace, std::move(*channel), std::move(request.batch), max_event_size);
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
