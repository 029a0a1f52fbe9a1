// What the server says. Every function returns or appends the JSON text of one message.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "eventsd/event.hpp"
#include "eventsd/result.hpp"

namespace eventsd::protocol {

struct FailedEvent {
  std::string_view identifier;
  std::uint32_t index = 0;
  std::string_view code;  // empty: no code member
  std::string_view message;
};

std::string connection_ack(std::chrono::milliseconds connection_timeout);
std::string connection_error(
    const Error& error);        // {"errors":[{errorType,message,errorCode}],"type":…}
std::string_view keep_alive();  // {"type":"ka"}

// {"id":…,"type":"subscribe_success"}, with "recovered" and "cursor" when replay was asked for.
struct ReplayAnswer {
  bool recovered = true;
  std::string cursor;
};
std::string subscribe_success(std::string_view id, const std::optional<ReplayAnswer>& replay);
std::string unsubscribe_success(std::string_view id);
// Appended, so that the shard's scratch can take it: every publish is answered.
void append_publish_success(std::string& out, std::string_view id,
                            std::span<const Event> successful,
                            const std::vector<FailedEvent>& failed);

// {"type":…,"id":…,"errors":[{errorType,message}]}; `type` is subscribe_error, publish_error,
// unsubscribe_error, broadcast_error or error; an empty id is left out, an empty text too.
std::string error_message(std::string_view type, std::string_view id, const Error& error);

// Body of a successful HTTP publish: {"failed":[…],"successful":[…]} (that order, compact).
std::string publish_body(std::span<const Event> successful, const std::vector<FailedEvent>& failed);
// Body of an HTTP error: {"errors":[{"errorType":…,"message":…}]}
std::string http_error_body(const Error& error);

// The data frame's payload is kDataPrefix ‖ id ‖ data_suffix ‖ "}", and for subscriptions with
// replay kDataPrefix ‖ id ‖ data_suffix ‖ `,"cursor":"…"}`.
inline constexpr std::string_view kDataPrefix = R"({"type":"data","id":")";
PooledText data_suffix(std::string_view payload);
// The same of a payload's literal that is_usual (json_scanner.hpp), without its quotes.
PooledText data_suffix_of_literal(std::string_view literal);  // `","event":"…"`
// The payload that an event's suffix was made of.
std::string payload_of(const Event& event);

// Appends text as a JSON string literal with quotes. Escapes " \ and control characters only;
// everything else stays as it is (so that IAM body rebuilding gets JSON.stringify's form).
void append_json_string(std::string& out, std::string_view text);

}  // namespace eventsd::protocol
