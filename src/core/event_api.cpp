#include "core/event_api.hpp"

#include <fmt/format.h>

#include "core/authorization.hpp"
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

// Makes the batch; events that are too large have failed before anybody sees them.
PublishOutcome prepare(ChannelNamespacePtr channel_namespace, const Channel& channel,
                       std::vector<std::string> events, std::uint64_t max_event_size) {
  PublishOutcome outcome;
  auto batch = std::make_shared<EventBatch>();
  batch->channel_namespace = std::move(channel_namespace);
  batch->channel = channel.path();
  batch->accepted_at = std::chrono::system_clock::now();
  batch->events.reserve(events.size());
  batch->bytes = batch->channel.size() + 64;
  outcome.texts.reserve(2 * events.size());  // so that no entry's text ever moves
  for (std::uint32_t index = 0; index < events.size(); ++index) {
    std::string id = protocol::make_uuid();
    if (events[index].size() > max_event_size) {
      const std::string& identifier = outcome.texts.emplace_back(std::move(id));
      const std::string& message = outcome.texts.emplace_back(too_large_text(max_event_size));
      outcome.failed.push_back({identifier, index, kTooLargeCode, message});
      continue;
    }
    Event event{std::move(id), std::move(events[index]), {}};
    event.data_suffix = protocol::data_suffix(event.payload);
    batch->bytes += event.payload.size() + event.data_suffix.size() + 128;
    batch->events.push_back(std::move(event));
    outcome.successful.push_back({batch->events.back().id, index});
  }
  outcome.batch = std::move(batch);
  return outcome;
}

AuthorizationRequest question_of(Operation operation, Caller caller) {
  return {operation,
          {},
          {},
          std::move(caller.credentials),
          std::move(caller.source_ip),
          {},
          std::move(caller.request_id)};
}

// An HTTP request is signed as it is; only a socket's operation has to be written out for it.
bool is_signed(const AuthorizationRequest& question) {
  return !question.credentials.http &&
         question.credentials.authorization.starts_with("AWS4-HMAC-SHA256");
}

}  // namespace

Task<Result<PublishOutcome>> publish(SnapshotPtr snapshot, ApiPtr api, Broker& broker,
                                     PublishRequest request, OperationQueue::Slot* slot) {
  const Result<Channel> channel = Channel::parse(request.channel, Wildcard::refuse);
  ChannelNamespacePtr channel_namespace;
  if (channel) channel_namespace = api->find_namespace(channel->namespace_name());

  // Credentials come first: who may not publish learns nothing about channels.
  AuthorizationRequest question = question_of(Operation::publish, std::move(request.caller));
  if (is_signed(question)) {
    question.signed_body = protocol::signed_publish_body(request.channel, request.events);
  }
  if (channel) {
    question.namespace_name = channel->namespace_name();
    question.channel = channel->path();
  }
  const AuthModes allowed = channel_namespace ? channel_namespace->publish_modes : AuthModes{};
  const Result<Identity> identity = co_await authorize(api, std::move(question), allowed);
  if (!channel && (identity || identity.error().kind == ErrorKind::forbidden)) {
    co_await Slot::answer_turn_of(slot);
    co_return channel.error();
  }
  if (!identity) {
    co_await Slot::answer_turn_of(slot);
    co_return identity.error();
  }

  // Behind authorization: who waits here would learn that the namespace exists.
  if (request.wait_for_room && broker.pressure(*channel_namespace) == Pressure::high) {
    const bool has_room = co_await request.wait_for_room(channel_namespace);
    if (!has_room) {
      co_await Slot::answer_turn_of(slot);
      co_return fail(ErrorKind::overloaded);
    }
  }

  PublishOutcome outcome = prepare(channel_namespace, *channel, std::move(request.events),
                                   snapshot->limits().max_event_size);
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
  co_return SubscribeGrant{channel_namespace, *channel, *identity};
}

Task<Result<Identity>> authorize_connect(ApiPtr api, Caller caller) {
  const AuthModes allowed = api->connection_modes;
  AuthorizationRequest question = question_of(Operation::connect, std::move(caller));
  question.signed_body = "{}";
  const Result<Identity> identity = co_await authorize(api, std::move(question), allowed);
  co_return identity;
}

}  // namespace eventsd::core
