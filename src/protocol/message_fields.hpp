// The members of a client's message as they are read; for client_message.cpp alone.
#pragma once

#include <algorithm>
#include <boost/container/small_vector.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "protocol/client_message.hpp"
#include "protocol/json_scanner.hpp"

namespace eventsd::protocol {

inline constexpr std::uint32_t kMaxReplay = 1000;

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
    events.clear();
    count = 0;
    not_a_string.reset();
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

// With a name whose size the compiler knows: a few loads instead of a call for every member.
template <std::size_t kSize>
bool equals(std::string_view text, const char (&name)[kSize]) {
  return text.size() == kSize - 1 && std::memcmp(text.data(), name, kSize - 1) == 0;
}

template <std::size_t kSize>
bool equals_ignoring_case(std::string_view text, const char (&lower)[kSize]) {
  if (equals(text, lower)) return true;
  return std::ranges::equal(text, std::string_view(lower), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

struct CredentialsField {
  enum class State : std::uint8_t { absent, object, other } state = State::absent;
  CredentialsText text;

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
      if (equals_ignoring_case(name, "x-api-key")) text.api_key = value.text;
      if (equals_ignoring_case(name, "authorization")) text.authorization = value.text;
      return true;
    });
    text.object = std::string_view(begin, static_cast<std::size_t>(scanner.position() - begin));
    return valid;
  }
};

// The integer that `number`, a JSON value, stands for when it is 0–1000 and written without
// fraction and exponent.
inline std::optional<std::uint32_t> parse_replay_count(std::string_view number) {
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
      if (equals(name, "type")) return type.read(scanner);
      if (equals(name, "id")) return id.read(scanner);
      if (equals(name, "channel")) return channel.read(scanner);
      if (equals(name, "events")) return events.read(scanner, max_events);
      if (equals(name, "authorization")) return authorization.read(scanner);
      if (equals(name, "replay")) return replay.read(scanner);
      return scanner.skip_value();
    });
  }

  // Empty when there is no valid one.
  MessageText valid_id() const {
    if (!id.is_string() || id.text.decoded_size > kMaxOperationId) return {};
    MessageText text(id.text);
    return is_operation_id(text) ? std::move(text) : MessageText();
  }
};

}  // namespace eventsd::protocol
