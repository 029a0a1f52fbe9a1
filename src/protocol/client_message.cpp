#include "protocol/client_message.hpp"

#include <algorithm>
#include <boost/container/small_vector.hpp>
#include <cstddef>

#include "protocol/json_scanner.hpp"
#include "protocol/server_message.hpp"
#include "protocol/text.hpp"

namespace eventsd::protocol {
namespace {

constexpr std::size_t kMaxIdLength = 128;
constexpr std::uint32_t kMaxReplay = 1000;

// The fields below hold the last member of their name, as it stands in the text. Nothing is copied
// or judged before the whole text has proved to be JSON and the message's type is known.

struct StringField {
  enum class State : std::uint8_t { absent, string, other } state = State::absent;
  JsonString text;

  bool is_string() const { return state == State::string; }

  bool read(JsonScanner& scanner) {
    if (scanner.peek() == '"') {
      state = State::string;
      return scanner.read_string(text) && text.has_text;
    }
    state = State::other;
    return scanner.skip_value();
  }
};

struct EventsField {
  enum class State : std::uint8_t { absent, array, other } state = State::absent;
  boost::container::small_vector<JsonString, 5> events;  // no more than are allowed
  std::size_t count = 0;
  std::optional<std::size_t> not_a_string;  // the first of them

  bool read(JsonScanner& scanner, std::uint32_t max_events) {
    *this = {};
    if (scanner.peek() != '[') {
      state = State::other;
      return scanner.skip_value();
    }
    state = State::array;
    return scanner.read_array([&] {
      StringField event;
      if (!event.read(scanner)) return false;
      if (!event.is_string() && !not_a_string) not_a_string = count;
      if (++count <= max_events) {
        events.push_back(event.text);
      }
      return true;
    });
  }
};

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

struct CredentialsField {
  enum class State : std::uint8_t { absent, object, other } state = State::absent;
  std::string_view object;
  JsonString api_key;
  JsonString authorization;

  bool read(JsonScanner& scanner) {
    *this = {};
    if (scanner.peek() != '{') {
      // null is what some serialisers make of "none".
      state = scanner.peek() == 'n' ? State::absent : State::other;
      return scanner.skip_value();
    }
    state = State::object;
    const char* const begin = scanner.position();
    const bool valid = scanner.read_object([&](std::string_view name) {
      StringField value;
      if (!value.read(scanner)) return false;
      if (!value.is_string()) return true;
      if (equals_ignoring_case(name, "x-api-key")) api_key = value.text;
      if (equals_ignoring_case(name, "authorization")) authorization = value.text;
      return true;
    });
    object = std::string_view(begin, static_cast<std::size_t>(scanner.position() - begin));
    return valid;
  }

  Credentials decode() const {
    return {decode_json_string(api_key), decode_json_string(authorization), std::string(object),
            nullptr};
  }
};

// The integer that `number`, a JSON value, stands for when it is 0–1000 and written without
// fraction and exponent.
std::optional<std::uint32_t> parse_replay_count(std::string_view number) {
  if (number.empty() || number.size() > 4) return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : number) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint32_t>(c - '0');
  }
  return value <= kMaxReplay ? std::optional(value) : std::nullopt;
}

struct ReplayField {
  enum class State : std::uint8_t { absent, object, other } state = State::absent;
  std::optional<std::string_view> last;  // the value's text
  StringField after;

  bool read(JsonScanner& scanner) {
    *this = {};
    if (scanner.peek() != '{') {
      state = State::other;
      return scanner.skip_value();
    }
    state = State::object;
    return scanner.read_object([&](std::string_view name) {
      if (name == "after") return after.read(scanner);
      scanner.peek();
      const char* const begin = scanner.position();
      if (!scanner.skip_value()) return false;
      if (name == "last") {
        last = std::string_view(begin, static_cast<std::size_t>(scanner.position() - begin));
      }
      return true;
    });
  }

  // Nothing when it is malformed.
  std::optional<ReplayRequest> decode() const {
    ReplayRequest request;
    if (last && after.state == StringField::State::absent) {
      request.last = parse_replay_count(*last);
      return request.last ? std::optional(request) : std::nullopt;
    }
    if (last || !after.is_string() || after.text.decoded_size == 0) return std::nullopt;
    request.after = decode_json_string(after.text);
    return request;
  }
};

struct Members {
  StringField type;
  StringField id;
  StringField channel;
  EventsField events;
  CredentialsField authorization;
  ReplayField replay;

  bool read(JsonScanner& scanner, std::uint32_t max_events) {
    return scanner.read_object([&](std::string_view name) {
      if (name == "type") return type.read(scanner);
      if (name == "id") return id.read(scanner);
      if (name == "channel") return channel.read(scanner);
      if (name == "events") return events.read(scanner, max_events);
      if (name == "authorization") return authorization.read(scanner);
      if (name == "replay") return replay.read(scanner);
      return scanner.skip_value();
    });
  }

  // Empty when there is no valid one.
  std::string valid_id() const {
    if (!id.is_string() || id.text.decoded_size > kMaxIdLength) return {};
    std::string text = decode_json_string(id.text);
    if (!is_operation_id(text)) text.clear();
    return text;
  }
};

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

Result<std::string> decode_channel(const StringField& channel) {
  if (channel.state == StringField::State::absent) return bad_request("Missing channel");
  if (!channel.is_string()) return bad_request("Channel must be a string");
  return decode_json_string(channel.text);
}

Result<Credentials> decode_authorization(const CredentialsField& field) {
  if (field.state == CredentialsField::State::other) {
    return bad_request("Authorization must be an object");
  }
  return field.decode();
}

// The faults are looked for in the order of what they cost to find.
Result<std::vector<Event>> decode_events(const EventsField& field, const PublishLimits& limits,
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
  std::vector<Event> events;
  events.reserve(field.events.size());
  for (const JsonString& literal : field.events) {
    Event& event = events.emplace_back();
    event.payload = decode_json_string(literal);
    if (!is_valid_json(event.payload)) {
      return bad_request("Event " + std::to_string(events.size() - 1) + " is not valid JSON");
    }
    event.data_suffix =
        literal.is_usual ? data_suffix_of_literal(literal.raw) : data_suffix(event.payload);
  }
  return events;
}

ClientMessage make_subscribe(const Members& members, std::string id) {
  const auto invalid = [&id](Error error) {
    return Invalid{Invalid::ReplyType::subscribe_error, std::move(id), std::move(error)};
  };
  Result<std::string> channel = decode_channel(members.channel);
  if (!channel) return invalid(channel.error());
  Result<Credentials> credentials = decode_authorization(members.authorization);
  if (!credentials) return invalid(credentials.error());
  std::optional<ReplayRequest> replay;
  if (members.replay.state != ReplayField::State::absent) {
    replay = members.replay.decode();
    if (!replay) return invalid(bad_request("Invalid replay"));
  }
  return Subscribe{std::move(id), *std::move(channel), *std::move(credentials), std::move(replay)};
}

ClientMessage make_publish(const Members& members, std::string id, const PublishLimits& limits) {
  const auto invalid = [&id](Error error) {
    return Invalid{Invalid::ReplyType::publish_error, std::move(id), std::move(error)};
  };
  Result<std::string> channel = decode_channel(members.channel);
  if (!channel) return invalid(channel.error());
  Result<Credentials> credentials = decode_authorization(members.authorization);
  if (!credentials) return invalid(credentials.error());
  Result<std::vector<Event>> events = decode_events(members.events, limits, "input");
  if (!events) return invalid(events.error());
  return Publish{std::move(id), *std::move(channel), *std::move(events), *std::move(credentials)};
}

bool is_type(const StringField& type, std::string_view name) {
  if (!type.text.has_escapes()) return type.text.raw == name;
  return type.text.decoded_size == name.size() && decode_json_string(type.text) == name;
}

}  // namespace

bool is_operation_id(std::string_view text) {
  return !text.empty() && text.size() <= kMaxIdLength && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '+';
  });
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
    return Invalid{error, members.valid_id(),
                   bad_request(absent ? "Missing type" : "Type must be a string")};
  }
  if (is_type(type, "connection_init")) return ConnectionInit{};
  if (is_type(type, "ka")) return KeepAlive{};
  const bool publish = is_type(type, "publish");
  const bool subscribe = !publish && is_type(type, "subscribe");
  if (!publish && !subscribe && !is_type(type, "unsubscribe")) {
    return Invalid{error, {}, fail(ErrorKind::unsupported_operation)};
  }
  std::string id = members.valid_id();
  if (id.empty()) {
    return Invalid{error, {}, bad_request("Invalid id: 1 to 128 of a-z A-Z 0-9 - _ + expected")};
  }
  if (publish) return make_publish(members, std::move(id), limits);
  if (subscribe) return make_subscribe(members, std::move(id));
  return Unsubscribe{std::move(id)};
}

Result<Publish> parse_publish_body(std::string_view text, const PublishLimits& limits) {
  if (!is_valid_utf8(text)) return bad_request("Body is not valid UTF-8");
  Members members;
  if (std::optional<Error> fault = read_members(text, limits.max_events, members)) {
    return *std::move(fault);
  }
  Result<std::string> channel = decode_channel(members.channel);
  if (!channel) return channel.error();
  Result<std::vector<Event>> events = decode_events(members.events, limits, "Input");
  if (!events) return events.error();
  return Publish{{}, *std::move(channel), *std::move(events), {}};
}

Result<Credentials> parse_credentials(std::string_view json) {
  JsonScanner scanner(json);
  CredentialsField field;
  if (!is_valid_utf8(json) || !field.read(scanner) || !scanner.at_end() ||
      field.state != CredentialsField::State::object) {
    return bad_request("Invalid credentials: a JSON object is expected");
  }
  return field.decode();
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
