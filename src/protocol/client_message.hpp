// What clients say: one JSON object a text frame, or the body of an HTTP publish.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "eventsd/authorizer.hpp"
#include "eventsd/event.hpp"
#include "eventsd/result.hpp"
#include "protocol/json_scanner.hpp"

namespace eventsd::protocol {

struct ConnectionInit {};

// The extension "replay" of a subscribe (interface: {"last": N} or {"after": "CURSOR"}).
struct ReplayRequest {
  std::optional<std::uint32_t> last;  // 0–1000
  std::string after;                  // cursor text as sent; empty when `last` is set
};

struct Subscribe {
  std::string id;
  std::string channel;  // as sent
  Credentials credentials;
  std::optional<ReplayRequest> replay;
};

// A string of a message where it lies in the parsed text; a copy only when it has escapes.
class MessageText {
 public:
  MessageText() = default;
  explicit MessageText(const JsonString& literal) : raw_(literal.raw) {
    if (literal.has_escapes()) decoded_ = decode_json_string(literal);
  }
  operator std::string_view() const { return decoded_.empty() ? raw_ : std::string_view(decoded_); }
  friend bool operator==(const MessageText& a, std::string_view b) {
    return std::string_view(a) == b;
  }

 private:
  std::string_view raw_;
  std::string decoded_;  // an escape stands for a byte at least
};

// Credentials where they lie in the parsed text: most publishes bring an API key, which is compared
// and needs no copy.
struct CredentialsText {
  std::string_view object;  // empty: there are none
  JsonString api_key;
  JsonString authorization;
  Credentials decode() const;
};

// The publish itself. Holds on to the parsed text but for the events, which are copied.
struct Publish {
  MessageText id;               // empty over HTTP
  MessageText channel;          // as sent
  CredentialsText credentials;  // empty over HTTP
  // The events alone, each a JSON text, checked to be valid: no identifiers, and no payload.
  std::shared_ptr<EventBatch> batch;
};

struct Unsubscribe {
  std::string id;
};

// {"type":"ka"} from some clients: ignored.
struct KeepAlive {};

// A frame that cannot be served; answered, never fatal to the connection.
struct Invalid {
  enum class ReplyType : std::uint8_t { error, subscribe_error, publish_error, unsubscribe_error };
  ReplyType reply = ReplyType::error;
  std::string id;  // echoed when it is a valid id; else empty
  Error error;
};

using ClientMessage =
    std::variant<Invalid, ConnectionInit, Subscribe, Publish, Unsubscribe, KeepAlive>;

// Sizes are of the decoded event texts.
struct PublishLimits {
  std::uint32_t max_events = 5;
  std::uint64_t max_publish_size = 1'200'000;  // all events together
};

// Parses one frame. Unknown members are ignored and skipped without copying (amplify repeats the
// whole message under `payload`); member order is irrelevant; the last of equal members wins.
// Never throws; nesting deeper than 128 is invalid.
//   source   PROTOCOL.md M-*
//   returns  a Publish looks into `text`, which must live as long; all else is its own
ClientMessage parse_client_message(std::string_view text, const PublishLimits& limits);

// Parses the body of POST /event: {"channel":…,"events":[…]}.
//   returns  looks into `text`
//   errors   bad_request, too_many_events, payload_too_large
Result<Publish> parse_publish_body(std::string_view text, const PublishLimits& limits);

// A credentials object ({"host":…,"x-api-key":…}); names without case, white space tolerated,
// values that are not strings are ignored.
//   errors   bad_request
Result<Credentials> parse_credentials(std::string_view json);

// `header-<base64url of JSON>` as it stands in Sec-WebSocket-Protocol, or the value of the query
// parameter `header` (base64, standard or URL alphabet, padded or not).
//   errors   bad_request
Result<Credentials> decode_credentials(std::string_view base64);

// The names and values that came with credentials: those of the `authorization` object, else the
// headers of the HTTP request. Names in lower case; members that are not strings are left out.
HeaderList headers_of(const Credentials& credentials);

// What the signature of a socket's operation covers: the operation as one compact JSON object, made
// anew as JSON.stringify would. `channel` is as the client wrote it, wildcard as text.
//   source   AUTHORIZATION.md, "What is signed"
std::string signed_subscribe_body(std::string_view channel);
std::string signed_publish_body(std::string_view channel, const std::vector<std::string>& events);

// 1 to kMaxOperationId of a-z A-Z 0-9 - _ +
inline constexpr std::size_t kMaxOperationId = 128;
bool is_operation_id(std::string_view text);

}  // namespace eventsd::protocol
