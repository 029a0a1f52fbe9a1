#include "protocol/client_message.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "protocol/escaped_json.hpp"
#include "protocol/message_fields.hpp"
#include "protocol/server_message.hpp"
#include "protocol/text.hpp"

namespace eventsd::protocol {
namespace {

Error bad_request(std::string message) { return fail(ErrorKind::bad_request, std::move(message)); }

// Reads a text that must be one JSON object.
std::optional<Error> read_members(std::string_view text, std::uint32_t max_events, Members& out) {
  JsonScanner scanner(text);
  if (scanner.peek() != '{') {
    return bad_request(is_valid_json(text) ? "Message is not a JSON object" : "Invalid JSON");
  }
  if (!out.read(scanner, max_events) || !scanner.at_end()) return bad_request("Invalid JSON");
  return std::nullopt;
}

std::optional<Error> fault_of_channel(const StringField& channel) {
  if (channel.state == StringField::State::absent) return bad_request("Missing channel");
  if (!channel.is_string()) return bad_request("Channel must be a string");
  return std::nullopt;
}

std::optional<Error> fault_of_authorization(const CredentialsField& field) {
  if (field.state == CredentialsField::State::other) {
    return bad_request("Authorization must be an object");
  }
  return std::nullopt;
}

// Makes an event of the string that a client sent. False: its text is not JSON.
bool take_event(const JsonString& literal, Event& event) {
  if (literal.is_usual) {
    if (!is_valid_escaped_json(literal)) return false;
    event.data_suffix = data_suffix_of_literal(literal.raw);
  } else {
    const std::string payload = decode_json_string(literal);
    if (!is_valid_json(payload)) return false;
    event.data_suffix = data_suffix(payload);
  }
  event.payload_size = static_cast<std::uint32_t>(literal.decoded_size);
  return true;
}

// The faults are looked for in the order of what they cost to find.
Result<std::shared_ptr<EventBatch>> make_batch(const EventsField& field,
                                               const PublishLimits& limits,
                                               std::string_view too_many_text) {
  using State = EventsField::State;
  if (field.state == State::absent) return bad_request("Missing events");
  if (field.state == State::other) return bad_request("Events must be an array");
  if (field.count == 0) return bad_request("Events must not be empty");
  if (field.count > limits.max_events) {
    return fail(ErrorKind::too_many_events, std::string(too_many_text) + " exceeded " +
                                                std::to_string(limits.max_events) + " event limit");
  }
  if (field.not_a_string) {
    return bad_request("Event " + std::to_string(*field.not_a_string) + " is not a string");
  }
  std::uint64_t size = 0;
  for (const JsonString& event : field.events) size += event.decoded_size;
  if (size > limits.max_publish_size) {
    return fail(ErrorKind::payload_too_large,
                "Events exceed " + std::to_string(limits.max_publish_size) + " bytes");
  }
  auto batch = make_event_batch();
  batch->events.resize(field.events.size());
  for (std::uint32_t i = 0; i < batch->events.size(); ++i) {
    if (!take_event(field.events[i], batch->events[i])) {
      return bad_request("Event " + std::to_string(i) + " is not valid JSON");
    }
    batch->events[i].index = i;
  }
  return batch;
}

ClientMessage make_subscribe(const Members& members, std::string id) {
  const auto invalid = [&id](Error error) {
    return Invalid{Invalid::ReplyType::subscribe_error, std::move(id), std::move(error)};
  };
  if (auto fault = fault_of_channel(members.channel)) return invalid(*std::move(fault));
  if (auto fault = fault_of_authorization(members.authorization)) return invalid(*std::move(fault));
  std::optional<ReplayRequest> replay;
  if (members.replay.state != ReplayField::State::absent) {
    replay = members.replay.decode();
    if (!replay) return invalid(bad_request("Invalid replay"));
  }
  return Subscribe{std::move(id), decode_json_string(members.channel.text),
                   members.authorization.text.decode(), std::move(replay)};
}

ClientMessage make_publish(const Members& members, MessageText id, const PublishLimits& limits) {
  const auto invalid = [&id](Error error) {
    return Invalid{Invalid::ReplyType::publish_error, std::string(id), std::move(error)};
  };
  if (auto fault = fault_of_channel(members.channel)) return invalid(*std::move(fault));
  if (auto fault = fault_of_authorization(members.authorization)) return invalid(*std::move(fault));
  Result<std::shared_ptr<EventBatch>> batch = make_batch(members.events, limits, "input");
  if (!batch) return invalid(batch.error());
  return Publish{std::move(id), MessageText(members.channel.text), members.authorization.text,
                 *std::move(batch)};
}

template <std::size_t kSize>
bool is_type(const StringField& type, const char (&name)[kSize]) {
  if (!type.text.has_escapes()) return equals(type.text.raw, name);
  return equals(decode_json_string(type.text), name);
}

}  // namespace

bool is_operation_id(std::string_view text) {
  static constexpr auto kAllowed = [] {
    std::array<bool, 256> table{};
    for (const char c : std::string_view("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                         "0123456789-_+")) {
      table[static_cast<unsigned char>(c)] = true;
    }
    return table;
  }();
  return !text.empty() && text.size() <= kMaxOperationId &&
         std::ranges::all_of(text, [](char c) { return kAllowed[static_cast<unsigned char>(c)]; });
}

Credentials CredentialsText::decode() const {
  return {decode_json_string(api_key), decode_json_string(authorization), std::string(object),
          nullptr};
}

ClientMessage parse_client_message(std::string_view text, const PublishLimits& limits) {
  using enum Invalid::ReplyType;
  Members members;
  if (std::optional<Error> fault = read_members(text, limits.max_events, members)) {
    return Invalid{error, {}, *std::move(fault)};
  }
  const StringField& type = members.type;
  if (!type.is_string()) {
    const bool absent = type.state == StringField::State::absent;
    return Invalid{error, std::string(members.valid_id()),
                   bad_request(absent ? "Missing type" : "Type must be a string")};
  }
  if (is_type(type, "connection_init")) return ConnectionInit{};
  if (is_type(type, "ka")) return KeepAlive{};
  const bool publish = is_type(type, "publish");
  const bool subscribe = !publish && is_type(type, "subscribe");
  if (!publish && !subscribe && !is_type(type, "unsubscribe")) {
    return Invalid{error, {}, fail(ErrorKind::unsupported_operation)};
  }
  MessageText id = members.valid_id();
  if (std::string_view(id).empty()) {
    return Invalid{error, {}, bad_request("Invalid id: 1 to 128 of a-z A-Z 0-9 - _ + expected")};
  }
  if (publish) return make_publish(members, std::move(id), limits);
  if (subscribe) return make_subscribe(members, std::string(id));
  return Unsubscribe{std::string(id)};
}

Result<Publish> parse_publish_body(std::string_view text, const PublishLimits& limits) {
  if (!is_valid_utf8(text)) return bad_request("Body is not valid UTF-8");
  Members members;
  if (std::optional<Error> fault = read_members(text, limits.max_events, members)) {
    return *std::move(fault);
  }
  if (auto fault = fault_of_channel(members.channel)) return *std::move(fault);
  Result<std::shared_ptr<EventBatch>> batch = make_batch(members.events, limits, "Input");
  if (!batch) return batch.error();
  return Publish{{}, MessageText(members.channel.text), {}, *std::move(batch)};
}

Result<Credentials> parse_credentials(std::string_view json) {
  JsonScanner scanner(json);
  CredentialsField field;
  if (!is_valid_utf8(json) || !field.read(scanner) || !scanner.at_end() ||
      field.state != CredentialsField::State::object) {
    return bad_request("Invalid credentials: a JSON object is expected");
  }
  return field.text.decode();
}

Result<Credentials> decode_credentials(std::string_view base64) {
  constexpr std::string_view kPrefix = "header-";
  if (base64.starts_with(kPrefix)) base64.remove_prefix(kPrefix.size());
  // In a query the '+' of the standard alphabet reads as a space unless it was escaped.
  std::string digits(base64);
  std::ranges::replace(digits, ' ', '+');
  const std::optional<std::string> json = base64_decode(digits);
  if (!json) return bad_request("Invalid credentials: base64 is expected");
  return parse_credentials(*json);
}

}  // namespace eventsd::protocol
